import { type Bars, firstRowAt, lastClosedBy } from '../core/bar.ts'
import { DAY } from '../core/interval.ts'
import type { Random } from '../core/random.ts'
import { RandomPlacement } from './random-placement.ts'

/** A closed trade as it is entered again elsewhere. */
export interface Entry {
  readonly isLong: boolean
  /** Notional that was held on the mean ÷ equity before. */
  readonly share: number
  /** Notional of the entries ÷ that: so often it pays what a side costs. */
  readonly turns: number
  /** At least one. */
  readonly bars: number
  readonly entryTime: number
  readonly entryPrice: number
  readonly exitTime: number
  /** After fees and slippage, without funding, as a fraction of what was held. */
  readonly net: number
}

/** One symbol: its bars, and the trades that were made on it. */
export class EntryLane {
  readonly held: number
  /** Bars on which its trades could lie. */
  readonly bars: number
  readonly #placement: RandomPlacement
  readonly #open: Float64Array
  /** First row of each day, and one beyond the last. */
  readonly #dayRows: Int32Array
  /** Last close by the end of each day. */
  readonly #marks: Float64Array
  readonly #entries: readonly Entry[]
  readonly #lengths: Int32Array
  /** Of each trade; below 0 of a short one. */
  readonly #shares: Float64Array
  /** Of the trades as they are laid: row of the exit, and prices of both. */
  readonly #ends: Int32Array
  readonly #entered: Float64Array
  readonly #left: Float64Array
  /** Of each trade: fees and slippage of a side ÷ notional, as paid on the mean, for all of its turns. */
  readonly #costs: Float64Array
  readonly #firstDay: number

  /**
   * @param end row by which all trades have to be closed
   * @param firstDay number of the run's first day
   * @param days of the run
   */
  constructor(bars: Bars, entries: readonly Entry[], cost: number, end: number, firstDay: number, days: number) {
    this.#open = bars.open
    this.#entries = entries
    this.#costs = Float64Array.from(entries, ({ turns }) => cost * turns)
    this.#firstDay = firstDay
    this.#lengths = Int32Array.from(entries, ({ bars: held }) => held)
    this.#shares = Float64Array.from(entries, ({ isLong, share }) => (isLong ? share : -share))
    this.#ends = new Int32Array(entries.length)
    this.#entered = new Float64Array(entries.length)
    this.#left = new Float64Array(entries.length)
    this.held = this.#lengths.reduce((sum, length) => sum + length, 0)
    // what is decided on the first bar is entered on the second
    this.bars = end - 1
    this.#placement = new RandomPlacement(this.#lengths, 1, 1 + Math.max(this.held, this.bars))
    const midnight = (day: number) => (firstDay + day) * DAY
    this.#dayRows = Int32Array.from({ length: days + 1 }, (_, day) => firstRowAt(bars.openTime, midnight(day)))
    this.#marks = Float64Array.from({ length: days }, (_, day) => {
      const row = lastClosedBy(bars.openTime, bars.series.interval, midnight(day + 1))
      return row >= 0 ? bars.close[row]! : bars.open[0]!
    })
  }

  /** Adds the trades as they were to the daily changes. @returns the factor by which they change the equity */
  addOwn(daily: Float64Array): number {
    let factor = 1
    this.#entries.forEach(({ entryTime, entryPrice, exitTime, net }, k) => {
      const share = this.#shares[k]!
      factor *= Math.max(0, 1 + Math.abs(share) * net)
      this.#spread(daily, k, this.#dayOf(entryTime), this.#dayOf(exitTime), entryPrice, net)
    })
    return factor
  }

  /** The same, laid anew. */
  addPlaced(daily: Float64Array, random: Random): number {
    this.#placement.draw(random)
    const { order, starts } = this.#placement
    const [dayRows, open, costs] = [this.#dayRows, this.#open, this.#costs]
    const [ends, entered, left] = [this.#ends, this.#entered, this.#left]
    // prices far apart are slow to come; one after the other without a branch between, they come at once
    for (let k = 0; k < starts.length; k++) {
      const start = starts[k]!
      const end = start + this.#lengths[order[k]!]!
      ends[k] = end
      entered[k] = open[start]!
      left[k] = open[end]!
    }
    let factor = 1
    let day = 0
    for (let k = 0; k < starts.length; k++) {
      const trade = order[k]!
      const share = this.#shares[trade]!
      const start = starts[k]!
      const end = ends[k]!
      const price = entered[k]!
      const ratio = left[k]! / price
      const net = (share > 0 ? ratio - 1 : 1 - ratio) - costs[trade]! * (1 + ratio)
      factor *= Math.max(0, 1 + Math.abs(share) * net)
      // starts ascend: the day of one is that of the one before it or later
      while (dayRows[day + 1]! <= start) day++
      let last = day
      while (dayRows[last + 1]! <= end) last++
      this.#spread(daily, trade, day, last, price, net)
    }
    return factor
  }

  #dayOf(time: number): number {
    return Math.min(this.#marks.length - 1, Math.floor(time / DAY) - this.#firstDay)
  }

  /** A trade's value day by day: marked at the ends of days, after its costs on the last. */
  #spread(daily: Float64Array, trade: number, from: number, to: number, price: number, net: number): void {
    const share = this.#shares[trade]!
    const cost = this.#costs[trade]!
    const size = Math.abs(share)
    let before = 0
    for (let day = from; day < to; day++) {
      const move = this.#marks[day]! / price - 1
      const value = (share > 0 ? move : -move) - cost
      daily[day]! += size * (value - before)
      before = value
    }
    daily[to]! += size * (net - before)
  }
}
