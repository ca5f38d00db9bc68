import type { RunEvent } from '../core/event.ts'
import { closeTimeOf, type Interval, intervalMs } from '../core/interval.ts'
import type { OrderView } from '../core/order.ts'
import type { RunDocument } from '../core/run.ts'
import { parseSeries } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import type { Trade } from '../core/trade.ts'
import type { Followed, Look } from './explain-watch.ts'
import type { LoadedRun } from './load-run.ts'
import { decidedAtOf, type Execution, executionsOf, type TradeStory, tradeStories } from './trade-story.ts'
import { UsageError } from './usage-error.ts'

/** What is to be explained: a closed trade by its number, or an order by its id, `id#2` where it comes again. */
export type Asked = { readonly trade: number } | { readonly order: string }

/** One order that is explained, by where it lies in the list of events. */
export interface Point {
  readonly name: 'entry' | 'exit' | 'order'
  readonly symbol: string
  /** `null`: a liquidation. */
  readonly id: string | null
  /** Where it was accepted, or refused for good. */
  readonly startIndex: number
  readonly startAt: number
  /** Close at which it was decided: earlier where requests take time. */
  readonly decidedAt: number
  /** Its fill: of an entry the first, of an exit the last. */
  readonly execution: Execution | null
}

/** The trade and orders that were asked for, found in a run: as its folder tells it, or made again. */
export interface Subject {
  readonly trade: Trade | null
  readonly points: readonly Point[]
  readonly executions: readonly Execution[]
}

type Told = Pick<LoadedRun, 'document' | 'trades' | 'fills' | 'events'>

/** @throws UsageError where the run has no such trade or order, RangeError where its files contradict one another */
export function subjectOf(run: Told, asked: Asked): Subject {
  return 'trade' in asked ? tradeSubject(run, asked.trade) : orderSubject(run, asked.order)
}

function tradeSubject(run: Told, n: number): Subject {
  const stories = tradeStories(run)
  const story = stories.closed[n - 1]
  if (story === undefined) throw new UsageError(noTrade(run, n, stories.open))
  return { trade: story.trade, points: pointsOf(story), executions: story.executions }
}

function pointsOf({ trade, executions }: TradeStory): Point[] {
  const point = (name: 'entry' | 'exit', execution: Execution): Point => ({
    ...{ name, symbol: trade.symbol, execution },
    id: execution.order?.id ?? null,
    startIndex: execution.acceptedIndex,
    startAt: execution.acceptedAt,
    decidedAt: execution.decidedAt,
  })
  return [point('entry', executions[0]!), point('exit', executions.at(-1)!)]
}

function noTrade({ document, trades }: Told, n: number, open: readonly (readonly Execution[])[]): string {
  const { run, orders } = document
  const still = document.openTrades.find((trade) => trade.n === n)
  const first = open.find(([entry]) => entry!.fill.symbol === still?.symbol)?.[0]
  if (still !== undefined)
    return `${run}: trade ${n} (${still.side} ${still.symbol} since ${timeName(still.entryTime)}) is still open at the end of the data, so it has no exit to explain; ${first?.order ? `explain its entry with --order ${first.order.id}, or ` : ''}close it with --close-at-end`
  if (trades.length > 0)
    return `${run}: there is no trade ${n}; its ${trades.length === 1 ? 'one closed trade is 1' : `${trades.length} closed trades are 1 to ${trades.length}`}, in the order of trades.csv`
  const refused = Object.entries(orders.byFilter).map(([reason, count]) => `${reason} ${count}`)
  return `${run}: no trade was closed, so there is none to explain; of its orders ${orders.accepted} passed and ${orders.rejected} were refused${refused.length > 0 ? ` (${refused.join(', ')})` : ''}; events.jsonl has their ids, and --order ID explains one`
}

/** Refusals of what was asked of an order, or of no order at all, and not of the order itself. */
const NO_ORDER = ['UNKNOWN_ORDER', 'DUPLICATE_ID', 'AMEND']

