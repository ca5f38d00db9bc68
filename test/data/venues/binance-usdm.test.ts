import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import { testVenue } from '../../contracts/test-venue.ts'
import { isRecorded } from '../recorded.ts'
import { recordedAnswer } from './recorded-answers.ts'

const HOUR = 3_600_000
const START = Date.UTC(2024, 0, 1)
const api = venueApi('binance-usdm')

/** What the exchange takes for a page of so many rows; developers.binance.com, USDS-M, Kline/Candlestick Data. */
function statedWeight(rows: number): number {
  if (rows < 100) return 1
  if (rows < 500) return 2
  return rows <= 1000 ? 5 : 10
}

if (isRecorded)
  testVenue(api, {
    bars: [
      {
        series: parseSeries('binance-usdm:BTCUSDT:1d'),
        body: recordedAnswer('binance', '/fapi/v1/klines', 'interval=1d&limit=5&symbol=BTCUSDT'),
        count: 5,
        first: {
          openTime: 1602633600000,
          closeTime: 1602720000000,
          open: '11419.36',
          high: '11550.00',
          low: '11280.50',
          close: '11417.13',
          volume: '192936.970',
          quoteVolume: '2198967087.67917',
          trades: 694620,
          takerBase: '93295.555',
          takerQuote: '1063382407.09052',
        },
        // taken at 03:55 of this day
        last: {
          openTime: 1602979200000,
          closeTime: 1603065600000,
          open: '11356.25',
          high: '11397.00',
          low: '11342.54',
          close: '11375.00',
          volume: '11381.948',
          quoteVolume: '129475118.11211',
          trades: 49986,
          takerBase: '6048.857',
          takerQuote: '68817766.99126',
        },
      },
      {
        series: parseSeries('binance-usdm:LTCUSDT:5m'),
        body: recordedAnswer(
          'binance',
          '/fapi/v1/klines',
          'endTime=1580515200000&interval=5m&startTime=1577836800000&symbol=LTCUSDT',
        ),
        count: 6,
        first: {
          openTime: 1602839700000,
          closeTime: 1602840000000,
          open: '46.77',
          high: '46.77',
          low: '46.01',
          close: '46.06',
          volume: '34567.784',
          quoteVolume: '1604152.51698',
          trades: 3246,
          takerBase: '10390.764',
          takerQuote: '482593.91972',
        },
        last: {
          openTime: 1602841200000,
          closeTime: 1602841500000,
          open: '46.86',
          high: '46.91',
          low: '46.71',
          close: '46.77',
          volume: '9525.521',
          quoteVolume: '445587.02858',
          trades: 1072,
          takerBase: '1283.038',
          takerQuote: '60063.26085',
        },
      },
    ],
    noBars: '[]',
    window: ({ query }) => ({
      from: Number(query['startTime']),
      to: Number(query['endTime']) + 1,
      rows: Number(query['limit']),
    }),
    rules: [
      {
        body: recordedAnswer('binance', '/fapi/v1/exchangeInfo', ''),
        at: 1754596814166,
        count: 25,
        has: {
          symbol: 'BTCUSDT',
          base: 'BTC',
          quote: 'USDT',
          isTrading: true,
          status: 'TRADING',
          listedAt: Date.UTC(2019, 8, 25, 8),
          delistedAt: null,
          filters: {
            price: { min: '556.80', max: '4529764', tick: '0.10' },
            lot: { min: '0.001', max: '1000', step: '0.001' },
            marketLot: { min: '0.001', max: '120', step: '0.001' },
            notional: { filter: 'MIN_NOTIONAL', min: '100', reduceOnlyExempt: true },
            percentPrice: { up: '1.0500', down: '0.9500', oneSided: true },
          },
        },
      },
    ],
    tickers: [
      {
        bodies: [
          recordedAnswer('binance', '/fapi/v1/ticker/24hr', ''),
          recordedAnswer('binance', '/fapi/v1/ticker/bookTicker', ''),
        ],
        has: {
          symbol: 'BTCUSDT',
          last: 32141.43,
          change: 32141.43 / 32379 - 1,
          high: 32950,
          low: 30810,
          quoteVolume: 10941924833.36,
          // recorded at another time than the 24 hours
          bid: 11495.46,
          ask: 11495.47,
        },
      },
    ],
    clock: { body: recordedAnswer('binance', '/fapi/v1/time', ''), time: 1620099477465 },
    faults: [
      {
        status: 400,
        body: recordedAnswer('binance', '/fapi/v1/ticker/24hr', 'symbol=BTCUSD_201225'),
        code: '-1121',
        kind: 'symbol',
      },
      {
        status: 400,
        body: '{"code":-4108,"msg":"Symbol is on delivering or delivered or settling or closed or pre-trading."}',
        code: '-4108',
        kind: 'symbol',
      },
      {
        status: 503,
        body: '{"code":-1008,"msg":"Request throttled by system-level protection."}',
        code: '-1008',
        kind: 'server',
      },
      {
        status: 418,
        body: '{"code":-1003,"msg":"Way too many requests; IP banned until 1588743660000."}',
        code: '-1003',
        kind: 'limit',
      },
    ],
    funding: {
      body: recordedAnswer(
        'binance',
        '/fapi/v1/fundingRate',
        'endTime=1580515200000&limit=1000&startTime=1577836800000&symbol=BTCUSDT',
      ),
      rates: [
        { time: 1577836800000, rate: '-0.00012359', mark: null },
        { time: 1577865600000, rate: '-0.00012383', mark: null },
        { time: 1577894400000, rate: '-0.00009664', mark: null },
        { time: 1577923200002, rate: '0.00003662', mark: null },
        { time: 1577952000000, rate: '0.00010000', mark: null },
        { time: 1577980800000, rate: '0.00000104', mark: null },
      ],
    },
  })
