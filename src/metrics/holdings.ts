import { type Bars, firstRowAt } from '../core/bar.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import { closeTimeOf, openTimeOf } from '../core/interval.ts'
import type { MarginTerms } from '../core/leverage.ts'

/** An instrument of a run: its bars in the run's range, and what stood beside them. */
export interface Traded {
  readonly bars: Bars
  /** What it was marked at, one price a bar: mark prices where stored, else the closes. */
  readonly marks: Float64Array
  readonly quote: string
  /** `null` on spot. */
  readonly margin: MarginTerms | null
}

/** What is held of an instrument and what it has cost so far, from an instant on until the next of its holdings. */
export interface Holding {
  /** Row of the equity curve. */
  readonly from: number
  /** Base asset, signed; dust included. */
  readonly qty: number
  /** Whether it is a position, and no dust. */
  readonly isOpen: boolean
  /** Received for sales less what was paid for purchases, fees and funding; quote asset. */
  readonly cash: number
  /** Signed cost of what is held, at its average price. */
  readonly cost: number
  /** Set aside for an isolated position. */
  readonly isolated: number
}

type State = Omit<Holding, 'from'>

const NOTHING: State = { qty: 0, isOpen: false, cash: 0, cost: 0, isolated: 0 }
/** What is left of a quantity after sums in doubles, as a part of the last fill. */
const ROUNDING = 1e-9

/**
 * The holdings of each instrument, as fills and funding tell them. An event counts from the close of the bar in which it
 * happened: from there the curve has it.
 * @param times close times of the instants, UTC ms
 */
export function holdingsOf(traded: readonly Traded[], events: readonly RunEvent[], times: Float64Array): Holding[][] {
  const lives = new Map(traded.map((one) => [one.bars.series.symbol, { one, now: NOTHING, found: [] as Holding[] }]))
  for (const event of events) {
    if (event.type !== 'fill' && event.type !== 'funding') continue
    const life = lives.get(event.type === 'fill' ? event.fill.symbol : event.symbol)!
    const { one, found } = life
    const isolated = one.margin?.mode === 'isolated' ? one.margin : null
    if (event.type === 'fill') life.now = filled(life.now, event.fill, one.quote, isolated?.leverage ?? Infinity)
    else
      life.now = {
        ...life.now,
        cash: life.now.cash - event.paid,
        isolated: life.now.isolated - (isolated === null ? 0 : event.paid),
      }
    const from = firstRowAt(times, countsFrom(one.bars, event))
    if (found.at(-1)?.from === from) found.pop()
    found.push({ from, ...life.now })
  }
  return [...lives.values()].map(({ found }) => found)
}

/** Close of the bar in which a fill happened, or in which funding was charged: the first that closes after it. */
function countsFrom({ series, openTime }: Bars, event: Extract<RunEvent, { type: 'fill' | 'funding' }>): number {
  const { interval } = series
  if (event.type === 'fill' && event.fill.phase === 'close') return event.fill.time
  const time = event.type === 'fill' ? event.fill.time : event.at
  return closeTimeOf(openTime[firstRowAt(openTime, openTimeOf(time, interval))]!, interval)
}

/** One net position at average cost (fills.md 20); what it sets aside shrinks with it. */
function filled(before: State, fill: Fill, quote: string, leverage: number): State {
  const { price, fee } = fill
  const sign = fill.side === 'buy' ? 1 : -1
  // a fee taken in the asset received lessens what is held; it is stated at the fill's price
  const isInBase = fill.feeAsset !== quote
  const sum = before.qty + sign * fill.qty - (isInBase ? fee / price : 0)
  const qty = Math.abs(sum) < ROUNDING * fill.qty ? 0 : sum
  const isSameSide = qty * before.qty > 0
  const kept = isSameSide ? Math.min(1, qty / before.qty) : 0
  const opened = Math.abs(qty) - (isSameSide ? Math.min(Math.abs(qty), Math.abs(before.qty)) : 0)
  return {
    qty,
    isOpen: fill.position !== 0,
    cash: before.cash - sign * fill.qty * price - (isInBase ? 0 : fee),
    cost: before.cost * kept + Math.sign(qty) * opened * price,
    isolated: before.isolated * kept + (opened * price) / leverage,
  }
}
