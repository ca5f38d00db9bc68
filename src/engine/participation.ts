import { type Decimal, decimalOf, POW10 } from '../core/decimal.ts'
import type { Slot } from './slot.ts'

/**
 * `--participation`: of what is traded on a bar, no more than a share is ours. Reckoned in decimals: 5 % of a volume of
 * 10 is 0.5 and not a step less. Orders that meet one bar share its cap in the order in which they fill, and where finer
 * bars decide, those of one of these share that one's; a liquidation, which is the exchange's doing, neither obeys nor
 * uses it.
 */
export class Participation {
  readonly #share: Decimal
  readonly #near: number
  readonly #remark: (text: string) => void
  /** Of the bar that each instrument met last, and of the last part of it where finer bars decide. */
  readonly #taken = new Map<Slot, { row: number; ofBar: number; meeting: number; ofPart: number }>()

  /** @throws RangeError where the share is not above 0 and at most 1 */
  constructor(share: number, remark: (text: string) => void) {
    if (!(share > 0 && share <= 1))
      throw new RangeError(`participation ${share} is not a share of the volume: write a fraction above 0, at most 1`)
    this.#share = decimalOf(share)
    this.#near = share
    this.#remark = remark
  }

  /** Of `wanted` units what may still be filled on the slot's bar: all of it, or whole steps. */
  grant(slot: Slot, wanted: number, step: number): number {
    const volume = slot.bars.volume[slot.row]!
    if (volume === 0 && slot.hasTraded) {
      this.#remark(
        `${slot.symbol}: participation cannot be limited on bars whose volume is not known; there orders were filled whole`,
      )
      return wanted
    }
    const { detail, scales } = slot
    // an order that waits asks on every bar: clearly less than a step needs no decimals
    if (this.#near * volume * POW10[scales.qtyDecimals]! < 0.99 * step) return 0
    const taken = this.#taken.get(slot)
    let left = this.#most(volume, scales.qtyDecimals) - (taken?.row === slot.row ? taken.ofBar : 0)
    if (detail?.isAtWork) {
      const ofPart = taken?.meeting === slot.meeting ? taken.ofPart : 0
      left = Math.min(left, this.#most(detail.volume, scales.qtyDecimals) - ofPart)
    }
    return left >= wanted ? wanted : left - (left % step)
  }

  note(slot: Slot, qty: number): void {
    const { row, meeting } = slot
    const taken = this.#taken.get(slot)
    const ofBar = taken?.row === row ? taken.ofBar : 0
    const ofPart = taken?.meeting === meeting ? taken.ofPart : 0
    this.#taken.set(slot, { row, ofBar: ofBar + qty, meeting, ofPart: ofPart + qty })
  }

  /** Whole units in the share, rounded down. */
  #most(volume: number, qtyDecimals: number): number {
    const { digits, decimals } = decimalOf(volume)
    const shift = decimals + this.#share.decimals - qtyDecimals
    const product = digits * this.#share.digits
    const units = shift >= 0 ? product / 10n ** BigInt(shift) : product * 10n ** BigInt(-shift)
    return Math.min(Number(units), Number.MAX_SAFE_INTEGER)
  }
}
