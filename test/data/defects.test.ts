/**
 * Real defects of exchanges, cut out small, each told by its name. What is expected is counted in the files' own text by
 * the plain code below, or stands in `known-gaps.json`, which was made by others.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Interval, intervalMs } from '../../src/core/interval.ts'
import { parseSeries } from '../../src/core/series.ts'
import { certify, importFiles, openStore } from '../../src/data/index.ts'
import { scratch } from '../cli/klinelab.ts'
import { NOW } from './klines.ts'
import { EMBEDDED } from './parquet-store.ts'
import { isRecorded, knownGaps, recorded } from './recorded.ts'

type Mode = 'stop' | 'skip-rows'

async function imported(file: string, name: string, onError: Mode = 'stop') {
  const series = parseSeries(name)
  const store = await openStore(join(scratch(), 'store'))
  const result = await importFiles(store, [recorded(file)], series, { now: NOW, onError })
  return { ...result, check: await certify(store, series), bars: await store.load(series), store }
}

/** The cells of a file's rows, without a header. */
function rowsOf(file: string): string[][] {
  const bytes = readFileSync(recorded(file))
  const text = file.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString()
  const rows = text
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','))
  return /^\d/.test(rows[0]![0]!) ? rows : rows.slice(1)
}

const ms = (cell: string) => (/^\d+$/.test(cell) ? Number(cell) : Date.parse(`${cell.replace(' ', 'T')}Z`))

/** Gaps between open times, the plain way. */
function gapsOf(opens: readonly number[], interval: Interval) {
  const step = intervalMs(interval)
  return opens.flatMap((open, k) => {
    const next = opens[k + 1]
    return next === undefined || next - open === step
      ? []
      : [{ start: open + step, end: next, bars: (next - open) / step - 1 }]
  })
}

