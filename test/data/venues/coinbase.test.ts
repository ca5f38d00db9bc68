import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { COINBASE } from '../../../src/data/venues/coinbase.ts'
import { type Ask, VenueContentError } from '../../../src/data/venues/venue.ts'
import { testVenue } from '../../contracts/test-venue.ts'
import { LIMIT_BUY, QUIET, verdict } from '../../filters/exchange.ts'
import { isRecorded, recorded } from '../recorded.ts'

const series = parseSeries('coinbase:BTC-USD:1m')

/** A body as it came over the wire; the recording keeps it as text. */
function body(name: string): string {
  const [first] = JSON.parse(readFileSync(recorded(`recorded-http/coinbase/TestExchange_${name}.json`), 'utf8')) as [
    { readonly response: { readonly body: string } },
  ]
  return first.response.body
}

/** Buckets whose openings lie between two inclusive ends, as the recorded request for five minutes shows. */
function window({ query }: Ask) {
  const step = Number(query['granularity']) * 1000
  const [start, end] = [Date.parse(query['start']!), Date.parse(query['end']!)]
  const first = Math.ceil(start / step)
  const last = Math.floor(end / step)
  return { from: first * step, to: (last + 1) * step, rows: last - first + 1 }
}

// https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-stats, of all products
const STATS = JSON.stringify({
  'BTC-USD': {
    stats_30day: { volume: '200000.1' },
    stats_24hour: { open: '117500.00', high: '118000.00', low: '115000.00', volume: '3406.5', last: '115730.08' },
  },
  'OLD-USD': { stats_30day: { volume: '0' }, stats_24hour: { open: '', high: '', low: '', volume: '0', last: '' } },
})

if (isRecorded)
  testVenue(COINBASE, {
    bars: [
      {
        series,
        body: body('QueryKLines'),
        count: 350,
        first: {
          openTime: 1755475680000,
          closeTime: Number.NaN,
          open: '117536.11',
          high: '117582.43',
          low: '117536.1',
          close: '117560.82',
          volume: '2.82353126',
          quoteVolume: null,
          trades: null,
          takerBase: null,
          takerQuote: null,
        },
        last: {
          openTime: 1755496620000,
          closeTime: Number.NaN,
          open: '115733.6',
          high: '115743.7',
          low: '115703.97',
          close: '115739.93',
          volume: '0.61798602',
          quoteVolume: null,
          trades: null,
          takerBase: null,
          takerQuote: null,
        },
      },
    ],
    noBars: '[]',
    window,
    rules: [
      {
        body: body('QueryMarkets'),
        at: Date.UTC(2025, 7, 18),
        count: 717,
        has: {
          symbol: 'BTC-USD',
          base: 'BTC',
          quote: 'USD',
          isTrading: true,
          status: 'online',
          isStable: false,
          filters: {
            price: { min: '0.01', max: '0', tick: '0.01' },
            // it stands there as 1e-08
            lot: { min: '0.00000001', max: '0', step: '0.00000001' },
            notional: { filter: 'MIN_NOTIONAL', min: '1', applyMinToMarket: true },
            notSimulated: ['max_slippage_percentage'],
          },
        },
      },
    ],
    tickers: [
      {
        bodies: [STATS],
        has: {
          symbol: 'BTC-USD',
          last: 115730.08,
          change: 115730.08 / 117500 - 1,
          high: 118000,
          low: 115000,
          quoteVolume: 3406.5 * 115730.08,
          bid: Number.NaN,
          ask: Number.NaN,
        },
      },
    ],
    // https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_gettime
    clock: { body: '{"iso":"2015-01-07T23:47:25.201Z","epoch":1420674445.201}', time: 1420674445201 },
    faults: [
      { status: 404, body: '{"message":"NotFound"}', code: '404', kind: 'symbol' },
      { status: 429, body: '{"message":"Public rate limit exceeded"}', code: '429', kind: 'limit' },
      { status: 500, body: '{"message":"Internal server error"}', code: '500', kind: 'server' },
      {
        status: 400,
        body: '{"message":"granularity too small for the requested time range. Count of aggregations requested exceeds 300"}',
        code: '400',
        kind: 'request',
      },
    ],
  })
