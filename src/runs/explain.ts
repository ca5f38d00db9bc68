import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { RiskLimits } from '../core/risk.ts'
import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { DataError, loadInstrument, openStore } from '../data/index.ts'
import type { Strategy } from '../engine/index.ts'
import { averagePrice } from './average-price.ts'
import type { Progress } from './backtest.ts'
import { levelLines } from './explain-levels.ts'
import { type Market, type Step, stepOf } from './explain-steps.ts'
import { type Asked, looksOf, ownerOf, type Subject, subjectOf } from './explain-subject.ts'
import { type Seen, watched } from './explain-watch.ts'
import { type LoadedRun, loadRun } from './load-run.ts'
import { EMBEDDED } from './package-info.ts'
import { rerunWatched } from './rerun.ts'
import type { SimulateSlot } from './simulate.ts'
import { UsageError } from './usage-error.ts'

export type { Asked } from './explain-subject.ts'

/** Where a run made again is not what its folder tells. */
interface Mismatch {
  readonly what: string
  readonly recorded: unknown
  readonly replayed: unknown
}

/** Why a trade or an order came about, rebuilt by making its run again. */
export interface Explanation {
  readonly run: string
  readonly strategy: string
  readonly params: RunResult['document']['params']
  readonly quote: string
  readonly trade: Trade | null
  /** Empty where the folder tells what the run made again does; else nothing more is told. */
  readonly mismatches: readonly Mismatch[]
  /** Inputs of the run that are not what they were, in sentences. */
  readonly changed: readonly string[]
  /** Entry and exit of a trade, or the one order. */
  readonly steps: readonly Step[]
  readonly fills: readonly Fill[]
  /** From the decision to the exit, of the instrument and of the account, fills left out. */
  readonly events: readonly RunEvent[]
  /** Limits in force, by who set them. */
  readonly risk: Readonly<Record<'account' | 'strategy', RiskLimits>>
}

export interface Explained {
  readonly explanation: Explanation
  /** The run with this one trade and the levels of its orders, to be drawn; `null` where there is no closed trade. */
  readonly chart: RunResult | null
}

/**
 * Explains a trade or an order of a finished run. The folder says only where to look: everything told comes from the run
 * made again, and is held against the folder.
 * @throws UsageError where the run cannot be made again or has no such trade or order, DataError where its folder is damaged
 */
export async function explain(
  dir: string,
  asked: Asked,
  store: string,
  cwd: string,
  onProgress?: Progress,
): Promise<Explained> {
  const recorded = await loadRun(dir)
  const { run, strategy, params, quote, reproduce } = recorded.document
  const { request } = reproduce
  if (request === null)
    throw new UsageError(
      `${run}: its strategy was handed over by a script, not named by a file, so it cannot be made again to see why; save the strategy as a module and run klinelab backtest on it`,
    )
  const told = tellingOf(recorded, asked)
  const { looks, followed } = looksOf(recorded, told)
  const watch: { seen: Seen | null; risk: RiskLimits } = { seen: null, risk: {} }
  const { result, slots, changed } = await rerunWatched(
    ...([dir, store, cwd] as const),
    (own: Strategy) => {
      const watching = watched(own, looks, followed)
      Object.assign(watch, { seen: watching.seen, risk: own.risk(params) })
      return watching.strategy
    },
    onProgress,
  )
  const [subject, mismatches] = compared(told, result, asked)
  const known = { run, strategy, params, quote, changed, mismatches }
  const risk = { account: request.risk, strategy: watch.risk }
  if (subject === null || mismatches.length > 0)
    return { explanation: { ...known, trade: told.trade, steps: [], fills: [], events: [], risk }, chart: null }
  const markets = await marketsOf(result, slots, store, subject)
  const replay = { request, result, markets, seen: watch.seen! }
  const { trade } = subject
  const explanation = {
    ...{ ...known, trade, risk },
    steps: subject.points.map((point) => stepOf(replay, point)),
    fills: subject.executions.map(({ fill }) => fill),
    events: eventsOf(result.events, subject),
  }
  if (trade === null) return { explanation, chart: null }
  const plots = [...result.plots, ...levelLines(result, trade, replay.seen.resting)]
  // an object's run is named by what came of it, and this one has its name already
  const document = { ...result.document, run }
  return { explanation, chart: { ...result, document, trades: [trade], plots } }
}

