import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import type { Ask } from '../../../src/data/venues/venue.ts'
import { testVenue } from '../../contracts/test-venue.ts'
import { isRecorded } from '../recorded.ts'
import { recordedAnswer } from './recorded-answers.ts'

const HOUR = 3_600_000
const api = venueApi('binance')

/** https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints: both ends are inclusive. */
function window({ query }: Ask) {
  return { from: Number(query['startTime']), to: Number(query['endTime']) + 1, rows: Number(query['limit']) }
}

if (isRecorded)
  testVenue(api, {
    bars: [
      {
        series: parseSeries('binance:BTCUSDT:5m'),
        body: recordedAnswer('binance', '/api/v3/klines', 'interval=5m&limit=24&symbol=BTCUSDT'),
        count: 24,
        first: {
          openTime: 1586987400000,
          closeTime: 1586987700000,
          open: '6733.55000000',
          high: '6737.79000000',
          low: '6726.61000000',
          close: '6727.14000000',
          volume: '121.20139100',
          quoteVolume: '815879.49416818',
          trades: 2208,
          takerBase: '56.19067400',
          takerQuote: '378311.74215876',
        },
        last: {
          openTime: 1586994300000,
          closeTime: 1586994600000,
          open: '6624.74000000',
          high: '6628.89000000',
          low: '6622.38000000',
          close: '6625.84000000',
          volume: '50.70559100',
          quoteVolume: '335940.61968591',
          trades: 626,
          takerBase: '21.67878200',
          takerQuote: '143633.83860657',
        },
      },
      {
        // taken while its last day ran: 29,987 bitcoins of what became more
        series: parseSeries('binance:BTCUSDT:1d'),
        body: recordedAnswer(
          'binance',
          '/api/v3/klines',
          'endTime=1578096000000&interval=1d&limit=1000&startTime=1546041600000&symbol=BTCUSDT',
        ),
        count: 372,
        first: {
          openTime: 1546041600000,
          closeTime: 1546128000000,
          open: '3839.00000000',
          high: '3892.00000000',
          low: '3670.00000000',
          close: '3695.32000000',
          volume: '38874.37390300',
          quoteVolume: '148205200.10773722',
          trades: 244844,
          takerBase: '19522.19304600',
          takerQuote: '74500753.17536026',
        },
        last: {
          openTime: 1578096000000,
          closeTime: 1578182400000,
          open: '7345.00000000',
          high: '7404.00000000',
          low: '7272.21000000',
          close: '7354.11000000',
          volume: '29987.97497700',
          quoteVolume: '219874240.93994811',
          trades: 279370,
          takerBase: '16369.38224800',
          takerQuote: '120035111.72407165',
        },
      },
    ],
    noBars: '[]',
    window,
    rules: [
      {
        body: recordedAnswer('binance', '/api/v3/exchangeInfo', ''),
        at: 1754603741167,
        count: 25,
        has: {
          symbol: 'ETHBTC',
          base: 'ETH',
          quote: 'BTC',
          isTrading: true,
          status: 'TRADING',
          listedAt: null,
          delistedAt: null,
          feeMaker: null,
          feeTaker: null,
          filters: {
            price: { min: '0.00001000', max: '922327.00000000', tick: '0.00001000' },
            lot: { min: '0.00010000', max: '100000.00000000', step: '0.00010000' },
            notional: { filter: 'NOTIONAL', min: '0.00010000', max: '9000000.00000000', applyMaxToMarket: false },
            notSimulated: ['ICEBERG_PARTS', 'TRAILING_DELTA'],
          },
        },
      },
    ],
    tickers: [
      {
        bodies: [recordedAnswer('binance', '/api/v3/ticker/24hr', 'symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D')],
        has: {
          symbol: 'BTCUSDT',
          last: 69624,
          change: 69624 / 72292.68 - 1,
          high: 72700,
          low: 68830,
          quoteVolume: 2354076638.5966077,
          bid: 69624,
          ask: 69624.01,
        },
      },
    ],
    clock: { body: '{"serverTime":1499827319559}', time: 1499827319559 },
    faults: [
      { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}', code: '-1121', kind: 'symbol' },
      {
        status: 429,
        body: '{"code":-1003,"msg":"Too much request weight used; current limit is 6000 request weight per 1 MINUTE."}',
        code: '-1003',
        kind: 'limit',
      },
      { status: 400, body: '{"code":-1100,"msg":"Illegal characters found."}', code: '-1100', kind: 'request' },
      { status: 408, body: '{"msg":"Timeout waiting","code":-1007}', code: '-1007', kind: 'server' },
    ],
  })
else test.skip('binance keeps the contract of a venue: its recorded answers are not beside this checkout', () => {})

describe('binance', () => {
  const series = parseSeries('binance:BTCUSDT:1h')
  const row = (open: number, close: number) =>
    JSON.stringify([[open, '1.0', '2.0', '0.5', '1.5', '10', close, '15', 7, '4', '6', '0']])

  test('times in µs are told by their digits', () => {
    // the spot dumps' and, on demand, the API's unit since 2025: 2025-01-01T00:00Z to 00:59:59.999999
    const [bar] = api.bars.read(row(1735689600000000, 1735693199999999), series)
    expect([bar!.openTime, bar!.closeTime]).toEqual([Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 1, 1)])
  })

  test('a close time that came early is handed on: the exchange closed the bar in an outage', () => {
    // the recorded outage of 2023-03-24: the 12:39 bar ended at 12:39:41.646
    const [bar] = api.bars.read(row(1679661540000, 1679661581646), parseSeries('binance:BTCUSDT:1m'))
    expect(bar!.closeTime).toBe(1679661581647)
  })

  test('a page is asked for by inclusive ends, with as many rows as it may have', () => {
    const from = Date.UTC(2024, 0, 1)
    expect(api.bars.ask(series, from, from + 24 * HOUR)).toEqual({
      path: '/api/v3/klines',
      query: {
        symbol: 'BTCUSDT',
        interval: '1h',
        startTime: '1704067200000',
        endTime: '1704153599999',
        limit: '24',
      },
      weight: 2,
    })
    expect(api.bars.ask(series, from, from + 5000 * HOUR).query['limit']).toBe('1000')
    const months = parseSeries('binance:BTCUSDT:1M')
    // January to March are three, whatever their days
    expect(api.bars.ask(months, from, Date.UTC(2024, 3, 1)).query['limit']).toBe('3')
  })

  test('a code that is not below 0 is no error: it says that all is well', () => {
    expect(api.fault(200, '{"code":200,"msg":"success"}')).toBeNull()
  })

  test('spot has no mark prices, and says whose they are', () => {
    expect(() => api.bars.ask(parseSeries('binance:BTCUSDT@mark:1h'), 0, HOUR)).toThrow(
      'binance:BTCUSDT@mark: spot has no mark prices; those of the perpetual are binance-usdm:BTCUSDT@mark',
    )
  })
})
