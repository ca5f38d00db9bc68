import { describe, expect, test } from 'vitest'
import { exactUnits, parseDecimal } from '../../src/core/decimal.ts'
import { buy } from '../../src/core/order.ts'
import { parseExchangeInfo } from '../../src/data/exchange-info.ts'
import { play } from '../engine/scene.ts'
import { filtersOf, instrumentWith, LIMIT_BUY, MARKET_BUY, QUIET, type RawFilter, verdict } from './exchange.ts'

/**
 * The ten hand-computed cases of USDS-M: pricePrecision 2, quantityPrecision 3, mark 50000.0. Each would be judged wrongly
 * by floats, by a precision taken for a grid, or by a rule of spot.
 */
const FIXTURE: readonly RawFilter[] = [
  { filterType: 'PRICE_FILTER', minPrice: '556.80', maxPrice: '4529764', tickSize: '0.10' },
  { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '1000', stepSize: '0.001' },
  { filterType: 'MARKET_LOT_SIZE', minQty: '0.001', maxQty: '120', stepSize: '0.001' },
  { filterType: 'MIN_NOTIONAL', notional: '100' },
  { filterType: 'PERCENT_PRICE', multiplierUp: '1.0500', multiplierDown: '0.9500', multiplierDecimal: '4' },
]
const BTCUSDT = instrumentWith('binance-usdm', filtersOf('binance-usdm', FIXTURE))
const MARK = { ...QUIET, last: '50000.0', reference: '50000.0' }

const limit = (side: 'buy' | 'sell', qty: string, price: string, reduceOnly = false) =>
  verdict(BTCUSDT, { ...LIMIT_BUY, side, qty, limit: price, reduceOnly }, MARK)

/** The fixture with some of its filters replaced. */
function under(...replaced: RawFilter[]) {
  const kept = FIXTURE.filter((filter) => !replaced.some((other) => other.filterType === filter.filterType))
  return instrumentWith('binance-usdm', filtersOf('binance-usdm', [...kept, ...replaced]))
}

