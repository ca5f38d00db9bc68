import { givenText } from '../core/given-text.ts'
import { parseSeries, type Series } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { parseTime } from '../core/time.ts'
import { isStrategy, type Strategy } from '../engine/index.ts'
import { findConfig } from './config.ts'
import { connectSettings } from './connect-settings.ts'
import { loadStrategy, seriesOfModels } from './load-strategy.ts'
import { checkKinds } from './option-kinds.ts'
import { checkStoreIsThere, type Given, type Settings, settle } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** What scripts hand over is checked here as flags are: a script may be no more careless than a shell. */

/** ISO text in UTC (`2023-01-01`, `2023-01-01T12:00`) or UTC ms. */
export type Time = string | number

/** As the command line finds them. */
export async function settingsOf(given: Given): Promise<Settings> {
  return connectSettings(settle(given, await findConfig(process.cwd()), process.env, process.cwd()), process.env)
}

/** The same, for what only reads klines. @throws UsageError where the store that is named is not there */
export async function readingSettingsOf(given: Given): Promise<Settings> {
  const settings = await settingsOf(given)
  checkStoreIsThere(settings)
  return settings
}

/** Of what costs a run nothing and its caller should know all the same. */
export function warn(text: string): void {
  process.emitWarning(text)
}

export function rangeOf({ from, to }: { readonly from?: Time; readonly to?: Time }): { from?: number; to?: number } {
  return {
    ...(from !== undefined && { from: msOf('from', from) }),
    ...(to !== undefined && { to: msOf('to', to) }),
  }
}

function msOf(name: string, time: Time): number {
  if (typeof time === 'string') return named(name, time, parseTime)
  if (Number.isSafeInteger(time)) return time
  throw new UsageError(
    `${name}: ${givenText(time)} is not a time: write UTC milliseconds, or ISO text such as 2023-01-01`,
  )
}

/** The series that a function was given. @throws UsageError for what is none */
export function seriesOf(name: string, series: unknown): Series {
  if (typeof series !== 'string')
    throw new UsageError(
      `${name}(${series === undefined ? '' : givenText(series)}): its series is a text such as 'binance:BTCUSDT:1h'`,
    )
  return named('the series', series, parseSeries)
}

/** @throws UsageError for what is neither a strategy nor where one could be */
export function checkStrategy(name: string, strategy: unknown): void {
  if (typeof strategy === 'string' || isStrategy(strategy)) return
  throw new UsageError(
    `${name}: strategy is neither the path of a module nor what defineStrategy returned: it is ${strategy === undefined ? 'missing' : givenText(strategy)}; write strategy: 'strategies/mine.ts', or strategy: defineStrategy({ … })`,
  )
}

/** @throws UsageError where no series is named, and no model of the strategy names one */
export async function checkHasData(name: string, strategy: string | Strategy, data: readonly string[]): Promise<void> {
  if (data.length > 0) return
  const asked = typeof strategy === 'string' ? (await loadStrategy(strategy)).strategy : strategy
  if (seriesOfModels(asked).length > 0) return
  throw new UsageError(`${name}: data is missing: write data: 'binance:BTCUSDT:1h', or a list of series`)
}

function named<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`, { cause: error })
  }
}

interface Bounds {
  readonly min?: number
  readonly above?: number
  readonly below?: number
  readonly max?: number
  readonly isWhole?: boolean
  readonly text: string
}

/** The bounds of the command's flags. */
export const OF_RUNS = {
  cash: { above: 0, text: 'above 0' },
  feeMaker: { above: -1, below: 1, text: 'a fraction, above -1 and below 1' },
  feeTaker: { min: 0, below: 1, text: 'a fraction, at least 0 and below 1' },
  feeDiscount: { min: 0, below: 1, text: 'a fraction, at least 0 and below 1' },
  slippageBps: { min: 0, below: 10_000, text: 'at least 0 and below 10000' },
  slippageTicks: { min: 0, isWhole: true, text: 'whole, at least 0' },
  spreadBps: { min: 0, below: 10_000, text: 'at least 0 and below 10000' },
  impact: { min: 0, text: 'at least 0' },
  participation: { above: 0, max: 1, text: 'a fraction, above 0 and at most 1' },
  latency: { min: 0, text: 'milliseconds, at least 0' },
  cancelLatency: { min: 0, text: 'milliseconds, at least 0' },
  riskFree: { above: -1, below: 1, text: 'a fraction, above -1 and below 1; write 0.04 for 4 %' },
  warmup: { min: 0, isWhole: true, text: 'whole, at least 0' },
  leverage: { min: 1, isWhole: true, text: 'whole, at least 1' },
} as const

export function checkWord(name: string, value: string | undefined, words: readonly string[]): void {
  if (value !== undefined && !words.includes(value))
    throw new UsageError(`${name}: ${givenText(value)} is not allowed; write ${words.join(' or ')}`)
}

/** @throws UsageError that names the option where its value is no number within bounds */
export function checkNumber(
  name: string,
  value: number,
  { min, above, below, max, isWhole = false, text }: Bounds,
): void {
  const isRight =
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below) &&
    (max === undefined || value <= max) &&
    (!isWhole || Number.isInteger(value))
  if (!isRight) throw new UsageError(`${name}: ${givenText(value)} is not allowed; write a number (${text})`)
}

export function checkKeys(name: string, options: object, known: readonly string[]): void {
  // what TypeScript would refuse a script in JavaScript hands over
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new UsageError(
      `${name}(${options === undefined ? '' : givenText(options)}): its options are an object of ${known.slice(0, 4).join(', ')}, …`,
    )
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new UsageError(`${name}: unknown option "${key}"${didYouMean(key, known)}; known: ${known.join(', ')}`)
  checkKinds(name, options)
}

/** Checks what backtests and searches have in common. */
export function checkGiven(options: Given): void {
  for (const key of Object.keys(OF_RUNS) as (keyof typeof OF_RUNS)[])
    if (options[key] !== undefined && options[key] !== null) checkNumber(key, options[key], OF_RUNS[key])
  checkWord('feeAsset', options.feeAsset, ['quote', 'received'])
  checkWord('margin', options.margin, ['cross', 'isolated'])
  checkWord('funding', options.funding, ['on', 'off'])
  checkWord('band', options.band, ['repriced', 'full'])
  checkWord('slippageModel', options.slippageModel, ['bps', 'ticks', 'impact'])
}
