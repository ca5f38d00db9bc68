export { defineConfig } from './config.ts'
export { type Difference, diffRuns } from './diff-runs.ts'
export { type GetSeriesOptions, getSeries } from './get-api.ts'
export { type LoadedRun, loadRun } from './load-run.ts'
export type { ObjectiveFunction, TrialResult } from './objective.ts'
export {
  type BacktestOptions,
  type BacktestRun,
  type BarsRange,
  loadBars,
  runBacktest,
  runTraining,
  type TrainingOptions,
  type TrainingRun,
} from './public-api.ts'
export {
  runSweep,
  runWalkForward,
  type SweepOptions,
  type SweepRun,
  type WalkForwardOptions,
  type WalkForwardRun,
} from './search-api.ts'
export type { SearchAt } from './search-asked.ts'
export { UsageError } from './usage-error.ts'
