import type { Command } from './command.ts'

interface Entry {
  readonly summary: string
  readonly load: () => Promise<{ readonly default: Command }>
}

/** Every command, in the order of the help. Loaded when asked for, so that none pays for another's imports. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: {
    summary: 'The whole job on the embedded data: rules and a model, trained first, and their reports',
    load: () => import('./commands/demo.ts'),
  },
  init: {
    summary: 'A new project: config, one strategy, one test of it, README',
    load: () => import('./commands/init.ts'),
  },
  'data get': {
    summary: 'Klines from the venues into the store: what is missing of a range, or everything up to now',
    load: () => import('./commands/data-get.ts'),
  },
  'data import': {
    summary: 'Klines from zips, csv(.gz), Parquet, folders and globs of them into the store',
    load: () => import('./commands/data-import.ts'),
  },
  'data filters': {
    summary: 'The filters of an exchangeInfo answer into the store, in force from its server time on',
    load: () => import('./commands/data-filters.ts'),
  },
  'data funding': {
    summary: 'Funding rates of a perpetual into the store',
    load: () => import('./commands/data-funding.ts'),
  },
  'data tiers': {
    summary: 'Leverage tiers of perpetuals into the store, in force from a date on',
    load: () => import('./commands/data-tiers.ts'),
  },
  'data sync': {
    summary: 'Jobs of klinelab.config.ts at their times: get, update, scan, train; missed ones are made up for',
    load: () => import('./commands/data-sync.ts'),
  },
  'data stream': {
    summary: 'Closed bars of the venues as they come, into the store; prints a line an event, --json a document a line',
    load: () => import('./commands/data-stream.ts'),
  },
  'data list': { summary: 'What is in the store', load: () => import('./commands/data-list.ts') },
  'data check': {
    summary: 'The certificate of a series: gaps, outages, zero volume, outliers; exit 1 if it is broken',
    load: () => import('./commands/data-check.ts'),
  },
  'data compare': {
    summary: 'Two series of one interval bar by bar: differences in closes and volumes, bars that only one has',
    load: () => import('./commands/data-compare.ts'),
  },
  'data export': {
    summary: 'A series as csv, csv.gz, Parquet or Arrow',
    load: () => import('./commands/data-export.ts'),
  },
  'data resample': {
    summary: 'A coarser series out of a finer one',
    load: () => import('./commands/data-resample.ts'),
  },
  scan: {
    summary: 'Rank the markets of a venue by change, volume, volatility, spread or momentum, now or as of a date',
    load: () => import('./commands/scan.ts'),
  },
  backtest: {
    summary: 'Run a strategy over stored klines and write its report',
    load: () => whileOpening(() => import('./commands/backtest.ts')),
  },
  sweep: {
    summary: 'Try many parameters of a strategy, and say how much of the best is luck',
    load: () => import('./commands/sweep.ts'),
  },
  'walk-forward': {
    summary: 'Choose parameters on one stretch, trade them on the next, window by window',
    load: () => import('./commands/walk-forward.ts'),
  },
  worker: {
    summary: 'Take trials of sweeps from a queue in Redis, on this machine, until it is stopped',
    load: () => import('./commands/worker.ts'),
  },
  train: {
    summary: 'Train the models of a module fold by fold, judge them on bars they have not seen, write the report',
    load: () => import('./commands/train.ts'),
  },
  evaluate: {
    summary: 'Judge a trained model again, with another threshold or other costs',
    load: () => import('./commands/evaluate.ts'),
  },
  retrain: {
    summary: 'Train a challenger of a model on newer bars; it takes the place of the champion only if it is better',
    load: () => import('./commands/retrain.ts'),
  },
  check: {
    summary: 'Whether a module peeks at bars that come later: everything anew with other futures; exit 1 if it does',
    load: () => import('./commands/check.ts'),
  },
  exchange: {
    summary: 'A simulated Binance on this machine: stored bars played to real clients, orders filled as in a backtest',
    load: () => import('./commands/exchange.ts'),
  },
  paper: {
    summary: 'Trade on paper: a strategy on live or replayed bars, written down before it acts, taken up after a crash',
    load: () => import('./commands/paper.ts'),
  },
  'paper status': {
    summary: 'The sessions, and how those that run are',
    load: () => import('./commands/paper-status.ts'),
  },
  'paper stop': {
    summary: 'End a running session cleanly; the same paper command goes on from there',
    load: () => import('./commands/paper-stop.ts'),
  },
  'paper resume': {
    summary: 'Let a halted session trade again',
    load: () => import('./commands/paper-resume.ts'),
  },
  parity: {
    summary:
      'What a paper session did otherwise than a backtest of its bars, and why; exit 1 if something has no cause',
    load: () => import('./commands/parity.ts'),
  },
  runs: { summary: 'The runs that have been made', load: () => import('./commands/runs.ts') },
  'runs show': { summary: 'One run, as backtest printed it', load: () => import('./commands/runs-show.ts') },
  'runs diff': {
    summary: 'What two runs were told, and what came of it, where they differ',
    load: () => import('./commands/runs-diff.ts'),
  },
  'runs explain': {
    summary: 'Why a trade came about: bars, indicators, account, orders, filters, rebuilt by running again',
    load: () => import('./commands/runs-explain.ts'),
  },
  ledger: {
    summary: 'What was tried, and what that leaves of the best of it',
    load: () => import('./commands/ledger.ts'),
  },
  report: { summary: 'Make the report of a finished run again', load: () => import('./commands/report.ts') },
  verify: {
    summary: 'Make a finished run again and compare; exit 1 if anything differs',
    load: () => import('./commands/verify.ts'),
  },
  promote: {
    summary: 'The gate between a backtest and an exchange: every check with its figure; exit 1 if one does not pass',
    load: () => import('./commands/promote.ts'),
  },
  doctor: {
    summary: 'Versions, machine, store, environment variables set or missing',
    load: () => import('./commands/doctor.ts'),
  },
}

export const EXAMPLES = [
  'klinelab demo',
  'klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h --from 2024-01-01',
  'klinelab data check binance:BTCUSDT:1m',
] as const

/** Loads a command that reads bars first of all while DuckDB is opened. */
async function whileOpening<T>(load: () => Promise<T>): Promise<T> {
  const { openAhead } = await import('../data/duckdb.ts')
  await openAhead()
  return load()
}
