import { afterEach, describe, expect, test } from 'vitest'
import { barsBetween, closeTimeOf } from '../../../src/core/interval.ts'
import { parseSeries, type Series, seriesName } from '../../../src/core/series.ts'
import type { Hole } from '../../../src/data/collect/batch.ts'
import { type GetOptions, type GetRange, type GetResult, getSeries } from '../../../src/data/collect/get.ts'
import { readMonths } from '../../../src/data/month-file.ts'
import { RowBuffer } from '../../../src/data/rows.ts'
import { openStore, type Store } from '../../../src/data/store.ts'
import { scratch } from '../../cli/klinelab.ts'
import { Truth, type TruthOptions } from '../../servers/truth.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'
import { AT_ONCE, unpadded } from './quick-http.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** The last minute that has ended there, which is midnight. */
const ENDED = NOW_THERE - (NOW_THERE % MINUTE)
const BTC = parseSeries('binance:BTCUSDT:1m')
const PAGES = /\/klines$|candles|OHLC/

const servers: VenueServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function place(truth: TruthOptions = {}) {
  const server = await startVenueServer({ truth: new Truth(truth) })
  servers.push(server)
  const store = await openStore(scratch())
  let now = NOW_THERE
  server.now = () => now
  const { origin } = server
  const rest = { binance: origin, 'binance-usdm': origin, coinbase: origin, kraken: origin, kucoin: origin }
  const get = (series: readonly Series[], range: GetRange, more: GetOptions = {}): Promise<GetResult> =>
    getSeries(store, series, range, {
      ...{ origins: { rest, archive: origin }, archive: false, isUnlimited: true, isBarsOnly: true },
      ...{ clock: { ...AT_ONCE, now: () => now }, ...more },
    })
  const pass = (ms: number) => {
    now += ms
  }
  return { server, store, get, pass }
}

/** Everything stored of a series, as the files have it. */
async function storedBars(store: Store, series: Series) {
  const manifest = (await store.manifest(series))!
  const rows = new RowBuffer()
  await readMonths(store.folder(series)!, manifest.files, rows)
  return Array.from({ length: rows.length }, (_, row) => ({
    openTime: rows.openTime[row]!,
    ...{ open: rows.text('open', row), high: rows.text('high', row), low: rows.text('low', row) },
    ...{ close: rows.text('close', row), volume: rows.text('volume', row) },
  }))
}

/** The first place where two lists are not the same: of a hundred thousand bars nobody reads a difference. */
function difference(was: readonly object[], is: readonly object[]): unknown {
  const at = was.findIndex((one, k) => JSON.stringify(one) !== JSON.stringify(is[k]))
  return at === -1 && was.length === is.length ? null : { at, was: was[at], is: is[at], rows: [was.length, is.length] }
}

function truthBars({ truth }: VenueServer, series: Series, from: number, to: number) {
  return unpadded(truth.texts(series, from, to)).map(({ openTime, open, high, low, close, volume }) => ({
    ...{ openTime, open, high, low, close, volume },
  }))
}

const byCause = (holes: readonly Hole[]) => {
  const bars: Record<string, number> = {}
  for (const hole of holes) bars[hole.cause] = (bars[hole.cause] ?? 0) + hole.bars
  return bars
}

describe.each([
  'binance:BTCUSDT:1m',
  'binance-usdm:ETHUSDT:5m',
  'coinbase:BTC-USD:1m',
  'kraken:XBTUSD:5m',
  'kucoin:BTC-USDT:1m',
])('%s', (name) => {
  const series = parseSeries(name)
  test('the store is what the venue has, quiet buckets and all, and getting it again asks for the last page only', async () => {
    const { server, store, get } = await place({ quietEvery: 40 })
    const from = ENDED - 700 * (series.interval === '1m' ? MINUTE : 5 * MINUTE)
    const range = { from }
    const first = await get([series], range)
    const truth = truthBars(server, series, from, ENDED)
    expect(difference(await storedBars(store, series), truth)).toBe(null)
    const quiet = 700 - truth.length
    const isLeftOut = series.venue === 'coinbase' || series.venue === 'kucoin'
    expect(quiet > 5).toBe(isLeftOut)
    expect(first.series).toMatchObject([
      { series: name, from, to: ENDED, added: truth.length, made: 0, revised: [], error: null, isStopped: false },
    ])
    expect(byCause(first.series[0]!.holes)).toEqual(isLeftOut ? { 'no-trades': quiet } : {})
    expect(first.series[0]!.requests).toBeGreaterThanOrEqual(first.series[0]!.added / 1000)
    const before = server.count(PAGES)
    const again = await get([series], range)
    expect(again.series).toMatchObject([{ added: 0, revised: [], error: null }])
    // with Coinbase half a page is less than what is read again after a quiet minute at the end
    expect(server.count(PAGES) - before).toBeLessThanOrEqual(2)
    expect(difference(await storedBars(store, series), truth)).toBe(null)
  })
})

