import type { Cancelled, Rejected, RunEvent } from '../../core/event.ts'
import type { Fill } from '../../core/fill.ts'
import { type Interval, openTimeOf } from '../../core/interval.ts'
import type { OrderRole, Side } from '../../core/order.ts'

/** An order as a run's events tell of it. */
export interface OrderStory {
  readonly symbol: string
  readonly id: string
  readonly side: Side
  readonly role: OrderRole
  readonly tag: string | null
  /** When it was accepted, UTC ms, and as how much. */
  readonly at: number
  readonly qty: number
  readonly fills: Fill[]
  /** Refused after all, when it reached the exchange. */
  refused: Rejected | null
  ended: Cancelled | null
}

/** The orders of a run, and requests that became none. */
export interface Told {
  readonly orders: readonly OrderStory[]
  readonly refusals: readonly Rejected[]
}

/** Open time of the bar in which an instant lies, of a symbol. */
export type BarOf = (symbol: string, time: number) => number

export function barOfIntervals(intervals: Readonly<Record<string, Interval>>): BarOf {
  return (symbol, time) => openTimeOf(time, intervals[symbol]!)
}

export function ordersOf(events: readonly RunEvent[]): Told {
  const orders: OrderStory[] = []
  const refusals: Rejected[] = []
  const alive = new Map<string, OrderStory>()
  const begin = (symbol: string, id: string, of: Omit<OrderStory, 'symbol' | 'id' | 'fills' | 'refused' | 'ended'>) => {
    const story: OrderStory = { symbol, id, ...of, fills: [], refused: null, ended: null }
    orders.push(story)
    alive.set(keyOf(symbol, id), story)
    return story
  }
  for (const event of events) {
    if (event.type === 'accepted') {
      const { symbol, id, side, role, tag, qty } = event.order
      begin(symbol, id, { side, role, tag, at: event.at, qty })
    } else if (event.type === 'fill') {
      const { symbol, order, side, role, tag, qty, time } = event.fill
      const story = alive.get(keyOf(symbol, order)) ?? begin(symbol, order, { side, role, tag, at: time, qty })
      story.fills.push(event.fill)
    } else if (event.type === 'rejected') {
      const story = alive.get(keyOf(event.symbol, event.id))
      if (event.reason === 'EXCHANGE' && story !== undefined) story.refused = event
      else refusals.push(event)
    } else if (event.type === 'cancelled') {
      const story = alive.get(keyOf(event.symbol, event.id))
      if (story !== undefined) story.ended = event
    }
  }
  return { orders, refusals }
}

function keyOf(symbol: string, id: string): string {
  return `${symbol} ${id}`
}

/** An order of the session and its like in the backtest; one of them may be missing. */
export interface Pair {
  readonly paper: OrderStory | null
  readonly backtest: OrderStory | null
}

/**
 * Which order is which: by id, side and the bar of its decision; then, since a counter counts otherwise once an order more or less
 * was sent, without the id; then, since what follows from a late fill is late, the nearest of the same id on another bar.
 */
export function pairOrders(paper: readonly OrderStory[], backtest: readonly OrderStory[], barOf: BarOf): Pair[] {
  const bar = (one: OrderStory) => barOf(one.symbol, one.at)
  const rules: readonly ((one: OrderStory) => string)[] = [
    (one) => `${likeOf(one)} ${bar(one)} ${one.id}`,
    (one) => `${likeOf(one)} ${bar(one)} ${one.tag}`,
  ]
  const peers = new Map<OrderStory, OrderStory>()
  const taken = new Set<OrderStory>()
  for (const rule of rules) {
    const waiting = grouped(
      backtest.filter((one) => !taken.has(one)),
      rule,
    )
    for (const one of paper) {
      if (peers.has(one)) continue
      const peer = waiting.get(rule(one))?.shift()
      if (peer === undefined) continue
      peers.set(one, peer)
      taken.add(peer)
    }
  }
  const inStep = new Map<string, Float64Array>()
  for (const [symbol, paired] of grouped([...peers.keys()], ({ symbol }) => symbol))
    inStep.set(symbol, Float64Array.from(paired, bar).sort())
  const isInStepBetween = (one: OrderStory, other: OrderStory) => {
    const bars = inStep.get(one.symbol) ?? NONE
    return (bars[firstAbove(bars, Math.min(bar(one), bar(other)))] ?? Infinity) < Math.max(bar(one), bar(other))
  }
  const lone = paper.filter((one) => !peers.has(one))
  const left = backtest.filter((one) => !taken.has(one))
  for (const [one, other] of nearestFirst(lone, left)) {
    // an id may be used again, and a counter comes to the same number by another way: where both sent the same meanwhile, nothing is late
    if (peers.has(one) || taken.has(other) || isInStepBetween(one, other)) continue
    peers.set(one, other)
    taken.add(other)
  }
  return [
    ...paper.map((one) => ({ paper: one, backtest: peers.get(one) ?? null })),
    ...backtest.filter((one) => !taken.has(one)).map((one) => ({ paper: null, backtest: one })),
  ]
}

function likeOf({ symbol, side, role }: OrderStory): string {
  return `${symbol} ${side} ${role}`
}

const NONE = new Float64Array(0)

/** Where in ascending values the first is that is greater. */
function firstAbove(values: ArrayLike<number>, than: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! <= than) low = middle + 1
    else high = middle
  }
  return low
}

/** How many orders of one id, on either side in time, are looked at: a strategy may give all of its orders the same. */
const NEIGHBOURS = 8

/** Those of the same id, side and role, the nearest in time first. */
function nearestFirst(paper: readonly OrderStory[], backtest: readonly OrderStory[]): [OrderStory, OrderStory][] {
  const sameId = grouped(
    [...backtest].sort((a, b) => a.at - b.at),
    (one) => `${likeOf(one)} ${one.id}`,
  )
  const times = new Map([...sameId].map(([key, group]) => [key, Float64Array.from(group, ({ at }) => at)]))
  return paper
    .flatMap((one) => {
      const key = `${likeOf(one)} ${one.id}`
      const at = firstAbove(times.get(key) ?? NONE, one.at)
      const near = sameId.get(key)?.slice(Math.max(0, at - NEIGHBOURS), at + NEIGHBOURS) ?? []
      return near.map((other): [OrderStory, OrderStory] => [one, other])
    })
    .sort((a, b) => Math.abs(a[0].at - a[1].at) - Math.abs(b[0].at - b[1].at))
}

function grouped<T>(all: readonly T[], keyIn: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(keyIn(one))
    if (group === undefined) groups.set(keyIn(one), [one])
    else group.push(one)
  }
  return groups
}
