import type { Bars } from '../core/bar.ts'
import type { RunResult } from '../core/run.ts'
import { parseSeries } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { parseTime } from '../core/time.ts'
import { openStore } from '../data/index.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import { backtest } from './backtest.ts'
import { findConfig } from './config.ts'
import { EMBEDDED } from './package-info.ts'
import { writeRun } from './run-folder.ts'
import { type Given, settle } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** ISO text in UTC (`2023-01-01`, `2023-01-01T12:00`) or UTC ms. */
export type Time = string | number

export interface BarsRange {
  /** Inclusive; the first stored bar where absent. */
  from?: Time
  /** Exclusive; the last stored bar where absent. */
  to?: Time
  /** Bars to load ahead of `from`. */
  before?: number
  /** Folder of the store; else as the command line finds it. */
  store?: string
}

/**
 * Stored bars as columns of equal length, oldest first: `bars.close[0]` is the first close. Times are UTC ms.
 * @throws UsageError, DataError for an unknown series or an empty range
 */
export async function loadBars(series: string, range: BarsRange = {}): Promise<Bars> {
  checkKeys('loadBars', range, ['from', 'to', 'before', 'store'])
  const { store } = await settingsOf(range)
  const { from, to, before } = range
  const open = await openStore(store, { behind: EMBEDDED })
  return open.load(parseSeries(series), {
    ...(from !== undefined && { from: msOf(from) }),
    ...(to !== undefined && { to: msOf(to) }),
    ...(before !== undefined && { before }),
  })
}

export interface BacktestOptions extends Given {
  /** Path of a strategy module, or what `defineStrategy` returned. */
  readonly strategy: string | Strategy
  readonly data: string | readonly string[]
  readonly from?: Time
  readonly to?: Time
  readonly set?: Readonly<Record<string, ParamValue>>
  readonly closeAtEnd?: boolean
  readonly benchmark?: string
  readonly seed?: number
  /** False keeps the run in memory: no folder is written and `dir` is null. */
  readonly write?: boolean
}

export interface BacktestRun extends RunResult {
  readonly dir: string | null
  /** Indicators and bar loop. */
  readonly seconds: number
}

const KEYS = [
  'strategy', 'data', 'from', 'to', 'set', 'closeAtEnd', 'benchmark', 'seed', 'write', 'store', 'out', 'cash', 'feeMaker',
  'feeTaker', 'slippageBps', 'riskFree', 'warmup', 'limitTouch', 'feeAsset', 'noCosts',
] as const // biome-ignore format: a list

/** What `klinelab backtest` does, from code: the same settings, the same run folder, the same bytes. */
export async function runBacktest(options: BacktestOptions): Promise<BacktestRun> {
  checkKeys('runBacktest', options, KEYS)
  const start = performance.now()
  const { strategy, set, closeAtEnd, benchmark, seed, from, to } = options
  const settings = await settingsOf(options)
  const data = typeof options.data === 'string' ? [options.data] : options.data
  const optional = Object.entries({ set, closeAtEnd, benchmark, seed }).filter(([, value]) => value !== undefined)
  const range = { ...(from !== undefined && { from: msOf(from) }), ...(to !== undefined && { to: msOf(to) }) }
  const run = await backtest({ strategy, data, ...range, ...Object.fromEntries(optional) }, settings)
  const dir = options.write === false ? null : await writeRun(run, settings.out, (performance.now() - start) / 1000)
  return { ...run.result, dir, seconds: run.seconds }
}

async function settingsOf(given: Given) {
  return settle(given, await findConfig(process.cwd()), process.env, process.cwd())
}

function msOf(time: Time): number {
  return typeof time === 'number' ? time : parseTime(time)
}

function checkKeys(name: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new UsageError(`${name}: unknown option "${key}"${didYouMean(key, known)}; known: ${known.join(', ')}`)
}
