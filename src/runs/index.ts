export { defineConfig } from './config.ts'
export { type Difference, diffRuns } from './diff-runs.ts'
export { type LoadedRun, loadRun } from './load-run.ts'
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
export { UsageError } from './usage-error.ts'
