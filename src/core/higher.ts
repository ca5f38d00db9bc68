import type { Bars } from './bar.ts'
import { closeTimeOf, type Interval } from './interval.ts'
import { fromWholeBar, resampleBars } from './resample.ts'

/** Bars of a coarser interval, and for every own bar the last of them that was closed by its close. */
export interface HigherBars {
  readonly bars: Bars
  /** For each own row, the last higher row closed by then, −1 before the first. */
  readonly rows: Int32Array
}

/** @throws RangeError where `interval` is not coarser than that of `bars`, or its bars do not begin where theirs do */
export function higherBars(bars: Bars, interval: Interval): HigherBars {
  const own = bars.series.interval
  const higher = resampleBars(fromWholeBar(bars, interval), interval)
  const rows = new Int32Array(bars.length)
  let last = -1
  let next = closeAt(higher, 0, interval)
  for (let row = 0; row < bars.length; row++) {
    const closed = closeTimeOf(bars.openTime[row]!, own)
    while (next <= closed) next = closeAt(higher, ++last + 1, interval)
    rows[row] = last
  }
  return { bars: higher, rows }
}

function closeAt(bars: Bars, row: number, interval: Interval): number {
  return row < bars.length ? closeTimeOf(bars.openTime[row]!, interval) : Number.POSITIVE_INFINITY
}