function orderSubject(run: Told, name: string): Subject {
  const [, id, nth] = /^(.*?)(?:#([1-9]\d*))?$/.exec(name)!
  const lives = livesOf(run.events, id!)
  if (lives.length === 0)
    throw new UsageError(
      `${run.document.run}: there is no order "${id}"; ids are in fills.csv and events.jsonl, those that klinelab gives are o1, o2, …`,
    )
  if (nth === undefined && lives.length > 1)
    throw new UsageError(
      `${run.document.run}: ${lives.length} orders had the id "${id}", the first at ${timeName(lives[0]!.at)}, the last at ${timeName(lives.at(-1)!.at)}; name one of them: --order ${id}#1 to --order ${id}#${lives.length}`,
    )
  const life = lives[Number(nth ?? 1) - 1]
  if (life === undefined)
    throw new UsageError(
      `${run.document.run}: only ${lives.length === 1 ? '1 order' : `${lives.length} orders`} had the id "${id}"; the last is ${id}#${lives.length}`,
    )
  const executions = executionsOf(run).filter((one) => one.acceptedIndex === life.index)
  const { symbol, index: startIndex, at: startAt } = life
  return {
    trade: tradeOf(run, executions[0]),
    points: [
      {
        ...{ name: 'order', symbol, id: id!, startIndex, startAt, execution: executions[0] ?? null },
        decidedAt: decidedAtOf(run.events, startIndex),
      },
    ],
    executions,
  }
}

function tradeOf(run: Told, execution: Execution | undefined): Trade | null {
  if (execution === undefined) return null
  const isOf = ({ executions }: TradeStory) => executions.some(({ fill }) => fill.n === execution.fill.n)
  return tradeStories(run).closed.find(isOf)?.trade ?? null
}

/** Every order of an id: where it was accepted, or refused before it was ever open. */
function livesOf(events: readonly RunEvent[], id: string) {
  const lives: { symbol: string; index: number; at: number }[] = []
  const left = new Map<string, number>()
  events.forEach((event, index) => {
    if (event.type === 'accepted' && event.order.id === id) {
      lives.push({ symbol: event.order.symbol, index, at: event.at })
      left.set(event.order.symbol, event.order.qty)
    } else if (event.type === 'rejected' && event.id === id && !NO_ORDER.includes(event.reason)) {
      // refused at its fill, or only an amendment of it was
      if (!left.has(event.symbol)) lives.push({ symbol: event.symbol, index, at: event.at })
    } else if (event.type === 'cancelled' && event.id === id) left.delete(event.symbol)
    else if (event.type === 'fill' && event.fill.order === id) {
      const { symbol, qty, position } = event.fill
      const rest = (left.get(symbol) ?? 0) - qty
      if (rest > 0 && position !== 0) left.set(symbol, rest)
      else left.delete(symbol)
    }
  })
  return lives
}

/** Interval of a symbol's bars, and whether the run has several. */
export function intervalsOf({ data }: RunDocument): {
  readonly of: (symbol: string) => Interval
  readonly areMixed: boolean
} {
  const intervals = new Map(data.map(({ series }) => parseSeries(series)).map((one) => [one.symbol, one.interval]))
  return { of: (symbol) => intervals.get(symbol)!, areMixed: new Set(intervals.values()).size > 1 }
}

/** The closes to look at: of the decisions, of their last changes, and those before and after the bars of the fills. */
export function looksOf(run: Told, subject: Subject): { readonly looks: Look[]; readonly followed: Followed | null } {
  const { of, areMixed } = intervalsOf(run.document)
  const looks = subject.points.flatMap((point) => {
    const { symbol, startAt, execution } = point
    // where bars have different lengths, an order may have waited for the close of a bar that was underway
    const wait = areMixed ? intervalMs(of(symbol)) - 1 : 0
    const parent = parentOf(run.events, point)
    const change = changeOf(run.events, point)
    const decided = [point.decidedAt, startAt, ...[parent, change].map((one) => one?.decidedAt ?? startAt)]
    const after = execution === null ? [] : [execution.fill.time, closeAfter(execution, of(symbol))]
    return [...decided.map((at) => ({ from: at - wait, to: at })), ...after.map((at) => ({ from: at, to: at }))]
  })
  const { trade } = subject
  if (trade === null) return { looks, followed: null }
  return { looks, followed: { symbol: trade.symbol, from: trade.entryTime, to: trade.exitTime } }
}

/** Close of the bar of a fill. */
export function closeAfter({ fill }: Execution, interval: Interval): number {
  return fill.phase === 'close' ? fill.time : closeTimeOf(fill.time, interval)
}

/** An order as some event left it, and when that was decided. */
export interface Turn {
  readonly order: OrderView
  readonly at: number
  readonly decidedAt: number
}

/** Of a bracket's leg, the acceptance of the entry whose fill brought it. */
export function parentOf(events: readonly RunEvent[], { symbol, startIndex }: Point): Turn | null {
  const start = events[startIndex]
  if (start?.type !== 'accepted' || !['stop', 'target', 'trail'].includes(start.order.role)) return null
  let entry: string | null = null
  for (let k = startIndex - 1; k >= 0; k--) {
    const event = events[k]!
    if (entry === null && event.type === 'fill' && event.fill.symbol === symbol) entry = event.fill.order
    if (event.type === 'accepted' && event.order.symbol === symbol && event.order.id === entry)
      return { order: event.order, at: event.at, decidedAt: decidedAtOf(events, k) }
  }
  return null
}

/** Events of an order's life: from its acceptance to its fill, or to its end. */
export function lifeOf(events: readonly RunEvent[], { symbol, id, startIndex, execution }: Point): RunEvent[] {
  if (id === null || startIndex < 0) return []
  const end = execution?.fillIndex ?? events.length - 1
  const life: RunEvent[] = []
  // an order that was cut when it was accepted is told so ahead of it
  const before = events[startIndex - 1]
  if (before?.type === 'cut' && before.id === id && before.symbol === symbol) life.push(before)
  for (let index = startIndex; index <= end; index++) {
    const event = events[index]!
    if (ownerOf(event)?.id !== id || ownerOf(event)?.symbol !== symbol) continue
    // the same id anew: another order
    if (event.type === 'accepted' && index > startIndex) break
    life.push(event)
  }
  return life
}

/** The order an event is about. */
export function ownerOf(event: RunEvent): { readonly symbol: string; readonly id: string } | null {
  if (event.type === 'accepted' || event.type === 'amended') return event.order
  if (event.type === 'fill') return { symbol: event.fill.symbol, id: event.fill.order }
  return 'id' in event && event.type !== 'arrived' ? event : null
}

/** The last amendment of an order ahead of its fill. */
export function changeOf(events: readonly RunEvent[], point: Point): Turn | null {
  const event = lifeOf(events, point).findLast(({ type }) => type === 'amended')
  if (event?.type !== 'amended') return null
  return { order: event.order, at: event.at, decidedAt: decidedAtOf(events, events.indexOf(event)) }
}
