/** What is built in of a search; of a model it is judged by `modelObjective`, and no trial sees `holdout` of the time, the newest. */
export const SEARCH_DEFAULTS = {
  method: 'grid',
  trials: 100,
  objective: 'sharpe',
  seed: 0,
  batch: 64,
  modelObjective: 'logLoss',
  holdout: 0.25,
  maxSeconds: 86_400,
} as const