function tellingOf(recorded: LoadedRun, asked: Asked): Subject {
  try {
    return subjectOf(recorded, asked)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const { run } = recorded.document
    throw new DataError(`${recorded.dir}: ${error.message}; klinelab verify ${run} says which of its files was changed`)
  }
}

/** The same subject in the run made again, and how it differs from what the folder tells of it. */
function compared(told: Subject, result: RunResult, asked: Asked): readonly [Subject | null, readonly Mismatch[]] {
  let subject: Subject
  try {
    subject = subjectOf(result, asked)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return [
      null,
      [{ what: 'trade' in asked ? 'trades.csv' : 'events.jsonl', recorded: 'it is there', replayed: 'it is not' }],
    ]
  }
  const mismatches = [
    ...unequal('trades.csv', told.trade, subject.trade),
    ...unequal('fills.csv', ...([told, subject].map(fillsOf) as [object, object])),
    ...unequal('events.jsonl', ...([told, subject].map(ordersOf) as [object, object])),
  ]
  return [subject, mismatches]
}

function fillsOf({ executions }: Subject): object {
  return Object.fromEntries(
    executions.flatMap(({ fill }) => Object.entries(fill).map(([key, value]) => [`fill ${fill.n}: ${key}`, value])),
  )
}

function ordersOf({ executions, points }: Subject): object {
  const orders = executions.flatMap(({ fill, order, acceptedAt }) =>
    Object.entries({ ...order, acceptedAt }).map(([key, value]) => [`order of fill ${fill.n}: ${key}`, value] as const),
  )
  return Object.fromEntries([...orders, ...points.map(({ name, startAt }) => [`${name}: decided`, startAt] as const)])
}

function unequal(file: string, recorded: object | null, replayed: object | null): Mismatch[] {
  const [a, b] = [{ ...recorded }, { ...replayed }] as Record<string, unknown>[] as [
    Record<string, unknown>,
    Record<string, unknown>,
  ]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => !Object.is(a[key], b[key]))
    .map((key) => ({ what: `${file}, ${key}`, recorded: a[key] ?? null, replayed: b[key] ?? null }))
}

/** Filters and reference prices of the instruments concerned, as the run had them. */
async function marketsOf(
  result: RunResult,
  slots: readonly SimulateSlot[],
  dir: string,
  { points }: Subject,
): Promise<Map<string, Market>> {
  const store = await openStore(dir, { behind: EMBEDDED })
  const concerned = result.bars.filter(({ series }) => points.some(({ symbol }) => symbol === series.symbol))
  const entries = concerned.map(async (bars): Promise<[string, Market]> => {
    const instrument = await loadInstrument(store, bars.series)
    const average = await averagePrice(store, bars, instrument)
    const own = slots.find((slot) => slot.instrument.symbol === bars.series.symbol)!
    const { bars: all, marks = null, detail = null } = own
    // the run's bars begin behind its warm-up
    const marked = marks === null ? null : marks.close.subarray(all.length - bars.length)
    return [bars.series.symbol, { instrument, bars, marks: marked, referenceAt: average?.at ?? null, detail }]
  })
  return new Map(await Promise.all(entries))
}

/** What else happened to the instrument and the account, from the decision to the last fill and what came of it at once. */
function eventsOf(events: readonly RunEvent[], { points, executions }: Subject): RunEvent[] {
  const { symbol, startAt, decidedAt, startIndex } = points[0]!
  const last = executions.at(-1)
  let end = last?.fillIndex ?? startIndex
  while (last !== undefined && events[end + 1]?.at === last.fill.time && CONSEQUENCES.has(events[end + 1]!.type)) end++
  return events.slice(0, end + 1).filter((event) => {
    if (event.type === 'fill' || event.at < Math.min(startAt, decidedAt)) return false
    const owner = ownerOf(event)?.symbol ?? ('symbol' in event ? event.symbol : null)
    return owner === null || owner === symbol
  })
}

/** What a fill brings about within its bar. */
const CONSEQUENCES: ReadonlySet<RunEvent['type']> = new Set(['cancelled', 'dust', 'liquidation'])
