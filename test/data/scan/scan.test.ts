import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseSeries, type Venue } from '../../../src/core/series.ts'
import { importFiles, openStore, type Store } from '../../../src/data/index.ts'
import { type Scan, type ScanAsked, scanStored, scanTickers } from '../../../src/data/scan/scan.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import type { Answer, Ask, VenueHttp } from '../../../src/data/venues/venue.ts'
import { scratch } from '../../cli/klinelab.ts'

const DAY = 86_400_000
const START = Date.UTC(2024, 0, 1)
const AT = Date.UTC(2024, 5, 1)

const asked = (venue: Venue, facts: Partial<ScanAsked> = {}): ScanAsked => ({
  ...{ venue, mix: { volume: 1 }, top: 10, exclude: [], interval: '1d', lookback: 3 },
  ...facts,
})

/** A venue that answers a path with this, and is asked nothing else. */
function answering(venue: Venue, answers: Readonly<Record<string, unknown>>): VenueHttp & { readonly asked: string[] } {
  const paths: string[] = []
  return {
    api: venueApi(venue),
    asked: paths,
    get: async <T>({ path }: Ask, check: (answer: Answer) => T) => {
      paths.push(path)
      if (!(path in answers)) throw new Error(`nobody should ask ${path}`)
      return check({ body: JSON.stringify(answers[path]), at: AT, headers: {} })
    },
  }
}

const symbols = ({ markets }: Scan) => markets.map(({ symbol }) => symbol)

/** A store of daily bars from 2024-01-01 on. */
async function storeOf(series: Readonly<Record<string, readonly number[]>>): Promise<Store> {
  const dir = scratch()
  const store = await openStore(dir)
  for (const [name, closes] of Object.entries(series)) {
    const rows = closes.map((close, k) => [START + k * DAY, close, close, close, close, 100_000].join(','))
    const file = join(dir, 'rows.csv')
    writeFileSync(file, `open_time,open,high,low,close,volume\n${rows.join('\n')}\n`)
    await importFiles(store, [file], parseSeries(name), { now: AT })
  }
  return store
}