describe.skipIf(!isRecorded)('defects as exchanges made them', () => {
  test.each([
    ['FTTUSDT', Date.UTC(2022, 10, 14, 5)],
    ['WAVESUSDT', Date.UTC(2024, 5, 11, 9)],
  ])('delisted %s: the exchange goes on with flat bars, which are sound and named', async (symbol, end) => {
    const file = `defects/delisted-flat-${symbol}-1h.csv`
    const rows = rowsOf(file)
    const dead = rows.filter((row) => Number(row[5]) === 0)
    expect(dead).toHaveLength(399)
    const { check } = await imported(file, `binance-usdm:${symbol}:1h`)
    expect(check).toMatchObject({ rows: 600, faults: [], gaps: [], zeroVolumeBars: 399 })
    const { start, bars } = check.flatRuns.at(-1)!
    expect(check.flatRuns).toHaveLength(1)
    // the run may begin with bars of one price that were still traded
    expect(start).toBeLessThanOrEqual(end)
    expect(start + bars * 3_600_000).toBe(ms(rows.at(-1)![0]!) + 3_600_000)
    expect(bars).toBeGreaterThanOrEqual(399)
  })

  test('funding rates with a jitter of milliseconds are no klines: the first off the grid is named, the rest are no bars', async () => {
    const file = 'defects/funding-ms-jitter-BTCUSDT.csv'
    const run = (onError: Mode) => imported(file, 'binance-usdm:BTCUSDT:8h', onError)
    const jittered = rowsOf(file).filter((row) => Number(row[0]) % 28_800_000 !== 0)
    expect(jittered.length).toBeGreaterThan(10)
    await expect(run('stop')).rejects.toThrow(
      /funding-ms-jitter-BTCUSDT\.csv, line 2: openTime "1747872000001 \(2025-05-22T00:00:00\.001Z\)" is off the 8h grid; the bar that holds it opens at 2025-05-22T00:00:00\.000Z/,
    )
    await expect(run('skip-rows')).rejects.toThrow(/182 read, 182 bad/)
  })

  test('the switch from milliseconds to microseconds on 1 January 2025 is seamless', async () => {
    const { check, bars } = await imported('defects/ms-to-us-BTCUSDT-1h-2024-12_2025-01.csv', 'binance:BTCUSDT:1h')
    expect(check).toMatchObject({ rows: 96, faults: [], gaps: [], outages: [] })
    expect([...bars.openTime]).toEqual(Array.from({ length: 96 }, (_, k) => Date.UTC(2024, 11, 30, k)))
  })

  test.each([
    ['defects/offgrid-2017-12-18-ETHUSDT-1m.csv', 'binance:ETHUSDT:1m', 2, '2017-12-18T09:00:20.810Z'],
    ['defects/offgrid-2018-02-BTCUSDT-1h-dump.csv', 'binance:BTCUSDT:1h', 15, '2018-02-09T09:28:14.789Z'],
  ] as const)(
    '%s: bars off the grid stop the import, or are skipped and listed one by one',
    async (file, name, line, first) => {
      await expect(imported(file, name)).rejects.toThrow(
        new RegExp(`${file.split('/')[1]}, line ${line}: openTime "\\d+ \\(${first}\\)" is off the .* grid`),
      )
      const interval = name.split(':')[2] as Interval
      const opens = rowsOf(file).map((row) => ms(row[0]!))
      const isOff = (open: number) => open % intervalMs(interval) !== 0
      const { check, bars, manifest } = await imported(file, name, 'skip-rows')
      expect([...bars.openTime]).toEqual(opens.filter((open) => !isOff(open)))
      expect(manifest.skipped.map(({ row }) => row)).toEqual(opens.flatMap((open, k) => (isOff(open) ? [k + 2] : [])))
      expect(check).toMatchObject({ faults: [], skippedRows: opens.filter(isOff).length, skipped: manifest.skipped })
      expect(check.gaps).toEqual(gapsOf([...bars.openTime], interval))
    },
  )

  test("the exchange's later restatement of February 2018 is sound by itself and contradicts the dump by name", async () => {
    const restated = recorded('defects/offgrid-2018-02-BTCUSDT-1h-rest-restated.csv')
    const alone = await imported('defects/offgrid-2018-02-BTCUSDT-1h-rest-restated.csv', 'binance:BTCUSDT:1h')
    expect(alone.check).toMatchObject({ rows: 56, faults: [], gaps: [] })
    const { store } = await imported('defects/offgrid-2018-02-BTCUSDT-1h-dump.csv', 'binance:BTCUSDT:1h', 'skip-rows')
    await expect(importFiles(store, [restated], parseSeries('binance:BTCUSDT:1h'), { now: NOW })).rejects.toThrow(
      /two different rows for 2018-02-11T04:00:00\.000Z: stored 2018-02 row 14 has open 7976\.74, .*restated\.csv row 38 has 7976\.73/,
    )
  })

  test.each([
    ['defects/outage-2018-02-BTCUSDT-2h-rest.csv', 'binance:BTCUSDT:2h', Date.UTC(2018, 1, 8, 0), 16],
    ['defects/outage-2023-03-24-BTCUSDT-1m.csv.gz', 'binance:BTCUSDT:1m', Date.UTC(2023, 2, 24, 12, 39), 80],
    ['defects/outage-2023-03-24-BTCUSDT-15m.csv', 'binance:BTCUSDT:15m', Date.UTC(2023, 2, 24, 12, 30), 5],
    ['defects/outage-2023-03-24-BTCUSDT-1h.csv', 'binance:BTCUSDT:1h', Date.UTC(2023, 2, 24, 12), 1],
  ] as const)(
    '%s: an outage mark where the exchange stopped, and a gap until it came back',
    async (file, name, at, bars) => {
      const interval = name.split(':')[2] as Interval
      const { check } = await imported(file, name)
      const start = at + intervalMs(interval)
      expect(check).toMatchObject({ faults: [], outages: [at], skippedRows: 0 })
      expect(check.gaps).toEqual([{ start, end: start + bars * intervalMs(interval), bars }])
      expect(check.gaps).toEqual(
        gapsOf(
          rowsOf(file).map((row) => ms(row[0]!)),
          interval,
        ),
      )
    },
  )

  test('overlapping files glued together: what is the same is dropped and counted', async () => {
    const file = 'defects/overlap-BTCUSDT-1h-2021+2022-concatenated.csv.gz'
    const opens = rowsOf(file).map((row) => ms(row[0]!))
    const once = [...new Set(opens)].sort((a, b) => a - b)
    const { read, added, duplicates, outages, check, bars } = await imported(file, 'binance:BTCUSDT:1h')
    expect(outages).toHaveLength(4)
    expect(outages).toEqual(check.outages)
    expect({ read, added, duplicates }).toEqual({ read: 35_014, added: 17_507, duplicates: 17_507 })
    expect([...bars.openTime]).toEqual(once)
    expect(check).toMatchObject({ faults: [], duplicates: 17_507, gaps: gapsOf(once, '1h') })
    expect(check.gaps).toHaveLength(6)
    expect(check.gaps).toEqual(knownGaps('BTCUSDT-1h', check.from, check.to))
  })

  test('thin first days: bars without a trade repeat the last price and are counted, none is missing', async () => {
    const file = 'defects/thin-2017-ETHUSDT-1m.csv.gz'
    const rows = rowsOf(file)
    const { check } = await imported(file, 'binance:ETHUSDT:1m')
    expect(check).toMatchObject({
      rows: 8400,
      faults: [],
      gaps: [],
      zeroVolumeBars: rows.filter((row) => Number(row[5]) === 0).length,
    })
    expect(check.zeroVolumeBars).toBeGreaterThan(1000)
    expect(check.flatRuns.length).toBeGreaterThan(10)
  })

  test('Kraken writes bars only where somebody traded: what is between them are gaps, not zeros', async () => {
    const file = 'defects/trade-only-bars-kraken-BTCUSDC-1m.csv.gz'
    const opens = rowsOf(file).map((row) => Number(row[0]) * 1000)
    const { check } = await imported(file, 'kraken:BTCUSDC:1m')
    const gaps = gapsOf(opens, '1m')
    expect(gaps.length).toBeGreaterThan(1000)
    expect(check).toMatchObject({ rows: 3000, faults: [], zeroVolumeBars: 0, gaps })
  })
})

