import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { KRAKEN } from '../../../src/data/venues/kraken.ts'
import { VenueContentError } from '../../../src/data/venues/venue.ts'
import { FEE_TIERS } from '../../../src/runs/fee-tiers.ts'
import { testVenue } from '../../contracts/test-venue.ts'

const series = parseSeries('kraken:XBTUSD:1m')

// https://docs.kraken.com/api-reference/market-data/get-ohlc-data; the third bar is one in which nobody traded
const OHLC = JSON.stringify({
  error: [],
  result: {
    XXBTZUSD: [
      [1688671200, '30306.1', '30306.2', '30305.7', '30305.7', '30306.1', '3.39243896', 23],
      [1688671260, '30304.5', '30304.5', '30300.0', '30300.0', '30300.0', '4.42996871', 18],
      [1688671320, '30300.0', '30300.0', '30300.0', '30300.0', '0.0', '0.00000000', 0],
      [1688671380, '30300.3', '30302.4', '30300.2', '30302.4', '30301.2', '1.10000000', 4],
    ],
    last: 1688671320,
  },
})

// https://docs.kraken.com/api-reference/market-data/get-tradable-asset-pairs, with the base tier of 2026-05
const PAIRS = JSON.stringify({
  error: [],
  result: {
    XXBTZUSD: {
      altname: 'XBTUSD',
      wsname: 'XBT/USD',
      aclass_base: 'currency',
      base: 'XXBT',
      aclass_quote: 'currency',
      quote: 'ZUSD',
      pair_decimals: 1,
      cost_decimals: 5,
      lot_decimals: 8,
      lot_multiplier: 1,
      leverage_buy: [2, 3],
      leverage_sell: [2, 3],
      fees: [
        [0, 0.4],
        [10000, 0.35],
      ],
      fees_maker: [
        [0, 0.25],
        [10000, 0.2],
      ],
      ordermin: '0.00005',
      costmin: '0.5',
      tick_size: '0.1',
      status: 'online',
    },
    // as of 2021: no tick_size, costmin or status yet
    ADAETH: {
      altname: 'ADAETH',
      base: 'ADA',
      quote: 'XETH',
      pair_decimals: 7,
      lot_decimals: 8,
      fees: [[0, 0.26]],
      fees_maker: [],
      ordermin: '1',
    },
    XXLMZEUR: {
      altname: 'XLMEUR',
      base: 'XXLM',
      quote: 'ZEUR',
      pair_decimals: 6,
      lot_decimals: 8,
      status: 'cancel_only',
    },
  },
})

const flat = { closeTime: Number.NaN, quoteVolume: null, takerBase: null, takerQuote: null }

