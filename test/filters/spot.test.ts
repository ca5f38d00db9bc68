import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filtersOf, instrumentWith, LIMIT_BUY, MARKET_BUY, QUIET, type RawFilter, verdict } from './exchange.ts'
import { big, type PlainMarket, type PlainOrder } from './naive-filters.ts'

const spot = (...filters: RawFilter[]) => instrumentWith('binance', filtersOf('binance', filters))
const judge = (filter: RawFilter, order: Partial<PlainOrder>, market: Partial<PlainMarket> = {}) =>
  verdict(spot(filter), { ...LIMIT_BUY, ...order }, { ...QUIET, ...market })

describe('PRICE_FILTER', () => {
  const filter = { filterType: 'PRICE_FILTER', minPrice: '0.10', maxPrice: '1000.00', tickSize: '0.05' }

  test('its bounds are inclusive, for limit and trigger prices alike', () => {
    for (const key of ['limit', 'trigger'] as const) {
      expect(judge(filter, { [key]: '0.10' })).toBeNull()
      expect(judge(filter, { [key]: '1000.00' })).toBeNull()
      expect(judge(filter, { [key]: '0.05' })).toEqual({ filter: 'PRICE_FILTER', value: '0.05', limit: 'minPrice 0.1' })
      expect(judge(filter, { [key]: '1000.05' })).toEqual({
        filter: 'PRICE_FILTER',
        value: '1000.05',
        limit: 'maxPrice 1000',
      })
      expect(judge(filter, { [key]: '99.99' })).toEqual({
        filter: 'PRICE_FILTER',
        value: '99.99',
        limit: 'tickSize 0.05',
      })
    }
  })

  test('0 disables minimum, maximum and tick, each by itself; a price is above 0 all the same', () => {
    const off = (field: string) => ({ ...filter, [field]: '0.00000000' })
    expect(judge(off('minPrice'), { limit: '0.05' })).toBeNull()
    expect(judge(off('maxPrice'), { limit: '99999999.95' })).toBeNull()
    expect(judge(off('tickSize'), { limit: '99.99' })).toBeNull()
    expect(judge(off('minPrice'), { limit: '0' })).toEqual({ filter: 'PRICE_FILTER', value: '0', limit: 'above 0' })
  })

  test('the tick counts from zero: a minimum off the tick moves no price', () => {
    const odd = { ...filter, minPrice: '0.12' }
    expect(judge(odd, { limit: '0.15' })).toBeNull()
    expect(judge(odd, { limit: '0.17' })).toMatchObject({ limit: 'tickSize 0.05' })
  })
})

describe('LOT_SIZE and MARKET_LOT_SIZE', () => {
  const lot = { filterType: 'LOT_SIZE', minQty: '0.00100000', maxQty: '9000.00000000', stepSize: '0.00100000' }

  test('bounds are inclusive', () => {
    expect(judge(lot, { qty: '0.001' })).toBeNull()
    expect(judge(lot, { qty: '9000' })).toBeNull()
    expect(judge(lot, { qty: '0' })).toEqual({ filter: 'LOT_SIZE', value: '0', limit: 'minQty 0.001' })
    expect(judge(lot, { qty: '0.0009' })).toEqual({ filter: 'LOT_SIZE', value: '0.0009', limit: 'minQty 0.001' })
    expect(judge(lot, { qty: '9000.001' })).toEqual({ filter: 'LOT_SIZE', value: '9000.001', limit: 'maxQty 9000' })
    expect(judge(lot, { qty: '1.0005' })).toEqual({ filter: 'LOT_SIZE', value: '1.0005', limit: 'stepSize 0.001' })
  })

  test('0 disables each bound; no order is for nothing', () => {
    const off = { filterType: 'LOT_SIZE', minQty: '0', maxQty: '0', stepSize: '0' }
    expect(judge(off, { qty: '0.00000001' })).toBeNull()
    expect(judge(off, { qty: '10000000' })).toBeNull()
    expect(judge(off, { qty: '0' })).toEqual({ filter: 'LOT_SIZE', value: '0', limit: 'above 0' })
  })

  test('market orders obey both, other orders LOT_SIZE only; the stepSize "0.00000000" of spot disables that step', () => {
    const marketLot = {
      filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: '50.00000000', stepSize: '0.00000000',
    } // biome-ignore format: as the exchange sends it
    const both = spot(lot, marketLot)
    expect(verdict(both, { ...MARKET_BUY, qty: '50' }, QUIET)).toBeNull()
    expect(verdict(both, { ...MARKET_BUY, qty: '50.001' }, QUIET)).toEqual({
      filter: 'MARKET_LOT_SIZE',
      value: '50.001',
      limit: 'maxQty 50',
    })
    expect(verdict(both, { ...MARKET_BUY, qty: '0.0005' }, QUIET)).toMatchObject({ filter: 'LOT_SIZE' })
    expect(verdict(both, { ...LIMIT_BUY, qty: '50.001' }, QUIET)).toBeNull()
  })
})

