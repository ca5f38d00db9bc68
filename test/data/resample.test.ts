import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { type Interval, intervalMs } from '../../src/core/interval.ts'
import { parseSeries } from '../../src/core/series.ts'
import { addBar, storeBars } from '../../src/data/collect/store-bars.ts'
import { certify, importFiles, openStore, resampleSeries, type Store } from '../../src/data/index.ts'
import { RowBuffer } from '../../src/data/rows.ts'
import { scratch } from '../cli/klinelab.ts'
import { dump, dumpRow, HOUR, NOW, START, TEST } from './klines.ts'
import { EMBEDDED, storeBeside } from './parquet-store.ts'
import { isRecorded, knownGaps, recorded } from './recorded.ts'

const MINUTES = parseSeries('binance:BTCUSDT:1m')
const FIELDS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const

/** The first bar in which two series differ, or null. */
function firstDifference(ours: Bars, theirs: Pick<Bars, (typeof FIELDS)[number]>): unknown {
  for (let row = 0; row < Math.max(ours.length, theirs.openTime.length); row++)
    for (const field of FIELDS)
      if (ours[field][row] !== theirs[field][row])
        return { row, field, ours: ours[field][row], theirs: theirs[field][row], at: theirs.openTime[row] }
  return null
}

/** The exchange's own dump of a range, read the plain way: the six columns of each line as the doubles nearest to them. */
function dumpColumns(
  file: string,
  from: number,
  to: number,
): Pick<Bars, (typeof FIELDS)[number]> & { closeTime: Float64Array } {
  const lines = gunzipSync(readFileSync(recorded(file)))
    .toString()
    .trim()
    .split('\n')
    .filter((line) => Number.parseInt(line, 10) >= from && Number.parseInt(line, 10) < to)
  const column = (k: number) => Float64Array.from(lines, (line) => Number(line.split(',')[k]))
  return {
    openTime: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
    closeTime: column(6),
  }
}

describe.skipIf(!isRecorded)("half a year of the exchange's minutes, in which it stopped once", () => {
  const [from, to] = [Date.UTC(2023, 0), Date.UTC(2023, 6)]
  let store: Store

  beforeAll(async () => {
    store = await openStore(join(scratch(), 'store'))
    const zips = recorded('klines/binance-spot-daily-zips/BTCUSDT/1m')
    const days = readdirSync(zips).filter((name) => /-2023-0[1-6]-/.test(name))
    const files = days.map((name) => join(zips, name))
    const { read, added } = await importFiles(store, files, MINUTES, { now: NOW })
    expect({ read, added }).toEqual({ read: 260_560, added: 260_560 })
  })

  test('have the one known gap, the outage mark before it, and nothing else', async () => {
    const check = await certify(store, MINUTES)
    expect(check).toMatchObject({ rows: 260_560, faults: [], zeroVolumeBars: 72, outliers: [], duplicates: 0 })
    expect(check.outages).toEqual([Date.UTC(2023, 2, 24, 12, 39)])
    expect(check.gaps).toEqual(knownGaps('BTCUSDT-1m', check.from, check.to))
  })

  test.each([
    ['15m', 17_371],
    ['1h', 4_343],
  ] as const)("resampled to %s are the exchange's own bars, every one", async (interval, count) => {
    const manifest = await resampleSeries(store, MINUTES, interval)
    const theirs = dumpColumns(`klines/binance-spot-dump/BTCUSDT-${interval}.csv.gz`, from, to)
    expect(theirs.openTime).toHaveLength(count)
    const ours = await store.load(parseSeries(`binance:BTCUSDT:${interval}`))
    expect(ours.length).toBe(count)
    expect(firstDifference(ours, theirs)).toBe(null)
    // the exchange marks its outage by a short close time in every interval
    const step = intervalMs(interval)
    const short = [...theirs.openTime].filter((open, k) => theirs.closeTime[k]! - open !== step - 1)
    expect(manifest.outages).toEqual(short)
    expect(manifest.gaps).toEqual(knownGaps(`BTCUSDT-${interval}`, manifest.from, manifest.to))
    expect(manifest).toMatchObject({ rows: count, priceDecimals: 2, from: theirs.openTime[0] })
  })
})

