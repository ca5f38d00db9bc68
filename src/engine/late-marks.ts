import type { Account } from './account.ts'
import type { EquityCurve } from './equity-curve.ts'
import type { Slot } from './slot.ts'

/** Bars that are marked in one call: loops that are called more often are compiled well sooner. */
const PIECE = 256

/**
 * Marks of quiet bars, taken together once somebody looks: the strategy at its equity or at the extremes of its position, or the
 * engine when something happens. Most bars are looked at by nobody, and a loop that does nothing else marks them in a third of the time.
 */
export class LateMarks {
  readonly #slot: Slot
  readonly #account: Account
  readonly #curve: EquityCurve
  readonly #clock: Float64Array
  /** Whether bars may be waiting, and the first that is. */
  #isOpen = false
  #row = 0

  /** @param clock is set to the instant that was marked last, UTC ms */
  constructor(slot: Slot, account: Account, curve: EquityCurve, clock: Float64Array) {
    this.#slot = slot
    this.#account = account
    this.#curve = curve
    this.#clock = clock
  }

  /** The next `count` bars may go by unmarked, on which nothing is booked. */
  begin(count: number): void {
    this.#isOpen = true
    this.#row = this.#slot.cursor.row + 1
    this.#curve.reserve(count)
  }

  /** Every bar is marked by the engine again. */
  end(): void {
    this.take()
    this.#isOpen = false
  }

  /** Marks the bars up to the cursor: their equity is in the curve, the open trade has lived through them. */
  take(): void {
    if (!this.#isOpen) return
    const { row } = this.#slot.cursor
    while (this.#row <= row) this.#mark(Math.min(row, this.#row + PIECE - 1))
  }

  #mark(last: number): void {
    const slot = this.#slot
    const { position } = slot
    const first = this.#row
    this.#row = last + 1
    if (position.heldQty === 0) this.#markFlat(last + 1 - first)
    else {
      this.#markHeld(first, last)
      // a trade that began inside one of them would have been news
      position.trackBars(first, last)
    }
    this.#end(first, last)
    this.#clock[0] = slot.openTimes[last]! + slot.step
    if (slot.margin !== null) slot.margin.markRow = last
    this.#account.marked[0] = this.#curve.equity[this.#curve.length - 1]!
  }

  // what follows reads its numbers itself: handed over they would be boxed, and who looks at every bar has each marked by itself

  #markFlat(count: number): void {
    const basis = this.#account.basis[0]!
    const { equity, length } = this.#curve
    for (let k = 0; k < count; k++) equity[length + k] = basis
  }

  #markHeld(first: number, last: number): void {
    const basis = this.#account.basis[0]!
    const { equity, length } = this.#curve
    const { marks, position } = this.#slot
    const { heldQty } = position
    for (let row = first; row <= last; row++) equity[length + row - first] = basis + heldQty * marks[row]!
  }

  /** Ends the instants, whose equity has been written. */
  #end(first: number, last: number): void {
    const curve = this.#curve
    const { openTimes, step } = this.#slot
    let row = first
    for (; row <= last && (curve.length === 0 || curve.keepsTimes); row++) {
      this.#clock[0] = openTimes[row]! + step
      curve.end(this.#account)
    }
    // nothing has been booked since the last instant: cash is what it was, if there was one
    curve.length += last + 1 - row
  }
}