else test.skip('coinbase keeps the contract of a venue: its recorded answers are not beside this checkout', () => {})

describe('coinbase', () => {
  test('numbers keep the digits that stand in the answer, and exponents are written out', () => {
    const [bar] = COINBASE.bars.read(
      '[[1755496620, 1e-05, 1.50e-5, 0.0000120, 1.2E-05, 12345678901234.00000001]]',
      series,
    )
    expect([bar!.low, bar!.high, bar!.open, bar!.close, bar!.volume]).toEqual([
      '0.00001', '0.0000150', '0.0000120', '0.000012', '12345678901234.00000001',
    ]) // biome-ignore format: one row
    expect(COINBASE.bars.read('[[1755496620, 1, 2e3, 1, 1.25e+1, 0]]', series)[0]).toMatchObject({
      high: '2000',
      close: '12.5',
    })
    expect(() => COINBASE.bars.read('[[1755496620, 1, 2, 1, 1]]', series)).toThrow(VenueContentError)
  })

  test('a page of 300 bars asks for 300 aggregations: one more is rejected', () => {
    const from = Date.UTC(2025, 0, 1)
    const ask = COINBASE.bars.ask(series, from, from + 300 * 60_000)
    expect(ask).toEqual({
      path: '/products/BTC-USD/candles',
      query: { granularity: '60', start: '2025-01-01T00:00:00.000Z', end: '2025-01-01T04:59:59.000Z' },
      weight: 1,
    })
  })

  test('quotes come a product an answer, in the order they were asked for', () => {
    const asks = COINBASE.tickers.asks(['OLD-USD', 'BTC-USD'])
    expect(asks.map(({ path }) => path)).toEqual([
      '/products/stats', '/products/OLD-USD/ticker', '/products/BTC-USD/ticker',
    ]) // biome-ignore format: one row
    const bodies = [STATS, '{"message":"no quote"}', '{"ask":"115730.09","bid":"115730.07","price":"115730.07"}']
    const tickers = COINBASE.tickers.read(bodies, ['OLD-USD', 'BTC-USD'])
    expect(tickers.map(({ symbol, bid, ask }) => [symbol, bid, ask])).toEqual([
      ['BTC-USD', 115730.07, 115730.09],
      ['OLD-USD', Number.NaN, Number.NaN],
    ])
  })

  test('a product that takes no market orders, or none at all, is told as such', () => {
    const product = (facts: object) =>
      COINBASE.rules.read(
        JSON.stringify([
          {
            id: 'TIME-USD',
            base_currency: 'TIME',
            quote_currency: 'USD',
            quote_increment: '0.01',
            base_increment: '0.001',
            min_market_funds: '1',
            status: 'online',
            ...facts,
          },
        ]),
        Date.UTC(2025, 7, 18),
      )[0]!
    const limited = product({ limit_only: true })
    expect([limited.isTrading, limited.instrument.snapshots[0]!.orderTypes.includes('MARKET')]).toEqual([true, false])
    for (const word of ['trading_disabled', 'cancel_only', 'post_only', 'auction_mode'])
      expect(product({ [word]: true })).toMatchObject({ isTrading: false, status: 'online, but closed to trading' })
    expect(product({ status: 'delisted' })).toMatchObject({ isTrading: false, status: 'delisted' })
    expect(product({ auction_mode: true }).instrument.snapshots[0]!.filters.notSimulated).toEqual(['auction_mode'])
  })

  test('an order below min_market_funds, or off the increments, is refused by them', () => {
    const { instrument } = COINBASE.rules.read(
      '[{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01","base_increment":"0.00000001","min_market_funds":"1","status":"online"}]',
      Date.UTC(2025, 7, 18),
    )[0]!
    const refusal = (qty: string, limit: string) => verdict(instrument, { ...LIMIT_BUY, qty, limit }, QUIET)?.filter
    // 0.00000999 × 100,000 = 0.999
    expect(refusal('0.00000999', '100000.00')).toBe('MIN_NOTIONAL')
    expect(refusal('0.00001', '100000.00')).toBeUndefined()
    expect(refusal('0.00001', '100000.001')).toBe('PRICE_FILTER')
    expect(refusal('0.000010001', '100000.00')).toBe('LOT_SIZE')
  })
})
