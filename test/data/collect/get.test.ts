import { describe, expect, test } from 'vitest'
import { closeTimeOf } from '../../../src/core/interval.ts'
import { parseSeries, seriesName } from '../../../src/core/series.ts'
import { Truth } from '../../servers/truth.ts'
import { BTC, byCause, DAY, difference, ENDED, HOUR, MINUTE, PAGES, place, storedBars, truthBars } from './get-place.ts'

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
    // with Coinbase half a page is less than what is read again after a quiet minute at the end; quiet minutes have hours as witnesses
    expect(server.count(PAGES) - before).toBeLessThanOrEqual(isLeftOut ? 3 : 1)
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
  // as by the other way: of the first month's file only what was asked for
  expect(difference(stored, all)).toBe(null)
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