describe('what changes', () => {
  test('a bar that stood otherwise when it was read is put right the next time, and told', async () => {
    const { server, store, get, pass } = await place()
    const from = ENDED - 900 * MINUTE
    server.fault = ({ path }) => (path.endsWith('/klines') ? { kind: 'changed' } : null)
    await get([BTC], { from })
    const changed = ENDED - 450 * MINUTE
    server.fault = null
    pass(5 * MINUTE)
    const { series } = await get([BTC], {})
    expect(series).toMatchObject([{ added: 5, revised: [{ openTime: changed, field: 'high' }] }])
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, from, ENDED + 5 * MINUTE))).toBe(null)
  })

  test('a file of the archive that has become another is fetched again, whatever else is missing', async () => {
    const { server, store, get } = await place()
    const hours = parseSeries('binance:BTCUSDT:1h')
    const [march, june] = [Date.UTC(2024, 2, 1), Date.UTC(2024, 5, 1)]
    await get([hours], { from: march, to: june }, { archive: true })
    const changed = Date.UTC(2024, 3, 9, 7)
    server.truth.revise(hours, changed)
    const files = server.count(/2024-04\.zip$/)
    // up to now nothing is looked at again, and a range that is asked for is
    await get([hours], { to: june }, { isUpdate: true })
    expect(server.count(/2024-04\.zip$/)).toBe(files)
    const { series } = await get([hours], { to: june }, { archive: true })
    expect(series).toMatchObject([{ added: 0, revised: [{ openTime: changed }] }])
    expect(server.count(/2024-04\.zip$/)).toBe(files + 1)
    expect(difference(await storedBars(store, hours), truthBars(server, hours, march, june))).toBe(null)
  })
})

