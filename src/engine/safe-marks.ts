import { fromLedger } from '../core/money.ts'
import type { Account } from './account.ts'
import type { Slot } from './slot.ts'
import type { SlotMargin } from './slot-margin.ts'

/** More than roundings to the unit and of doubles can come to. */
export const CAUTION = 1.001

/** The maintenance of a position is reckoned up to this many times its mark: further away it may need a higher tier. */
const REACH = 1.5

/**
 * Between which marks (exclusive) what is held of the one instrument of an account is not liquidated, by a reckoning in doubles that errs
 * to the other side; as `Margin.isOutOfReach`, for many bars at once. A bar whose marks lie between them needs not be looked at.
 * @param bounds takes the upper at `above` and the lower at `below`
 */
export function safeMarks(
  slot: Slot,
  margin: SlotMargin,
  account: Account,
  bounds: Float64Array,
  above: number,
  below: number,
): void {
  const { ledger } = account
  const { position } = slot
  const qty = position.heldQty
  const behind = fromLedger(ledger, margin.mode === 'isolated' ? margin.isolated : account.wallet)
  const cost = fromLedger(ledger, position.cost)
  const farthest = REACH * margin.marks.close[slot.row]!
  const share = CAUTION * highestRatio(margin, Math.abs(qty) * farthest)
  bounds[above] = farthest
  bounds[below] = Number.NEGATIVE_INFINITY
  // behind + qty × mark − cost > share × |qty| × mark
  if (qty > 0) bounds[below] = share < 1 ? (cost - behind) / (qty * (1 - share)) : Number.POSITIVE_INFINITY
  else bounds[above] = Math.min(farthest, (behind - cost) / (-qty * (1 + share)))
}

/** Of the tiers up to that of a notional (quote asset). */
function highestRatio({ bounds, ratios }: SlotMargin, notional: number): number {
  let highest = ratios[0]!
  for (let tier = 1; tier < bounds.length && notional > bounds[tier - 1]!; tier++)
    highest = Math.max(highest, ratios[tier]!)
  return highest
}
