import type { Bars } from '../core/bar.ts'
import { GrowingColumn, mostRows } from '../core/growing-column.ts'
import type { Indicator } from '../core/indicator.ts'
import { intervalMs } from '../core/interval.ts'
import type { Columns } from './plan.ts'
import { RingColumns } from './ring.ts'

/** What `batchColumns` makes of bars, while these grow: whole columns, for views that look at any row. */
export class GrowingIndicators<I extends Readonly<Record<string, Indicator>>> {
  readonly columns: Columns<I>
  readonly #bars: Bars
  readonly #ring: RingColumns<I>
  readonly #pairs: readonly { readonly from: Float64Array; readonly to: GrowingColumn }[]
  #length = 0

  constructor(indicators: I, bars: Bars) {
    this.#bars = bars
    this.#ring = new RingColumns(indicators, bars)
    const pairs: { from: Float64Array; to: GrowingColumn }[] = []
    const most = mostRows(bars.length, intervalMs(bars.series.interval))
    const grown = (from: Float64Array) => {
      const to = new GrowingColumn(Float64Array, most, Number.NaN)
      pairs.push({ from, to })
      return to.values
    }
    this.columns = Object.fromEntries(
      Object.entries(this.#ring.columns).map(([name, outputs]) => [
        name,
        Object.fromEntries(Object.entries(outputs).map(([output, column]) => [output, grown(column)])),
      ]),
    ) as Columns<I>
    this.#pairs = pairs
    this.grow()
  }

  /** Goes on to the last bar. */
  grow(): void {
    while (this.#length < this.#bars.length) {
      const to = this.#ring.fillTo(this.#length)
      const at = this.#length & this.#ring.mask
      for (const pair of this.#pairs) {
        pair.to.reserve(to)
        pair.to.values.set(pair.from.subarray(at, at + to - this.#length), this.#length)
      }
      this.#length = to
    }
  }
}