describe('exchange.md (e)', () => {
  test('1: BUY 0.010 @ 49545.7 is legal although the float remainder of the tick is not 0', () => {
    // 49545.7 − 556.8 = 48988.9 = 489889 ticks
    expect((49545.7 - 556.8) % 0.1).not.toBe(0)
    expect(limit('buy', '0.010', '49545.7')).toBeNull()
  })

  test('2: BUY 0.010 @ 49000.15: two decimals are within pricePrecision, not on the tick', () => {
    // 49000.15 − 556.8 = 48443.35 = 484433.5 ticks
    expect(limit('buy', '0.010', '49000.15')).toEqual({
      filter: 'PRICE_FILTER',
      value: '49000.15',
      limit: 'tickSize 0.1',
    })
  })

  test('3: BUY 0.010 @ 49000.155: three decimals are not within pricePrecision 2, and off the tick', () => {
    expect(exactUnits(49000.155, 2)).toBeNull()
    expect(limit('buy', '0.010', '49000.155')).toMatchObject({ filter: 'PRICE_FILTER', value: '49000.155' })
  })

  test('4: BUY 1.001 @ 49000.0 is legal although the float remainder of the step is not 0', () => {
    // 1.001 − 0.001 = 1 = 1000 steps
    expect((1.001 - 0.001) % 0.001).not.toBe(0)
    expect(limit('buy', '1.001', '49000.0')).toBeNull()
  })

  test('5: step 0.005, BUY 0.007: three decimals are within quantityPrecision, not on the step', () => {
    const coarse = under({ filterType: 'LOT_SIZE', minQty: '0.005', maxQty: '1000', stepSize: '0.005' })
    const order = { ...LIMIT_BUY, qty: '0.007', limit: '49000.0' }
    expect(verdict(coarse, order, MARK)).toEqual({ filter: 'LOT_SIZE', value: '0.007', limit: 'stepSize 0.005' })
    expect(verdict(coarse, { ...order, qty: '0.010' }, MARK)).toBeNull()
  })

  test('6a, 6b: tick 0.025 from minimum 0.015: 16.665 is legal, 16.675 is not; under price % tick it is the other way', () => {
    const cheap: RawFilter[] = [
      { filterType: 'PRICE_FILTER', minPrice: '0.015', maxPrice: '10000', tickSize: '0.025' },
      { filterType: 'LOT_SIZE', minQty: '1', maxQty: '100000', stepSize: '1' },
    ]
    // 16.665 − 0.015 = 16.65 = 666 ticks; 16.675 = 667 ticks of 0.025 from zero
    const market = { ...QUIET, last: '16.665', reference: '16.665' }
    const at = (venue: 'binance' | 'binance-usdm', price: string) =>
      verdict(instrumentWith(venue, filtersOf(venue, cheap)), { ...LIMIT_BUY, limit: price }, market)
    expect(at('binance-usdm', '16.665')).toBeNull()
    expect(at('binance-usdm', '16.675')).toEqual({ filter: 'PRICE_FILTER', value: '16.675', limit: 'tickSize 0.025' })
    expect(at('binance', '16.665')).toEqual({ filter: 'PRICE_FILTER', value: '16.665', limit: 'tickSize 0.025' })
    expect(at('binance', '16.675')).toBeNull()
  })

  test('7a, 7b, 7c: a notional of exactly 100 is enough, 99.9998 is not, and reduce-only needs none', () => {
    expect(limit('buy', '0.002', '50000.0')).toBeNull()
    expect(limit('buy', '0.002', '49999.9')).toEqual({
      filter: 'MIN_NOTIONAL',
      value: '99.9998',
      limit: 'minNotional 100',
    })
    expect(limit('buy', '0.002', '49999.9', true)).toBeNull()
  })

  test('8a–8d: a buy is bounded above at 52500, a sell below at 47500; a sell at 60000 is legal', () => {
    expect(limit('buy', '0.010', '52500.0')).toBeNull()
    expect(limit('buy', '0.010', '52500.1')).toEqual({
      filter: 'PERCENT_PRICE',
      value: '52500.1',
      limit: '1.0500 × 50000',
    })
    expect(limit('sell', '0.010', '60000.0')).toBeNull()
    expect(limit('sell', '0.010', '47500.0')).toBeNull()
    expect(limit('sell', '0.010', '47499.9')).toEqual({
      filter: 'PERCENT_PRICE',
      value: '47499.9',
      limit: '0.9500 × 50000',
    })
    // and the sides that have no bound
    expect(limit('buy', '0.010', '40000.0')).toBeNull()
  })

  test.each(['1e-7', '+1', '.5', ' 1', '0x10', 'NaN', 'Infinity'])('9: the text %j is no quantity', (text) => {
    expect(() => parseDecimal(text)).toThrow(`"${text}" is not a plain decimal number`)
    const filter = { filterType: 'LOT_SIZE', minQty: text, maxQty: '1000', stepSize: '0.001' }
    const symbol = { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT', contractType: 'PERPETUAL' }
    const info = { serverTime: 0, symbols: [{ ...symbol, filters: [filter] }] }
    expect(() => parseExchangeInfo(info, 'test')).toThrow(`test, BTCUSDT: LOT_SIZE.minQty is "${text}"`)
  })

  test('9: the number 1e-7 is a quantity below one step: rounded down to none and refused', () => {
    const { events } = play({
      rows: [[100, 101, 99, 100], [100, 101, 99, 100]],
      decide: { 0: () => buy({ qty: 1e-7 }) },
      kind: 'perpetual',
    }) // biome-ignore format: two bars
    expect(events).toMatchObject([{ type: 'rejected', filter: 'LOT_SIZE', value: '0', limit: 'minQty 0.001' }])
    expect(verdict(BTCUSDT, { ...LIMIT_BUY, qty: '0.0000001', limit: '50000.0' }, MARK)).toMatchObject({
      filter: 'LOT_SIZE',
      value: '0.0000001',
    })
  })

  test('10: a market order of 120.001 is under LOT_SIZE, over MARKET_LOT_SIZE', () => {
    const market = (qty: string) => verdict(BTCUSDT, { ...MARKET_BUY, qty }, MARK)
    expect(market('120.001')).toEqual({ filter: 'MARKET_LOT_SIZE', value: '120.001', limit: 'maxQty 120' })
    expect(market('120.000')).toBeNull()
    expect(limit('buy', '120.001', '50000.0')).toBeNull()
  })
})

describe('USDS-M besides', () => {
  test('the smallest notional binds market orders too, reckoned from the last close', () => {
    const market = (qty: string, reduceOnly = false) => verdict(BTCUSDT, { ...MARKET_BUY, qty, reduceOnly }, MARK)
    expect(market('0.001')).toEqual({ filter: 'MIN_NOTIONAL', value: '50', limit: 'minNotional 100' })
    expect(market('0.001', true)).toBeNull()
    expect(market('0.002')).toBeNull()
  })

  test('a stop without a limit is worth its trigger, and its trigger is on the tick', () => {
    const stop = (trigger: string, qty: string) =>
      verdict(BTCUSDT, { ...LIMIT_BUY, limit: null, trigger, qty, isAlgo: true }, MARK)
    expect(stop('50000.0', '0.002')).toBeNull()
    expect(stop('49999.9', '0.002')).toMatchObject({ filter: 'MIN_NOTIONAL', value: '99.9998' })
    expect(stop('50000.05', '1')).toMatchObject({ filter: 'PRICE_FILTER', value: '50000.05' })
    // PERCENT_PRICE bounds limit prices, not triggers
    expect(stop('70000.0', '1')).toBeNull()
  })

  test.each([
    ['MAX_NUM_ORDERS', { limit: 2 }, { openOrders: 1 }, { openOrders: 2 }],
    ['MAX_NUM_ALGO_ORDERS', { limit: 2 }, { openAlgoOrders: 1 }, { openAlgoOrders: 2 }],
  ])('%s allows its number and not one more', (filterType, field, allowed, refused) => {
    const instrument = under({ filterType, ...field })
    const order = { ...LIMIT_BUY, limit: '50000.0', isAlgo: true }
    expect(verdict(instrument, order, { ...MARK, ...allowed })).toBeNull()
    expect(verdict(instrument, order, { ...MARK, ...refused })).toEqual({ filter: filterType, value: '3', limit: '2' })
    // a market order never rests
    expect(verdict(instrument, { ...MARKET_BUY }, { ...MARK, ...refused })).toBeNull()
  })
})
