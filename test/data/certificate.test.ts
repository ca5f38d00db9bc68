import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { parseSeries } from '../../src/core/series.ts'
import { findGaps } from '../../src/data/find-gaps.ts'
import { certify, certifyBars, isBroken, openStore, writeParquet } from '../../src/data/index.ts'
import { sha256 } from '../../src/data/manifest.ts'
import { scratch } from '../cli/klinelab.ts'
import { command } from './command.ts'
import { dump, dumpRow, HOUR, START, TEST } from './klines.ts'
import { EMBEDDED, storeBeside } from './parquet-store.ts'

const at = (hour: number) => START + hour * HOUR
const NOTHING_KNOWN: readonly number[] = []

/** Hourly bars: [open, high, low, close, volume]. */
function bars(rows: readonly (readonly [number, number, number, number, number])[]): Bars {
  const column = (k: number) => Float64Array.from(rows, (row) => row[k]!)
  return {
    series: TEST,
    length: rows.length,
    priceDecimals: 2,
    openTime: Float64Array.from(rows, (_, k) => at(k)),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: column(4),
  }
}

const steady = (count: number, price = 100): [number, number, number, number, number][] =>
  Array.from({ length: count }, () => [price, price + 1, price - 1, price, 5])

describe('gaps', () => {
  test.each([
    ['1m', ['2024-01-01T00:00', '2024-01-01T00:01', '2024-01-01T00:05'], [['2024-01-01T00:02', '2024-01-01T00:05', 3]]],
    ['1d', ['2024-02-28', '2024-03-01', '2024-03-04'], [['2024-02-29', '2024-03-01', 1], ['2024-03-02', '2024-03-04', 2]]],
    // Mondays
    ['1w', ['2024-01-01', '2024-01-08', '2024-01-29'], [['2024-01-15', '2024-01-29', 2]]],
    ['1M', ['2023-11-01', '2023-12-01', '2024-03-01'], [['2024-01-01', '2024-03-01', 2]]],
    ['4h', ['2024-01-01T00:00', '2024-01-01T04:00'], []],
    ['1h', ['2024-01-01T00:00'], []],
  ] as const)('of %s bars have start, end and count', (interval, opens, gaps) => {
    const ms = (text: string) => Date.parse(`${text}${text.includes('T') ? '' : 'T00:00'}Z`)
    expect(findGaps(opens.map(ms), interval)).toEqual(
      gaps.map(([start, end, count]) => ({ start: ms(start), end: ms(end), bars: count })),
    )
  }) // biome-ignore format: a table
})

describe('what looks wrong but may be true', () => {
  test('bars without volume are counted', () => {
    const rows = steady(6)
    for (const k of [0, 2, 5]) rows[k]![4] = 0
    expect(certifyBars(bars(rows), NOTHING_KNOWN).zeroVolumeBars).toBe(3)
  })

  test('flat runs: ten bars or more that are one price, found as a naive search finds them', () => {
    const row = fc.constantFrom<[number, number, number, number, number]>(
      [5, 5, 5, 5, 1],
      [5, 5, 5, 5, 0],
      [5, 6, 5, 5, 1],
      [6, 6, 6, 6, 0],
    )
    const stretch = fc.tuple(row, fc.integer({ min: 1, max: 14 }))
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 8 }), (stretches) => {
        const rows = stretches.flatMap(([one, count]) => Array.from({ length: count }, () => one))
        const isFlat = (from: number, to: number) =>
          rows.slice(from, to).every(([o, h, l, c]) => o === h && h === l && l === c && c === rows[from]![3])
        const runs: { start: number; bars: number }[] = []
        for (let from = 0; from < rows.length; ) {
          let to = from + 1
          while (to < rows.length && isFlat(from, to + 1)) to++
          if (to - from >= 10 && isFlat(from, to)) runs.push({ start: at(from), bars: to - from })
          from = to
        }
        expect(certifyBars(bars(rows), NOTHING_KNOWN).flatRuns).toEqual(runs)
      }),
    )
  })

  test('a price half as high again as those around it is an outlier, and so is one as far below', () => {
    const rows = steady(40)
    rows[15] = [100, 150.01, 99, 100, 5]
    rows[30] = [100, 101, 66.66, 100, 5]
    expect(certifyBars(bars(rows), NOTHING_KNOWN).outliers).toEqual([
      { openTime: at(15), field: 'high', value: 150.01, median: 100 },
      { openTime: at(30), field: 'low', value: 66.66, median: 100 },
    ])
    rows[15] = [100, 150, 99, 100, 5]
    rows[30] = [100, 101, 66.67, 100, 5]
    expect(certifyBars(bars(rows), NOTHING_KNOWN).outliers).toEqual([])
  })

  test('a price that goes to a new level and stays there is none', () => {
    const rows = [...steady(20), ...steady(20, 200)]
    expect(certifyBars(bars(rows), NOTHING_KNOWN).outliers).toEqual([])
  })

  test('outage marks of the range are in it, others are not', () => {
    const known = [at(-1), at(0), at(3), at(4)]
    expect(certifyBars(bars(steady(4)), known)).toMatchObject({ outages: [at(0), at(3)] })
  })
})