describe('holes', () => {
  test('an outage that is known, and one that nobody knows of, are asked for twice and named', async () => {
    const halt = { from: Date.UTC(2023, 2, 24, 12, 40), to: Date.UTC(2023, 2, 24, 14) }
    const odd = { from: Date.UTC(2023, 2, 25, 3), to: Date.UTC(2023, 2, 25, 3, 7) }
    const { server, store, get } = await place({ holes: [halt, odd] })
    const range = { from: Date.UTC(2023, 2, 24), to: Date.UTC(2023, 2, 26) }
    const { series } = await get([BTC], range)
    expect(series[0]).toMatchObject({ added: 2880 - 80 - 7, error: null })
    expect(series[0]!.holes).toMatchObject([
      {
        start: halt.from,
        end: halt.to,
        bars: 80,
        cause: 'outage',
        because: expect.stringContaining('known-gaps.json'),
      },
      { start: odd.from, end: odd.to, bars: 7, cause: 'unexplained' },
    ])
    const asked = () => server.asked.map(({ query }) => Number(query.get('startTime'))).filter((time) => time > 0)
    // three pages, and both holes once more, which lie near one another
    const pages = [0, 1000, 2000].map((page) => range.from + page * MINUTE)
    expect(asked().sort()).toEqual([...pages, halt.from].sort())
    // explained ones are never asked for again, others where they are asked for by name
    const count = server.asked.length
    await get([BTC], range, { isUpdate: true })
    const updated = asked().slice(4)
    expect(updated).not.toContain(odd.from)
    await get([BTC], range)
    expect(
      asked()
        .slice(4 + updated.length)
        .filter((time) => time === odd.from).length,
    ).toBe(2)
    expect(asked().slice(4)).not.toContain(halt.from)
    expect(server.asked.length - count).toBeLessThan(9)
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, range.from, range.to))).toBe(null)
  })

  test('bars that come where there was none are stored, and the hole is gone', async () => {
    const odd = { from: ENDED - 500 * MINUTE, to: ENDED - 490 * MINUTE }
    const { store, get, server } = await place({ holes: [odd] })
    const range = { from: ENDED - 3000 * MINUTE, to: ENDED }
    await get([BTC], range)
    Object.assign(server, { truth: new Truth() })
    const { series } = await get([BTC], range)
    expect(series).toMatchObject([{ added: 10, holes: [] }])
    expect((await store.manifest(BTC))!.gaps).toEqual([])
  })

  test('years ahead of the listing are not asked for minute by minute', async () => {
    const listedAt = ENDED - 8 * DAY + 7 * HOUR
    const { server, store, get } = await place({ listedAt })
    const range = { from: ENDED - 1000 * DAY, to: ENDED }
    const { series } = await get([BTC], range)
    const missing = barsBetween(range.from, listedAt, '1m')
    expect(series[0]!.holes).toMatchObject([
      {
        start: range.from,
        end: listedAt,
        bars: missing,
        cause: 'not-listed',
        because: expect.stringContaining('2024-05-24T07:00'),
      },
    ])
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, listedAt, ENDED))).toBe(null)
    // 11 pages of minutes out of 1440, two of the day before, and a few of days
    expect(server.count(PAGES)).toBeLessThan(25)
    const before = server.count(PAGES)
    await get([BTC], range)
    expect(server.count(PAGES) - before).toBe(1)
  })

  test('a market that has ended: what lies behind its last bar', async () => {
    const delistedAt = ENDED - 3 * DAY
    const { server, store, get } = await place({ delistedAt })
    const luna = parseSeries('binance:LUNAUSDT:1h')
    const from = ENDED - 10 * DAY
    const { series } = await get([luna], { from })
    expect(series[0]!.holes).toMatchObject([
      { start: delistedAt, end: ENDED, bars: 72, cause: 'delisted', because: 'binance says of it: BREAK' },
    ])
    expect(difference(await storedBars(store, luna), truthBars(server, luna, from, delistedAt))).toBe(null)
    // one that trades is not delisted for want of bars
    const traded = await get([parseSeries('binance:ETHUSDT:1h')], { from })
    expect(byCause(traded.series[0]!.holes)).toEqual({ unexplained: 72 })
  })

  test('quiet minutes at the beginning of what is asked for do not say that the market was not listed', async () => {
    const quiet = parseSeries('coinbase:BTC-USD:1m')
    const { server, get } = await place({ holes: [{ from: ENDED - 100 * MINUTE, to: ENDED - 95 * MINUTE }] })
    const { series } = await get([quiet], { from: ENDED - 100 * MINUTE })
    expect(series[0]!.holes).toMatchObject([{ start: ENDED - 100 * MINUTE, bars: 5, cause: 'no-trades' }])
    expect(server.truth.listedAt).toBeLessThan(ENDED - 365 * DAY)
  })

  test('a venue’s horizon is said, and what is stored before it stays', async () => {
    const kraken = parseSeries('kraken:XBTUSD:1h')
    const { store, get, server, pass } = await place()
    const from = ENDED - 1000 * HOUR
    const { series } = await get([kraken], { from })
    const oldest = ENDED - 719 * HOUR
    expect(series[0]).toMatchObject({ added: 719, holes: [{ start: from, end: oldest, bars: 281, cause: 'horizon' }] })
    // two months later the newest 720 do not reach back to what is stored
    pass(1500 * HOUR)
    const later = await get([kraken], {})
    expect(byCause(later.series[0]!.holes)).toEqual({ horizon: 1500 - 719 })
    expect((await storedBars(store, kraken)).length).toBe(2 * 719)
    expect((await storedBars(store, kraken)).slice(719)).toEqual(
      truthBars(server, kraken, ENDED + 781 * HOUR, ENDED + 1500 * HOUR),
    )
  })

  test('made bars stand at the last close, and are told', async () => {
    const odd = { from: ENDED - 50 * MINUTE, to: ENDED - 40 * MINUTE }
    const { server, store, get } = await place({ holes: [odd] })
    const from = ENDED - 100 * MINUTE
    const { series } = await get([BTC], { from }, { fill: 'flat' })
    expect(series[0]).toMatchObject({ added: 90, made: 10, holes: [{ start: odd.from, bars: 10 }] })
    const close = truthBars(server, BTC, odd.from - MINUTE, odd.from)[0]!.close
    const flat = { open: close, high: close, low: close, close, volume: '0' }
    const all = await storedBars(store, BTC)
    expect(all.slice(50, 60)).toEqual(
      Array.from({ length: 10 }, (_, k) => ({ openTime: odd.from + k * MINUTE, ...flat })),
    )
    expect((await store.manifest(BTC))!.made).toMatchObject([{ start: odd.from, end: odd.to, bars: 10 }])
  })
})