describe.skipIf(!isRecorded)('the day of the outage', () => {
  test.each(['5m', '15m', '1h'] as const)(
    'in minutes, resampled to %s, is as the exchange gave it',
    async (interval) => {
      const store = await openStore(join(scratch(), 'store'))
      const minutes = recorded('defects/outage-2023-03-24-BTCUSDT-1m.csv.gz')
      await importFiles(store, [minutes], MINUTES, { now: NOW })
      const { gaps, outages, from, to } = await resampleSeries(store, MINUTES, interval)
      expect(gaps).toHaveLength(1)
      expect(gaps).toEqual(knownGaps(`BTCUSDT-${interval}`, from, to))
      if (interval === '5m') return
      const given = await openStore(join(scratch(), 'store'))
      const series = parseSeries(`binance:BTCUSDT:${interval}`)
      const file = recorded(`defects/outage-2023-03-24-BTCUSDT-${interval}.csv`)
      expect((await importFiles(given, [file], series, { now: NOW })).outages).toEqual(outages)
      expect(firstDifference(await store.load(series), await given.load(series))).toBe(null)
    },
  )
})

describe('what a plain checkout has', () => {
  test('March 2023: the embedded minutes make the embedded hours, which came by another way', async () => {
    const store = await openStore(join(scratch(), 'store'), { behind: EMBEDDED })
    const range = { from: Date.UTC(2023, 2, 1), to: Date.UTC(2023, 3, 1) }
    const hours = await store.load(parseSeries('binance:BTCUSDT:1h'), range)
    const manifest = await resampleSeries(store, MINUTES, '1h')
    // 31 days of hours but for the one of the outage
    expect(manifest).toMatchObject({ rows: 31 * 24 - 1, outages: [Date.UTC(2023, 2, 24, 12)] })
    expect(firstDifference(await store.load(parseSeries('binance:BTCUSDT:1h')), hours)).toBe(null)
    expect(existsSync(join(EMBEDDED, '.lock'))).toBe(false)
  })
})

