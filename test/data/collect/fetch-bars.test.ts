import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { intervalMs } from '../../../src/core/interval.ts'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import type { Stretch } from '../../../src/data/collect/batch.ts'
import { type FetchOptions, fetchBars, horizonOf, later, type Page } from '../../../src/data/collect/fetch-bars.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import { BINANCE } from '../../../src/data/venues/binance.ts'
import { type BarText, VenueContentError, type VenueHttp } from '../../../src/data/venues/venue.ts'
import { Truth } from '../../servers/truth.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'
import { quickHttp, toldHttp, unpadded } from './quick-http.ts'

const MINUTE = 60_000
const clock = () => NOW_THERE
/** The last minute that has ended. */
const ENDED = NOW_THERE - (NOW_THERE % MINUTE)

/** What the exchange tells to ignore in the answer for mark prices. */
const NO_TRADES = { quoteVolume: null, trades: null, takerBase: null, takerQuote: null }

let server: VenueServer
beforeAll(async () => {
  server = await startVenueServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.fault = null
  server.now = clock
})

async function pages(http: VenueHttp, series: Series, stretch: Stretch, options: FetchOptions = { clock }) {
  const all: Page[] = []
  for await (const page of fetchBars(http, series, stretch, options)) all.push(page)
  return all
}

async function bars(...args: Parameters<typeof pages>): Promise<BarText[]> {
  return unpadded((await pages(...args)).flatMap((page) => page.bars))
}

describe.each([
  'binance:BTCUSDT:1m',
  'binance-usdm:BTCUSDT:1m',
  'binance-usdm:BTCUSDT@mark:1m',
  'coinbase:BTC-USD:1m',
  'kraken:XBTUSD:1m',
  'kucoin:BTC-USDT:1m',
])('%s', (name) => {
  const series = parseSeries(name)
  const { pageRows, horizon } = venueApi(series.venue).bars
  const count = horizon === null ? 3 * pageRows + 7 : 700
  const stretch = { from: ENDED - count * MINUTE, to: ENDED }

  test('bars come as the venue states them, oldest first, whatever its columns, its order and its units', async () => {
    const http = quickHttp(server.origin, series.venue)
    const truth = unpadded(server.truth.texts(series, stretch.from, stretch.to)).map((bar) => ({
      ...bar,
      ...(series.symbol.endsWith('@mark') && NO_TRADES),
    }))
    expect(truth.length).toBe(count)
    expect(await bars(http, series, stretch)).toEqual(truth)
    server.fault = () => ({ kind: 'microseconds' })
    expect(await bars(http, series, stretch)).toEqual(truth)
    server.fault = () => ({ kind: 'newest-first' })
    expect(await bars(http, series, stretch)).toEqual(truth)
  })

  test('the bar that has not ended by the venue’s clock, or by ours, is not handed on', async () => {
    const http = quickHttp(server.origin, series.venue)
    const beyond = { from: ENDED - 5 * MINUTE, to: ENDED + 5 * MINUTE }
    const opens = async () => (await bars(http, series, beyond)).map((bar) => (bar.openTime - ENDED) / MINUTE)
    expect(await opens()).toEqual([-5, -4, -3, -2, -1])
    // a server three minutes fast states bars that have not ended
    server.now = () => NOW_THERE + 3 * MINUTE
    expect(await opens()).toEqual([-5, -4, -3, -2, -1])
    server.now = clock
    server.fault = () => ({ kind: 'skew', ms: -3 * MINUTE })
    expect(await opens()).toEqual([-5, -4])
  })
})

