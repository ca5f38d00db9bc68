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
  /** First row whose instant has not been marked; beyond the last where none is waited for. */
  #row = Number.MAX_SAFE_INTEGER

  /** @param clock is set to the instant that was marked last, UTC ms */
  constructor(slot: Slot, account: Account, curve: EquityCurve, clock: Float64Array) {
    this.#slot = slot
    this.#account = account
    this.#curve = curve
    this.#clock = clock
  }

  /** The next `count` bars may go by unmarked, on which nothing is booked. */
  begin(count: number): void {
    this.#row = this.#slot.cursor.row + 1
    this.#curve.reserve(count)
  }

  /** Every bar is marked by the engine again. */
  end(): void {
    this.take()
    this.#row = Number.MAX_SAFE_INTEGER
  }

  /** Marks the bars up to the cursor: their equity is in the curve, the open trade has lived through them. */
  take(): void {
    const { row } = this.#slot.cursor
    while (row >= this.#row) this.#mark(Math.min(row, this.#row + PIECE - 1))
  }

  #mark(last: number): void {
    const slot = this.#slot
    const curve = this.#curve
    const { position } = slot
    const first = this.#row
    this.#row = last + 1
    const basis = this.#account.basis[0]!
    const { equity, length } = curve
    if (position.heldQty === 0) equity.fill(basis, length, length + last + 1 - first)
    else {
      markHeld(equity, length, slot.marks, first, last, basis, position.heldQty)
      // a trade that began inside one of them would have been news
      position.track(highest(slot.highs, first, last), lowest(slot.lows, first, last))
    }
    for (let row = first; row <= last; row++) {
      // nothing has been booked since the last instant: cash is what it was, if there was one
      if (curve.length > 0 && !curve.keepsTimes) {
        curve.length += last + 1 - row
        break
      }
      this.#clock[0] = slot.openTimes[row]! + slot.step
      curve.end(this.#account)
    }
    this.#clock[0] = slot.openTimes[last]! + slot.step
    this.#account.marked[0] = equity[curve.length - 1]!
  }
}

function markHeld(
  equity: Float64Array,
  at: number,
  marks: Float64Array,
  first: number,
  last: number,
  basis: number,
  heldQty: number,
): void {
  const shift = at - first
  for (let row = first; row <= last; row++) equity[row + shift] = basis + heldQty * marks[row]!
}

function highest(column: Float64Array, first: number, last: number): number {
  let most = column[first]!
  for (let row = first + 1; row <= last; row++) {
    const value = column[row]!
    if (value > most) most = value
  }
  return most
}

function lowest(column: Float64Array, first: number, last: number): number {
  let least = column[first]!
  for (let row = first + 1; row <= last; row++) {
    const value = column[row]!
    if (value < least) least = value
  }
  return least
}
