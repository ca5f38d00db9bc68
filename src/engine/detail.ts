import { type Bars, firstRowAt } from '../core/bar.ts'
import { exactUnits, POW10 } from '../core/decimal.ts'
import type { UnitBar } from './fill-model.ts'

/**
 * Finer bars of an instrument: where a bar's outcome hangs on the order of its prices, orders meet these one after the
 * other instead. They stand for the bar only where they make it up exactly, open, extremes and close.
 */
export class Detail {
  readonly bars: Bars
  /** The finer bar at hand, −1 while orders meet the whole one. */
  #part = -1
  /** First part with volume. */
  readonly #volumeFrom: number
  #first = 0
  #end = 0

  constructor(bars: Bars) {
    this.bars = bars
    const first = bars.volume.findIndex((volume) => volume !== 0)
    this.#volumeFrom = first === -1 ? Number.POSITIVE_INFINITY : first
  }

  /** Row of the finer bar at hand. */
  get part(): number {
    return this.#part
  }
  get isAtWork(): boolean {
    return this.#part !== -1
  }
  /** Whether a part of the bar has been met before this one. */
  get isLater(): boolean {
    return this.#part > this.#first
  }
  /** As of a whole bar (`Slot.hasTraded`): zeros are not known until a volume has been seen. */
  get hasTraded(): boolean {
    return this.#part < this.#volumeFrom || this.volume !== 0
  }
  get volume(): number {
    return this.bars.volume[this.#part]!
  }

  /** Goes to the parts of row `row` of `whole`, which closes at `to`; says whether they make it up. */
  begin(whole: Bars, row: number, to: number): boolean {
    const { openTime, open, high, low, close } = this.bars
    this.#first = firstRowAt(openTime, whole.openTime[row]!)
    this.#end = firstRowAt(openTime, to)
    if (this.#first === this.#end) return false
    let [most, least] = [high[this.#first]!, low[this.#first]!]
    for (let k = this.#first + 1; k < this.#end; k++) {
      most = Math.max(most, high[k]!)
      least = Math.min(least, low[k]!)
    }
    const isWhole =
      open[this.#first] === whole.open[row] &&
      close[this.#end - 1] === whole.close[row] &&
      most === whole.high[row] &&
      least === whole.low[row]
    if (isWhole) this.#part = this.#first - 1
    return isWhole
  }

  /** Goes to the next part; false where there is none left. */
  next(): boolean {
    this.#part = this.#part + 1 < this.#end ? this.#part + 1 : -1
    return this.#part !== -1
  }

  /** The part at hand in whole price units. */
  load(into: UnitBar, priceDecimals: number): void {
    const units = (price: number) => exactUnits(price, priceDecimals) ?? Math.round(price * POW10[priceDecimals]!)
    into.open = units(this.bars.open[this.#part]!)
    into.high = units(this.bars.high[this.#part]!)
    into.low = units(this.bars.low[this.#part]!)
    into.close = units(this.bars.close[this.#part]!)
  }
}
