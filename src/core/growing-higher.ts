import { type Bars, sliceBars } from './bar.ts'
import { GrowingBars } from './growing-bars.ts'
import { GrowingColumn, mostRows } from './growing-column.ts'
import type { HigherBars } from './higher.ts'
import { closeTimeOf, type Interval, intervalMs, openTimeOf } from './interval.ts'
import { resampleBars } from './resample.ts'

/** What `higherBars` makes of bars, while these grow. */
export class GrowingHigher implements HigherBars {
  readonly bars: GrowingBars
  readonly #own: Bars
  readonly #interval: Interval
  readonly #rows: GrowingColumn<Int32Array>
  #length = 0
  /** First own row of the higher bar that is underway, and when that one opened; −1 while there is none. */
  #first = -1
  #openTime = 0

  /** @throws RangeError where `interval` is not coarser than that of `own`, or its bars do not begin where theirs do */
  constructor(own: Bars, interval: Interval) {
    this.#own = own
    this.#interval = interval
    this.bars = new GrowingBars(resampleBars(sliceBars(own, 0, 0), interval))
    this.#rows = new GrowingColumn(Int32Array, mostRows(own.length, intervalMs(own.series.interval)), -1)
    this.grow()
  }

  get rows(): Int32Array {
    return this.#rows.values
  }

  /** Goes on to the last own bar. */
  grow(): void {
    for (; this.#length < this.#own.length; this.#length++) this.#take(this.#length)
  }

  #take(row: number): void {
    const { openTime, series } = this.#own
    const start = openTimeOf(openTime[row]!, this.#interval)
    if (this.#first !== -1 && start !== this.#openTime) this.#end(row)
    // a part of the very first must not be taken for the whole
    const isPart = start < openTime[0]!
    if (this.#first === -1 && !isPart) {
      this.#first = row
      this.#openTime = start
    }
    const closed = closeTimeOf(openTime[row]!, series.interval)
    if (this.#first !== -1 && closeTimeOf(this.#openTime, this.#interval) <= closed) this.#end(row + 1)
    this.#rows.set(row, this.bars.length - 1)
  }

  #end(to: number): void {
    const { openTime, open, high, low, close, volume } = resampleBars(
      sliceBars(this.#own, this.#first, to),
      this.#interval,
    )
    this.bars.append({
      openTime: openTime[0]!,
      open: open[0]!,
      high: high[0]!,
      low: low[0]!,
      close: close[0]!,
      volume: volume[0]!,
    })
    this.#first = -1
  }
}
