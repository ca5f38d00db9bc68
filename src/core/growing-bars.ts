import { BAR_FIELDS, type Bar, type BarField, type Bars } from './bar.ts'
import { exactUnits } from './decimal.ts'
import { GrowingColumn, mostRows } from './growing-column.ts'
import { intervalMs } from './interval.ts'
import type { Series } from './series.ts'
import { timeName } from './time.ts'

/** What a bar that is told of holds. */
export type NewBar = Pick<Bar, BarField>

const PRICES = ['open', 'high', 'low', 'close'] as const

/** What a row that is not there yet reads as: it opens later than any time, and nobody has traded. */
const EMPTY: Readonly<Record<BarField, number>> = {
  openTime: Number.POSITIVE_INFINITY,
  open: Number.NaN,
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: 0,
}

/**
 * Bars of a running session. Whoever holds a column sees it grow. `length` alone says how many bars there are: the columns reach a
 * little beyond, and searches by time (`firstRowAt`) find the end all the same. For a fixed copy without memory of its own:
 * `sliceBars(bars, 0, bars.length)`.
 */
export class GrowingBars implements Bars {
  readonly series: Series
  readonly priceDecimals: number
  readonly openTime: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  readonly #columns: Readonly<Record<BarField, GrowingColumn>>
  #length: number

  /**
   * @param warm bars that are known before the session; may be none
   * @param priceDecimals most decimals that a price of the series can have, where more are possible than those bars show
   */
  constructor(warm: Bars, priceDecimals = warm.priceDecimals) {
    this.series = warm.series
    this.priceDecimals = Math.max(warm.priceDecimals, priceDecimals)
    this.#length = warm.length
    const most = mostRows(warm.length, intervalMs(warm.series.interval))
    const column = (field: BarField) => {
      const made = new GrowingColumn(Float64Array, most, EMPTY[field])
      made.reserve(warm.length)
      made.values.set(warm[field].subarray(0, warm.length))
      return made
    }
    this.#columns = {
      openTime: column('openTime'),
      open: column('open'),
      high: column('high'),
      low: column('low'),
      close: column('close'),
      volume: column('volume'),
    }
    this.openTime = this.#columns.openTime.values
    this.open = this.#columns.open.values
    this.high = this.#columns.high.values
    this.low = this.#columns.low.values
    this.close = this.#columns.close.values
    this.volume = this.#columns.volume.values
  }

  get length(): number {
    return this.#length
  }

  /** @throws RangeError as `append` does; then nothing has been appended */
  check(bar: NewBar): void {
    const { symbol } = this.series
    const last = this.#length > 0 ? this.openTime[this.#length - 1]! : Number.NEGATIVE_INFINITY
    if (!(bar.openTime > last))
      throw new RangeError(
        `${symbol}: a bar of ${timeName(bar.openTime)} after that of ${timeName(last)}: bars only go on`,
      )
    for (const field of PRICES)
      if (exactUnits(bar[field], this.priceDecimals) === null)
        throw new RangeError(
          `${symbol}: the bar of ${timeName(bar.openTime)} has ${field} ${bar[field]}, and prices of this session have at most ${this.priceDecimals} decimals`,
        )
    if (!(bar.volume >= 0))
      throw new RangeError(`${symbol}: the bar of ${timeName(bar.openTime)} has a volume of ${bar.volume}`)
  }

  /** @throws RangeError for a bar that is not after the last one, or whose numbers the columns cannot hold exactly */
  append(bar: NewBar): void {
    this.check(bar)
    for (const field of BAR_FIELDS) this.#columns[field].set(this.#length, bar[field])
    this.#length++
  }
}
