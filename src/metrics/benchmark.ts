import { type Bars, firstRowAt } from '../core/bar.ts'
import { closeTimeOf, intervalMs } from '../core/interval.ts'
import type { EquityColumns } from '../core/run.ts'

export interface BenchmarkSeries {
  readonly bars: Bars
  readonly feeTaker: number
  readonly slippageBps: number
}

/**
 * Equity of buying once and holding, on the run's own instants: the cash is divided equally, each part buys at the open
 * of its series' first bar of the range, pays taker fee and slippage like a market order, and is marked at the closes. It
 * may hold fractions finer than a step; nothing is sold at the end.
 */
export function buyAndHoldEquity(
  series: readonly BenchmarkSeries[],
  from: number,
  cash: number,
  equity: Pick<EquityColumns, 'length' | 'time'>,
): Float64Array {
  const column = new Float64Array(equity.length)
  const part = cash / series.length
  const { time } = equity
  for (const { bars, feeTaker, slippageBps } of series) {
    const first = firstRowAt(bars.openTime, from)
    let row = first - 1
    const price = first < bars.length ? bars.open[first]! * (1 + slippageBps / 10_000) * (1 + feeTaker) : Number.NaN
    const { openTime } = bars
    const { interval } = bars.series
    const length = interval === '1M' ? Number.NaN : intervalMs(interval)
    for (let k = 0; k < column.length; k++) {
      // most bars are of one length: what is added at once need not be looked up
      while (row + 1 < openTime.length) {
        const open = openTime[row + 1]!
        if (!((interval === '1M' ? closeTimeOf(open, interval) : open + length) <= time[k]!)) break
        row++
      }
      column[k] = column[k]! + (row < first ? part : (part / price) * bars.close[row]!)
    }
  }
  return column
}