describe('a page that is another', () => {
  const series = parseSeries('binance:BTCUSDT:1m')
  const stretch = { from: ENDED - 3500 * MINUTE, to: ENDED }

  test.each(['repeated', 'skipped'] as const)('%s: it is asked for again', async (kind) => {
    const http = quickHttp(server.origin, 'binance')
    const before = server.count(/klines/)
    let told = 0
    server.fault = (asked) => {
      if (!asked.path.endsWith('klines') || ++told !== 2) return null
      return { kind }
    }
    // one after the other, so that the page before the second is the first
    expect(await bars(http, series, stretch, { clock, parallel: 1 })).toEqual(
      unpadded(server.truth.texts(series, stretch.from, stretch.to)),
    )
    expect(server.count(/klines/) - before).toBe(5)
  })

  test('one that stays another is an error where the venue leaves nothing out', async () => {
    const http = quickHttp(server.origin, 'binance')
    server.fault = () => ({ kind: 'skipped' })
    const early = { from: ENDED - 4000 * MINUTE, to: ENDED - 3000 * MINUTE }
    await expect(bars(http, series, early)).rejects.toThrow(
      /binance:BTCUSDT:1m 2024-05-29T05:20 to 2024-05-29T22:00: the 1000 bars of the answer lie elsewhere, 2024-05-29T22:00 to 2024-05-30T14:39/,
    )
  })

  test('a venue that leaves out quiet minutes may answer with those around them: the second time it is believed', async () => {
    const quiet = parseSeries('coinbase:BTC-USD:1m')
    const http = quickHttp(server.origin, 'coinbase')
    server.fault = () => ({ kind: 'skipped' })
    const before = server.count(/candles/)
    const early = { from: ENDED - 1000 * MINUTE, to: ENDED - 700 * MINUTE }
    expect(await pages(http, quiet, early)).toEqual([{ stretch: early, bars: [], at: NOW_THERE - (NOW_THERE % 1000) }])
    expect(server.count(/candles/) - before).toBe(2)
  })
})

describe('an answer that is believed in part', () => {
  const series = parseSeries('binance:BTCUSDT:1m')
  const truth = new Truth()
  const at = Date.UTC(2024, 0, 1)
  const rows = unpadded(truth.texts(series, at, at + 5 * MINUTE))
  const row = (bar: BarText) => [
    ...[bar.openTime, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.closeTime - 1],
    ...[bar.quoteVolume, bar.trades, bar.takerBase, bar.takerQuote, '0'],
  ]
  const answer = (all: readonly BarText[]) => ({ body: JSON.stringify(all.map(row)), at: NOW_THERE, headers: {} })
  const stretch = { from: at, to: at + 5 * MINUTE }

  test('bars outside of the window are left out', async () => {
    const around = truth.texts(series, at - 3 * MINUTE, at + 9 * MINUTE)
    expect(await bars(toldHttp(BINANCE, [answer(around)]), series, stretch)).toEqual(rows)
  })

  test('a bar that comes twice is one', async () => {
    const twice = [rows[0]!, rows[1]!, rows[1]!, ...rows.slice(2)]
    const http = toldHttp(BINANCE, [answer(twice)])
    expect(await bars(http, series, stretch)).toEqual(rows)
    expect(http.asked.length).toBe(1)
  })

  test('two bars of one time that differ are asked for again', async () => {
    const other = { ...rows[1]!, close: '1.23' }
    const http = toldHttp(BINANCE, [answer([rows[0]!, rows[1]!, other, ...rows.slice(2)]), answer(rows)])
    expect(await bars(http, series, stretch)).toEqual(rows)
    expect(http.asked.length).toBe(2)
    const always = toldHttp(BINANCE, [answer([rows[0]!, rows[1]!, other])])
    await expect(bars(always, series, stretch)).rejects.toThrow(/two different bars open at 2024-01-01T00:01$/)
  })

  test('bars off the grid are asked for again, and left out where they stay', async () => {
    const off = { ...rows[2]!, openTime: rows[2]!.openTime + 14_789 }
    const odd = [rows[0]!, rows[1]!, off, ...rows.slice(3)]
    const mended = toldHttp(BINANCE, [answer(odd), answer(rows)])
    expect(await bars(mended, series, stretch)).toEqual(rows)
    const kept = toldHttp(BINANCE, [answer(odd)])
    expect(await bars(kept, series, stretch)).toEqual(rows.filter((_, k) => k !== 2))
    expect(kept.asked.length).toBe(2)
  })
})

