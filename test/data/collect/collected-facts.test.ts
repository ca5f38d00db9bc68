import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { certify, certifyBars, openStore, type Store } from '../../../src/data/index.ts'
import { type BacktestRun, buy, close, defineStrategy, runBacktest } from '../../../src/index.ts'
import { scratch } from '../../cli/klinelab.ts'
import { command } from '../command.ts'
import { HOUR, START, TEST } from '../klines.ts'
import { batchOf, hourBar, hours } from './bars.ts'

const at = (k: number) => START + k * HOUR
const hole = (from: number, to: number, cause: 'outage' | 'not-listed' | 'no-trades') => ({
  ...{ start: at(from), end: at(to), bars: to - from, cause, because: `said so of ${cause}` },
})
const HOLES = [hole(-10, 0, 'not-listed'), hole(20, 24, 'outage'), hole(50, 51, 'no-trades'), hole(60, 63, 'no-trades')]

/** 100 hours with three holes, one of which is left as it is; a revised bar. */
let store: Store
beforeAll(async () => {
  store = await openStore(join(scratch(), 'store'))
  const bars = hours(0, 100).filter((_, k) => !HOLES.some((one) => at(k) >= one.start && at(k) < one.end))
  const asked = { from: at(-10), to: at(100), holes: HOLES }
  await storeBars(store, TEST, batchOf(bars, { asked }))
  const fill = [HOLES[1]!, HOLES[3]!]
  await storeBars(store, TEST, batchOf([hourBar(30, { volume: '1.5' })], { fill, origin: 'api.later' }))
})

describe('data check of a collected series', () => {
  test('counts holes by cause, made and revised bars', async () => {
    const { code, stdout } = await command(['data', 'check', 'binance:TESTUSDT:1h', '--json'], store.dir)
    const check = JSON.parse(stdout) as Awaited<ReturnType<typeof certify>>
    expect(code).toBe(0)
    expect(check).toMatchObject({ rows: 99, holes: HOLES, revisions: 1, gaps: [{ start: at(50), bars: 1 }] })
    expect(check.made).toEqual([
      { start: at(20), end: at(24), bars: 4 },
      { start: at(60), end: at(63), bars: 3 },
    ])
    expect(check.revised).toMatchObject([{ openTime: at(30), field: 'volume', was: '30.125', is: '1.5' }])
    expect(check.origins.map(({ origin, rows }) => [origin, rows])).toEqual([
      ['api.test', 92],
      ['api.later', 1],
    ])
    const text = (await command(['data', 'check', 'binance:TESTUSDT:1h'], store.dir)).stdout
    expect(text).toContain('18 bars that the venue was asked for and does not have')
    expect(text).toMatch(/no-trades +2 +4 +2024-01-03T02:00 +said so of no-trades/)
    expect(text).toContain('7 bars made, flat at the last close: no venue stated them')
    expect(text).toContain('1 bar stated otherwise by the venue later')
    expect(text).toContain('92 bars added or revised by api.test, 2024-01-01 to 2024-01-05T04:00')
  })

  test('a made bar that is not as such bars are made is a fault', async () => {
    const bars = await store.load(TEST)
    const spoilt: Store = {
      ...store,
      load: async () => ({
        ...bars,
        volume: bars.volume.map((volume, k) => (bars.openTime[k] === at(21) ? 3 : volume)),
      }),
    }
    expect((await certify(spoilt, TEST)).faults).toEqual([
      'bar 2024-01-01T21:00:00.000Z is marked as made and is not flat at the last close',
    ])
  })

  test('without any of it nothing is said of it', async () => {
    const plain = await openStore(join(scratch(), 'store'))
    await storeBars(plain, TEST, batchOf(hours(0, 3)))
    const certificate = certifyBars(await plain.load(TEST), [], (await plain.manifest(TEST))!)
    expect(Object.keys(certificate)).not.toEqual(expect.arrayContaining(['made']))
    expect(Object.keys(certificate)).not.toEqual(expect.arrayContaining(['holes']))
  })

  test('a series of which only holes are known has no bars, and the error says why', async () => {
    const asked = { from: at(-10), to: at(0), holes: [HOLES[0]!] }
    const bare = await openStore(join(scratch(), 'store'))
    await storeBars(bare, TEST, batchOf([], { asked }))
    const { code, stderr } = await command(['data', 'check', 'binance:TESTUSDT:1h'], bare.dir)
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /binance:TESTUSDT:1h has no bars: its venue was asked for 2023-12-31T14:00.* and has none \(not-listed\)/,
    )
  })
})

describe('a backtest on it', () => {
  const strategy = defineStrategy({
    name: 'any',
    onBar: ({ position }) => (position.qty === 0 ? buy({ qty: 1 }) : close()),
  })
  const run = (from: number, to: number): Promise<BacktestRun> =>
    runBacktest({
      strategy,
      data: 'binance:TESTUSDT:1h',
      from: new Date(at(from)).toISOString().slice(0, 16),
      to: new Date(at(to)).toISOString().slice(0, 16),
      store: store.dir,
      out: scratch(),
    })

  test('run.json counts the made bars and the holes of the range in use; the page says so', async () => {
    const { document, dir } = await run(22, 62)
    expect(document.data).toMatchObject([
      {
        rows: 39,
        made: 4,
        gaps: { count: 1, bars: 1 },
        holes: { outage: { count: 1, bars: 2 }, 'no-trades': { count: 2, bars: 3 } },
      },
    ])
    expect(document.certificates[0]).toMatchObject({
      made: [
        { start: at(22), end: at(24), bars: 2 },
        { start: at(60), end: at(62), bars: 2 },
      ],
    })
    const page = readFileSync(join(dir!, 'report.html'), 'utf8')
    expect(page).toContain('39 bars, 4 of them made, 1 missing')
    expect(page).toContain('4 bars of these were made when the data were fetched')
    expect(page).toContain('no-trades 3 bars, outage 2 bars')
    expect(page).not.toContain('Nothing was repaired or filled in')
  })

  test('a range without any has neither key', async () => {
    const { document, dir } = await run(64, 90)
    expect(Object.keys(document.data[0]!)).toEqual(['series', 'rows', 'from', 'to', 'sha256', 'gaps'])
    expect(readFileSync(join(dir!, 'report.html'), 'utf8')).toContain('Nothing was repaired or filled in')
  })
})

test('data list in brief is what the manifests say', async () => {
  const [manifest] = await store.list()
  const { stdout } = await command(['data', 'list', '--json'], store.dir)
  const { series } = JSON.parse(stdout) as { series: readonly Record<string, unknown>[] }
  expect(series.find((one) => one['series'] === 'binance:TESTUSDT:1h')).toEqual({
    ...{ series: 'binance:TESTUSDT:1h', rows: 99, from: at(0), to: at(100), gaps: { count: 1, bars: 1 } },
    ...{ made: 7, holes: 18, outages: 0, skipped: 0, months: manifest!.files.length, comesWithKlinelab: false },
  })
  // a column of noughts is left away
  expect((await command(['data', 'list'], store.dir)).stdout).toMatch(/bars missing {2}bars made/)
  const plain = await openStore(join(scratch(), 'store'))
  await storeBars(plain, TEST, batchOf(hours(0, 3)))
  expect((await command(['data', 'list'], plain.dir)).stdout).not.toMatch(/bars made/)
})
