import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import type { Fault } from '../../servers/faults.ts'
import { NOW_THERE } from '../../servers/venue-server.ts'
import { BTC, DAY, difference, ENDED, HOUR, MINUTE, place, storedBars, truthBars } from './get-place.ts'

/** Of years ago Kraken hands out not even days, so that it would be asked for no bar. */
const LONG_AGO = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2020, 0, 2) }

describe('a market that the venue does not know', () => {
  test.each([
    ['kraken:XBTUDS:1h', /kraken: .*EQuery Unknown asset pair.*no such market.*did you mean "XBTUSD"\?.*lists 3/],
    ['kucoin:BTC-UDST:1h', /kucoin: .*did you mean "BTC-USDT"\?.*lists 3/],
    ['coinbase:BTC-UDS:1h', /coinbase: .*did you mean "BTC-USD"\?.*lists 4/],
  ])('%s is refused, and nothing is stored, whatever range is asked for', async (name, message) => {
    const { store, get, server } = await place()
    const { series } = await get([parseSeries(name)], LONG_AGO, { isBarsOnly: false })
    expect(series).toMatchObject([{ stored: null, holes: [], error: expect.stringMatching(message) }])
    expect(await store.list()).toEqual([])
    // beside the clock its list once, and the market itself
    expect(server.asked.length).toBe(3)
  })

  test('the list is asked for once for all new series and their rules, and not for those that are stored', async () => {
    const { get, server } = await place()
    const names = ['kraken:XBTUSD:1h', 'kraken:ETHUSD:1h', 'kraken:SOLUSD:5m'].map(parseSeries)
    await get(names, { from: ENDED - 10 * HOUR }, { isBarsOnly: false })
    expect(server.count(/AssetPairs/)).toBe(1)
    await get(names, {})
    expect(server.count(/AssetPairs/)).toBe(1)
  })

  test('under another of its names is had, though no list has that', async () => {
    const { get, store } = await place()
    const long = parseSeries('kraken:XXBTZUSD:1h')
    const { series } = await get([long], { from: ENDED - 10 * HOUR })
    expect(series).toMatchObject([{ added: 10, error: null }])
    expect((await storedBars(store, long)).length).toBe(10)
  })

  test('a list that cannot be had keeps no bars away', async () => {
    const { get, server } = await place()
    server.fault = ({ path }) => (path.endsWith('/AssetPairs') ? { kind: 'status', status: 451 } : null)
    const { series } = await get([parseSeries('kraken:XBTUSD:1h')], { from: ENDED - 10 * HOUR })
    expect(series).toMatchObject([{ added: 10, error: null }])
  })
})

describe('an archive that fails', () => {
  const cases: readonly (readonly [string, Fault, RegExp])[] = [
    ['damaged zips', { kind: 'damaged' }, /the archive's file is damaged: .*2024-0[45]/],
    [
      'a firewall',
      { kind: 'status', status: 403 },
      /GET \/data\/.*403 Forbidden, it says "ERROR: The request could not be/,
    ],
    ['a place that is not served', { kind: 'status', status: 451 }, /GET \/data\/.*451 .*restricted location/],
  ]
  test.each(cases)('%s: the bars come from the venue itself, and the reason is told', async (_, fault, message) => {
    const { store, get, server } = await place()
    server.fault = ({ path }) =>
      path.startsWith('/data/') && (fault.kind !== 'damaged' || path.endsWith('.zip')) ? fault : null
    const hours = parseSeries('binance:BTCUSDT:1h')
    const range = { from: Date.UTC(2024, 3, 20), to: ENDED }
    const { series } = await get([hours], range, { archive: true })
    expect(series).toMatchObject([
      { error: null, holes: [], archive: { files: 0, error: expect.stringMatching(message) } },
    ])
    expect(difference(await storedBars(store, hours), truthBars(server, hours, range.from, ENDED))).toBe(null)
    server.fault = null
    const later = await get([parseSeries('binance:ETHUSDT:1h')], range, { archive: true })
    // April, and the days of May: the last is not there yet
    expect(later.series).toMatchObject([{ archive: { files: expect.any(Number), error: null }, requests: 1 }])
    expect(later.series[0]!.archive.files).toBeGreaterThan(1)
  })
})

test('a refusal is told in the words of whoever refuses', async () => {
  const { get, server } = await place()
  server.fault = ({ path }) => (path.endsWith('/klines') ? { kind: 'status', status: 451 } : null)
  const { series } = await get([BTC], { from: ENDED - HOUR })
  expect(series[0]!.error).toMatch(
    /^binance: GET \/api\/v3\/klines\?.*: 451 .*, it says "0 Service unavailable from a restricted location according to 'b. Eligibility' in our terms."/,
  )
})

test('a wait that is cut short counts as long as it was', async () => {
  const { get, server } = await place()
  const stop = new AbortController()
  server.fault = ({ path }) => (path.endsWith('/klines') ? { kind: 'status', status: 429, retryAfter: 100 } : null)
  let now = NOW_THERE
  const clock = {
    now: () => now,
    async sleep() {
      now += 3000
      stop.abort()
      stop.signal.throwIfAborted()
    },
  }
  const { series } = await get([BTC], { from: ENDED - HOUR }, { clock, signal: stop.signal })
  expect(series).toMatchObject([{ isStopped: true, waited: 3000 }])
})

test.each([
  [10_000, 50_000, 'no bar begins from 2024-05-31T00:00:10 to 2024-05-31T00:00:50'],
  [0, 0, 'begins and ends at 2024-05-31, which is no range'],
  [MINUTE, 0, 'ends at 2024-05-31 before it begins at 2024-05-31T00:01'],
])('a range from %d to %d ms of a day is refused for what it is', async (from, to, message) => {
  const { get, server } = await place()
  const day = ENDED - DAY
  await expect(get([BTC], { from: day + from, to: day + to })).rejects.toThrow(message)
  expect(server.asked.length).toBe(0)
})

test('a month that cannot be read is named, with what to do', async () => {
  const { get, store } = await place()
  await get([BTC], { from: ENDED - HOUR })
  const folder = store.folder(BTC)!
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.parquet'))
  truncateSync(join(folder, file!), 200)
  const { series } = await get([BTC], { from: ENDED - 2 * HOUR })
  expect(series[0]!.error).toContain(`${join(folder, file!)}: cannot be read (`)
  expect(series[0]!.error).toContain('klinelab data check')
  expect(series[0]!.error).not.toContain('LINE 1')
  expect(series[0]!.error).not.toContain('\n')
})