describe('scanTickers', () => {
  const product = (id: string, facts: object = {}) => {
    const [base, quote] = id.split('-')
    return {
      ...{ id, base_currency: base, quote_currency: quote, quote_increment: '0.01', base_increment: '0.01' },
      ...{ min_market_funds: '1', status: 'online', ...facts },
    }
  }
  const day = (open: string, high: string, low: string, last: string, volume: string) => ({
    stats_24hour: { open, high, low, last, volume },
  })
  const COINBASE = {
    '/products': [
      product('BTC-USD'),
      product('ETH-USD'),
      product('DOT-USD'),
      product('ETH-EUR'),
      product('USDT-USD', { fx_stablecoin: true }),
      product('REP-USD', { status: 'delisted' }),
    ],
    '/products/stats': {
      'BTC-USD': day('100', '112', '95', '110', '50000'),
      'ETH-USD': day('10', '10.5', '9', '9.5', '800000'),
      'DOT-USD': day('5', '6', '4', '5', '1000'),
      'ETH-EUR': day('9', '10', '8', '9', '900000'),
    },
    '/products/BTC-USD/ticker': { bid: '109', ask: '111', price: '110' },
    '/products/ETH-USD/ticker': { bid: '9.49', ask: '9.51', price: '9.5' },
  }
  let empty: Store
  beforeAll(async () => {
    empty = await openStore(scratch())
  })

  test('ranks what is left, with every figure that is known and the others null', async () => {
    const http = answering('coinbase', COINBASE)
    const scan = await scanTickers(asked('coinbase'), http, empty)
    expect(scan).toMatchObject({
      venue: 'coinbase',
      at: AT,
      from: 'tickers',
      quote: 'USD',
      minVolume: 1_000_000,
      listed: 6,
      ranked: 2,
    })
    // 9.5 × 800,000 = 7,600,000; 110 × 50,000 = 5,500,000; DOT has 5,000 of the million
    expect(scan.markets).toEqual([
      {
        ...{ rank: 1, symbol: 'ETH-USD', score: 1, last: 9.5, change: 9.5 / 10 - 1, volume: 7_600_000 },
        ...{ volatility: 1.5 / 9.5, spread: null, momentum: null },
      },
      {
        ...{ rank: 2, symbol: 'BTC-USD', score: 0, last: 110, change: 110 / 100 - 1, volume: 5_500_000 },
        ...{ volatility: 17 / 110, spread: null, momentum: null },
      },
    ])
    expect(scan.excluded).toEqual([
      { reason: 'quote', symbols: ['ETH-EUR'] },
      { reason: 'status', symbols: ['REP-USD'] },
      { reason: 'stable', symbols: ['USDT-USD'] },
      { reason: 'thin', symbols: ['DOT-USD'] },
    ])
    expect(http.asked).toEqual(['/products', '/products/stats'])
  })

  test('quotes that come one by one are asked of those that are left, where the spread counts', async () => {
    const http = answering('coinbase', COINBASE)
    const scan = await scanTickers(asked('coinbase', { mix: { spread: 1 } }), http, empty)
    // 0.02 of 9.5, and 2 of 110
    expect(scan.markets.map(({ symbol, spread }) => [symbol, spread])).toEqual([
      ['ETH-USD', expect.closeTo(0.02 / 9.5, 12)],
      ['BTC-USD', expect.closeTo(2 / 110, 12)],
    ])
    expect(http.asked.slice(2).sort()).toEqual([
      '/products/BTC-USD/ticker',
      '/products/ETH-USD/ticker',
      '/products/stats',
    ])
  })

  test('another quote has no built-in least volume: a million of a coin is not a million dollars', async () => {
    const scan = await scanTickers(asked('coinbase', { quote: 'EUR' }), answering('coinbase', COINBASE), empty)
    expect([symbols(scan), scan.minVolume]).toEqual([['ETH-EUR'], 0])
    const thin = await scanTickers(asked('coinbase', { minVolume: 1e4 }), answering('coinbase', COINBASE), empty)
    expect(thin.excluded.at(-1)).toEqual({ reason: 'thin', symbols: ['DOT-USD'] })
  })

  test('momentum goes by stored bars that are closed; who has too few is named', async () => {
    const store = await storeOf({
      'coinbase:BTC-USD:1d': Array.from({ length: 152 }, (_, k) => 100 + k),
    })
    const scan = await scanTickers(asked('coinbase', { mix: { momentum: 1 } }), answering('coinbase', COINBASE), store)
    // the last of 152 days is 31 May: 251 after 248
    expect(scan.markets).toMatchObject([{ symbol: 'BTC-USD', momentum: 251 / 248 - 1 }])
    expect(scan.unknown).toEqual(['ETH-USD'])
  })

  test('what a venue does not say is not made up: Kraken has no price of 24 hours ago', async () => {
    const pair = { pair_decimals: 1, lot_decimals: 8, status: 'online', altname: 'XBTUSD', wsname: 'XBT/USD' }
    const ticker = {
      a: ['101'],
      b: ['99'],
      c: ['100'],
      v: ['1', '90000'],
      p: ['100', '100'],
      l: ['90', '90'],
      h: ['110', '110'],
      o: '95',
    }
    const answers = {
      '/0/public/AssetPairs': { error: [], result: { XXBTZUSD: pair } },
      '/0/public/Ticker': { error: [], result: { XXBTZUSD: ticker } },
    }
    const scan = await scanTickers(asked('kraken', { mix: { change: 1 } }), answering('kraken', answers), empty)
    expect([scan.markets, scan.unknown]).toEqual([[], ['XBTUSD']])
    const byVolume = await scanTickers(asked('kraken'), answering('kraken', answers), empty)
    expect(byVolume.markets[0]).toMatchObject({
      symbol: 'XBTUSD',
      change: null,
      volume: 9e6,
      volatility: 0.2,
      spread: 0.02,
    })
  })
})

