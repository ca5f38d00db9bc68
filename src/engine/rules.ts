import { type Decimal, decimalOf, fromUnits, POW10, parseDecimal, type Rounding, unitsText } from '../core/decimal.ts'
import type { FilterSnapshot, Filters, Instrument } from '../core/instrument.ts'

/**
 * A grid of legal numbers: origin + k × step, between min and max; whole units. A minimum that is off is 0, a maximum
 * Infinity; a step that is off is one unit of the scale.
 */
export interface GridRule {
  readonly origin: number
  readonly step: number
  readonly min: number
  readonly max: number
}

/** One filter snapshot in whole units of the instrument's own price and quantity scales. */
export interface Rules {
  readonly snapshot: FilterSnapshot
  readonly price: GridRule
  readonly lot: GridRule
  readonly marketLot: GridRule | null
  /**
   * Smallest and largest notional as whole numbers of 10^-(priceDecimals + qtyDecimals), which pass 2^53 on fine grids;
   * `null` where there is no largest.
   */
  readonly minNotional: bigint
  readonly maxNotional: bigint | null
  /** PERCENT_PRICE and PERCENT_PRICE_BY_SIDE, as far as they are stated. */
  readonly percent: readonly PercentRule[]
  /** Units of the base asset, Infinity where there is no most. */
  readonly maxPosition: number
  readonly filters: Filters
}

/** A multiplier of the reference price. */
interface Multiplier {
  readonly text: string
  readonly exact: Decimal
  readonly near: number
}

/** Bounds of a limit price by side; `null` where there is none. */
interface PercentRule {
  readonly filter: 'PERCENT_PRICE' | 'PERCENT_PRICE_BY_SIDE'
  readonly buy: PercentBounds
  readonly sell: PercentBounds
}

interface PercentBounds {
  readonly up: Multiplier | null
  readonly down: Multiplier | null
}

/**
 * The scales of one instrument, fixed for a run so that units mean the same under every snapshot: prices are whole
 * multiples of 10^-priceDecimals, quantities of 10^-qtyDecimals.
 */
export interface Scales {
  readonly priceDecimals: number
  readonly qtyDecimals: number
}

/** Where the exchange states no step, quantities are kept to its 8 decimals. */
const QTY_DECIMALS = 8

/**
 * @param priceDecimals of the stored bars, so that every stored price is a whole number of units
 * @param fineQty true where fees are taken in the received asset, which leaves quantities finer than a step
 */
export function scalesOf(instrument: Instrument, priceDecimals: number, fineQty: boolean): Scales {
  let price = priceDecimals
  let qty = fineQty ? Math.min(...instrument.snapshots.map(({ filters }) => fineDecimals(filters.lot?.max))) : 0
  for (const { filters } of instrument.snapshots) {
    price = Math.max(price, ...texts(filters.price?.tick, filters.price?.min))
    const steps = texts(filters.lot?.step, filters.lot?.min, filters.marketLot?.step, filters.marketLot?.min)
    qty = Math.max(qty, ...(isOff(filters.lot?.step) ? [QTY_DECIMALS] : steps))
  }
  return { priceDecimals: price, qtyDecimals: qty }
}

/** The exchange's 8 decimals, fewer where 2^53 would not hold the largest order: a coin of which billions cost a dollar. */
function fineDecimals(maxQty: string | undefined): number {
  if (isOff(maxQty)) return QTY_DECIMALS
  let decimals = QTY_DECIMALS
  while (decimals > 0 && units(maxQty, decimals, 'up') > BigInt(Number.MAX_SAFE_INTEGER)) decimals--
  return decimals
}

function texts(...values: (string | undefined)[]): number[] {
  return values.filter((text) => text !== undefined).map((text) => parseDecimal(text).decimals)
}

function isOff(text: string | undefined): boolean {
  return text === undefined || parseDecimal(text).digits === 0n
}

export function compileRules(instrument: Instrument, snapshot: FilterSnapshot, scales: Scales): Rules {
  const { filters } = snapshot
  const { priceDecimals, qtyDecimals } = scales
  const fromMinimum = instrument.gridFrom === 'minimum'
  const grid = (
    rule: { min: string; max: string } | undefined,
    step: string | undefined,
    decimals: number,
  ): GridRule => {
    const min = Number(units(rule?.min, decimals, 'up'))
    return {
      origin: fromMinimum ? min : 0,
      step: Math.max(1, Number(units(step, decimals, 'up'))),
      min,
      max: isOff(rule?.max) ? Number.POSITIVE_INFINITY : Number(units(rule?.max, decimals, 'down')),
    }
  }
  return {
    snapshot,
    filters,
    price: grid(filters.price, filters.price?.tick, priceDecimals),
    lot: grid(filters.lot, filters.lot?.step, qtyDecimals),
    marketLot: filters.marketLot ? grid(filters.marketLot, filters.marketLot.step, qtyDecimals) : null,
    minNotional: units(filters.notional?.min, priceDecimals + qtyDecimals, 'up'),
    maxNotional: isOff(filters.notional?.max)
      ? null
      : units(filters.notional?.max, priceDecimals + qtyDecimals, 'down'),
    percent: percentRules(filters),
    maxPosition: isOff(filters.maxPosition)
      ? Number.POSITIVE_INFINITY
      : Number(units(filters.maxPosition, qtyDecimals, 'down')),
  }
}

/** USDS-M bounds a buy above and a sell below only; spot's PERCENT_PRICE bounds both; …_BY_SIDE has its own pairs. */
function percentRules({ percentPrice: both, percentPriceBySide: bySide }: Filters): PercentRule[] {
  const rules: PercentRule[] = []
  if (both) {
    const [up, down] = [multiplier(both.up), multiplier(both.down)]
    const { oneSided } = both
    rules.push({
      filter: 'PERCENT_PRICE',
      buy: { up, down: oneSided ? null : down },
      sell: { up: oneSided ? null : up, down },
    })
  }
  if (bySide)
    rules.push({
      filter: 'PERCENT_PRICE_BY_SIDE',
      buy: { up: multiplier(bySide.bidUp), down: multiplier(bySide.bidDown) },
      sell: { up: multiplier(bySide.askUp), down: multiplier(bySide.askDown) },
    })
  return rules
}

/** 0 disables a bound. */
function multiplier(text: string): Multiplier | null {
  return isOff(text) ? null : { text, exact: parseDecimal(text), near: Number(text) }
}

/** Decimal text as whole units, 0 where there is none; a bound finer than the scale is rounded to the stricter side. */
function units(text: string | undefined, decimals: number, rounding: Rounding): bigint {
  if (text === undefined) return 0n
  const value: Decimal = parseDecimal(text)
  if (value.decimals <= decimals) return value.digits * 10n ** BigInt(decimals - value.decimals)
  const divisor = 10n ** BigInt(value.decimals - decimals)
  const quotient = value.digits / divisor
  return rounding === 'up' && quotient * divisor !== value.digits ? quotient + 1n : quotient
}

/** The grid number at or below `value` (whole units). */
export function gridDown(rule: GridRule, value: number): number {
  return rule.origin + Math.floor((value - rule.origin) / rule.step) * rule.step
}

/** The grid number at or above `value`. */
export function gridUp(rule: GridRule, value: number): number {
  return rule.origin + Math.ceil((value - rule.origin) / rule.step) * rule.step
}

function isOnGrid(rule: GridRule, value: number): boolean {
  return (value - rule.origin) % rule.step === 0
}

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