describe('a broken series', () => {
  async function checked(spoil: (folder: string) => void) {
    const { bring, folder, store } = await storeBeside({ 'a.csv': dump(START, 24 * 40) })
    await bring('a.csv')
    spoil(folder)
    const done = await command(['data', 'check', 'binance:TESTUSDT:1h'], store.dir)
    const check = await certify(store, TEST).catch((error: Error) => error)
    return { done, check, file: readdirSync(folder).find((name) => name.startsWith('2024-01')) ?? '2024-01' }
  }
  const first = (folder: string) => join(folder, readdirSync(folder).find((name) => name.startsWith('2024-01'))!)
  const edit = (folder: string, change: (json: Record<string, unknown>) => void) => {
    const json = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<string, unknown>
    change(json)
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(json))
  }

  test.each<[string, (folder: string) => void, RegExp]>([
    ['a file that is gone', (folder) => rmSync(first(folder)), /2024-01\.[0-9a-f]+\.parquet is missing.*import it again/],
    ['a file that is cut off', (folder) => writeFileSync(first(folder), readFileSync(first(folder)).subarray(0, 999)), /2024-01.*sha256 differs/],
    ['a file with one byte changed', (folder) => writeFileSync(first(folder), readFileSync(first(folder)).map((byte, k) => (k === 2000 ? byte ^ 1 : byte))), /2024-01.*sha256 differs/],
    ['a wrong count', (folder) => edit(folder, (json) => { json['rows'] = 961 }), /960 bars are stored, the manifest says 961/],
    ['a gap that is not listed', (folder) => edit(folder, (json) => { json['gaps'] = [{ start: 1, end: 2, bars: 1 }] }), /gaps are not those in the manifest \(0 found, 1 listed\)/],
  ])('%s: named, exit 1', async (_, spoil, message) => {
    const { done, check } = await checked(spoil)
    const said = done.stdout + done.stderr
    expect({ code: done.code, said }).toEqual({ code: 1, said: expect.stringMatching(message) })
    expect(said).toContain('binance:TESTUSDT:1h')
    if (check instanceof Error) expect(check.message).toMatch(message)
    else {
      expect(isBroken(check)).toBe(true)
      expect(check.faults.join('; ')).toMatch(message)
    }
  }) // biome-ignore format: a table

  test('with one byte changed nothing is made of it: bars are not loaded, exported, resampled or written anew', async () => {
    const { bring, folder, store } = await storeBeside({
      'a.csv': dump(START, 24 * 40),
      'b.csv': dump(START, 24 * 41),
    })
    await bring('a.csv')
    const file = first(folder)
    writeFileSync(
      file,
      readFileSync(file).map((byte, k) => (k === 2000 ? byte ^ 1 : byte)),
    )
    const told = `${file}: is not what was written, its sha256 differs from the manifest: no bar of it can be trusted. See what is wrong with: klinelab data check binance:TESTUSDT:1h; then restore it`
    await expect(store.load(TEST)).rejects.toThrow(told)
    // bars of another month are what they are
    await expect(store.load(TEST, { from: Date.UTC(2024, 1, 2) })).resolves.toMatchObject({
      length: expect.any(Number),
    })
    for (const verb of [
      ['data', 'export', 'binance:TESTUSDT:1h', '--out', join(folder, 'x.csv')],
      ['data', 'resample', 'binance:TESTUSDT:1h', '--to', '4h'],
    ]) {
      const { code, stderr } = await command(verb, store.dir)
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(told) })
    }
    await expect(bring('b.csv')).rejects.toThrow(told)
    expect((await certify(store, TEST)).faults.join()).toContain('sha256 differs')
  })

  test('bars that no import lets in are named: the files were made by another hand', async () => {
    const { bring, folder, store } = await storeBeside({ 'a.csv': dump(START, 5) })
    const { manifest } = await bring('a.csv')
    const good = { openTime: at(0), open: 10, high: 12, low: 9, close: 11 }
    const rows = [
      good,
      { ...good, openTime: at(1) + 1 },
      { ...good, openTime: at(2), high: 8 },
      { ...good, openTime: at(1) },
    ]
    const column = (name: string, values: readonly number[]) =>
      ({ name, kind: 'double', values: Float64Array.from(values) }) as const
    const file = join(folder, manifest.files[0]!.file)
    await writeParquet(file, [
      column(
        'open_time',
        rows.map((row) => row.openTime),
      ),
      ...(['open', 'high', 'low', 'close'] as const).map((name) =>
        column(
          name,
          rows.map((row) => row[name]),
        ),
      ),
      column('volume', [1, 1, 1, 1]),
    ])
    edit(folder, (json) => {
      json['files'] = [{ ...manifest.files[0], sha256: sha256(readFileSync(file)) }]
    })
    const { faults } = await certify(store, TEST)
    expect(faults).toEqual([
      '4 bars are stored, the manifest says 5',
      expect.stringMatching(/2024-01-01T01:00:00\.001Z is off the grid/),
      expect.stringMatching(/2024-01-01T02:00:00\.000Z is impossible: open 10, high 8, low 9, close 11/),
      expect.stringMatching(/2024-01-01T01:00:00\.000Z is out of order/),
      expect.stringMatching(/gaps are not those in the manifest/),
    ])
  })
})

