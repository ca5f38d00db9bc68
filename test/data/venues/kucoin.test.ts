import { describe, expect, test } from 'vitest'
import type { Instrument } from '../../../src/core/instrument.ts'
import { parseSeries } from '../../../src/core/series.ts'
import { KUCOIN } from '../../../src/data/venues/kucoin.ts'
import type { MarketRules } from '../../../src/data/venues/venue.ts'
import { FEE_TIERS } from '../../../src/runs/fee-tiers.ts'
import { testVenue } from '../../contracts/test-venue.ts'
import { LIMIT_BUY, QUIET, verdict } from '../../filters/exchange.ts'
import { isRecorded } from '../recorded.ts'
import { recordedAnswer } from './recorded-answers.ts'

const series = parseSeries('kucoin:BTC-USDT:1m')

// https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-klines
const CANDLES = JSON.stringify({
  code: '200000',
  data: [
    ['1566789840', '10402.1', '10405.5', '10406.0', '10400.2', '8.51006270', '88541.172509200'],
    ['1566789720', '10411.5', '10401.9', '10411.5', '10396.3', '29.11357276', '302889.301529914'],
    ['1566789660', '10416', '10411.5', '10422.3', '10411.4', '15.61781842', '162703.708997029'],
  ],
})

// https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-symbols
const BTC = {
  symbol: 'BTC-USDT',
  name: 'BTC-USDT',
  baseCurrency: 'BTC',
  quoteCurrency: 'USDT',
  feeCurrency: 'USDT',
  market: 'USDS',
  baseMinSize: '0.00001',
  quoteMinSize: '0.1',
  baseMaxSize: '10000000000',
  quoteMaxSize: '99999999',
  baseIncrement: '0.00000001',
  quoteIncrement: '0.000001',
  priceIncrement: '0.1',
  priceLimitRate: '0.1',
  minFunds: '0.1',
  isMarginEnabled: true,
  enableTrading: true,
  feeCategory: 1,
  makerFeeCoefficient: '1.00',
  takerFeeCoefficient: '1.00',
  st: false,
  callauctionIsEnabled: false,
  tradingStartTime: null,
}
const symbols = (...list: object[]) => JSON.stringify({ code: '200000', data: list })
const AT = Date.UTC(2026, 4, 1)
const rulesOf = (facts: object): MarketRules => KUCOIN.rules.read(symbols({ ...BTC, ...facts }), AT)[0]!

const bare = { closeTime: Number.NaN, trades: null, takerBase: null, takerQuote: null }

testVenue(KUCOIN, {
  bars: [
    {
      series,
      body: CANDLES,
      // nobody traded at 03:23, and the venue says nothing of it
      count: 3,
      first: {
        ...bare,
        openTime: 1566789660000,
        open: '10416',
        high: '10422.3',
        low: '10411.4',
        close: '10411.5',
        volume: '15.61781842',
        quoteVolume: '162703.708997029',
      },
      last: {
        ...bare,
        openTime: 1566789840000,
        open: '10402.1',
        high: '10406.0',
        low: '10400.2',
        close: '10405.5',
        volume: '8.51006270',
        quoteVolume: '88541.172509200',
      },
    },
  ],
  noBars: '{"code":"200000","data":[]}',
  // taken as inclusive, which is the worse case: 1501 bars would lose the oldest
  window: ({ query }) => {
    const { type, startAt, endAt } = query as { type: string; startAt: string; endAt: string }
    const [, n, unit] = /^(\d+)(min|hour|day)$/.exec(type)!
    const step = Number(n) * { min: 60, hour: 3600, day: 86_400 }[unit as 'min' | 'hour' | 'day']
    const last = Math.floor(Number(endAt) / step)
    const first = Math.ceil(Number(startAt) / step)
    return { from: first * step * 1000, to: (last + 1) * step * 1000, rows: last - first + 1 }
  },
  rules: [
    {
      body: symbols(BTC, { ...BTC, symbol: 'ALPHA-USDT', baseCurrency: 'ALPHA' }),
      at: AT,
      count: 2,
      has: {
        symbol: 'BTC-USDT',
        base: 'BTC',
        quote: 'USDT',
        isTrading: true,
        status: 'trading',
        listedAt: null,
        feeMaker: '0.001',
        feeTaker: '0.001',
        filters: {
          price: { min: '0.1', max: '0', tick: '0.1' },
          lot: { min: '0.00001', max: '10000000000', step: '0.00000001' },
          notional: { filter: 'MIN_NOTIONAL', min: '0.1', applyMinToMarket: true },
          notSimulated: ['quoteMaxSize', 'priceLimitRate'],
        },
      },
    },
  ],
  tickers: [
    {
      // https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-tickers
      bodies: [
        JSON.stringify({
          code: '200000',
          data: {
            time: 1602832092060,
            ticker: [
              {
                symbol: 'BTC-USDT',
                symbolName: 'BTC-USDT',
                buy: '11328.9',
                sell: '11329',
                changeRate: '-0.0055',
                changePrice: '-63.6',
                high: '11610',
                low: '11200',
                vol: '2282.70993217',
                volValue: '25984946.157790431',
                last: '11328.9',
                averagePrice: '11360.66065903',
              },
              {
                symbol: 'NEW-USDT',
                buy: null,
                sell: null,
                changeRate: null,
                high: null,
                low: null,
                volValue: '0',
                last: null,
              },
            ],
          },
        }),
      ],
      has: {
        symbol: 'BTC-USDT',
        last: 11328.9,
        change: -0.0055,
        high: 11610,
        low: 11200,
        quoteVolume: Number('25984946.157790431'),
        bid: 11328.9,
        ask: 11329,
      },
    },
  ],
  clock: { body: '{"code":"200000","data":1546837113087}', time: 1546837113087 },
  faults: [
    { status: 200, body: '{"code":"400100","msg":"Unsupported trading pair."}', code: '400100', kind: 'symbol' },
    { status: 200, body: '{"msg":"symbol not exists","code":"900001"}', code: '900001', kind: 'symbol' },
    { status: 429, body: '{"code":"429000","msg":"Too Many Requests"}', code: '429000', kind: 'limit' },
    { status: 200, body: '{"code":"500000","msg":"Internal Server Error"}', code: '500000', kind: 'server' },
    { status: 400, body: '{"code":"400100","msg":"Incorrect candlestick type"}', code: '400100', kind: 'request' },
  ],
})