describe('work that ends early', () => {
  test('what was collected is stored, and the next time goes on from there', async () => {
    const { server, store, get } = await place()
    const range = { from: ENDED - 12_500 * MINUTE, to: ENDED }
    const stop = new AbortController()
    let nth = 0
    server.fault = ({ path }) => {
      if (path.endsWith('/klines') && ++nth === 10) stop.abort()
      return null
    }
    const stopped = await get([BTC], range, { signal: stop.signal })
    expect(stopped.isStopped).toBe(true)
    expect(stopped.series).toMatchObject([{ isStopped: true, error: expect.any(String) }])
    const { added, stored } = stopped.series[0]!
    // ten pages, but for those that were underway or had not come in their turn
    expect(added).toBeGreaterThan(0)
    expect(added % 1000).toBe(0)
    expect(added).toBeLessThan(10_000)
    expect(stored).toEqual({ rows: added, from: range.from, to: range.from + added * MINUTE })
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, range.from, stored!.to))).toBe(null)
    server.fault = null
    const before = server.count(PAGES)
    const { series } = await get([BTC], range)
    expect(series[0]!.added).toBe(12_500 - added)
    const pages = Math.ceil((12_500 - added) / 1000)
    // those of days beside them, which say that the market was there
    expect(server.count(PAGES) - before).toBeLessThanOrEqual(pages + 3)
    expect(difference(await storedBars(store, BTC), truthBars(server, BTC, range.from, range.to))).toBe(null)
  })

  test('one series that fails does not stop the others, and says what is known', async () => {
    const { store, get, server } = await place()
    const eth = parseSeries('kucoin:ETH-USDT:1h')
    const bad = parseSeries('binance:BTCUSTD:1h')
    server.fault = ({ path }) =>
      path.endsWith('/candles') && !path.includes('/api/') ? { kind: 'status', status: 451 } : null
    const from = ENDED - 100 * HOUR
    const blocked = parseSeries('coinbase:BTC-USD:1h')
    const { series } = await get([bad, eth, blocked, { ...BTC, interval: '1h' }], { from })
    expect(series.map((one) => [one.series, one.added])).toEqual([
      ['binance:BTCUSTD:1h', 0],
      ['kucoin:ETH-USDT:1h', 100],
      ['coinbase:BTC-USD:1h', 0],
      ['binance:BTCUSDT:1h', 100],
    ])
    expect(series[0]!.error).toMatch(/Invalid symbol.*did you mean "BTCUSDT"\?.*binance lists 8, e\.g\. BTCUSDT/)
    expect(series[2]!.error).toMatch(/coinbase.*451/)
    expect((await storedBars(store, eth)).length).toBe(100)
  })

  test('an interval that the venue has not, a beginning that nobody knows, an end before the beginning: nothing is asked', async () => {
    const { get, server } = await place()
    const asked = [
      get([BTC, parseSeries('coinbase:BTC-USD:4h')], { from: 0 }),
      get([BTC], {}),
      get([BTC], { from: ENDED, to: ENDED - DAY }),
    ]
    const reasons = (await Promise.allSettled(asked)).map((one) => (one as PromiseRejectedResult).reason as Error)
    expect(reasons.map(({ name }) => name)).toEqual(['NotFoundError', 'NotFoundError', 'NotFoundError'])
    expect(reasons.map(({ message }) => message)).toEqual([
      'coinbase:BTC-USD:4h: coinbase has no bars of 4h; it has 1m 5m 15m 1h 6h 1d. Others can be made of finer ones: klinelab data resample',
      'binance:BTCUSDT:1m is not stored yet: say from when on it is wanted, with --from',
      'binance:BTCUSDT:1m: ends at 2024-05-31 before it begins at 2024-06-01',
    ])
    expect(server.asked.length).toBe(0)
  })

  test('a range before the market, and one that has not begun', async () => {
    const { get, store } = await place()
    const early = await get([BTC], { from: Date.UTC(2016, 0, 1), to: Date.UTC(2016, 1, 1) })
    expect(early.series[0]!.error).toMatch(/binance has no bars from 2016-01-01 to 2016-02-01/)
    const late = await get([BTC], { from: ENDED + HOUR })
    expect(late.series[0]!.error).toMatch(/those until 2024-06-01 have ended: there is nothing to get yet/)
    expect((await store.manifest(BTC))?.rows ?? 0).toBe(0)
    // what was found out about the years before does not keep the others away
    const { series } = await get([BTC], { from: ENDED - HOUR })
    expect(series).toMatchObject([{ added: 60, error: null }])
  })
})

