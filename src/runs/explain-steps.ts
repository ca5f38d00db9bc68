import { type Bar, type Bars, firstRowAt } from '../core/bar.ts'
import type { Rejected, RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Instrument } from '../core/instrument.ts'
import { closeTimeOf, intervalMs } from '../core/interval.ts'
import type { OrderView } from '../core/order.ts'
import type { RecordedRequest, RunResult } from '../core/run.ts'
import { Detail, type ReferenceAt } from '../engine/index.ts'
import { type Checks, checksOf } from './explain-filters.ts'
import { type FillRule, fillRule, isReached } from './explain-rule.ts'
import { changeOf, closeAfter, intervalsOf, lifeOf, ownerOf, type Point, parentOf } from './explain-subject.ts'
import type { Answer, Seen, Sight, Values } from './explain-watch.ts'

/** What a strategy saw at a close, and what it returned. */
export interface Decided {
  /** `null` where it was not asked at that close. */
  readonly sight: Sight | null
  /** The bar before the one it saw. */
  readonly previous: Bar | null
  readonly answers: readonly Answer[]
  /** Open orders of other instruments, and what was held of them. */
  readonly others: readonly { readonly symbol: string; readonly qty: number; readonly orders: number }[]
}

/** An order's execution on its bar. */
export interface Filled {
  readonly fill: Fill
  readonly bar: Bar
  readonly rule: FillRule
  /** The order as it met the bar; `null`: a liquidation. */
  readonly order: OrderView | null
  /** Bars from the decision to the fill. */
  readonly bars: number
  /** The strategy's view at the last close looked at before the bar, and at the bar's own. */
  readonly before: Sight | null
  readonly after: Sight | null
  /** After the close of the bar, or when all was over. */
  readonly account: Values | null
  /** Other orders of the instrument that were open on the bar. */
  readonly open: readonly { readonly order: OrderView; readonly isReached: boolean }[]
}

/** One order explained: who decided it and why, what it was held to, and how it was filled. */
export interface Step {
  readonly name: Point['name']
  readonly by: 'strategy' | 'bracket' | 'end' | 'risk' | 'liquidation'
  /** As it was accepted. */
  readonly order: OrderView | null
  readonly rejected: Rejected | null
  /** UTC ms; earlier decided than accepted where requests take time. */
  readonly decidedAt: number
  readonly acceptedAt: number
  /** Of a bracket's leg: the order whose fill brought it, and its decision. */
  readonly parent: OrderView | null
  readonly decided: Decided | null
  /** Where it was amended later, the last time. */
  readonly changed: { readonly order: OrderView; readonly at: number; readonly decided: Decided } | null
  readonly checks: Checks | null
  readonly events: readonly RunEvent[]
  readonly filled: Filled | null
}

/** What a run that was made again says of its instruments, beside its result. */
export interface Market {
  readonly instrument: Instrument
  readonly bars: Bars
  /** Mark prices at the closes, of a perpetual where stored. */
  readonly marks: Float64Array | null
  readonly referenceAt: ReferenceAt | null
  /** Finer bars, where some decide. */
  readonly detail: Bars | null
}

export interface Replay {
  /** As the folder records it. */
  readonly request: RecordedRequest
  readonly result: RunResult
  readonly seen: Seen
  readonly markets: ReadonlyMap<string, Market>
}

export function stepOf(replay: Replay, point: Point): Step {
  const { events } = replay.result
  const start = events[point.startIndex]
  const order = start?.type === 'accepted' ? start.order : null
  const rejected = start?.type === 'rejected' ? start : null
  const by = deciderOf(events, point, order)
  const parent = parentOf(events, point)
  const decidedAt = by === 'bracket' ? parent?.decidedAt : point.decidedAt
  const change = changeOf(events, point)
  return {
    ...{
      name: point.name,
      by,
      order,
      rejected,
      acceptedAt: point.startAt,
      decidedAt: point.decidedAt,
      parent: parent?.order ?? null,
    },
    decided:
      decidedAt === undefined || by === 'liquidation' || by === 'end'
        ? null
        : decidedBy(replay, point.symbol, decidedAt),
    changed:
      change === null
        ? null
        : { order: change.order, at: change.at, decided: decidedBy(replay, point.symbol, change.decidedAt) },
    checks: order === null ? null : checksFor(replay, point, order),
    events: lifeOf(events, point),
    filled: filledBy(replay, point, order, change?.order ?? order),
  }
}

