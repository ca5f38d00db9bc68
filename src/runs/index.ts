export { loadRun } from './load-run.ts'
export { loadBars, runBacktest } from './public-api.ts'
