import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { openVenueHttp } from '../../src/data/http/venue-http.ts'
import { venueApi } from '../../src/data/venues/all-venues.ts'
import type { BarText } from '../../src/data/venues/venue.ts'
import { isRecorded } from '../data/recorded.ts'
import { recordedAnswers, startRecordedServer } from './recorded-server.ts'

describe.skipIf(!isRecorded)('what others recorded is read as it was said', () => {
  let server: Awaited<ReturnType<typeof startRecordedServer>>

  beforeAll(async () => {
    server = await startRecordedServer()
  })

  afterAll(() => server.close())

  /** Through our client, by path and query as they were recorded. */
  async function ask(series: string, url: string) {
    const parsed = parseSeries(series)
    const api = venueApi(parsed.venue)
    const { pathname: path, searchParams } = new URL(url, 'http://127.0.0.1')
    const http = openVenueHttp(api, { origin: server.origin })
    const query = Object.fromEntries(searchParams)
    return http.get({ path, query, weight: 1 }, ({ body, at }) => ({ bars: api.bars.read(body, parsed), at }))
  }

  const said = (path: string, count: number) => {
    const found = recordedAnswers().filter(
      (one) => one.path === path && one.body.startsWith('[[') && one.status === 200,
    )
    expect(found.length).toBeGreaterThanOrEqual(count)
    return found
  }

  test.each([
    ['binance', '/api/v3/klines', 10],
    ['binance-usdm', '/fapi/v1/klines', 5],
  ])('klines of %s, every recorded page of them', async (venue, path, count) => {
    for (const { query, body } of said(path, count)) {
      const interval = new URLSearchParams(query).get('interval')
      const symbol = new URLSearchParams(query).get('symbol')
      const { bars } = await ask(`${venue}:${symbol}:${interval}`, `${path}?${query}`)
      const texts = (bar: BarText) => [
        bar.openTime, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.closeTime - 1, bar.quoteVolume, bar.trades,
        bar.takerBase, bar.takerQuote,
      ] // biome-ignore format: the columns of the venue
      expect(bars.map(texts)).toEqual((JSON.parse(body) as unknown[][]).map((row) => row.slice(0, 11)))
    }
  })

  test('candles of Coinbase, newest first, by its own clock', async () => {
    for (const { query, body, at } of said('/products/BTC-USD/candles', 2)) {
      const answer = await ask('coinbase:BTC-USD:1m', `/products/BTC-USD/candles?${query}`)
      expect(answer.at).toBe(at)
      // the numbers as they stand in the text, not as JSON.parse makes them
      const rows = [...body.matchAll(/\[(\d+), ([\d.]+), ([\d.]+), ([\d.]+), ([\d.]+), ([\d.]+)\]/g)].toReversed()
      expect(rows.length).toBeGreaterThan(3)
      expect(answer.bars.map((bar) => [bar.openTime, bar.low, bar.high, bar.open, bar.close, bar.volume])).toEqual(
        rows.map(([, time, ...texts]) => [Number(time) * 1000, ...texts]),
      )
    }
  })

  test('rules of markets are read from whole answers', async () => {
    for (const [venue, path] of [
      ['binance', '/api/v3/exchangeInfo'],
      ['binance-usdm', '/fapi/v1/exchangeInfo'],
    ] as const) {
      const api = venueApi(venue)
      const http = openVenueHttp(api, { origin: server.origin })
      const rules = await http.get({ path, query: {}, weight: 1 }, ({ body, at }) => api.rules.read(body, at))
      const { symbols } = JSON.parse(recordedAnswers().find((one) => one.path === path)!.body)
      expect(rules.map(({ instrument }) => instrument.symbol)).toEqual(
        symbols.map(({ symbol }: { readonly symbol: string }) => symbol),
      )
    }
  })
})