function deciderOf(events: readonly RunEvent[], { startIndex, execution }: Point, order: OrderView | null): Step['by'] {
  if (execution?.fill.phase === 'close') return 'end'
  if (execution?.fill.role === 'liquidation') return 'liquidation'
  if (order === null) return 'strategy'
  if (order.role === 'stop' || order.role === 'target' || order.role === 'trail') return 'bracket'
  // a limit of the account that is reached closes everything, again at each close until nothing is left
  const last = events.slice(0, startIndex).findLast(({ type }) => type === 'halted' || type === 'resumed')
  return order.role === 'close' && order.tag === 'risk' && last?.type === 'halted' ? 'risk' : 'strategy'
}

function decidedBy({ seen, result, markets }: Replay, symbol: string, at: number): Decided {
  const { of, areMixed } = intervalsOf(result.document)
  const from = areMixed ? at - intervalMs(of(symbol)) : at - 1
  const isOne = result.bars.length === 1
  const answers = seen.answers
    .filter((answer) => from < answer.at && answer.at <= at)
    .map((answer) => ({
      ...answer,
      requests: answer.requests.filter((request) => isOne || (request.symbol ?? answer.symbol ?? symbol) === symbol),
    }))
    .filter(({ requests }) => requests.length > 0)
  const others = seen.sights.filter((sight) => sight.at === at && sight.symbol !== symbol)
  const sight = sightAt(seen, symbol, at)
  const { bars } = markets.get(symbol)!
  const row = sight === null ? 0 : firstRowAt(bars.openTime, sight.bar.openTime)
  return {
    ...{ sight, previous: row > 0 ? barAt(bars, row - 1) : null },
    answers,
    others: others
      .map(({ symbol: other, position, orders }) => ({ symbol: other, qty: position['qty']!, orders: orders.length }))
      .filter(({ qty, orders }) => qty !== 0 || orders > 0),
  }
}

function sightAt({ sights }: Seen, symbol: string, at: number): Sight | null {
  return sights.find((sight) => sight.symbol === symbol && sight.at === at) ?? null
}

/** The last sight at or before a moment. */
function sightBefore({ sights }: Seen, symbol: string, at: number): Sight | null {
  return sights.findLast((sight) => sight.symbol === symbol && sight.at <= at) ?? null
}

function checksFor(
  { request, result, seen, markets }: Replay,
  { symbol, startIndex, startAt }: Point,
  order: OrderView,
): Checks {
  const { instrument, bars, marks, referenceAt } = markets.get(symbol)!
  const { events } = result
  const last = events.slice(0, startIndex).findLast((event) => event.type === 'fill' && event.fill.symbol === symbol)
  return checksOf({
    ...{ order, instrument, bars, marks, referenceAt, at: startAt },
    row: lastClosedRow(bars, startAt),
    isFeeReceived: request.feeAsset === 'received',
    open: openAt(events, sightBefore(seen, symbol, startAt), symbol, startIndex),
    held: last?.type === 'fill' ? last.fill.position : 0,
  })
}

/** The last row whose bar was closed at a moment. */
function lastClosedRow({ openTime, series, length }: Bars, at: number): number {
  let row = Math.min(length - 1, firstRowAt(openTime, at))
  while (row > 0 && closeTimeOf(openTime[row]!, series.interval) > at) row--
  return row
}

/** Open orders of an instrument just ahead of an event: those that were seen at a close, and what became of them since. */
function openAt(events: readonly RunEvent[], sight: Sight | null, symbol: string, end: number): OrderView[] {
  if (sight === null) return []
  const open = new Map(sight.orders.map((order) => [order.id, order]))
  for (const event of events.slice(0, end)) {
    const owner = ownerOf(event)
    if (event.at < sight.at || owner?.symbol !== symbol) continue
    if (event.type === 'accepted' || event.type === 'amended') open.set(event.order.id, event.order)
    else if (event.type === 'cancelled') open.delete(event.id)
    else if (event.type === 'fill') {
      const order = open.get(owner.id)
      if (order === undefined) continue
      if (order.qty > event.fill.qty && event.fill.position !== 0)
        open.set(owner.id, { ...order, qty: order.qty - event.fill.qty })
      else open.delete(owner.id)
    }
  }
  return [...open.values()]
}