describe('scanStored', () => {
  const rising = Array.from({ length: 20 }, (_, k) => 100 + k)
  const SERIES = {
    'binance:BTCUSDT:1d': rising,
    // falls for ten days, then is a hundred times as much
    'binance:ETHUSDT:1d': rising.map((_, k) => (k < 10 ? 100 - k : 10_000)),
    'binance:DEADUSDT:1d': rising.slice(0, 8),
    'binance:BTCUPUSDT:1d': rising,
    'binance:USDCUSDT:1d': rising.map(() => 1),
    'binance:ETHBTC:1d': rising,
    'kraken:XBTUSD:1d': rising,
  }
  const at = START + 10 * DAY

  test('ranks as it was then, and says whom it left out', async () => {
    const scan = await scanStored(asked('binance', { mix: { momentum: 1 } }), await storeOf(SERIES), at)
    expect(scan).toMatchObject({ at, from: 'bars', listed: 6, ranked: 2, unknown: [] })
    // ten days have closed: 109 after 106, and 91 after 94; each day 100,000 × the close
    expect(scan.markets).toMatchObject([
      { symbol: 'BTCUSDT', momentum: 109 / 106 - 1, change: 109 / 108 - 1, volume: 10_900_000, spread: null },
      { symbol: 'ETHUSDT', momentum: 91 / 94 - 1 },
    ])
    expect(scan.excluded).toEqual([
      { reason: 'quote', symbols: ['ETHBTC'] },
      { reason: 'status', symbols: ['DEADUSDT'] },
      { reason: 'leveraged', symbols: ['BTCUPUSDT'] },
      { reason: 'stable', symbols: ['USDCUSDT'] },
    ])
    const later = await scanStored(asked('binance', { mix: { momentum: 1 } }), await storeOf(SERIES), at + DAY)
    expect(symbols(later)).toEqual(['ETHUSDT', 'BTCUSDT'])
  })

  test('a longer lookback reads further back', async () => {
    const store = await storeOf({ 'binance:BTCUSDT:1d': rising })
    const scan = await scanStored(asked('binance', { mix: { momentum: 1 }, lookback: 9 }), store, at)
    expect(scan.markets).toMatchObject([{ symbol: 'BTCUSDT', momentum: 109 / 100 - 1 }])
    const further = await scanStored(asked('binance', { mix: { momentum: 1 }, lookback: 10 }), store, at)
    expect([further.markets, further.unknown]).toEqual([[], ['BTCUSDT']])
  })

  test('a store whose future is cut off ranks the same', async () => {
    const [whole, cut] = [
      await storeOf(SERIES),
      await storeOf(Object.fromEntries(Object.entries(SERIES).map(([name, closes]) => [name, closes.slice(0, 10)]))),
    ]
    for (const mix of [{ volume: 1 }, { change: 1 }, { volatility: 1, momentum: -1 }])
      for (const time of [at, at - DAY, at - 1])
        expect(await scanStored(asked('binance', { mix }), cut, time)).toEqual(
          await scanStored(asked('binance', { mix }), whole, time),
        )
  })

  test('nothing to rank by is told with what is stored', async () => {
    const store = await storeOf({ 'binance:BTCUSDT:1d': rising })
    await expect(scanStored(asked('binance', { interval: '1h' }), store, at)).rejects.toThrow(
      /^no 1h bars of binance are stored to rank by; stored are 1d: say --interval 1d$/,
    )
    await expect(scanStored(asked('binance', { interval: '1w' }), store, at)).rejects.toThrow(
      'say --interval 1d, or make them with: klinelab data resample binance:BTCUSDT:1d --to 1w',
    )
    await expect(scanStored(asked('kucoin'), store, at)).rejects.toThrow('no series of kucoin is; fetch some with')
    await expect(scanStored(asked('binance', { mix: { spread: 1 } }), store, at)).rejects.toThrow(
      'do not say what the spread',
    )
  })
})