describe.skipIf(!isRecorded)('the known gaps', () => {
  test.each(['BTCUSDT', 'ETHUSDT'])('of %s are those of the embedded hours', async (symbol) => {
    const manifest = await (await openStore(EMBEDDED)).manifest(parseSeries(`binance:${symbol}:1h`))
    expect(manifest!.gaps).toHaveLength(1)
    expect(manifest!.gaps).toEqual(knownGaps(`${symbol}-1h`, manifest!.from, manifest!.to))
  })

  test('of SOLUSDT are those found', async () => {
    const { manifest } = await imported('klines/binance-spot-rest-1h/SOLUSDT-1h.csv.gz', 'binance:SOLUSDT:1h')
    expect(manifest.gaps).toHaveLength(1)
    expect(manifest.gaps).toEqual(knownGaps('SOLUSDT-1h', manifest.from, manifest.to))
  })

  test('of the minutes of ETHUSDT are those found', async () => {
    const zips = recorded('klines/binance-spot-daily-zips/ETHUSDT/1m/ETHUSDT-1m-2023-03-2*.zip')
    const store = await openStore(join(scratch(), 'store'))
    const { manifest } = await importFiles(store, [zips], parseSeries('binance:ETHUSDT:1m'), { now: NOW })
    expect(manifest.gaps).toEqual(knownGaps('ETHUSDT-1m', manifest.from, manifest.to))
    expect(manifest).toMatchObject({ rows: 10 * 1440 - 80, files: [{ month: '2023-03' }] })
  })

  test('of February 2018: with the bars off the grid left out, two of them and the bars between become one', async () => {
    const { check } = await imported('defects/offgrid-2018-02-BTCUSDT-1h-dump.csv', 'binance:BTCUSDT:1h', 'skip-rows')
    const [first, second] = knownGaps('BTCUSDT-1h', check.from, check.to)
    // the exchange's clock stood 28 min 14.789 s beside the hour from the 9th, 09:28 on to the 11th, 04:00
    expect(check.gaps).toEqual([
      { start: first!.start, end: second!.end, bars: (second!.end - first!.start) / 3_600_000 },
    ])
  })
})