describe('MIN_NOTIONAL and NOTIONAL', () => {
  const old = { filterType: 'MIN_NOTIONAL', minNotional: '10.00000000', applyToMarket: true, avgPriceMins: 5 }
  const market = { isMarket: true, limit: null, isResting: false }

  test('the bound is inclusive and spot waives it for nobody', () => {
    expect(judge(old, { qty: '0.1', limit: '100' })).toBeNull()
    expect(judge(old, { qty: '0.1', limit: '99.99' })).toEqual({
      filter: 'MIN_NOTIONAL',
      value: '9.999',
      limit: 'minNotional 10.00000000',
    })
    expect(judge(old, { qty: '0.1', limit: '99.99', reduceOnly: true })).toMatchObject({ filter: 'MIN_NOTIONAL' })
  })

  test('applyToMarket says whether market orders are bound; in 2018 there was no such field and they were', () => {
    expect(judge(old, { ...market, qty: '0.09' })).toMatchObject({ filter: 'MIN_NOTIONAL', value: '9' })
    expect(judge({ ...old, applyToMarket: false }, { ...market, qty: '0.09' })).toBeNull()
    const of2018 = { filterType: 'MIN_NOTIONAL', minNotional: '0.00100000' }
    expect(judge(of2018, { ...market, qty: '0.00001' }, { last: '99' })).toMatchObject({ value: '0.00099' })
  })

  const both = {
    filterType: 'NOTIONAL', minNotional: '10', applyMinToMarket: true, maxNotional: '1000', applyMaxToMarket: false,
    avgPriceMins: 5,
  } // biome-ignore format: as the exchange sends it

  test('NOTIONAL has a maximum as well, inclusive, and says for each bound whether market orders are bound', () => {
    expect(judge(both, { qty: '10', limit: '100' })).toBeNull()
    expect(judge(both, { qty: '10.01', limit: '100' })).toEqual({
      filter: 'NOTIONAL',
      value: '1001',
      limit: 'maxNotional 1000',
    })
    expect(judge(both, { qty: '0.01', limit: '100' })).toMatchObject({ limit: 'minNotional 10' })
    expect(judge(both, { ...market, qty: '10.01' })).toBeNull()
    expect(judge({ ...both, applyMaxToMarket: true }, { ...market, qty: '10.01' })).toMatchObject({ value: '1001' })
    expect(judge(both, { ...market, qty: '0.01' })).toMatchObject({ filter: 'NOTIONAL', value: '1' })
    expect(judge({ ...both, applyMinToMarket: false }, { ...market, qty: '0.01' })).toBeNull()
  })

  test('0 disables each bound', () => {
    expect(judge({ ...both, minNotional: '0' }, { qty: '0.01', limit: '100' })).toBeNull()
    expect(judge({ ...both, maxNotional: '0' }, { qty: '1000', limit: '100' })).toBeNull()
  })

  test('a stop-limit is worth its limit, a stop its trigger', () => {
    expect(judge(old, { qty: '0.1', limit: '100', trigger: '90' })).toBeNull()
    expect(judge(old, { qty: '0.1', limit: '90', trigger: '100' })).toMatchObject({ value: '9' })
    expect(judge(old, { qty: '0.1', limit: null, trigger: '90' })).toMatchObject({ value: '9' })
  })

  test('bounds keep every digit on the finest grids, where they pass 2^53', () => {
    // 9 000 000 at 8 + 8 decimals is 9 × 10^22, which no double holds
    expect(BigInt(Number(9n * 10n ** 22n))).not.toBe(9n * 10n ** 22n)
    const fine = spot(
      { filterType: 'PRICE_FILTER', minPrice: '0.00000001', maxPrice: '0', tickSize: '0.00000001' },
      { filterType: 'LOT_SIZE', minQty: '0.00000001', maxQty: '0', stepSize: '0.00000001' },
      { ...both, maxNotional: '9000000' },
    )
    expect(verdict(fine, { ...LIMIT_BUY, qty: '3000000', limit: '3' }, QUIET)).toBeNull()
    expect(verdict(fine, { ...LIMIT_BUY, qty: '3000000', limit: '3.00000001' }, QUIET)).toMatchObject({
      value: '9000000.03',
    })
    expect(verdict(fine, { ...LIMIT_BUY, qty: '3000000.00000001', limit: '3' }, QUIET)).toMatchObject({
      value: '9000000.00000003',
    })
  })
})

