import { floorUnits, fromUnits, POW10 } from '../core/decimal.ts'
import { fromLedger, toLedger } from '../core/money.ts'
import type { OrderRequest } from '../core/order.ts'
import type { Account } from './account.ts'
import { buyingCost } from './fee-model.ts'
import { slip } from './fill-model.ts'
import { stopLegPrice } from './prices.ts'
import { gridDown, type Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/**
 * fills.md 15: an order leaves with a quantity. `quote`, `fraction` and `risk` become one at acceptance, from `price`
 * (units, slippage included), so that what is asked for covers the fee as well.
 */
export function sizeOrder(
  request: OrderRequest,
  side: 1 | -1,
  price: number,
  slot: Slot,
  account: Account,
  rules: Rules,
): number {
  if (request.qty !== undefined) return snapQty(floorUnits(request.qty, slot.scales.qtyDecimals), request, rules)
  const amount = request.quote ?? (request.fraction !== undefined ? request.fraction * account.equity : Number.NaN)
  const units =
    request.risk !== undefined
      ? riskUnits(request, side, price, slot, account, rules)
      : affordable(toLedger(account.ledger, Math.max(0, amount)), price, slot, account, rules)
  return snapQty(units, request, rules)
}

/** Rounded down to the step; a market order obeys the step of MARKET_LOT_SIZE as well. */
export function snapQty(
  units: number,
  request: { limit?: number; stop?: number; touch?: number; trail?: unknown },
  rules: Rules,
): number {
  const isMarket =
    request.limit === undefined &&
    request.stop === undefined &&
    request.touch === undefined &&
    request.trail === undefined
  const whole = isMarket && rules.marketLot ? gridDown(rules.marketLot, units) : units
  return Math.max(0, gridDown(rules.lot, whole))
}

/** The largest legal quantity whose notional and taker fee stay within `amount` ledger units. */
export function affordable(amount: number, price: number, slot: Slot, account: Account, rules: Rules): number {
  const { scales, costs } = slot
  const rate = costs.taker.digits / POW10[costs.taker.decimals]!
  const guess = fromLedger(account.ledger, amount) / (fromUnits(price, scales.priceDecimals) * (1 + rate))
  const { step } = rules.lot
  let qty = gridDown(rules.lot, floorUnits(guess, scales.qtyDecimals)) + step
  while (qty > 0 && buyingCost(account.ledger, scales, price, qty, costs.taker) > amount) qty -= step
  return Math.max(0, qty)
}

/** risk × equity ÷ loss per unit: from the entry to the stop, slippage at the stop and both fees included. */
function riskUnits(
  request: OrderRequest,
  side: 1 | -1,
  price: number,
  slot: Slot,
  account: Account,
  rules: Rules,
): number {
  const { scales, costs } = slot
  const legSide = side === 1 ? -1 : 1
  const trigger = stopLegPrice(request.stopLoss!, legSide, price, rules, scales)
  const exit = fromUnits(slip(Math.max(trigger, 1), legSide, costs.slippage, rules.price), scales.priceDecimals)
  const entry = fromUnits(price, scales.priceDecimals)
  const rate = costs.taker.digits / POW10[costs.taker.decimals]!
  const loss = Math.abs(entry - exit) + rate * (entry + exit)
  return loss > 0 ? floorUnits((request.risk! * account.equity) / loss, scales.qtyDecimals) : 0
}
