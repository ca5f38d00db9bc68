import type { Filters } from '../../src/core/instrument.ts'

/**
 * The exchange's filters read off its documentation and nothing else: decimal text, BigInt, one sentence a line. Slow and
 * plain on purpose; it shares no code with src/engine/rules.ts.
 * https://developers.binance.com/docs/binance-spot-api-docs/filters and the USDS-M common definition
 */

/** An order as it would be sent, numbers as decimal text. */
export interface PlainOrder {
  readonly side: 'buy' | 'sell'
  readonly isMarket: boolean
  readonly qty: string
  readonly limit: string | null
  readonly trigger: string | null
  readonly reduceOnly: boolean
  readonly isResting: boolean
  readonly isAlgo: boolean
}

export interface PlainMarket {
  readonly last: string
  /** What PERCENT_PRICE compares with. */
  readonly reference: string
  readonly openOrders: number
  readonly openAlgoOrders: number
  readonly held: string
}

const PLACES = 30

/** Decimal text × 10^30. */
export function big(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const n = BigInt(whole + fraction.padEnd(PLACES, '0'))
  return text.startsWith('-') ? -n : n
}

const isOn = (bound: string | undefined) => bound !== undefined && big(bound) !== 0n

/** Names of all filters that an order breaks. */
export function brokenFilters(
  filters: Filters,
  gridFrom: 'minimum' | 'zero',
  order: PlainOrder,
  market: PlainMarket,
): Set<string> {
  const broken = new Set<string>()
  const check = (filter: string, isKept: boolean) => void (isKept || broken.add(filter))
  const onGrid = (value: string, min: string, step: string) =>
    (big(value) - (gridFrom === 'minimum' ? big(min) : 0n)) % big(step) === 0n
  const qty = big(order.qty)

  for (const price of [order.limit, order.trigger]) {
    if (price === null) continue
    const rule = filters.price
    check('PRICE_FILTER', big(price) > 0n)
    if (rule === undefined) continue
    if (isOn(rule.min)) check('PRICE_FILTER', big(price) >= big(rule.min))
    if (isOn(rule.max)) check('PRICE_FILTER', big(price) <= big(rule.max))
    if (isOn(rule.tick)) check('PRICE_FILTER', onGrid(price, rule.min, rule.tick))
  }

  check('LOT_SIZE', qty > 0n)
  const lots = [
    ['LOT_SIZE', filters.lot] as const,
    ['MARKET_LOT_SIZE', order.isMarket ? filters.marketLot : undefined] as const,
  ]
  for (const [name, rule] of lots) {
    if (rule === undefined) continue
    if (isOn(rule.min)) check(name, qty >= big(rule.min))
    if (isOn(rule.max)) check(name, qty <= big(rule.max))
    if (isOn(rule.step)) check(name, onGrid(order.qty, rule.min, rule.step))
  }

  const notional = filters.notional
  if (notional !== undefined && !(notional.reduceOnlyExempt && order.reduceOnly)) {
    const hasNoPrice = order.limit === null && order.trigger === null
    const value = qty * big(order.limit ?? order.trigger ?? market.last)
    const times = 10n ** BigInt(PLACES)
    if (!hasNoPrice || notional.applyMinToMarket) check(notional.filter, value >= big(notional.min) * times)
    if (isOn(notional.max) && (!hasNoPrice || notional.applyMaxToMarket))
      check(notional.filter, value <= big(notional.max!) * times)
  }

  if (order.limit !== null) {
    const within = (filter: string, up: string | null, down: string | null) => {
      const price = big(order.limit!) * 10n ** BigInt(PLACES)
      if (up !== null && isOn(up)) check(filter, price <= big(up) * big(market.reference))
      if (down !== null && isOn(down)) check(filter, price >= big(down) * big(market.reference))
    }
    const isBuy = order.side === 'buy'
    const both = filters.percentPrice
    if (both !== undefined)
      within('PERCENT_PRICE', both.oneSided && !isBuy ? null : both.up, both.oneSided && isBuy ? null : both.down)
    const sides = filters.percentPriceBySide
    if (sides !== undefined)
      within('PERCENT_PRICE_BY_SIDE', isBuy ? sides.bidUp : sides.askUp, isBuy ? sides.bidDown : sides.askDown)
  }

  if (order.isResting && filters.maxNumOrders) check('MAX_NUM_ORDERS', market.openOrders + 1 <= filters.maxNumOrders)
  if (order.isAlgo && filters.maxNumAlgoOrders)
    check('MAX_NUM_ALGO_ORDERS', market.openAlgoOrders + 1 <= filters.maxNumAlgoOrders)
  if (order.side === 'buy' && isOn(filters.maxPosition))
    check('MAX_POSITION', big(market.held) + qty <= big(filters.maxPosition!))
  return broken
}