describe('kucoin', () => {
  test('a page is asked for in seconds, its end a second early', () => {
    const from = Date.UTC(2026, 0, 1)
    expect(KUCOIN.bars.ask(parseSeries('kucoin:BTC-USDT:8h'), from, from + 1500 * 8 * 3_600_000)).toEqual({
      path: '/api/v1/market/candles',
      query: { symbol: 'BTC-USDT', type: '8hour', startAt: '1767225600', endAt: '1810425599' },
      weight: 3,
    })
  })

  test('fees are those of the class times the coefficient of the market, exactly', () => {
    const fees = (facts: object) => [rulesOf(facts).feeMaker, rulesOf(facts).feeTaker]
    expect(fees({ feeCategory: 2, makerFeeCoefficient: '0.5', takerFeeCoefficient: '1.00' })).toEqual([
      '0.001',
      '0.002',
    ])
    expect(fees({ feeCategory: 3, makerFeeCoefficient: '0', takerFeeCoefficient: '0.7' })).toEqual(['0', '0.0021'])
    expect(fees({ feeCategory: 9 })).toEqual([null, null])
    const [base] = FEE_TIERS.kucoin
    expect(fees({}).map(Number)).toEqual([base.maker, base.taker])
  })

  test('what the market is told of itself is handed on', () => {
    expect(rulesOf({ enableTrading: false })).toMatchObject({ isTrading: false, status: 'not trading' })
    expect(rulesOf({ st: true }).status).toBe('trading, special treatment')
    expect(rulesOf({ tradingStartTime: 1_764_000_000_000 }).listedAt).toBe(1_764_000_000_000)
    expect(rulesOf({ callauctionIsEnabled: true }).instrument.snapshots[0]!.filters.notSimulated).toContain(
      'callauctionIsEnabled',
    )
    // minFunds is of 2023; before it, there was the size in the quote asset alone
    expect(rulesOf({ minFunds: null, quoteMinSize: '0.2' }).instrument.snapshots[0]!.filters.notional!.min).toBe('0.2')
  })

  test('orders obey these rules: increments, sizes and funds', () => {
    const { instrument } = rulesOf({ minFunds: '5', baseMinSize: '0.0001' }) as { instrument: Instrument }
    const refusal = (qty: string, limit: string) => verdict(instrument, { ...LIMIT_BUY, qty, limit }, QUIET)
    expect(refusal('0.0001', '50000.0')).toBeNull()
    expect(refusal('0.00009999', '50000.0')).toMatchObject({ filter: 'LOT_SIZE', limit: 'minQty 0.0001' })
    // 0.0001 × 49,999.9 = 4.99999
    expect(refusal('0.0001', '49999.9')).toMatchObject({ filter: 'MIN_NOTIONAL', value: '4.99999' })
    expect(refusal('0.0001', '50000.05')).toMatchObject({ filter: 'PRICE_FILTER', limit: 'tickSize 0.1' })
    expect(refusal('10000000001', '50000.0')).toMatchObject({ filter: 'LOT_SIZE' })
  })

  test.skipIf(!isRecorded)('a recorded answer of success is no fault', () => {
    const body = recordedAnswer('kucoin', '/api/ua/v1/market/orderbook', 'limit=FULL&symbol=XBTUSDTM&tradeType=FUTURES')
    expect(KUCOIN.fault(200, body)).toBeNull()
  })
})
