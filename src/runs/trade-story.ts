import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { OrderView } from '../core/order.ts'
import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'

/** One execution and the order that was executed, where there was one: a liquidation is nobody's order. */
export interface Execution {
  readonly fill: Fill
  /** As it was accepted. */
  readonly order: OrderView | null
  /** When it was decided and when it was accepted; the time of the fill where nobody ordered it. UTC ms. */
  readonly decidedAt: number
  readonly acceptedAt: number
  /** Where in the list of events it was accepted and filled; −1 where it is not there. */
  readonly acceptedIndex: number
  readonly fillIndex: number
}

/** The executions of one round trip, in their order. A fill that turns a position round belongs to two of them. */
export interface TradeStory {
  readonly trade: Trade
  readonly executions: readonly Execution[]
}

type Told = Pick<RunResult, 'trades' | 'fills' | 'events'>

/**
 * Which orders and fills made which trade: a round trip runs from flat to flat (fills.md 20), and trades are numbered as
 * they closed. `open`: executions of positions that were still held at the end.
 * @throws RangeError where the fills make another number of trades than there are
 */
export function tradeStories(run: Told): {
  readonly closed: readonly TradeStory[]
  readonly open: readonly (readonly Execution[])[]
} {
  const under = new Map<string, Execution[]>()
  const held = new Map<string, number>()
  const closed: Execution[][] = []
  for (const execution of executionsOf(run)) {
    const { symbol, position: after } = execution.fill
    const before = held.get(symbol) ?? 0
    held.set(symbol, after)
    const isTurned = Math.sign(before) * Math.sign(after) < 0
    // bought, and all of it dust: nothing is held that a trade could be about
    if (before === 0 && after === 0) continue
    if (before === 0) under.set(symbol, [execution])
    else under.get(symbol)!.push(execution)
    if (after !== 0 && !isTurned) continue
    closed.push(under.get(symbol)!)
    if (isTurned) under.set(symbol, [execution])
    else under.delete(symbol)
  }
  if (closed.length !== run.trades.length)
    throw new RangeError(`${run.fills.length} fills make ${closed.length} trades, and there are ${run.trades.length}`)
  return {
    closed: closed.map((executions, k) => ({ trade: run.trades[k]!, executions })),
    open: [...under.values()],
  }
}

/** Every fill with the order behind it. Ids come again once an order has ended, so the newest of that id is meant. */
export function executionsOf({ fills, events }: Pick<Told, 'fills' | 'events'>): Execution[] {
  const accepted = new Map<string, number>()
  const places = new Map<number, readonly [acceptedIndex: number, fillIndex: number]>()
  events.forEach((event, index) => {
    if (event.type === 'accepted') accepted.set(keyOf(event.order.symbol, event.order.id), index)
    if (event.type !== 'fill') return
    const { n, symbol, order } = event.fill
    places.set(n, [accepted.get(keyOf(symbol, order)) ?? -1, index])
  })
  return fills.map((fill) => executionOf(fill, events, ...(places.get(fill.n) ?? ([-1, -1] as const))))
}

function executionOf(fill: Fill, events: readonly RunEvent[], acceptedIndex: number, fillIndex: number): Execution {
  const accepted = events[acceptedIndex]
  if (accepted?.type !== 'accepted')
    return { fill, order: null, decidedAt: fill.time, acceptedAt: fill.time, acceptedIndex, fillIndex }
  const decidedAt = decidedAtOf(events, acceptedIndex)
  return { fill, order: accepted.order, decidedAt, acceptedAt: accepted.at, acceptedIndex, fillIndex }
}

/** When that was decided which came of a request: a request that took time arrived just ahead of it. UTC ms. */
export function decidedAtOf(events: readonly RunEvent[], index: number): number {
  const { at } = events[index]!
  let before = index - 1
  // an order that is cut as it is accepted is told so first
  while (events[before]?.type === 'cut' && events[before]!.at === at) before--
  const arrived = events[before]
  return arrived?.type === 'arrived' && arrived.at === at ? arrived.decidedAt : at
}

function keyOf(symbol: string, id: string): string {
  return `${symbol} ${id}`
}