function filledBy(
  { request, result, seen, markets }: Replay,
  point: Point,
  accepted: OrderView | null,
  latest: OrderView | null,
): Filled | null {
  const { symbol, execution } = point
  if (execution === null) return null
  const { events } = result
  const { fill } = execution
  const { bars, detail } = markets.get(symbol)!
  const { interval } = bars.series
  const row = fill.phase === 'close' ? bars.length - 1 : firstRowAt(bars.openTime, fill.time)
  const before = sightBefore(seen, symbol, fill.time)
  // what is closed at the end is closed after everybody was asked for the last time
  const after = fill.phase === 'close' ? null : sightAt(seen, symbol, closeAfter(execution, interval))
  // trailing stops move without an event
  const seenLast = before?.orders.find(({ id }) => id === accepted?.id && accepted.type === 'trailing-stop')
  const order = latest === null ? null : (seenLast ?? latest)
  const triggered = lifeOf(events, point).find((event) => event.type === 'triggered')
  const bar = barAt(bars, row)
  const entry = accepted !== null && isEntered(events, point) ? entryOf(events, point) : null
  return {
    ...{ fill, bar, order, before, after },
    rule: fillRule({
      ...{
        fill,
        order,
        bar,
        detail: request.detail,
        finerAt: finerAt(detail, bars, row, fill, entry?.phase === 'inside' ? entry : null),
      },
      isTriggered: triggered?.at === fill.time,
      wasTriggered: triggered !== undefined && triggered.at < fill.time,
      entered: entry === null ? null : entry.phase === 'inside' ? 'inside' : 'open',
    }),
    bars: Math.max(0, row - lastClosedRow(bars, point.startAt)),
    account: fill.phase === 'close' ? seen.account : (after?.account ?? null),
    open: openAt(events, before, symbol, execution.fillIndex)
      .filter(({ id }) => id !== accepted?.id)
      .map((other) => ({ order: other, isReached: isReached(other, bar, request.limitTouch) })),
  }
}

/**
 * Open time of the first finer bar of a row that comes to what a fill inside it was at, and after `entry` where that filled
 * inside the same bar; `null` where none tell.
 */
function finerAt(finer: Bars | null, bars: Bars, row: number, fill: Fill, entry: Fill | null): number | null {
  if (finer === null || fill.phase !== 'inside') return null
  const parts = new Detail(finer)
  if (!parts.begin(bars, row, closeTimeOf(bars.openTime[row]!, bars.series.interval))) return null
  const comesTo = (price: number) => finer.low[parts.part]! <= price && finer.high[parts.part]! >= price
  let hasEntered = entry === null
  while (parts.next()) {
    hasEntered ||= comesTo(entry!.reference)
    if (hasEntered && comesTo(fill.reference)) return finer.openTime[parts.part]!
  }
  return null
}

/** Whether a leg was filled on the bar that its entry was filled on. */
function isEntered(events: readonly RunEvent[], point: Point): boolean {
  return parentOf(events, point) !== null && point.execution!.fill.time === point.startAt
}

function entryOf(events: readonly RunEvent[], { symbol, startIndex }: Point): Fill | null {
  const entry = events.slice(0, startIndex).findLast((event) => event.type === 'fill' && event.fill.symbol === symbol)
  return entry?.type === 'fill' ? entry.fill : null
}

/** A bar of a column, closed and no longer moving. */
function barAt(bars: Bars, row: number): Bar {
  const openTime = bars.openTime[row]!
  return {
    ...{ openTime, closeTime: closeTimeOf(openTime, bars.series.interval) },
    ...{ open: bars.open[row]!, high: bars.high[row]!, low: bars.low[row]!, close: bars.close[row]! },
    volume: bars.volume[row]!,
  }
}
