import { dirname, relative } from 'node:path'
import type { Bars } from '../core/bar.ts'
import type { Execution } from '../core/execution.ts'
import type { RecordedRequest } from '../core/run.ts'
import { parseSeries, seriesName, type Venue } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import type { BacktestRequest } from './backtest-request.ts'
import { projectRoot } from './code-hash.ts'
import { FEE_TIERS } from './fee-tiers.ts'
import { BUILT_IN, type Settings } from './settings.ts'
import { VENUE_COSTS } from './venue-costs.ts'

export interface RecordInput {
  readonly file: string
  readonly request: BacktestRequest
  readonly settings: Settings
  readonly params: Readonly<Record<string, ParamValue>>
  readonly used: readonly Bars[]
  readonly from: number
  readonly to: number
  /** Bars ahead of the range that were there. */
  readonly warmup: number
}

/**
 * Everything that decided a run, defaults spelled out. Nothing in it depends on how it was asked for: the same run asked
 * for by a flag or by the config, from this folder or another, is recorded in the same bytes.
 */
export function recordOf(input: RecordInput): RecordedRequest {
  const { file, request, settings, params, used, from, to, warmup } = input
  const { cash, noCosts, riskFree, limitTouch, feeAsset } = settings
  const perpetuals = used.filter(({ series }) => series.venue === 'binance-usdm')
  const held = request.benchmark === undefined ? [] : [parseSeries(request.benchmark)]
  const venues = [...new Set([...used.map((bars) => bars.series), ...held].map((series) => series.venue))]
  return {
    strategy: relative(projectRoot(dirname(file)), file).replaceAll('\\', '/'),
    data: used.map((bars) => seriesName(bars.series)),
    from,
    to,
    set: params,
    cash,
    costs: Object.fromEntries(
      venues.map((venue) => [venue, { ...settings.costsOf(venue), ...settings.feeTermsOf(venue) }]),
    ),
    noCosts,
    riskFree,
    warmup,
    limitTouch,
    execution: settings.execution,
    feeAsset,
    closeAtEnd: request.closeAtEnd ?? false,
    allowInSample: request.allowInSample ?? false,
    stress: request.stress ?? false,
    detail: settings.detail,
    band: settings.band,
    risk: settings.risk,
    benchmark: request.benchmark ?? null,
    // on spot nothing hangs on them: whatever was said of them, it is the same run
    margin: perpetuals.length > 0 ? settings.margin : BUILT_IN.margin,
    funding: perpetuals.length > 0 ? settings.funding : BUILT_IN.funding,
    leverage: Object.fromEntries(perpetuals.map(({ series }) => [series.symbol, settings.leverageOf(series.symbol)])),
  }
}

/** Of another verb than a backtest: what it is called, and words of its own. */
interface Verb {
  readonly name: string
  readonly script: string
  readonly words: readonly string[]
  /** Whether parameters are named that are at their defaults, too. */
  readonly isWhole?: boolean
  /** Flags that it has not. */
  readonly without?: readonly string[]
}

export const BACKTEST: Verb = { name: 'backtest', script: 'runBacktest', words: [] }

/** The command that makes a run again, from its project's root; what equals a built-in default is left out. */
export function commandOf(
  record: RecordedRequest | null,
  strategy: Strategy,
  defaultWarmup: number,
  verb: Verb = BACKTEST,
): string {
  if (record === null) return `${verb.script}({ strategy: ${strategy.name}, … }) from a script`
  const words = ['klinelab', verb.name, quoted(record.strategy), '--data', ...record.data]
  const add: Add = (flag, value, builtIn) => {
    if (value === builtIn || verb.without?.includes(flag)) return
    if (value === true) words.push(`--${flag}`)
    // −5e-7 would be taken for a flag
    else if (typeof value === 'number' && value < 0) words.push(`--${flag}=${value}`)
    else words.push(`--${flag}`, quoted(String(value)))
  }
  add('from', timeName(record.from))
  add('to', timeName(record.to))
  for (const [name, value] of Object.entries(record.set))
    if (verb.isWhole || value !== strategy.params[name]?.default) words.push('--set', quoted(`${name}=${value}`))
  for (const word of verb.words) words.push(quoted(word))
  add('cash', record.cash, BUILT_IN.cash)
  const venue = parseSeries(record.data[0]!).venue
  if (record.noCosts) words.push('--no-costs')
  else addCosts(record, venue, add)
  addExecution(record.execution, add)
  add('risk-free', record.riskFree, BUILT_IN.riskFree)
  add('warmup', record.warmup, defaultWarmup)
  add('limit-touch', record.limitTouch, false)
  add('fee-asset', record.feeAsset, BUILT_IN.feeAsset)
  add('close-at-end', record.closeAtEnd, false)
  add('allow-in-sample', record.allowInSample, false)
  add('stress', record.stress, false)
  add('benchmark', record.benchmark, null)
  add('detail', record.detail, null)
  add('band', record.band, BUILT_IN.band)
  for (const [rule, limit] of Object.entries(record.risk)) words.push('--risk', quoted(`${rule}=${limit}`))
  const leverages = [...new Set(Object.values(record.leverage))]
  add('margin', record.margin, BUILT_IN.margin)
  add('funding', record.funding, BUILT_IN.funding)
  // one for each symbol comes from the config, which the record holds
  if (leverages.length === 1) add('leverage', leverages[0], BUILT_IN.leverage)
  return words.join(' ')
}

type Add = (flag: string, value: unknown, builtIn?: unknown) => void

function addCosts({ costs, execution }: RecordedRequest, venue: Venue, add: Add): void {
  const { feeMaker, feeTaker, feeTier, feeDiscount, slippageBps } = costs[venue]!
  const known = VENUE_COSTS[venue]
  if (feeTier === null) {
    add('fee-maker', feeMaker, known.feeMaker)
    add('fee-taker', feeTaker, known.feeTaker)
  } else {
    add('fee-tier', feeTier, FEE_TIERS[venue][0].name)
    add('fee-discount', feeDiscount, 0)
  }
  if (execution.slippage.model === 'bps') add('slippage-bps', slippageBps, known.slippageBps)
}

function addExecution({ slippage, participation, latency, cancelLatency }: Execution, add: Add): void {
  if (slippage.model === 'ticks') add('slippage-ticks', slippage.ticks)
  if (slippage.model === 'impact') {
    add('spread-bps', slippage.spreadBps)
    add('impact', slippage.impact)
  }
  add('participation', participation, null)
  add('latency', `${latency}ms`, '0ms')
  if (cancelLatency !== latency) add('cancel-latency', `${cancelLatency}ms`)
}

/** A word as a shell reads it whole. */
export function quoted(text: string): string {
  return /^[\w.,:/=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
