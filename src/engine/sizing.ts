import { decimalOf, floorUnits, fromUnits, POW10 } from '../core/decimal.ts'
import { fromLedger, toLedger } from '../core/money.ts'
import type { OrderRequest } from '../core/order.ts'
import type { Account } from './account.ts'
import { buyingCost } from './fee-model.ts'
import { stopLegPrice } from './prices.ts'
import { gridDown, type Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** The price (units) of a quantity: the same for any, unless slippage grows with it. */
type PriceAt = (qty: number) => number

/**
 * fills.md 15: an order leaves with a quantity. `quote`, `fraction` and `risk`, of which the request has one, become one at acceptance,
 * from `priceAt` (units, slippage of a quantity included), so that what is asked for covers the fee as well.
 */
export function sizeOrder(
  request: OrderRequest,
  side: 1 | -1,
  priceAt: PriceAt,
  slot: Slot,
  account: Account,
  rules: Rules,
): number {
  const { quote, fraction, risk } = request
  if (risk !== undefined) return snapQty(riskUnits(request, side, priceAt, slot, account, rules), request, rules)
  const amount = quote === undefined ? shareOfEquity(fraction!, account) : toLedger(account.ledger, quote)
  return snapQty(affordable(amount, priceAt, slot, account, rules), request, rules)
}

/** fraction × equity in ledger units, rounded down once: 0.57 of 100 is 57, which floats miss by a unit. */
function shareOfEquity(fraction: number, account: Account): number {
  const equity = account.exactEquity()
  if (equity.digits <= 0n) return 0
  const share = decimalOf(fraction)
  const scaled = share.digits * equity.digits * 10n ** BigInt(account.ledger.decimals)
  return Number(scaled / 10n ** BigInt(share.decimals + equity.decimals))
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

/** The largest quantity on the grid whose notional and taker fee (where it is taken in quote), each rounded up, stay within `amount` ledger units. */
export function affordable(amount: number, priceAt: PriceAt, slot: Slot, account: Account, rules: Rules): number {
  const { scales, quoteFee } = slot
  const { step } = rules.lot
  // more than an account can hold is as good as all it can hold, and leaves room to reckon in
  const within = Math.min(amount, Number.MAX_SAFE_INTEGER / 2)
  const rate = quoteFee.digits / POW10[quoteFee.decimals]!
  const guess = fromLedger(account.ledger, within) / (fromUnits(priceAt(0), scales.priceDecimals) * (1 + rate))
  const most = gridDown(rules.lot, floorUnits(guess, scales.qtyDecimals)) + step
  return largestOnGrid(most, step, (qty) => buyingCost(account.ledger, scales, priceAt(qty), qty, quoteFee) <= within)
}

/** The largest of `most`, `most − step`, … that can be paid; 0 where none can. Paying more never gets cheaper. */
export function largestOnGrid(most: number, step: number, isPayable: (qty: number) => boolean): number {
  // at a price of 0, or beyond what is counted exactly: the filters refuse it
  if (!Number.isSafeInteger(most)) return most
  const isEnough = (fewer: number) => most - fewer * step <= 0 || isPayable(most - fewer * step)
  // one or two steps fewer, as a rule; many where a step costs a small part of a ledger unit
  let enough = 0
  while (!isEnough(enough)) enough = Math.max(1, enough * 2)
  let tooFew = Math.floor(enough / 2)
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2)
    if (isEnough(middle)) enough = middle
    else tooFew = middle
  }
  return Math.max(0, most - enough * step)
}

/**
 * risk × equity ÷ loss per unit: from the entry to the stop, slippage at the stop and both fees included. In whole
 * numbers, so that 1 % of 10 000 over a loss of exactly 2 is 50 and not a step less.
 */
function riskUnits(
  request: OrderRequest,
  side: 1 | -1,
  priceAt: PriceAt,
  slot: Slot,
  account: Account,
  rules: Rules,
): number {
  const { scales, costs } = slot
  const legSide = side === 1 ? -1 : 1
  const lossAt = (qty: number) => {
    const price = priceAt(qty)
    const trigger = stopLegPrice(request.stopLoss!, legSide, price, rules, scales)
    const exit = slot.slippage.priceOf(slot, Math.max(trigger, 1), legSide, qty, rules.price, slot.row)
    const [entryUnits, exitUnits] = [BigInt(price), BigInt(exit)]
    const distance = entryUnits > exitUnits ? entryUnits - exitUnits : exitUnits - entryUnits
    return distance * 10n ** BigInt(costs.taker.decimals) + BigInt(costs.taker.digits) * (entryUnits + exitUnits)
  }
  const loss = lossAt(0)
  if (loss === 0n) return 0
  const amount = BigInt(shareOfEquity(request.risk!, account))
  const shift = costs.taker.decimals + scales.priceDecimals + scales.qtyDecimals - account.ledger.decimals
  const scaled = shift >= 0 ? amount * 10n ** BigInt(shift) : amount / 10n ** BigInt(-shift)
  const most = Number(scaled / loss)
  if (!slot.slippage.isBySize) return most
  return largestOnGrid(gridDown(rules.lot, most), rules.lot.step, (qty) => BigInt(qty) * lossAt(qty) <= scaled)
}

/** A quantity (units) in parts that may each be sold at the market, as even as the grid allows. */
export function marketParts(qty: number, { lot, marketLot }: Rules): number[] {
  const step = Math.max(1, lot.step, marketLot?.step ?? 0)
  const most = Math.min(lot.max, marketLot?.max ?? Number.POSITIVE_INFINITY)
  if (qty <= most) return [qty]
  const largest = gridDown(marketLot ?? lot, most)
  const parts: number[] = []
  let left = qty
  for (let count = Math.ceil(qty / largest); count > 0 && left > 0; count--) {
    const part = Math.min(left, largest, Math.ceil(left / count / step) * step)
    parts.push(part)
    left -= part
  }
  return parts
}