else
  test.skip('binance-usdm keeps the contract of a venue: its recorded answers are not beside this checkout', () => {})

describe('binance-usdm', () => {
  const series = parseSeries('binance-usdm:BTCUSDT:1m')

  test('a page is the one that weighs least a row, and says what it weighs', () => {
    const perRow = (rows: number) => statedWeight(rows) / rows
    const sizes = Array.from({ length: 1500 }, (_, k) => k + 1)
    const least = Math.min(...sizes.map(perRow))
    expect(perRow(api.bars.pageRows)).toBe(least)
    for (const rows of [1, 99, 100, 499, 3000]) {
      const { query, weight } = api.bars.ask(series, START, START + rows * 60_000)
      expect(weight).toBe(statedWeight(Number(query['limit'])))
    }
  })

  test('mark prices are asked for where they are, and have no volume but what the answer says', () => {
    const mark = parseSeries('binance-usdm:BTCUSDT@mark:1m')
    const ask = api.bars.ask(mark, START, START + HOUR)
    expect([ask.path, ask.query['symbol'], ask.query['limit']]).toEqual(['/fapi/v1/markPriceKlines', 'BTCUSDT', '60'])
    // the documentation's own example
    const body =
      '[[1591256460000,"9653.29201333","9654.56401333","9653.07367333","9653.07367333","0",1591256519999,"0",60,"0","0","0"]]'
    expect(api.bars.read(body, mark)).toEqual([
      {
        openTime: 1591256460000,
        closeTime: 1591256520000,
        open: '9653.29201333',
        high: '9654.56401333',
        low: '9653.07367333',
        close: '9653.07367333',
        volume: '0',
        quoteVolume: null,
        trades: null,
        takerBase: null,
        takerQuote: null,
      },
    ])
  })

  test('funding is asked for by inclusive ends, within its own allowance of 500 in five minutes', () => {
    const ask = api.funding!.ask('BTCUSDT', START, START + 24 * HOUR)
    expect([ask.path, ask.query]).toEqual([
      '/fapi/v1/fundingRate',
      { symbol: 'BTCUSDT', startTime: '1704067200000', endTime: '1704153599999', limit: '1000' },
    ])
    const { weight, window } = api.limits
    expect((weight / ask.weight) * ((5 * 60_000) / window)).toBeLessThanOrEqual(500)
    const [rate] = api.funding!.read(
      '[{"symbol":"BTCUSDT","fundingRate":"-0.00002500","fundingTime":1704067200001,"markPrice":"42313.90000000"}]',
    )
    expect(rate).toEqual({ time: 1704067200001, rate: '-0.00002500', mark: '42313.90000000' })
    expect(() => api.funding!.read('[{"fundingRate":"low","fundingTime":1704067200001}]')).toThrow('funding rate 1')
  })

  test('a delivery contract ends, a perpetual does not, until its end is set', () => {
    const filters = [{ filterType: 'PRICE_FILTER', minPrice: '0.1', maxPrice: '10', tickSize: '0.1' }]
    const symbol = (name: string, deliveryDate: number) => ({
      symbol: name,
      contractType: 'PERPETUAL',
      status: 'SETTLING',
      baseAsset: 'BTC',
      quoteAsset: 'USDT',
      onboardDate: START,
      deliveryDate,
      filters,
    })
    const ends = START + 90 * 24 * HOUR
    const body = JSON.stringify({
      serverTime: START,
      symbols: [symbol('BTCUSDT', 4133404800000), symbol('BTCUSDT_240331', ends)],
    })
    const rules = api.rules.read(body, START)
    expect(rules.map(({ listedAt, delistedAt, isTrading }) => [listedAt, delistedAt, isTrading])).toEqual([
      [START, null, false],
      [START, ends, false],
    ])
  })
})
