import { type Decimal, decimalOf } from '../core/decimal.ts'
import type { Account } from './account.ts'
import type { Slot } from './slot.ts'

/**
 * Equity without a rounding: wallet − cost and what is held, dust included, at the last marks. For sizes, of which a unit
 * decides; marking a bar takes the double beside it.
 */
export function exactEquity(account: Account, slots: readonly Slot[]): Decimal {
  let digits = BigInt(account.wallet - account.cost)
  let { decimals } = account.ledger
  for (const { position, scales } of slots) {
    if (position.held === 0) continue
    const mark = decimalOf(position.mark)
    const finer = Math.max(decimals, scales.qtyDecimals + mark.decimals)
    const value = BigInt(position.held) * mark.digits * 10n ** BigInt(finer - scales.qtyDecimals - mark.decimals)
    digits = digits * 10n ** BigInt(finer - decimals) + value
    decimals = finer
  }
  return { digits, decimals }
}