describe('PERCENT_PRICE and PERCENT_PRICE_BY_SIDE', () => {
  const both = { filterType: 'PERCENT_PRICE', multiplierUp: '5', multiplierDown: '0.2', avgPriceMins: 5 }
  const sides = {
    filterType: 'PERCENT_PRICE_BY_SIDE', bidMultiplierUp: '1.2', bidMultiplierDown: '0.2', askMultiplierUp: '5',
    askMultiplierDown: '0.8', avgPriceMins: 1,
  } // biome-ignore format: as the exchange sends it

  test('PERCENT_PRICE bounds buys and sells on both sides, inclusive', () => {
    for (const side of ['buy', 'sell'] as const) {
      expect(judge(both, { side, limit: '500' })).toBeNull()
      expect(judge(both, { side, limit: '20' })).toBeNull()
      expect(judge(both, { side, limit: '500.01' })).toEqual({
        filter: 'PERCENT_PRICE',
        value: '500.01',
        limit: '5 × 100',
      })
      expect(judge(both, { side, limit: '19.99' })).toEqual({
        filter: 'PERCENT_PRICE',
        value: '19.99',
        limit: '0.2 × 100',
      })
    }
  })

  test('…_BY_SIDE has its own pair for each side, inclusive', () => {
    for (const [side, low, high] of [
      ['buy', '20', '120'],
      ['sell', '80', '500'],
    ] as const) {
      expect(judge(sides, { side, limit: low })).toBeNull()
      expect(judge(sides, { side, limit: high })).toBeNull()
      expect(judge(sides, { side, limit: String(Number(low) - 0.01) })).toMatchObject({
        filter: 'PERCENT_PRICE_BY_SIDE',
      })
      expect(judge(sides, { side, limit: `${high}.01` })).toMatchObject({ filter: 'PERCENT_PRICE_BY_SIDE' })
    }
  })

  test('market orders and bare triggers are not bound', () => {
    expect(judge(both, { isMarket: true, limit: null }, { last: '700' })).toBeNull()
    expect(judge(sides, { limit: null, trigger: '700' })).toBeNull()
    expect(judge(both, { limit: '700', trigger: '100' })).toMatchObject({ filter: 'PERCENT_PRICE' })
  })

  test('the comparison is exact: 1.15 × 100 is 115, which floats put at 114.99999999999999', () => {
    expect(1.15 * 100).toBeLessThan(115)
    expect(0.07 * 100).toBeGreaterThan(7)
    const near = { filterType: 'PERCENT_PRICE', multiplierUp: '1.15', multiplierDown: '0.07', avgPriceMins: 5 }
    expect(judge(near, { limit: '115' })).toBeNull()
    expect(judge(near, { limit: '115.00000001' })).not.toBeNull()
    expect(judge(near, { limit: '7' })).toBeNull()
    expect(judge(near, { limit: '6.99999999' })).not.toBeNull()
  })

  test('an average of a cheap coin has more decimals than a power of ten that a double holds', () => {
    // 23 decimals; five times it is 0.00000021783945061728…
    const reference = '4.356789012345678e-8'
    expect(judge(both, { limit: '0.00000021' }, { reference })).toBeNull()
    expect(judge(both, { limit: '0.00000022' }, { reference })).not.toBeNull()
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e-6, noNaN: true }), fc.nat(1000), (average, units) => {
        const limit = `0.${String(units + 1).padStart(8, '0')}`
        const [mantissa = '', exponent = '0'] = String(average).split('e')
        const [whole = '', fraction = ''] = mantissa.split('.')
        const plain = exponent === '0' ? mantissa : `0.${'0'.repeat(-Number(exponent) - 1)}${whole}${fraction}`
        const price = big(limit) * 10n
        const isLegal = price <= big(plain) * 50n && price >= big(plain) * 2n
        expect(judge(both, { limit }, { reference: String(average) }) === null).toBe(isLegal)
      }),
    )
  })
})

describe('MAX_NUM_ORDERS, MAX_NUM_ALGO_ORDERS, MAX_POSITION', () => {
  const orders = { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 200 }
  const algos = { filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: 5 }
  const position = { filterType: 'MAX_POSITION', maxPosition: '10.00000000' }

  test('the numbers are inclusive; what cannot rest does not count, and 0 disables', () => {
    expect(judge(orders, {}, { openOrders: 199 })).toBeNull()
    expect(judge(orders, {}, { openOrders: 200 })).toEqual({ filter: 'MAX_NUM_ORDERS', value: '201', limit: '200' })
    expect(judge(orders, { isResting: false }, { openOrders: 200 })).toBeNull()
    expect(judge({ ...orders, maxNumOrders: 0 }, {}, { openOrders: 200 })).toBeNull()
    expect(judge(algos, { isAlgo: true }, { openAlgoOrders: 4 })).toBeNull()
    expect(judge(algos, { isAlgo: true }, { openAlgoOrders: 5 })).toEqual({
      filter: 'MAX_NUM_ALGO_ORDERS',
      value: '6',
      limit: '5',
    })
    expect(judge(algos, { isAlgo: false }, { openAlgoOrders: 5 })).toBeNull()
    expect(judge({ ...algos, maxNumAlgoOrders: 0 }, { isAlgo: true }, { openAlgoOrders: 5 })).toBeNull()
  })

  test('MAX_POSITION counts what is held and on order; sells are free; 0 disables', () => {
    expect(judge(position, { qty: '4' }, { held: '6' })).toBeNull()
    expect(judge(position, { qty: '4.001' }, { held: '6' })).toEqual({
      filter: 'MAX_POSITION',
      value: '10.001',
      limit: '10.00000000',
    })
    expect(judge(position, { qty: '5', side: 'sell' }, { held: '20' })).toBeNull()
    expect(judge({ ...position, maxPosition: '0' }, { qty: '4' }, { held: '20' })).toBeNull()
  })
})