describe('the certificate as data check prints it', () => {
  test('of a series with everything a sound series may have: gaps, outage, flat run, outlier, overlap, skipped rows', async () => {
    const flat = Array.from({ length: 12 }, (_, k) => dumpRow(at(10 + k), ['100', '100', '100', '100', '0']))
    const spike = dumpRow(at(30), ['100', '170', '100', '100', '3'])
    const short = dumpRow(at(40)).replace(String(at(41) - 1), String(at(40) + 60_000))
    const lines = [
      ...[0, 1, 2].map((k) => dumpRow(at(k))),
      ...[7, 8, 9].map((k) => dumpRow(at(k))),
      ...flat,
      ...[22, 23, 24, 25, 26, 27, 28, 29].map((k) => dumpRow(at(k))),
      spike,
      ...[31, 32, 33, 34, 35, 36, 37, 38, 39].map((k) => dumpRow(at(k))),
      short,
      dumpRow(at(41), ['100', '1', '1', '1', '1']),
      dumpRow(at(45)),
    ]
    const cwd = scratch({ 'a.csv': lines.join('\n'), 'b.csv': [8, 9].map((k) => dumpRow(at(k))).join('\n') })
    const store = join(cwd, 'store')
    const files = ['a.csv', 'b.csv'].map((name) => join(cwd, name))
    const imported = await command(
      ['data', 'import', ...files, '--as', 'binance:TESTUSDT:1h', '--on-error', 'skip-rows'],
      store,
    )
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    for (const part of [
      '38 new bars from 2 files',
      '2 identical rows dropped',
      '1 bad row skipped',
      'a.csv row 38, open',
      '1 outage mark',
    ])
      expect(imported.stdout).toContain(part)
    const done = await command(['data', 'check', 'binance:TESTUSDT:1h'], store)
    expect(done.code).toBe(0)
    for (const part of [
      'binance:TESTUSDT:1h: 38 bars, 2024-01-01 to 2024-01-02T22:00 UTC',
      'nothing was repaired',
      '2 gaps, 8 bars missing',
      '1 outage mark: 2024-01-02T16:00',
      '12 bars without volume',
      '1 flat run of ten bars or more',
      '1 outlier',
      '2 overlapping rows dropped at import, 0 unfinished bars, 1 bad row skipped',
    ])
      expect(done.stdout).toContain(part)
    for (const row of [
      /2024-01-01T03:00 +2024-01-01T07:00 +4/,
      /2024-01-02T17:00 +2024-01-02T21:00 +4/,
      /2024-01-01T10:00 +12/,
      /2024-01-02T06:00 +high +170 +100/,
    ])
      expect(done.stdout).toMatch(row)
    const json = JSON.parse((await command(['data', 'check', 'binance:TESTUSDT:1h', '--json'], store)).stdout)
    expect(json).toMatchObject({
      ok: true,
      skipped: [{ file: 'a.csv', row: 38, field: 'open', value: '100', reason: 'is above the high 1' }],
      gaps: [
        { start: at(3), end: at(7), bars: 4 },
        { start: at(41), end: at(45), bars: 4 },
      ],
      flatRuns: [{ start: at(10), bars: 12 }],
      outliers: [{ openTime: at(30), field: 'high', value: 170, median: 100.75 }],
      outages: [at(40)],
      duplicates: 2,
    })
    const list = await command(['data', 'list'], store)
    expect(list.stdout).toMatch(/binance:TESTUSDT:1h +38 +2024-01-01 +2024-01-02T22:00 +2 +8 *\n/)
    expect(list.stdout).toMatch(/binance:BTCUSDT:1m +44,560 +2023-03-01 +2023-04-01 +1 +80 +klinelab\n/)
  })

  test('of the embedded minutes of March 2023: the outage of the 24th as the exchange left it', async () => {
    const check = await certify(await openStore(EMBEDDED), parseSeries('binance:BTCUSDT:1m'))
    // 31 days of minutes but for the 80 from 12:40 to 13:59; the bar before them closed at 12:39:41.646
    expect(check).toMatchObject({
      rows: 31 * 1440 - 80,
      faults: [],
      gaps: [{ start: Date.UTC(2023, 2, 24, 12, 40), end: Date.UTC(2023, 2, 24, 14), bars: 80 }],
      outages: [Date.UTC(2023, 2, 24, 12, 39)],
      zeroVolumeBars: 72,
      flatRuns: [{ start: Date.UTC(2023, 2, 24, 11, 28), bars: 72 }],
      outliers: [],
      skipped: [],
    })
    expect(existsSync(join(EMBEDDED, '.lock'))).toBe(false)
  })
})
