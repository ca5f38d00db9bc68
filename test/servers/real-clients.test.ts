import { MainClient, USDMClient } from 'binance'
import type { Exchange } from 'ccxt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { marketOf, marketsOf } from './markets.ts'
import { barText, decimal, Truth } from './truth.ts'
import { startVenueServer, type VenueServer } from './venue-server.ts'

/**
 * Clients that nobody here wrote are run as they are against the server: what they read off it is what the truth table says, so the
 * server speaks as the venues do, to those who ask the real ones every day.
 */
const NOW = Date.UTC(2024, 5, 1, 12, 0, 30)
const MINUTE = 60_000
const FROM = NOW - 30_000 - 120 * MINUTE

let server: VenueServer
let truth: Truth

beforeAll(async () => {
  truth = new Truth({ seed: 7, quietEvery: 9, holes: [{ from: FROM + 40 * MINUTE, to: FROM + 45 * MINUTE }] })
  server = await startVenueServer({ now: NOW, truth })
})

afterAll(() => server.close())

const at = (path = '') => server.origin + path

const CLIENTS = [
  {
    id: 'binance',
    series: 'binance:BTCUSDT:1m',
    symbol: 'BTC/USDT',
    urls: () => ({ public: at('/api/v3'), private: at('/api/v3') }),
    options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
  },
  {
    id: 'binanceusdm',
    series: 'binance-usdm:BTCUSDT:1m',
    symbol: 'BTC/USDT:USDT',
    urls: () => ({ fapiPublic: at('/fapi/v1'), fapiPublicV2: at('/fapi/v2'), fapiPublicV3: at('/fapi/v3') }),
    options: { fetchCurrencies: false },
  },
  { id: 'kraken', series: 'kraken:XBTUSD:1m', symbol: 'BTC/USD', urls: () => ({ public: at() }), options: {} },
  {
    id: 'kucoin',
    series: 'kucoin:BTC-USDT:1m',
    symbol: 'BTC/USDT',
    urls: () => ({ public: at() }),
    options: { fetchMarkets: { types: ['spot'] } },
  },
  {
    id: 'coinbaseexchange',
    series: 'coinbase:BTC-USD:1m',
    symbol: 'BTC/USD',
    urls: () => ({ public: at() }),
    options: {},
  },
]

describe.each(CLIENTS)('ccxt’s $id', ({ id, series: name, symbol, urls, options }) => {
  const series = parseSeries(name)
  let client: Exchange

  beforeAll(async () => {
    // one class of it: the package as a whole takes seconds to load
    const { default: Client } = await import(new URL(`../../node_modules/ccxt/js/src/${id}.js`, import.meta.url).href)
    client = new Client({ enableRateLimit: false, urls: { api: urls() }, options })
  })

  test('finds the markets', async () => {
    const markets = await client.loadMarkets()
    const market = marketOf(series)
    expect(Object.keys(markets)).toHaveLength(marketsOf(series.venue).length)
    expect(markets[symbol]!.id).toBe(market.longName)
    // one tick and a bit is one tick
    const tick = Number(decimal(1, market.priceDigits))
    expect(Number(client.priceToPrecision(symbol, 100 + tick * 1.1))).toBeCloseTo(100 + tick, 9)
  })

  test('reads the bars of the truth table', async () => {
    const rows = await client.fetchOHLCV(symbol, '1m', FROM, 100)
    const told = truth.texts(series, FROM, FROM + 100 * MINUTE)
    expect(told.length).toBeLessThanOrEqual(95)
    expect(told.length).toBeGreaterThan(70)
    const values = told.map(({ openTime, open, high, low, close, volume }) =>
      [openTime, open, high, low, close, volume].map(Number),
    )
    expect(rows.filter((row) => row[0]! < FROM + 100 * MINUTE)).toEqual(values)
  })

  test('is told the clock', async () => {
    expect(Math.floor(((await client.fetchTime()) ?? 0) / 1000) * 1000).toBe(NOW)
  })
})

describe('the binance package', () => {
  const columns = (name: string, from: number, to: number) => {
    const series = parseSeries(name)
    return truth.texts(series, from, to).map((bar) => [
      bar.openTime, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.closeTime - 1, bar.quoteVolume, bar.trades,
      bar.takerBase, bar.takerQuote,
    ].map(Number)) // biome-ignore format: the columns of the venue
  }

  test('MainClient reads spot', async () => {
    const client = new MainClient({ baseUrl: server.origin })
    const rows = await client.getKlines({
      symbol: 'ETHUSDT',
      interval: '1h',
      startTime: NOW - 86_400_000,
      endTime: NOW - 3_600_000,
    })
    expect(rows).toHaveLength(23)
    expect(rows.map((row) => row.slice(0, 11).map(Number))).toEqual(
      columns('binance:ETHUSDT:1h', NOW - 86_400_000, NOW - 3_600_000),
    )
  })

  test('USDMClient reads futures, the unfinished bar last', async () => {
    const client = new USDMClient({ baseUrl: server.origin })
    const rows = await client.getKlines({ symbol: 'BTCUSDT', interval: '1m', limit: 30 })
    expect(rows).toHaveLength(30)
    const opened = NOW - 30_000
    expect(rows.at(-1)![0]).toBe(opened)
    expect(rows.slice(0, -1).map((row) => row.slice(0, 11).map(Number))).toEqual(
      columns('binance-usdm:BTCUSDT:1m', opened - 29 * MINUTE, opened),
    )
    const series = parseSeries('binance-usdm:BTCUSDT:1m')
    expect(Number(rows.at(-1)![5])).toBe(Number(barText(series, truth.unfinished(series, opened, NOW)!).volume))
    expect(truth.unfinished(series, opened, NOW)).not.toEqual(truth.bar(series, opened))
  })

  test('is refused as the venue refuses', async () => {
    const client = new USDMClient({ baseUrl: server.origin })
    await expect(client.getKlines({ symbol: 'NOPE', interval: '1m' })).rejects.toMatchObject({
      code: -1121,
      message: 'Invalid symbol.',
    })
  })

  test('reads funding rates and mark prices', async () => {
    const client = new USDMClient({ baseUrl: server.origin })
    const rates = await client.getFundingRateHistory({ symbol: 'BTCUSDT', startTime: NOW - 86_400_000, endTime: NOW })
    const due = [16, 24, 32].map((hours) => Date.UTC(2024, 4, 31, hours))
    // the exchange charges some milliseconds late
    expect(rates.map(({ fundingTime }) => Math.floor(fundingTime / 1000) * 1000)).toEqual(due)
    for (const { fundingRate } of rates) expect(Math.abs(Number(fundingRate))).toBeLessThan(0.001)
    const marks = await client.getMarkPriceKlines({
      symbol: 'BTCUSDT',
      interval: '1h',
      startTime: NOW - 7_230_000,
      endTime: NOW - 3_630_000,
    })
    const told = truth.texts(parseSeries('binance-usdm:BTCUSDT@mark:1h'), NOW - 7_230_000, NOW - 3_630_000 + 1)
    expect(told).toHaveLength(2)
    expect(marks.map((row) => row.slice(0, 5).map(Number))).toEqual(
      told.map(({ openTime, open, high, low, close }) => [openTime, open, high, low, close].map(Number)),
    )
  })
})
