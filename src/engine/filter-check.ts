import { decimalOf, fromUnits, POW10, unitsText } from '../core/decimal.ts'
import { type GridRule, isOnGrid, type Multiplier, type Rules, type Scales } from './rules.ts'

/** What refused an order: the filter's name, the offending value and the limit as text. */
export interface Refusal {
  readonly filter: string
  readonly value: string
  readonly limit: string
}

/** An order as the filters see it, in whole units. */
export interface Checked {
  readonly side: 1 | -1
  readonly isMarket: boolean
  readonly qty: number
  /** Limit price and trigger price, −1 where the order has none. */
  readonly limit: number
  readonly trigger: number
  readonly reduceOnly: boolean
  readonly isResting: boolean
  readonly isAlgo: boolean
}

/** What is known when an order is checked. */
export interface Market {
  /** Last close, units. */
  readonly last: number
  /** Mark price, or the average the filter asks for, as a number; the last close where neither is stored. */
  readonly reference: number
  readonly openOrders: number
  readonly openAlgoOrders: number
  /** Held plus on order to buy, units. */
  readonly held: number
}

/** The first rule that an order breaks, or `null`. Rule by rule as the exchange states them; 0 disables a rule. */
export function findRefusal(rules: Rules, scales: Scales, order: Checked, market: Market): Refusal | null {
  return (
    checkPrice(rules, scales, order.limit) ??
    checkPrice(rules, scales, order.trigger) ??
    checkPercentPrice(rules, scales, order, market) ??
    checkLot('LOT_SIZE', rules.lot, scales, order.qty) ??
    (order.isMarket && rules.marketLot ? checkLot('MARKET_LOT_SIZE', rules.marketLot, scales, order.qty) : null) ??
    checkNotional(rules, scales, order, market) ??
    checkCounts(rules, scales, order, market)
  )
}

function checkPrice(rules: Rules, scales: Scales, price: number): Refusal | null {
  if (price === -1) return null
  const rule = rules.price
  const text = (n: number) => unitsText(n, scales.priceDecimals)
  const refuse = (limit: string) => ({ filter: 'PRICE_FILTER', value: text(price), limit })
  if (price <= 0) return refuse('above 0')
  if (rule.min > 0 && price < rule.min) return refuse(`minPrice ${text(rule.min)}`)
  if (price > rule.max) return refuse(`maxPrice ${text(rule.max)}`)
  if (!isOnGrid(rule, price)) return refuse(`tickSize ${text(rule.step)}`)
  return null
}

function checkLot(filter: 'LOT_SIZE' | 'MARKET_LOT_SIZE', rule: GridRule, scales: Scales, qty: number): Refusal | null {
  const text = (n: number) => unitsText(n, scales.qtyDecimals)
  const refuse = (limit: string) => ({ filter, value: text(qty), limit })
  if (!Number.isSafeInteger(qty))
    return { filter, value: String(qty / POW10[scales.qtyDecimals]!), limit: most(scales) }
  if (qty <= 0) return refuse(rule.min > 0 ? `minQty ${text(rule.min)}` : 'above 0')
  if (rule.min > 0 && qty < rule.min) return refuse(`minQty ${text(rule.min)}`)
  if (qty > rule.max) return refuse(`maxQty ${text(rule.max)}`)
  if (!isOnGrid(rule, qty)) return refuse(`stepSize ${text(rule.step)}`)
  return null
}

/** Not the exchange's bound but ours: beyond 2^53 units a quantity would no longer be exact. */
function most(scales: Scales): string {
  return `${unitsText(Number.MAX_SAFE_INTEGER, scales.qtyDecimals)}, the most that is counted exactly`
}

function checkPercentPrice(rules: Rules, scales: Scales, order: Checked, market: Market): Refusal | null {
  if (order.limit === -1) return null
  for (const { filter, buy, sell } of rules.percent) {
    const { up, down } = order.side === 1 ? buy : sell
    const isAbove = up !== null && compare(order.limit, scales.priceDecimals, up, market.reference) > 0
    const isBelow = down !== null && compare(order.limit, scales.priceDecimals, down, market.reference) < 0
    if (isAbove || isBelow)
      return {
        filter,
        value: unitsText(order.limit, scales.priceDecimals),
        limit: `${(isAbove ? up : down)!.text} × ${market.reference}`,
      }
  }
  return null
}

/** Doubles are off by some parts in 10^16: what lies further from a bound than this needs no exact arithmetic. */
const NEAR = 1e-12

/** The sign of price − multiplier × reference, exact: the reference as the decimal it prints as. */
function compare(price: number, priceDecimals: number, { near, exact }: Multiplier, reference: number): number {
  const bound = near * reference
  const distance = fromUnits(price, priceDecimals) - bound
  if (Math.abs(distance) > NEAR * bound) return distance
  const r = decimalOf(reference)
  const left = BigInt(price) * 10n ** BigInt(exact.decimals + r.decimals)
  return Number(left - exact.digits * r.digits * 10n ** BigInt(priceDecimals))
}

function checkNotional(rules: Rules, scales: Scales, order: Checked, market: Market): Refusal | null {
  const rule = rules.filters.notional
  if (rule === undefined || (rule.reduceOnlyExempt && order.reduceOnly)) return null
  const price = order.limit !== -1 ? order.limit : order.trigger !== -1 ? order.trigger : market.last
  const isMarket = order.limit === -1 && order.trigger === -1
  const product = price * order.qty
  // a whole number either way, and compared as one
  const notional = product <= Number.MAX_SAFE_INTEGER ? product : BigInt(price) * BigInt(order.qty)
  const refuse = (limit: string): Refusal => ({
    filter: rule.filter,
    value: unitsText(notional, scales.priceDecimals + scales.qtyDecimals),
    limit,
  })
  if ((!isMarket || rule.applyMinToMarket) && notional < rules.minNotional) return refuse(`minNotional ${rule.min}`)
  if (rules.maxNotional !== null && (!isMarket || rule.applyMaxToMarket) && notional > rules.maxNotional)
    return refuse(`maxNotional ${rule.max}`)
  return null
}

function checkCounts(rules: Rules, scales: Scales, order: Checked, market: Market): Refusal | null {
  const { maxNumOrders, maxNumAlgoOrders } = rules.filters
  const count = (filter: string, open: number, limit: number): Refusal => ({
    filter,
    value: String(open + 1),
    limit: String(limit),
  })
  if (order.isResting && maxNumOrders && market.openOrders + 1 > maxNumOrders)
    return count('MAX_NUM_ORDERS', market.openOrders, maxNumOrders)
  if (order.isAlgo && maxNumAlgoOrders && market.openAlgoOrders + 1 > maxNumAlgoOrders)
    return count('MAX_NUM_ALGO_ORDERS', market.openAlgoOrders, maxNumAlgoOrders)
  if (order.side === 1 && market.held + order.qty > Number.MAX_SAFE_INTEGER)
    return {
      filter: 'MAX_POSITION',
      value: unitsText(market.held + order.qty, scales.qtyDecimals),
      limit: most(scales),
    }
  if (order.side === 1 && market.held + order.qty > rules.maxPosition)
    return {
      filter: 'MAX_POSITION',
      value: unitsText(market.held + order.qty, scales.qtyDecimals),
      limit: rules.filters.maxPosition!,
    }
  return null
}
