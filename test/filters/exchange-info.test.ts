import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { POW10, unitsText } from '../../src/core/decimal.ts'
import type { Instrument } from '../../src/core/instrument.ts'
import { type ExchangeInfo, parseExchangeInfo } from '../../src/data/exchange-info.ts'
import { compileRules, findRefusal, scalesOf } from '../../src/engine/index.ts'
import { snapLimit } from '../../src/engine/prices.ts'
import { snapQty } from '../../src/engine/sizing.ts'
import { LIMIT_BUY, QUIET } from './exchange.ts'
import { brokenFilters } from './naive-filters.ts'

const FOLDER = resolve(import.meta.dirname, '../../../shared/datasets/exchange-info')
const isThere = existsSync(FOLDER)
if (!isThere) console.warn('skipped: exchange infos of 2018 to 2026 are not there (../shared/datasets/exchange-info)')

interface Raw {
  readonly serverTime: number
  readonly symbols: readonly { symbol: string; filters: readonly Record<string, unknown>[] }[]
}
const read = (file: string) => JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString('utf8')) as Raw

/** What the filters page of the issue lists as simulated. */
const SIMULATED =
  'PRICE_FILTER LOT_SIZE MARKET_LOT_SIZE MIN_NOTIONAL NOTIONAL PERCENT_PRICE PERCENT_PRICE_BY_SIDE MAX_NUM_ORDERS MAX_NUM_ALGO_ORDERS MAX_POSITION'.split(
    ' ',
  )

function instrumentOf(info: ExchangeInfo, k: number): Instrument {
  const { symbol, base, quote, snapshot } = info.symbols[k]!
  const isSpot = info.venue === 'binance'
  return {
    venue: info.venue,
    symbol,
    base,
    quote,
    kind: isSpot ? 'spot' : 'perpetual',
    gridFrom: isSpot ? 'zero' : 'minimum',
    snapshots: [snapshot],
  }
}

