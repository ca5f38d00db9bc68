import { type Bars, firstRowAt } from '../core/bar.ts'
import { POW10 } from '../core/decimal.ts'
import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'

/** Bars shown ahead of an entry and after an exit. */
const MARGIN = 24
/** A trade of at most this many bars is shown whole; a longer one at its entry and at its exit. */
const WHOLE = 140
const HALF = 60
/** What all views together may take in the file, characters. */
const BUDGET = 600_000

/**
 * A stretch of single bars: open times as steps of the interval from `from`, prices as whole units of 10^-`decimals`, each
 * bar's open against the close before it, its wicks and its body. Small numbers make a small file.
 */
export interface Stretch {
  readonly from: number
  readonly steps: readonly number[]
  readonly decimals: number
  /** Close before the first bar, units. */
  readonly base: number
  /** open − close before, high − top of the body, bottom of the body − low, close − open. */
  readonly bars: readonly number[]
  readonly plots: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

export interface TradeView {
  /** Index into the run's trades. */
  readonly trade: number
  readonly stretches: readonly Stretch[]
}

/** Views of single trades: all of them where they fit, else the best, the worst and an even sample. */
export function tradeViews(result: RunResult, step: number): TradeView[] {
  const { trades } = result
  const views = new Map<number, TradeView>()
  let size = 0
  for (const index of inOrderOfInterest(trades)) {
    if (views.has(index)) continue
    const view = viewOf(result, trades[index]!, index, step)
    const taken = JSON.stringify(view).length
    if (size + taken > BUDGET) continue
    size += taken
    views.set(index, view)
    if (size > BUDGET * 0.97) break
  }
  return [...views.values()].sort((a, b) => a.trade - b.trade)
}

/** Best and worst ten first, then ever finer even samples: whatever the budget, what is shown is spread evenly. */
function inOrderOfInterest(trades: readonly Trade[]): number[] {
  const byReturn = trades.map((_, index) => index).sort((a, b) => trades[a]!.return - trades[b]!.return || a - b)
  const order = [...byReturn.slice(-10).reverse(), ...byReturn.slice(0, 10)]
  const largest = 2 ** Math.ceil(Math.log2(Math.max(2, trades.length)))
  for (let stride = largest; stride >= 1; stride /= 2)
    for (let index = 0; index < trades.length; index += stride) order.push(index)
  return order
}

function viewOf(result: RunResult, trade: Trade, index: number, step: number): TradeView {
  const slot = result.bars.findIndex((bars) => bars.series.symbol === trade.symbol)
  const bars = result.bars[slot]!
  const entry = rowOf(bars, trade.entryTime)
  const exit = rowOf(bars, trade.exitTime)
  const plots = result.plots.filter((plot) => plot.slot === slot)
  const stretch = (from: number, to: number) =>
    stretchOf(bars, Math.max(0, from), Math.min(bars.length, to), step, plots)
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

function stretchOf(bars: Bars, from: number, to: number, step: number, plots: RunResult['plots']): Stretch {
  const decimals = bars.priceDecimals
  const scale = POW10[decimals]!
  const units = (price: number) => Math.round(price * scale)
  const start = bars.openTime[from]!
  const steps: number[] = []
  const coded: number[] = []
  const base = units(bars.open[from]!)
  let before = base
  for (let row = from; row < to; row++) {
    const [open, high, low, close] = [bars.open[row]!, bars.high[row]!, bars.low[row]!, bars.close[row]!].map(
      units,
    ) as [number, number, number, number]
    steps.push(Math.round((bars.openTime[row]! - start) / step))
    coded.push(open - before, high - Math.max(open, close), Math.min(open, close) - low, close - open)
    before = close
  }
  const shown = plots.map(({ name, values }) => ({
    name,
    values: Array.from(values.subarray(from, to), (value) =>
      Number.isFinite(value) ? Number(value.toPrecision(7)) : null,
    ),
  }))
  return { from: start, steps, decimals, base, bars: coded, plots: shown }
}