describe('many pages', () => {
  const series = parseSeries('binance:BTCUSDT:1m')

  /** Answers with nothing, each request when it is let go. */
  function heldHttp() {
    const waiting: { from: number; go: () => void; fail: (error: Error) => void }[] = []
    const http: VenueHttp = {
      api: BINANCE,
      get: (ask, check) =>
        new Promise((resolve, reject) => {
          const go = () => resolve(check({ body: '[]', at: NOW_THERE, headers: {} }))
          waiting.push({ from: Number(ask.query['startTime']), go, fail: reject })
        }),
    }
    return { http, waiting }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const start = ENDED - 20_000 * MINUTE
  const stretch = { from: start, to: ENDED }

  test('so many are underway as the venue allows, and handed on in order though they come in another', async () => {
    const { http, waiting } = heldHttp()
    const got: number[] = []
    const done = (async () => {
      for await (const page of fetchBars(http, series, stretch, { clock, parallel: 3 }))
        got.push((page.stretch.from - start) / MINUTE)
    })()
    await turn()
    expect(waiting.map(({ from }) => (from - start) / MINUTE)).toEqual([0, 1000, 2000])
    waiting[2]!.go()
    await turn()
    // the place of the one that came is taken, but nothing is handed on ahead of the first
    expect(got).toEqual([])
    expect(waiting.length).toBe(4)
    waiting[0]!.go()
    waiting[1]!.go()
    await turn()
    expect(got).toEqual([0, 1000, 2000])
    for (let k = 3; k < 20; k++) {
      waiting[k]!.go()
      await turn()
    }
    await done
    expect(got).toEqual(Array.from({ length: 20 }, (_, k) => k * 1000))
  })

  test('whoever takes slowly is waited for', async () => {
    const { http, waiting } = heldHttp()
    const iterator = fetchBars(http, series, stretch, { clock, parallel: 2 })[Symbol.asyncIterator]()
    const first = iterator.next()
    for (let k = 0; k < 10; k++) {
      await turn()
      for (const one of waiting) one.go()
    }
    await first
    // one was taken, and four, twice as many as may be underway, are ahead of it
    expect(waiting.length).toBe(5)
    await iterator.return?.()
  })

  test('pages ahead of one that fails are handed on, and nothing is asked for after it', async () => {
    const { http, waiting } = heldHttp()
    const got: number[] = []
    const done = (async () => {
      for await (const page of fetchBars(http, series, stretch, { clock, parallel: 4 })) got.push(page.stretch.from)
    })()
    await turn()
    waiting[2]!.fail(new VenueContentError('no'))
    waiting[3]!.fail(new VenueContentError('neither'))
    waiting[0]!.go()
    waiting[1]!.go()
    await expect(done).rejects.toThrow('no')
    expect(got).toEqual([start, start + 1000 * MINUTE])
    const begun = waiting.length
    for (const one of waiting) one.go()
    await turn()
    expect(waiting.length).toBe(begun)
  })
})

test('what lies before the horizon is not asked for', async () => {
  const series = parseSeries('kraken:XBTUSD:1h')
  const api = venueApi('kraken')
  const oldest = horizonOf(api.bars, '1h', NOW_THERE)
  // 720 bars, the one that has not ended among them: the newest ended one is the 719th
  expect(oldest).toBe(Date.UTC(2024, 5, 1) - 719 * 60 * MINUTE)
  const before = server.count(/OHLC/)
  const all = await bars(quickHttp(server.origin, 'kraken'), series, {
    from: Date.UTC(2020, 0, 1),
    to: Date.UTC(2024, 5, 1),
  })
  expect(all.map((bar) => bar.openTime)).toEqual(Array.from({ length: 719 }, (_, k) => oldest + k * 60 * MINUTE))
  expect(server.count(/OHLC/) - before).toBe(1)
  expect(horizonOf(BINANCE.bars, '1h', NOW_THERE)).toBe(Number.NEGATIVE_INFINITY)
})

test('calendar months are stepped by the calendar', () => {
  expect(later(Date.UTC(2023, 10, 1), 3, '1M')).toBe(Date.UTC(2024, 1, 1))
  expect(later(Date.UTC(2024, 1, 1), -14, '1M')).toBe(Date.UTC(2022, 11, 1))
  expect(later(Date.UTC(2024, 1, 1), 2, '1w')).toBe(Date.UTC(2024, 1, 1) + 2 * intervalMs('1w'))
})