testVenue(KRAKEN, {
  bars: [
    {
      series,
      body: OHLC,
      count: 4,
      first: {
        ...flat,
        openTime: 1688671200000,
        open: '30306.1',
        high: '30306.2',
        low: '30305.7',
        close: '30305.7',
        volume: '3.39243896',
        trades: 23,
      },
      last: {
        ...flat,
        openTime: 1688671380000,
        open: '30300.3',
        high: '30302.4',
        low: '30300.2',
        close: '30302.4',
        volume: '1.10000000',
        trades: 4,
      },
    },
  ],
  noBars: '{"error":[],"result":{"XXBTZUSD":[],"last":1688671320}}',
  // what opened after `since`, up to the newest; whether one that opened at it comes too is not documented
  window: ({ query }) => ({
    from: Number(query['since']) * 1000 + 1,
    to: Number.POSITIVE_INFINITY,
    rows: KRAKEN.bars.pageRows,
  }),
  rules: [
    {
      body: PAIRS,
      at: Date.UTC(2026, 4, 1),
      count: 3,
      has: {
        symbol: 'XBTUSD',
        base: 'XBT',
        quote: 'USD',
        isTrading: true,
        status: 'online',
        feeMaker: '0.0025',
        feeTaker: '0.004',
        filters: {
          price: { min: '0.1', max: '0', tick: '0.1' },
          lot: { min: '0.00005', max: '0', step: '0.00000001' },
          notional: { filter: 'MIN_NOTIONAL', min: '0.5', applyMinToMarket: true },
          notSimulated: [],
        },
      },
    },
    {
      body: PAIRS,
      at: Date.UTC(2021, 4, 1),
      count: 3,
      has: {
        symbol: 'ADAETH',
        base: 'ADA',
        quote: 'ETH',
        isTrading: true,
        feeMaker: '0.0026',
        feeTaker: '0.0026',
        filters: {
          price: { tick: '0.0000001' },
          lot: { min: '1', step: '0.00000001' },
        },
      },
    },
    {
      body: PAIRS,
      at: Date.UTC(2026, 4, 1),
      count: 3,
      has: {
        symbol: 'XLMEUR',
        base: 'XLM',
        quote: 'EUR',
        isTrading: false,
        status: 'cancel_only',
        feeMaker: null,
        feeTaker: null,
        filters: { lot: { min: '0.00000001' } },
      },
    },
  ],
  tickers: [
    {
      // https://docs.kraken.com/api-reference/market-data/get-ticker-information
      bodies: [
        JSON.stringify({
          error: [],
          result: {
            XXBTZUSD: {
              a: ['30300.10000', '1', '1.000'],
              b: ['30300.00000', '1', '1.000'],
              c: ['30303.20000', '0.00067643'],
              v: ['4083.67001100', '4412.73601799'],
              p: ['30706.77771', '30689.13205'],
              t: [34619, 38907],
              l: ['29868.30000', '29868.20000'],
              h: ['31631.00000', '31632.00000'],
              o: '30502.80000',
            },
          },
        }),
        PAIRS,
      ],
      has: {
        symbol: 'XBTUSD',
        last: 30303.2,
        change: Number.NaN,
        high: 31632,
        low: 29868.2,
        quoteVolume: 4412.73601799 * 30689.13205,
        bid: 30300,
        ask: 30300.1,
      },
    },
  ],
  clock: {
    body: '{"error":[],"result":{"unixtime":1688669448,"rfc1123":"Thu, 06 Jul 23 18:50:48 +0000"}}',
    time: 1688669448000,
  },
  // all of them come with status 200
  faults: [
    { status: 200, body: '{"error":["EQuery:Unknown asset pair"]}', code: 'EQuery', kind: 'symbol' },
    { status: 200, body: '{"error":["EAPI:Rate limit exceeded"]}', code: 'EAPI', kind: 'limit' },
    { status: 200, body: '{"error":["EGeneral:Too many requests"]}', code: 'EGeneral', kind: 'limit' },
    { status: 200, body: '{"error":["EService:Unavailable"],"result":{}}', code: 'EService', kind: 'server' },
    { status: 200, body: '{"error":["EGeneral:Invalid arguments"]}', code: 'EGeneral', kind: 'request' },
  ],
})

describe('kraken', () => {
  test('a page is asked for by its beginning, a second early: whether `since` is inclusive is not documented', () => {
    const from = Date.UTC(2026, 0, 1)
    const { path, query } = KRAKEN.bars.ask(parseSeries('kraken:XBTUSD:4h'), from, from + 86_400_000)
    expect([path, query]).toEqual(['/0/public/OHLC', { pair: 'XBTUSD', interval: '240', since: '1767225599' }])
  })

  test('only the newest 720 can be had, and buckets without a trade are stated', () => {
    expect([KRAKEN.bars.horizon, KRAKEN.bars.omitsEmpty]).toEqual([720, false])
    const empty = KRAKEN.bars.read(OHLC, series)[2]!
    expect([empty.open, empty.close, empty.volume, empty.trades]).toEqual(['30300.0', '30300.0', '0.00000000', 0])
  })

  test('intervals are those whose bars lie on our grid: its weeks begin on Thursdays', () => {
    // 10080 minutes from the epoch on
    expect(new Date(Math.floor(Date.UTC(2026, 0, 1) / 604_800_000) * 604_800_000).getUTCDay()).toBe(4)
    expect(KRAKEN.bars.intervals).not.toContain('1w')
  })

  test('a pair that states no least cost has none', () => {
    const least = KRAKEN.rules.read(PAIRS, 0).map(({ instrument }) => instrument.snapshots[0]!.filters.notional?.min)
    expect(least).toEqual(['0.5', undefined, undefined])
  })

  test('an answer of two pairs, and a warning, are told apart from what was asked for', () => {
    const two = '{"error":[],"result":{"XXBTZUSD":[],"XETHZUSD":[],"last":1}}'
    expect(() => KRAKEN.bars.read(two, series)).toThrow(VenueContentError)
    expect(KRAKEN.fault(200, '{"error":["WGeneral:Deprecated"],"result":{}}')).toBeNull()
    expect(KRAKEN.fault(200, '{"error":["EQuery:Unknown asset pair","EGeneral:Invalid arguments"]}')).toEqual({
      code: 'EQuery',
      message: 'Unknown asset pair; EGeneral:Invalid arguments',
      kind: 'symbol',
    })
  })

  test('the base tier of the built-in schedule is what the venue states with its markets', () => {
    const { feeMaker, feeTaker } = KRAKEN.rules.read(PAIRS, 0)[0]!
    expect([Number(feeMaker), Number(feeTaker)]).toEqual([FEE_TIERS.kraken[0].maker, FEE_TIERS.kraken[0].taker])
  })
})
