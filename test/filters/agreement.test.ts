import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Filters } from '../../src/core/instrument.ts'
import { filtersOf, instrumentWith, type RawFilter, verdict } from './exchange.ts'
import { big, brokenFilters } from './naive-filters.ts'

/** Decimals around few values, so that bounds are met exactly as often as they are missed by one digit. */
const decimal = fc.constantFrom(
  '0', '0.00', '0.01', '0.015', '0.025', '0.05', '0.07', '0.1', '0.25', '0.3', '0.5', '0.999', '1', '1.001', '1.005',
  '2', '2.5', '3', '5', '5.05', '9.99', '10', '10.01', '25', '100', '1000',
) // biome-ignore format: a list of numbers
const step = fc.constantFrom('0', '0.001', '0.005', '0.01', '0.025', '0.05', '0.1', '1')
const multiplier = fc.constantFrom('0', '0.2', '0.7', '0.95', '1', '1.0500', '1.1', '1.15', '5')
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
/** More often absent than not, so that a good part of the orders is legal. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
const filter = (type: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  rarely(fc.record({ filterType: fc.constant(type), ...fields }) as fc.Arbitrary<RawFilter>)

const rules = fc.tuple(
  filter('PRICE_FILTER', { minPrice: decimal, maxPrice: decimal, tickSize: step }),
  filter('LOT_SIZE', { minQty: decimal, maxQty: decimal, stepSize: step }),
  filter('MARKET_LOT_SIZE', { minQty: decimal, maxQty: decimal, stepSize: step }),
  filter('MIN_NOTIONAL', { minNotional: decimal, notional: decimal, applyToMarket: fc.boolean() }),
  filter('NOTIONAL', {
    minNotional: decimal,
    maxNotional: decimal,
    applyMinToMarket: fc.boolean(),
    applyMaxToMarket: fc.boolean(),
  }),
  filter('PERCENT_PRICE', { multiplierUp: multiplier, multiplierDown: multiplier }),
  filter('PERCENT_PRICE_BY_SIDE', {
    bidMultiplierUp: multiplier,
    bidMultiplierDown: multiplier,
    askMultiplierUp: multiplier,
    askMultiplierDown: multiplier,
  }),
  filter('MAX_NUM_ORDERS', { maxNumOrders: fc.nat(3) }),
  filter('MAX_NUM_ALGO_ORDERS', { limit: fc.nat(3) }),
  filter('MAX_POSITION', { maxPosition: decimal }),
)

const order = fc.record({
  side: fc.constantFrom('buy' as const, 'sell' as const),
  isMarket: fc.boolean(),
  qty: decimal,
  limit: maybe(decimal),
  trigger: maybe(decimal),
  reduceOnly: fc.boolean(),
  isResting: fc.boolean(),
  isAlgo: fc.boolean(),
})
const positive = decimal.filter((text) => big(text) > 0n)
const market = fc.record({
  last: positive,
  reference: positive,
  openOrders: fc.nat(3),
  openAlgoOrders: fc.nat(3),
  held: decimal,
})
const venue = fc.constantFrom('binance' as const, 'binance-usdm' as const)

test('an order is refused exactly when a filter as documented is broken, and by one that is', () => {
  const seen = new Map<string, number>()
  let legal = 0
  fc.assert(
    fc.property(venue, rules, order, market, (where, raw, plain, known) => {
      // a market order has neither price, on any exchange
      const sent = plain.isMarket ? { ...plain, limit: null, trigger: null } : plain
      const filters: Filters = filtersOf(
        where,
        raw.filter((one) => one !== null),
      )
      const instrument = instrumentWith(where, filters)
      const broken = brokenFilters(filters, instrument.gridFrom, sent, known)
      const refusal = verdict(instrument, sent, known)
      if (broken.size === 0) expect(refusal).toBeNull()
      else expect([...broken]).toContain(refusal?.filter)
      if (refusal === null) {
        legal++
        return
      }
      seen.set(refusal.filter, (seen.get(refusal.filter) ?? 0) + 1)
      expect(refusal.value).toMatch(/^\d+(\.\d+)?$/)
      expect(refusal.limit).toMatch(/^(above 0|(\S+ )?\d+(\.\d+)?( × \d+(\.\d+)?)?)$/)
    }),
    { numRuns: 5000 },
  )
  // the draw reaches every filter, and legal orders too
  expect(legal).toBeGreaterThan(100)
  expect([...seen.keys()].sort()).toEqual(
    [
      'LOT_SIZE', 'MARKET_LOT_SIZE', 'MAX_NUM_ALGO_ORDERS', 'MAX_NUM_ORDERS', 'MAX_POSITION', 'MIN_NOTIONAL', 'NOTIONAL',
      'PERCENT_PRICE', 'PERCENT_PRICE_BY_SIDE', 'PRICE_FILTER',
    ], // biome-ignore format: a list of words
  )
})