describe('the edges of a resampling', () => {
  const at = (hour: number) => START + hour * HOUR
  const coarse = (interval: Interval) => ({ ...TEST, interval })
  const hours = (...numbers: number[]) => numbers.map((n) => dumpRow(at(n))).join('\n')
  const from = (first: number, count: number) => Array.from({ length: count }, (_, k) => first + k)

  test('a coarse bar of which the series lacks the beginning or the end is not written', async () => {
    const { bring, store } = await storeBeside({ 'a.csv': hours(...from(2, 12)) })
    await bring('a.csv')
    // hours 2 to 13 cover the bars of 4 and 8 o'clock, and of 0 and 12 a part
    const manifest = await resampleSeries(store, TEST, '4h')
    expect([...(await store.load(coarse('4h'))).openTime]).toEqual([at(4), at(8)])
    expect(manifest).toMatchObject({ rows: 2, from: at(4), to: at(12), gaps: [] })
  })

  test('a gap inside leaves a coarse bar of what was traded, and a gap where nothing was', async () => {
    const { bring, store } = await storeBeside({ 'a.csv': hours(...from(0, 6), ...from(15, 9)) })
    await bring('a.csv')
    const manifest = await resampleSeries(store, TEST, '4h')
    const bars = await store.load(coarse('4h'))
    expect([...bars.openTime]).toEqual([0, 4, 12, 16, 20].map(at))
    // 12.345 an hour: four hours, two before the gap, one behind it
    expect([...bars.volume]).toEqual([49.38, 24.69, 12.345, 49.38, 49.38])
    expect(manifest.gaps).toEqual([{ start: at(8), end: at(12), bars: 1 }])
  })

  test.each([
    ['and did not come back before its end, is marked', [0, 1, 8, 9, 10, 11], [0]],
    ['and came back within it, ended as it should', [0, 1, 3, 8, 9, 10, 11], []],
    ['at the end of the series, is marked', [0, 1, 2, 3], [0]],
  ] as const)('a coarse bar in which the exchange stopped, %s', async (_, numbers, marked) => {
    // the outage is in hour 1, or in the last hour where nothing follows
    const stop = numbers.length === 4 ? 3 : 1
    const text = hours(...numbers).replace(String(at(stop + 1) - 1), String(at(stop) + 1000))
    const { bring, store } = await storeBeside({ 'a.csv': text })
    expect((await bring('a.csv')).outages).toEqual([at(stop)])
    expect((await resampleSeries(store, TEST, '4h')).outages).toEqual(marked.map(at))
  })

  test('a coarse bar that holds a made one is marked as made', async () => {
    const rising = (n: number) => dumpRow(at(n), [`${n + 100}`, `${n + 101}`, `${n + 99}`, `${n + 100.5}`, '2'])
    const there = [...from(0, 6), ...from(7, 6), ...from(21, 11)]
    const { bring, store } = await storeBeside({ 'a.csv': there.map(rising).join('\n') })
    await bring('a.csv')
    const gaps = [
      { start: at(6), end: at(7) },
      { start: at(13), end: at(21) },
    ]
    await storeBars(store, TEST, { rows: new RowBuffer(0), origin: 'here', at: NOW, fill: gaps })
    const manifest = await resampleSeries(store, TEST, '4h')
    // hours 6, and 13 to 20, lie in the bars of 4 and of 12, 16 and 20 o'clock
    expect(manifest).toMatchObject({
      rows: 8,
      gaps: [],
      made: [
        { start: at(4), end: at(8), bars: 1 },
        { start: at(12), end: at(24), bars: 3 },
      ],
    })
    const check = await certify(store, coarse('4h'))
    expect([check.faults, check.made]).toEqual([[], manifest.made])
    // nor are they made flat when others come beside them
    const before = await store.load(coarse('4h'))
    const rows = new RowBuffer()
    const prices = { open: '1', high: '1', low: '1', close: '1', volume: '1' }
    const rest = { quoteVolume: null, trades: null, takerBase: null, takerQuote: null }
    addBar(rows, { openTime: at(32), closeTime: at(36), ...prices, ...rest })
    await storeBars(store, coarse('4h'), { rows, origin: 'there', at: NOW })
    const after = await store.load(coarse('4h'))
    expect(firstDifference({ ...before, length: 8 }, { ...after, openTime: after.openTime.slice(0, 8) })).toBe(null)
    // those of an edge that is not written are not marked
    const day = await resampleSeries(store, TEST, '1d')
    expect([day.rows, day.made]).toEqual([1, [{ start: at(0), end: at(24), bars: 1 }]])
  })

  test('after a later import it is made anew, and the same again gives the same bytes', async () => {
    const { bring, store, folder } = await storeBeside({
      'a.csv': dump(START, 24 * 40),
      'b.csv': dump(at(24 * 40), 24 * 30),
    })
    await bring('a.csv')
    const bytes = () => readFileSync(join(folder, '../4h/manifest.json'), 'utf8')
    await resampleSeries(store, TEST, '4h')
    const first = bytes()
    await resampleSeries(store, TEST, '4h')
    expect(bytes()).toBe(first)
    await bring('b.csv')
    const manifest = await resampleSeries(store, TEST, '4h')
    expect(manifest).toMatchObject({ rows: 70 * 6, gaps: [], files: [{}, {}, {}] })
    expect(manifest.sources).toMatchObject([{ name: 'resampled from binance:TESTUSDT:1h', rows: 70 * 24 }])
    expect((await certify(store, coarse('4h'))).faults).toEqual([])
  })

  test('imported bars are not overwritten by resampled ones', async () => {
    const { bring, store, cwd } = await storeBeside({
      'a.csv': dump(START, 48),
      'TESTUSDT-1d-2024.csv': dumpRow(START, undefined, '1d'),
    })
    await bring('a.csv')
    await importFiles(store, [join(cwd, 'TESTUSDT-1d-2024.csv')], coarse('1d'), { now: NOW })
    const before = await store.manifest(coarse('1d'))
    await expect(resampleSeries(store, TEST, '1d')).rejects.toThrow(
      /binance:TESTUSDT:1d is in the store already, imported from TESTUSDT-1d-2024\.csv; resample into another store .*or delete/,
    )
    expect(await store.manifest(coarse('1d'))).toEqual(before)
  })

  test('bars that do not make a whole coarse one are an error, and no series', async () => {
    const { bring, store } = await storeBeside({ 'a.csv': hours(...from(1, 6)) })
    await bring('a.csv')
    await expect(resampleSeries(store, TEST, '1d')).rejects.toThrow(/has 6 bars, which do not make one whole 1d bar/)
    expect((await store.list()).map(({ series }) => series)).toEqual(['binance:TESTUSDT:1h'])
    await expect(resampleSeries(store, TEST, '1h')).rejects.toThrow(RangeError)
  })
})
