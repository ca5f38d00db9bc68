import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { certify } from '../../src/data/index.ts'
import { dump, dumpRow, HOUR, NOW, PLAIN, plainCsv, START, TEST, type Texts, zipOf } from './klines.ts'
import { storeBeside } from './parquet-store.ts'

const at = (hour: number) => START + hour * HOUR
const iso = (time: number) => new Date(time).toISOString()

/** The row of hour 2 with some fields changed. */
function bad(change: Partial<Record<'open' | 'high' | 'low' | 'close' | 'volume', string>>): string {
  const [open, high, low, close, volume] = PLAIN
  const row = { open, high, low, close, volume, ...change }
  return dumpRow(at(2), [row.open, row.high, row.low, row.close, row.volume] as Texts)
}

/** The row of hour 2 with the n-th cell replaced. */
function cell(n: number, text: string): string {
  return dumpRow(at(2))
    .split(',')
    .map((old, k) => (k === n ? text : old))
    .join(',')
}

interface Case {
  readonly name: string
  readonly row: string
  readonly field: string
  readonly value: string
  readonly reason: RegExp
}

/** Each row takes the place of the third of a file of five. */
const FAULTS: readonly Case[] = [
  { name: 'a high below the low', row: bad({ high: '99.2', open: '99.25', close: '99.25' }), field: 'high', value: '99.2', reason: /below the low 99\.25/ },
  { name: 'an open below the low, by the last digit', row: bad({ open: '99.24999999' }), field: 'open', value: '99.24999999', reason: /below the low 99\.25/ },
  { name: 'an open above the high', row: bad({ open: '101.50000001' }), field: 'open', value: '101.50000001', reason: /above the high 101\.5/ },
  { name: 'a close below the low', row: bad({ close: '1' }), field: 'close', value: '1', reason: /below the low 99\.25/ },
  { name: 'a close above the high', row: bad({ close: '101.51' }), field: 'close', value: '101.51', reason: /above the high 101\.5/ },
  { name: 'a price of zero', row: bad({ low: '0.00000000' }), field: 'low', value: '0', reason: /not above 0/ },
  { name: 'a negative price', row: bad({ low: '-99.25' }), field: 'low', value: '-99.25', reason: /negative/ },
  { name: 'a price that is a word', row: bad({ close: 'n/a' }), field: 'close', value: 'n/a', reason: /not a plain decimal/ },
  { name: 'NaN', row: bad({ open: 'NaN' }), field: 'open', value: 'NaN', reason: /not a plain decimal/ },
  { name: 'Infinity', row: bad({ high: 'inf' }), field: 'high', value: 'inf', reason: /not a plain decimal/ },
  { name: 'a missing price', row: bad({ open: '' }), field: 'open', value: '', reason: /is empty/ },
  { name: 'a decimal comma', row: bad({ open: '"100;5"' }), field: 'open', value: '"100;5"', reason: /not a plain decimal/ },
  { name: 'more than 8 decimals', row: bad({ open: '100.000000001' }), field: 'open', value: '100.000000001', reason: /more than 8 decimals/ },
  { name: 'a number beyond 2^53', row: bad({ volume: '9007199254740993' }), field: 'volume', value: '9007199254740993', reason: /too large/ },
  { name: 'a negative volume', row: bad({ volume: '-0.00000001' }), field: 'volume', value: '-0.00000001', reason: /negative/ },
  { name: 'a missing volume', row: bad({ volume: '' }), field: 'volume', value: '', reason: /is empty/ },
  { name: 'a negative quote volume', row: cell(7, '-5'), field: 'quoteVolume', value: '-5', reason: /negative/ },
  { name: 'a negative count of trades', row: cell(8, '-1'), field: 'trades', value: '-1', reason: /negative/ },
  { name: 'half a trade', row: cell(8, '1.5'), field: 'trades', value: '1.5', reason: /whole number/ },
  { name: 'a time off the grid by a millisecond', row: dumpRow(at(2) + 1), field: 'openTime', value: `${at(2) + 1} (${iso(at(2) + 1)})`, reason: /off the 1h grid.*opens at 2024-01-01T02:00:00\.000Z/ },
  { name: 'a time off the grid by a microsecond', row: cell(0, `${at(2)}001`), field: 'openTime', value: `${at(2)}.001 (${iso(at(2))})`, reason: /off the 1h grid/ },
  { name: 'a time that is none', row: cell(0, '2024-01-01 2 pm'), field: 'openTime', value: '2024-01-01 2 pm', reason: /is not a time/ },
  { name: 'a day that no month has', row: cell(0, '2023-02-30 02:00:00'), field: 'openTime', value: '2023-02-30 02:00:00', reason: /is not a time/ },
  { name: 'a compact time that is no number of seconds', row: cell(0, '20240101020000'), field: 'openTime', value: '20240101020000', reason: /is not a time/ },
  { name: 'a future bar', row: dumpRow(NOW + 2 * HOUR), field: 'openTime', value: `${NOW + 2 * HOUR} (${iso(NOW + 2 * HOUR)})`, reason: /future/ },
  { name: 'a close time behind the end of the bar', row: cell(6, `${at(3)}`), field: 'closeTime', value: `${at(3)} (${iso(at(3))})`, reason: /later than a 1h bar ends/ },
  { name: 'a close time ahead of the bar', row: cell(6, `${at(2) - 1}`), field: 'closeTime', value: `${at(2) - 1} (${iso(at(2) - 1)})`, reason: /before the open time/ },
  { name: 'a close time that is none', row: cell(6, 'soon'), field: 'closeTime', value: 'soon', reason: /is not a time/ },
  { name: 'a row that comes too late', row: dumpRow(at(0) - HOUR), field: 'openTime', value: `${at(-1)} (${iso(at(-1))})`, reason: /comes after 2024-01-01T01:00.*oldest first/ },
  { name: 'a field too few', row: dumpRow(at(2)).replace(/,0$/, ''), field: 'row', value: dumpRow(at(2)).replace(/,0$/, ''), reason: /11 fields where line 1 has 12/ },
  { name: 'two lines in one', row: dumpRow(at(2)) + dumpRow(at(3)), field: 'row', value: '', reason: /23 fields where line 1 has 12/ },
] // biome-ignore format: a table