describe.skipIf(!isThere)('exchange infos as recorded', () => {
  // counted and dated in the files with another tool: jq '.symbols | length', '.serverTime'
  test.each([
    ['binance-spot-exchangeInfo-2018-02-10', 'binance', 265, '2018-02-10', []],
    ['binance-spot-exchangeInfo-2021-04-29', 'binance', 1418, '2021-04-29', ['ICEBERG_PARTS']],
    ['binance-spot-exchangeInfo-2022-12-17', 'binance', 2137, '2022-12-17', ['ICEBERG_PARTS', 'TRAILING_DELTA']],
    ['binance-usdm-exchangeInfo-2021-09-06', 'binance-usdm', 133, '2021-09-06', []],
    ['binance-usdm-exchangeInfo-2026-03-31-lbwnblb', 'binance-usdm', 705, '2026-03-31', ['POSITION_RISK_CONTROL']],
  ])(
    '%s: every symbol parses, with its decimals as stated and what is not simulated named',
    (name, venue, count, date, unknown) => {
      const raw = read(`${name}.json.gz`)
      const info = parseExchangeInfo(raw, name)
      expect([info.venue, info.symbols.length]).toEqual([venue, count])
      expect(new Date(info.serverTime).toISOString().slice(0, 10)).toBe(date)
      const notSimulated = new Set<string>()
      for (const [k, { symbol, snapshot }] of info.symbols.entries()) {
        const { filters } = raw.symbols[k]!
        expect(symbol).toBe(raw.symbols[k]!.symbol)
        expect([snapshot.validFrom, snapshot.source]).toEqual([raw.serverTime, name])
        const stated = (type: string) => filters.find((filter) => filter['filterType'] === type)
        const text = (type: string, ...keys: string[]) => keys.map((key) => stated(type)?.[key])
        const { price, lot, marketLot, notional, maxNumOrders, maxPosition } = snapshot.filters
        expect([price?.min, price?.max, price?.tick]).toEqual(text('PRICE_FILTER', 'minPrice', 'maxPrice', 'tickSize'))
        expect([lot?.min, lot?.max, lot?.step]).toEqual(text('LOT_SIZE', 'minQty', 'maxQty', 'stepSize'))
        expect([marketLot?.min, marketLot?.max, marketLot?.step]).toEqual(
          text('MARKET_LOT_SIZE', 'minQty', 'maxQty', 'stepSize'),
        )
        expect(notional?.min).toBe(stated('MIN_NOTIONAL')![venue === 'binance' ? 'minNotional' : 'notional'])
        expect(notional?.reduceOnlyExempt).toBe(venue !== 'binance')
        expect(maxNumOrders).toBe(stated('MAX_NUM_ORDERS')?.['maxNumOrders'] ?? stated('MAX_NUM_ORDERS')?.['limit'])
        expect(maxPosition).toBe(stated('MAX_POSITION')?.['maxPosition'])
        const others = filters.map((filter) => String(filter['filterType'])).filter((type) => !SIMULATED.includes(type))
        expect(snapshot.filters.notSimulated).toEqual(others)
        for (const other of others) notSimulated.add(other)
      }
      expect([...notSimulated].sort()).toEqual(unknown)
    },
  )

  test('no file is left out: the others are lists of symbols without a date, and are refused as no exchangeInfo', () => {
    const files = readdirSync(FOLDER)
    const infos = files.filter((file) => file.includes('exchangeInfo'))
    expect(infos).toHaveLength(5)
    for (const file of files.filter((name) => !infos.includes(name)))
      expect(() => parseExchangeInfo(read(file), file)).toThrow(
        `${file}: is no exchangeInfo: it needs serverTime and symbols`,
      )
  })

  test('under the rules of every symbol, an order snapped to its grid passes or is refused as documented', () => {
    const verdicts = { passed: 0, refused: 0 }
    for (const file of readdirSync(FOLDER).filter((name) => name.includes('exchangeInfo'))) {
      const info = parseExchangeInfo(read(file), file)
      for (let k = 0; k < info.symbols.length; k++) {
        const instrument = instrumentOf(info, k)
        const { filters } = instrument.snapshots[0]!
        const scales = scalesOf(instrument, 0, false)
        const rules = compileRules(instrument, instrument.snapshots[0]!, scales)
        // some price and quantity that lie nowhere near a grid
        for (const [wantedPrice, wantedQty] of [
          [rules.price.min * 7.3 + 0.7, rules.lot.min * 3.3 + 1234.567],
          [rules.price.step * 1e6 + 0.5, rules.lot.step * 41.9],
        ] as const) {
          const limit = snapLimit(wantedPrice / POW10[scales.priceDecimals]!, 1, rules, scales)
          const qty = snapQty(Math.round(wantedQty), { limit: 1 }, rules)
          const price = unitsText(limit, scales.priceDecimals)
          const order = { ...LIMIT_BUY, qty: unitsText(qty, scales.qtyDecimals), limit: price }
          const market = { ...QUIET, last: price, reference: price }
          const broken = brokenFilters(filters, instrument.gridFrom, order, market)
          const refusal = findRefusal(
            rules,
            scales,
            { side: 1, isMarket: false, qty, limit, trigger: -1, reduceOnly: false, isResting: true, isAlgo: false },
            { last: limit, reference: limit / POW10[scales.priceDecimals]!, openOrders: 0, openAlgoOrders: 0, held: 0 },
          )
          expect([...broken], `${file} ${instrument.symbol}`).toEqual(
            refusal === null ? [] : expect.arrayContaining([refusal.filter]),
          )
          // snapping leaves nothing to a grid; what is refused is refused for its size
          if (refusal !== null) expect(refusal.limit).not.toMatch(/tickSize|stepSize/)
          verdicts[refusal === null ? 'passed' : 'refused']++
        }
      }
    }
    expect(verdicts.passed).toBeGreaterThan(4000)
    expect(verdicts.refused).toBeGreaterThan(0)
  })
})

