import { type Decimal, decimalOf } from '../core/decimal.ts'
import type { Slot } from './slot.ts'

/**
 * `--participation`: of what is traded on a bar, no more than a share is ours. Reckoned in decimals: 5 % of a volume of
 * 10 is 0.5 and not a step less. Orders that meet one bar share its cap in the order in which they fill; a liquidation,
 * which is the exchange's doing, neither obeys nor uses it.
 */
export class Participation {
  readonly #share: Decimal
  readonly #remark: (text: string) => void
  /** Of the bar that each instrument met last. */
  readonly #taken = new Map<Slot, { row: number; qty: number }>()

  /** @throws RangeError where the share is not above 0 and at most 1 */
  constructor(share: number, remark: (text: string) => void) {
    if (!(share > 0 && share <= 1))
      throw new RangeError(`participation ${share} is not a share of the volume: write a fraction above 0, at most 1`)
    this.#share = decimalOf(share)
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
    const left = this.#most(volume, slot.scales.qtyDecimals) - this.#takenOn(slot)
    return left >= wanted ? wanted : left - (left % step)
  }

  note(slot: Slot, qty: number): void {
    this.#taken.set(slot, { row: slot.row, qty: this.#takenOn(slot) + qty })
  }

  #takenOn(slot: Slot): number {
    const taken = this.#taken.get(slot)
    return taken === undefined || taken.row !== slot.row ? 0 : taken.qty
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
