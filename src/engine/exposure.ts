import { lastClosedBy } from '../core/bar.ts'
import { emptyList } from '../core/empty-list.ts'
import { closeTimeOf, intervalMs } from '../core/interval.ts'
import type { Slot } from './slot.ts'

/** Instants that are gone through in one call: a loop that is called more often is compiled well sooner. */
const PIECE = 1024

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
    for (let from = 0; from < column.length; from += PIECE)
      divide(column, equity, from, Math.min(column.length, from + PIECE))
    return column
  }
}

function divide(column: Float64Array, by: Float64Array, from: number, to: number): void {
  for (let k = from; k < to; k++) if (column[k] !== 0) column[k]! /= by[k]!
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
  const length = interval === '1M' ? Number.NaN : intervalMs(interval)
  let row = lastClosedBy(openTimes, interval, times[from]!)
  for (let k = from; k < to; k++) {
    while (row + 1 < openTimes.length) {
      const open = openTimes[row + 1]!
      if (!((interval === '1M' ? closeTimeOf(open, interval) : open + length) <= times[k]!)) break
      row++
    }
    column[k]! += Math.abs(qty * marks[row]!)
  }
}