test('files of the archive first, then pages for what no file has yet', async () => {
  const { server, store, get } = await place()
  const range = { from: Date.UTC(2024, 3, 20), to: ENDED }
  const quarters = parseSeries('binance:BTCUSDT:15m')
  const progress: number[] = []
  const { series } = await get([quarters], range, {
    archive: true,
    onProgress: (done, total) => progress.push(done / total),
  })
  expect(series).toMatchObject([{ error: null, holes: [] }])
  const all = truthBars(server, quarters, range.from, ENDED)
  const stored = await storedBars(store, quarters)
  expect(difference(stored.slice(-all.length), all)).toBe(null)
  // the month's file begins with its first day
  expect(stored[0]!.openTime).toBe(Date.UTC(2024, 3, 1))
  expect(server.asked.filter(({ path }) => path.startsWith('/data/')).length).toBeGreaterThan(1)
  // the last day has no file yet: one page, in which the last bars of the files are read again
  expect(server.count(PAGES)).toBe(1)
  expect(progress.at(-1)).toBe(1)
  expect(progress.every((share) => share > 0 && share <= 1)).toBe(true)
})

test('what belongs to a perpetual comes with its bars: mark prices, rules, funding', async () => {
  const { server, store, get } = await place()
  const btc = parseSeries('binance-usdm:BTCUSDT:1h')
  const from = ENDED - 100 * HOUR
  const { series, rules } = await get([btc], { from }, { isBarsOnly: false })
  expect(series.map((one) => [one.series, one.added])).toEqual([
    ['binance-usdm:BTCUSDT:1h', 100],
    ['binance-usdm:BTCUSDT@mark:1h', 100],
  ])
  expect(rules).toMatchObject([
    { venue: 'binance-usdm', error: null, markets: [{ symbol: 'BTCUSDT', rules: 'written', tiers: 'no-key' }] },
  ])
  // charged every eight hours: 00:00 of 1 June is beyond the end
  expect(rules[0]!.markets[0]!.funding).toBe(12)
  const mark = { ...btc, symbol: 'BTCUSDT@mark' }
  expect(difference(await storedBars(store, mark), truthBars(server, mark, from, ENDED))).toBe(null)
})

test('the end is by the clock of the venue where ours is ahead', async () => {
  const { server, get, pass } = await place()
  const there = server.now()
  pass(50 * DAY)
  server.now = () => there
  const { series } = await get([BTC], { from: ENDED - HOUR })
  expect(series).toMatchObject([{ from: ENDED - HOUR, to: ENDED, added: 60, holes: [] }])
  expect(server.count(PAGES)).toBe(1)
})

test('mark prices that are not stored yet begin where their perpetual does', async () => {
  const { get } = await place()
  const btc = parseSeries('binance-usdm:BTCUSDT:1h')
  const from = ENDED - 50 * HOUR
  await get([btc], { from })
  const { series } = await get([btc], {}, { isBarsOnly: false })
  expect(series.map((one) => [one.from, one.added])).toEqual([
    [from, 0],
    [from, 50],
  ])
})

test('a bar that the venue has not published yet is asked for the next time', async () => {
  const late = { from: ENDED - MINUTE, to: ENDED }
  const { server, store, get } = await place({ holes: [late] })
  const quiet = parseSeries('kucoin:BTC-USDT:1m')
  const from = ENDED - 10 * MINUTE
  expect((await get([quiet], { from })).series).toMatchObject([{ added: 9, holes: [{ cause: 'no-trades' }] }])
  Object.assign(server, { truth: new Truth() })
  expect((await get([quiet], {}, { isUpdate: true })).series).toMatchObject([{ added: 1, holes: [] }])
  expect(difference(await storedBars(store, quiet), truthBars(server, quiet, from, ENDED))).toBe(null)
  expect(closeTimeOf(late.from, '1m')).toBe(ENDED)
  expect(seriesName(quiet)).toBe('kucoin:BTC-USDT:1m')
})
