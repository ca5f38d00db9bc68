import { lastClosedBy } from '../core/bar.ts'
import { emptyList } from '../core/empty-list.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { Slot } from './slot.ts'

/** A quantity held from an instant on, until the next one of its instrument. */
interface Holding {
  readonly from: number
  readonly qty: number
}

/** Gross notional of open positions ÷ equity, instant by instant: worked out from what was held when, after the run. */
export class Exposure {
  readonly #slots: readonly Slot[]
  readonly #holdings: ReadonlyMap<Slot, Holding[]>

  constructor(slots: readonly Slot[]) {
    this.#slots = slots
    this.#holdings = new Map(slots.map((slot) => [slot, emptyList()]))
  }

  /** `qty` (base asset, negative where short) is held from the instant numbered `from` on. */
  note(slot: Slot, from: number, qty: number): void {
    this.#holdings.get(slot)!.push({ from, qty })
  }

  /** @param times close times of the instants, UTC ms */
  column(times: Float64Array, equity: Float64Array): Float64Array {
    const column = new Float64Array(equity.length)
    for (const slot of this.#slots) {
      const holdings = this.#holdings.get(slot)!
      holdings.forEach(({ from, qty }, k) => {
        const to = holdings[k + 1]?.from ?? column.length
        if (qty !== 0) addNotional(column, times, slot, qty, from, to)
      })
    }
    for (let k = 0; k < column.length; k++) if (column[k] !== 0) column[k]! /= equity[k]!
    return column
  }
}

/** Adds |qty| × mark of the last bar closed by each instant of [from, to). */
function addNotional(
  column: Float64Array,
  times: Float64Array,
  { openTimes, interval, marks }: Slot,
  qty: number,
  from: number,
  to: number,
): void {
  let row = lastClosedBy(openTimes, interval, times[from]!)
  for (let k = from; k < to; k++) {
    while (row + 1 < openTimes.length && closeTimeOf(openTimes[row + 1]!, interval) <= times[k]!) row++
    column[k]! += Math.abs(qty * marks[row]!)
  }
}