describe('what is no exchangeInfo is refused by name', () => {
  const lot = { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '9000', stepSize: '0.001' }
  const symbol = { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT', status: 'TRADING', filters: [lot] }
  const info = (...symbols: object[]) => ({ serverTime: 1, symbols: [symbol, ...symbols] })

  test.each([
    [null, 'file: is no exchangeInfo: it needs serverTime and symbols'],
    [[], 'is no exchangeInfo'],
    [{ symbols: [] }, 'is no exchangeInfo'],
    [{ serverTime: '1', symbols: [] }, 'is no exchangeInfo'],
    [{ serverTime: 1, symbols: {} }, 'is no exchangeInfo'],
    [info({ ...symbol, symbol: undefined }), 'file: symbol is undefined, which is no name'],
    [info({ ...symbol, symbol: 'ETHUSDT', baseAsset: '' }), 'file: ETHUSDT baseAsset is "", which is no name'],
    [info({ ...symbol, symbol: 'ETHUSDT', quoteAsset: 5 }), 'file: ETHUSDT quoteAsset is 5, which is no name'],
    [info({ ...symbol, symbol: 'ETHUSDT', filters: { lot } }), 'file, ETHUSDT: filters is no list'],
    [info({ ...symbol, symbol: 'ETHUSDT', filters: undefined }), 'file, ETHUSDT: filters is no list'],
    [
      info({ ...symbol, symbol: 'ETHUSDT', filters: [{ ...lot, stepSize: '1e-3' }] }),
      'file, ETHUSDT: LOT_SIZE.stepSize is "1e-3", which is no plain decimal number',
    ],
    [
      info({ ...symbol, symbol: 'ETHUSDT', filters: [{ ...lot, minQty: null }] }),
      'file, ETHUSDT: LOT_SIZE.minQty is "null"',
    ],
    [
      info({ ...symbol, symbol: 'ETHUSDT', filters: [{ filterType: 'PRICE_FILTER', minPrice: '1', tickSize: '1' }] }),
      'file, ETHUSDT: PRICE_FILTER.maxPrice is "undefined"',
    ],
    [
      info({ ...symbol, symbol: 'ETHUSDT', filters: [{ filterType: 'MAX_NUM_ORDERS', maxNumOrders: 'many' }] }),
      'file, ETHUSDT: MAX_NUM_ORDERS.maxNumOrders is "many"',
    ],
    [
      info({ ...symbol, symbol: 'ETHUSDT', filters: [{ filterType: 'MAX_NUM_ORDERS', maxNumOrders: 2.5 }] }),
      'file, ETHUSDT: MAX_NUM_ORDERS.maxNumOrders is "2.5", which is no count',
    ],
    [
      info({
        ...symbol,
        symbol: 'ETHUSDT',
        filters: [{ filterType: 'PERCENT_PRICE', multiplierUp: '5', multiplierDown: '0.2', avgPriceMins: 'five' }],
      }),
      'file, ETHUSDT: PERCENT_PRICE.avgPriceMins is "five"',
    ],
  ])('%j', (json, message) => expect(() => parseExchangeInfo(json, 'file')).toThrow(message))

  test('a symbol without filters has none, and one with unheard-of filters lists them', () => {
    const odd = { ...symbol, symbol: 'ETHUSDT', filters: [{ filterType: 'T_PLUS_SELL', endTime: 1 }, lot] }
    const [, second] = parseExchangeInfo(info(odd), 'file').symbols
    expect(second!.snapshot.filters.notSimulated).toEqual(['T_PLUS_SELL'])
    const [, third] = parseExchangeInfo(info({ ...symbol, filters: [] }), 'file').symbols
    expect(third!.snapshot.filters).toEqual({ notSimulated: [] })
  })
})
