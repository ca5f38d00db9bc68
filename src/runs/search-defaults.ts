/** What is built in of a search. */
export const SEARCH_DEFAULTS = { method: 'grid', trials: 100, objective: 'sharpe', seed: 0, batch: 64 } as const
