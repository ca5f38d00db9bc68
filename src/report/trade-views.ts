import { type Bars, firstRowAt } from '../core/bar.ts'
import { POW10 } from '../core/decimal.ts'
import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { packTimes, type Times } from './pack.ts'
import { inOrderOfInterest } from './trade-sample.ts'

/** Bars shown ahead of an entry and after an exit. */
const MARGIN = 24
/** A trade of at most this many bars is shown whole; a longer one at its entry and at its exit. */
const WHOLE = 140
const HALF = 60
/** What all views together may take in the file, characters. */
const BUDGET = 600_000

/**
 * A stretch of single bars: prices as whole units of 10^-`decimals`, each bar's open against the close before it, its wicks
 * and its body.
 */
interface Stretch {
  readonly times: Times
  readonly decimals: number
  /** Close before the first bar, units. */
  readonly base: number
  /** open − close before, high − top of the body, bottom of the body − low, close − open. */
  readonly bars: readonly number[]
  /** Lines on the price, tenths of a unit, each value against the one before it. */
  readonly plots: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

export interface TradeView {
  /** Index into the page's trades. */
  readonly trade: number
  readonly stretches: readonly Stretch[]
}

/** Views of single trades: all of them where they fit, else the best, the worst and an even sample. */
export function tradeViews(result: RunResult, trades: readonly Trade[]): TradeView[] {
  const views: TradeView[] = []
  let size = 0
  for (const index of inOrderOfInterest(trades)) {
    const view = viewOf(result, trades[index]!, index)
    const taken = JSON.stringify(view).length
    if (size + taken > BUDGET) break
    size += taken
    views.push(view)
  }
  return views.sort((a, b) => a.trade - b.trade)
}

function viewOf(result: RunResult, trade: Trade, index: number): TradeView {
  const slot = result.bars.findIndex((bars) => bars.series.symbol === trade.symbol)
  const bars = result.bars[slot]!
  const entry = rowOf(bars, trade.entryTime)
  const exit = rowOf(bars, trade.exitTime)
  const plots = result.plots.filter((plot) => plot.slot === slot)
  const stretch = (from: number, to: number) => stretchOf(bars, Math.max(0, from), Math.min(bars.length, to), plots)
  const stretches =
    exit - entry <= WHOLE
      ? [stretch(entry - MARGIN, exit + MARGIN)]
      : [stretch(entry - MARGIN, entry + HALF), stretch(exit - HALF, exit + MARGIN)]
  return { trade: index, stretches }
}

/** The row of the bar inside which a fill happened; fills at the very end carry the last close time. */
function rowOf(bars: Bars, time: number): number {
  const row = firstRowAt(bars.openTime, time)
  return bars.openTime[row] === time ? row : Math.max(0, row - 1)
}

function stretchOf(bars: Bars, from: number, to: number, plots: RunResult['plots']): Stretch {
  const decimals = bars.priceDecimals
  const scale = POW10[decimals]!
  const coded: number[] = []
  const base = Math.round(bars.open[from]! * scale)
  let before = base
  for (let row = from; row < to; row++) {
    const open = Math.round(bars.open[row]! * scale)
    const high = Math.round(bars.high[row]! * scale)
    const low = Math.round(bars.low[row]! * scale)
    const close = Math.round(bars.close[row]! * scale)
    coded.push(open - before, high - Math.max(open, close), Math.min(open, close) - low, close - open)
    before = close
  }
  const shown = plots.map(({ name, values }) => ({ name, values: inUnits(values, from, to, scale) }))
  return { times: packTimes(Array.from(bars.openTime.subarray(from, to))), decimals, base, bars: coded, plots: shown }
}

/** A line on the price to a tenth of its last decimal, each value against the one before it; `null` where there is none. */
function inUnits(values: Float64Array, from: number, to: number, scale: number): (number | null)[] {
  const coded: (number | null)[] = []
  let before = 0
  for (let row = from; row < to; row++) {
    const value = values[row]!
    const units = Math.round(value * scale * 10)
    coded.push(Number.isFinite(value) ? units - before : null)
    if (Number.isFinite(value)) before = units
  }
  return coded
}