describe('a bad row', () => {
  const withRow = (row: string) => [dumpRow(at(0)), dumpRow(at(1)), row, dumpRow(at(3)), dumpRow(at(4))].join('\n')
  const good = dump(at(24), 24)

  test.each(FAULTS)(
    '$name: stops the import with file, row, field, value and what to do; nothing is stored',
    async (c) => {
      const { bring, cwd, store } = await storeBeside({ 'bad.csv': withRow(c.row), 'good.csv': good })
      const error = (await bring('good.csv', 'bad.csv').catch((problem: Error) => problem)) as Error
      expect(error.name).toBe('DataError')
      const place = `${join(cwd, 'bad.csv')}, line 3: `
      expect(error.message.slice(0, place.length)).toBe(place)
      const what = error.message.slice(place.length)
      if (c.field === 'row') expect(what).toContain(c.value.slice(0, 90))
      else expect(what.startsWith(`${c.field} ${c.value === '' ? '(empty)' : `"${c.value}"`} `)).toBe(true)
      expect(what).toMatch(c.reason)
      expect(what).toContain('Nothing was stored; correct the file, or use --on-error skip-rows')
      expect(await store.list()).toEqual([])
      expect(existsSync(store.dir)).toBe(false)
    },
  )

  test.each(FAULTS)('$name: skip-rows leaves it out and lists it in manifest and certificate', async (c) => {
    const { bringWith, store } = await storeBeside({ 'bad.csv': withRow(c.row) })
    const result = await bringWith({ onError: 'skip-rows' }, 'bad.csv')
    expect(result).toMatchObject({ read: 5, added: 4, skippedFiles: [] })
    expect([...(await store.load(TEST)).openTime]).toEqual([at(0), at(1), at(3), at(4)])
    expect(result.manifest.skipped).toEqual([
      {
        file: 'bad.csv',
        row: 3,
        field: c.field,
        value: c.field === 'row' ? expect.any(String) : c.value,
        reason: expect.stringMatching(c.reason),
      },
    ])
    expect(await certify(store, TEST)).toMatchObject({ faults: [], skippedRows: 1, skipped: result.manifest.skipped })
  })

  test.each([
    ['unreadable', bad({ low: 'n/a' }), 'impossible', bad({ high: '1' })],
    ['impossible', bad({ high: '1' }), 'unreadable', bad({ low: 'n/a' })],
  ])('an %s one ahead of an %s one: the first is named, and both are listed as they stand', async (...rows) => {
    const [, first, , second] = rows
    const { bring, bringWith } = await storeBeside({ 'a.csv': [dumpRow(at(0)), first, second].join('\n') })
    await expect(bring('a.csv')).rejects.toThrow(/a\.csv, line 2: /)
    const { skipped } = await bringWith({ onError: 'skip-rows' }, 'a.csv')
    expect(skipped.map(({ row }) => row)).toEqual([2, 3])
  })

  test('skip-file leaves its whole file out, lists it, and takes the others', async () => {
    const { bringWith, store, cwd } = await storeBeside({ 'bad.csv': withRow(FAULTS[0]!.row), 'good.csv': good })
    const result = await bringWith({ onError: 'skip-file' }, 'bad.csv', 'good.csv')
    expect(result).toMatchObject({ read: 29, added: 24, skippedFiles: [join(cwd, 'bad.csv')] })
    expect((await store.load(TEST)).openTime[0]).toBe(at(24))
    expect(result.manifest.sources.map(({ name }) => name)).toEqual(['good.csv'])
    expect(result.manifest.skipped).toMatchObject([{ file: 'bad.csv', row: 3, field: 'high' }])
  })

  test.each(['skip-rows', 'skip-file'] as const)(
    '%s again, and with more files, lists nothing twice',
    async (onError) => {
      const { bringWith } = await storeBeside({
        'bad.csv': withRow(FAULTS[0]!.row),
        'good.csv': good,
        'x.csv': dump(at(48), 5),
      })
      const first = await bringWith({ onError }, 'bad.csv', 'good.csv')
      expect((await bringWith({ onError }, 'bad.csv', 'good.csv')).manifest).toEqual(first.manifest)
      const more = await bringWith({ onError }, 'bad.csv', 'good.csv', 'x.csv')
      expect(more.added).toBe(5)
      expect(more.manifest.skipped).toEqual(first.manifest.skipped)
    },
  )

  const zip = zipOf({ 'a.csv': dump(at(0), 24) })
  test.each<[string, string, string | Uint8Array, RegExp]>([
    ['a zip cut off', 'bad.zip', zip.subarray(0, -30), /^is a damaged or truncated zip \(.+\); fetch it again$/],
    ['a zip with a wrong checksum', 'bad.zip', zip.map((byte, k) => (k === 60 ? byte ^ 4 : byte)), /^is a damaged/],
    ['no zip at all', 'bad.zip', '<!doctype html>', /^is named \.zip but is no zip archive/],
    ['a zip without a CSV', 'bad.zip', zipOf({ 'a.txt': 'hello' }), /^has no \.csv inside/],
    ['a gzip cut off', 'bad.csv.gz', gzipSync(dump(at(0), 24)).subarray(0, 60), /^is a damaged gzip file/],
    ['text named .parquet', 'bad.parquet', dump(at(0), 24), /^is named \.parquet but begins with "1704", not PAR1/],
    ['Parquet with nothing in it', 'bad.parquet', 'PAR1 nonsense PAR1', /^is no readable Parquet file/],
    ['an empty file', 'bad.csv', '', /^is empty/],
    ['a file without the columns', 'bad.csv', 'date,price\n1,2\n', /^no column for openTime, open|^no column for open/],
  ])('skip-file leaves out %s, lists it, and takes the others', async (_, name, content, reason) => {
    const { bring, bringWith, store, cwd } = await storeBeside({ [name]: content, 'good.csv': good })
    const result = await bringWith({ onError: 'skip-file' }, name, 'good.csv')
    expect(result).toMatchObject({ files: 2, read: 24, added: 24, duplicates: 0, skippedFiles: [join(cwd, name)] })
    expect(result.manifest.sources.map((source) => source.name)).toEqual(['good.csv'])
    const listed = { file: name, row: 0, field: 'file', value: '', reason: expect.stringMatching(reason) }
    expect(result.manifest.skipped).toEqual([listed])
    expect(await certify(store, TEST)).toMatchObject({ faults: [], skippedRows: 0, skipped: [listed] })
    // once more changes nothing, and the other modes have nothing to leave out of it
    expect((await bringWith({ onError: 'skip-file' }, name, 'good.csv')).manifest).toEqual(result.manifest)
    const refusals = [bring(name, 'good.csv'), bringWith({ onError: 'skip-rows' }, name, 'good.csv')]
    for (const refusal of refusals) await expect(refusal).rejects.toThrow(join(cwd, name))
  })

  test('skip-file leaves out no file that is not there, or that is another series by its name or its rows', async () => {
    const { bringWith } = await storeBeside({
      'good.csv': good,
      'ABCUSDT-1h-2024-01.csv': good,
      'TESTUSDT-1m-2024-01.csv': good,
      'day.csv': plainCsv(Array.from({ length: 9 }, (_, k) => [at(24 * k), ...PLAIN])),
    })
    const bring = (name: string) => bringWith({ onError: 'skip-file' }, 'good.csv', name)
    await expect(bring('none.csv')).rejects.toThrow(/none\.csv" does not exist/)
    await expect(bring('ABCUSDT-1h-2024-01.csv')).rejects.toThrow(/name says ABCUSDT/)
    await expect(bring('TESTUSDT-1m-2024-01.csv')).rejects.toThrow(/name says 1m/)
    await expect(bring('day.csv')).rejects.toThrow(/less than 1d apart/)
    await expect(bringWith({ onError: 'skip-file', columns: { opne: '2' } }, 'good.csv')).rejects.toThrow(
      /"opne" is no field/,
    )
  })

  test('files of which none can be read are an error', async () => {
    const { bringWith, store } = await storeBeside({ 'a.csv': '', 'b.zip': 'no zip' })
    await expect(bringWith({ onError: 'skip-file' }, 'a.csv', 'b.zip')).rejects.toThrow(
      /^2 files: no row of .* \(0 read, 0 bad, 0 unfinished, 2 of the files unreadable; the first: .*a\.csv: is empty; fetch it again\); nothing was changed$/,
    )
    expect(await store.list()).toEqual([])
  })

  test('a file of nothing but bad rows is an error in every mode', async () => {
    const { bringWith, store } = await storeBeside({ 'bad.csv': `${bad({ low: '0' })}\n${bad({ high: '1' })}\n` })
    for (const onError of ['stop', 'skip-rows', 'skip-file'] as const)
      await expect(bringWith({ onError }, 'bad.csv')).rejects.toThrow(/line 1: low "0" is not above 0/)
    expect(await store.list()).toEqual([])
  })
})
