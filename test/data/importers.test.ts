import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { run } from '../../src/data/duckdb.ts'
import { exportSeries } from '../../src/data/index.ts'
import { dump, HOUR, PLAIN, plainCsv, START, TEST, zipOf } from './klines.ts'
import { storeBeside } from './parquet-store.ts'

const BARS = dump(START, 48)
/** As Binance heads its USDS-M dumps. */
const HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore'
/** Microseconds, as spot dumps have had them since 2025. */
const MICRO = BARS.replace(/^(\d{13}),/gm, '$1000,').replace(/,(\d{13}),/g, ',$1999,')

/** What 48 hours of BARS are, in whatever clothes. */
async function expectBars(files: Readonly<Record<string, string | Uint8Array>>, columns?: Record<string, string>) {
  const { bringWith, store, cwd } = await storeBeside(files)
  const { read, added, manifest } = await bringWith(columns === undefined ? {} : { columns }, ...Object.keys(files))
  expect({ read, added }).toEqual({ read: 48, added: 48 })
  expect(manifest).toMatchObject({ rows: 48, from: START, to: START + 48 * HOUR, gaps: [], outages: [], duplicates: 0 })
  await exportSeries(store, TEST, join(cwd, 'out.csv'))
  const [header, ...rows] = readFileSync(join(cwd, 'out.csv'), 'utf8').trim().split('\n')
  expect(rows.map((row) => row.split(',').slice(0, 6))).toEqual(
    Array.from({ length: 48 }, (_, k) => [String(START + k * HOUR), ...PLAIN]),
  )
  return { header: header!.split(','), first: rows[0]!.split(',') }
}

const EXTRAS = ['1234.56789000', '6.17250000', '617.28394500', '42']

describe('Binance dumps', () => {
  test.each<[string, Record<string, string | Uint8Array>]>([
    ['a zip without a header', { 'TESTUSDT-1h-2024-01.zip': zipOf({ 'TESTUSDT-1h-2024-01.csv': BARS }) }],
    ['a zip with a header', { 'a.zip': zipOf({ 'a.csv': `${HEADER}\n${BARS}` }) }],
    ['a zip that is not compressed', { 'a.zip': zipOf({ 'a.csv': BARS }, 0) }],
    ['a zip with other files in it', { 'a.zip': zipOf({ 'a.csv.CHECKSUM': 'x', 'A.CSV': BARS, 'README.txt': 'y' }) }],
    ['microseconds', { 'a.zip': zipOf({ 'a.csv': MICRO }) }],
    ['microseconds with a header', { 'a.zip': zipOf({ 'a.csv': `${HEADER}\n${MICRO}` }) }],
    ['a file that changes from milliseconds to microseconds', { 'a.csv': BARS.split('\n').slice(0, 20).concat(MICRO.split('\n').slice(20)).join('\n') }],
    ['one file a day', {
      'b.zip': zipOf({ 'x.csv': dump(START + 24 * HOUR, 24) }),
      'a.zip': zipOf({ 'x.csv': dump(START, 24) }),
    }],
    ['csv', { 'a.csv': BARS }],
    ['csv.gz', { 'a.csv.gz': gzipSync(BARS) }],
    ['gz under another name', { 'klines.gz': gzipSync(`${HEADER}\n${BARS}`) }],
    ['a zip without its ending', { klines: zipOf({ 'a.csv': BARS }) }],
  ])('%s', async (_, files) => {
    const { header, first } = await expectBars(files)
    expect(header.slice(6)).toEqual(['quote_volume', 'taker_base', 'taker_quote', 'trades'])
    expect(first.slice(6)).toEqual(EXTRAS)
  }) // biome-ignore format: a table

  test('the source in the manifest is the file as it came, so that it can be held against a published checksum', async () => {
    const zip = zipOf({ 'a.csv': BARS })
    const { bring } = await storeBeside({ 'a.zip': zip })
    const sha256 = createHash('sha256').update(zip).digest('hex')
    expect((await bring('a.zip')).manifest.sources).toEqual([{ name: 'a.zip', sha256, rows: 48 }])
  })

  test('REST answers as CSV: the exchange names its columns in many ways', async () => {
    const names =
      'Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,Taker buy base asset volume,Taker buy quote asset volume,Ignore'
    const { first } = await expectBars({ 'a.csv': `${names}\n${BARS}` })
    expect(first.slice(6)).toEqual(EXTRAS)
  })
})

describe('plain CSV with a header', () => {
  const rows = (time: (ms: number) => number | string) =>
    Array.from({ length: 48 }, (_, k): [number | string, ...string[]] => [time(START + k * HOUR), ...PLAIN])
  const iso = (ms: number) => new Date(ms).toISOString()

  test.each<[string, (ms: number) => number | string]>([
    ['seconds', (ms) => ms / 1000],
    ['milliseconds', (ms) => ms],
    ['microseconds', (ms) => `${ms}000`],
    ['nanoseconds', (ms) => `${ms}000000`],
    ['floats of pandas', (ms) => `${ms}.0`],
    ['ISO', iso],
    ['ISO without a zone, which is UTC', (ms) => iso(ms).slice(0, 19)],
    ['date and time', (ms) => iso(ms).slice(0, 19).replace('T', ' ')],
    ['date and minutes', (ms) => iso(ms).slice(0, 16).replace('T', ' ')],
    ['date and time of DuckDB', (ms) => `${iso(ms).slice(0, 19).replace('T', ' ')}+00`],
    ['a zone without a colon', (ms) => `${iso(ms - 5.5 * HOUR).slice(0, 19)}-0530`],
    ['date and time of pandas', (ms) => iso(ms).slice(0, 19).replace('T', ' ') + '+00:00'],
    ['another zone', (ms) => iso(ms + 2 * HOUR).slice(0, 19) + '+02:00'],
    ['in quotes', (ms) => `"${ms}"`],
    ['ISO in quotes', (ms) => `"${iso(ms)}"`],
  ])('times as %s', async (_, time) => {
    await expectBars({ 'a.csv': plainCsv(rows(time)) })
  })

  test.each([
    ['timestamp,open,high,low,close,volume'],
    ['date,Open,High,Low,Close,Vol'],
    ['Date Time,O,H,L,C,V'],
    ['"Start","OPEN","HIGH","LOW","CLOSE","Base Volume"'],
  ])('names sniffed: %s', async (header) => {
    await expectBars({ 'a.csv': plainCsv(rows((ms) => ms)).replace(/^.*/, header) })
  })

  test('columns in any order, with others between them', async () => {
    const order = plainCsv(rows((ms) => ms))
      .trim()
      .split('\n')
      .map((line) => line.split(','))
      .map(([time, open, high, low, close, volume]) => ['BTC', volume, close, low, high, open, 'x', time].join(','))
    order[0] = 'symbol,volume,close,low,high,open,note,time'
    await expectBars({ 'a.csv': order.join('\n') })
  })

  test('without a header, six columns are time, open, high, low, close, volume', async () => {
    await expectBars({
      'a.csv': plainCsv(rows((ms) => ms))
        .split('\n')
        .slice(1)
        .join('\n'),
    })
  })

  test('--columns names what is not recognised, by name or by number, and overrules what is', async () => {
    const strange = plainCsv(rows((ms) => ms)).replace(/^.*/, 'when,first,high,low,last,amount')
    const named = { openTime: 'when', open: 'first', close: '5', volume: 'amount' }
    await expectBars({ 'a.csv': strange }, named)
    const swapped = plainCsv(rows((ms) => ms)).replace(/^.*/, 'time,low,high,open,close,volume')
    await expectBars({ 'a.csv': swapped }, { open: 'low', low: 'open' })
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['a needed column that is not there', {}, /line 1: no column for openTime, open, close, volume in "when,first,high,low,last,amount"; name them with --columns openTime=NAME,open=NAME/],
    ['a name that is not there', { openTime: 'wen' }, /--columns names "wen" \(did you mean "when"\?\), which line 1 does not have: when, first/],
    ['a number beyond the columns', { openTime: '7' }, /--columns names "7"/],
    ['no field of a kline', { opentime: 'when' }, /"opentime" is no field of a kline \(did you mean "openTime"\?\)/],
  ])('%s is an error that says what to do', async (_, columns, message) => {
    const { bringWith } = await storeBeside({ 'a.csv': 'when,first,high,low,last,amount\n1,2,3,4,5,6\n' })
    await expect(bringWith({ columns }, 'a.csv')).rejects.toThrow(message)
  }) // biome-ignore format: a table

  test('of two columns of one name the user says which is meant, by number', async () => {
    const text = plainCsv(rows((ms) => ms))
    const [, ...lines] = text.trim().split('\n')
    const twice = ['time,open,high,low,close,volume,Close', ...lines.map((line) => `${line},1`)].join('\n')
    const { bringWith } = await storeBeside({ 'a.csv': twice, 'b.csv': twice.replace('Close', 'close') })
    await expect(bringWith({}, 'a.csv')).rejects.toThrow(
      /a\.csv, line 1: columns 5 and 7 are both called "close"; say which is meant by its number: --columns close=5 or close=7/,
    )
    await expect(bringWith({ columns: { close: 'close' } }, 'b.csv')).rejects.toThrow(
      /line 1: --columns names "close", which columns 5 and 7 are both called; give the number/,
    )
    await expectBars({ 'a.csv': twice }, { close: '5' })
    // of capitals alone they differ, and that is a name too
    await expectBars({ 'a.csv': twice }, { close: 'close' })
    // another name, though it could be one for the close too
    await expectBars({ 'a.csv': twice.replace('Close', 'Close %') })
  })

  test('a byte order mark is no part of the first line', async () => {
    const text = plainCsv(rows((ms) => ms))
    await expectBars({ 'a.csv': `\uFEFF${text}` })
    await expectBars({ 'a.csv': `\uFEFF${text.split('\n').slice(1).join('\n')}` })
  })

  test('blanks in columns that not every file has are "not known"', async () => {
    const lines = dump(START, 2)
      .replace(/,1234.56789000,42,6.17250000/, ',,,')
      .trimEnd()
    const { bring, store, cwd } = await storeBeside({ 'a.csv': lines })
    await bring('a.csv')
    await exportSeries(store, TEST, join(cwd, 'out.csv'))
    const [, one, two] = readFileSync(join(cwd, 'out.csv'), 'utf8').split('\n')
    expect(one!.split(',').slice(6)).toEqual(['', '', EXTRAS[2], ''])
    expect(two!.split(',').slice(6)).toEqual(EXTRAS)
    // what the store writes it also reads
    const again = await storeBeside({ 'out.csv': readFileSync(join(cwd, 'out.csv')) })
    const { manifest } = await again.bring('out.csv')
    expect(manifest.files.map(({ sha256 }) => sha256)).toEqual(
      (await store.manifest(TEST))!.files.map(({ sha256 }) => sha256),
    )
  })
})

describe('Parquet', () => {
  async function parquet(select: string): Promise<Uint8Array> {
    const { cwd } = await storeBeside({})
    await run(`copy (select ${select} from range(48) t(k)) to '${join(cwd, 'a.parquet')}' (format parquet)`)
    return readFileSync(join(cwd, 'a.parquet'))
  }
  const [open, high, low, close, volume] = PLAIN
  const prices = (type: string) =>
    [open, high, low, close, volume]
      .map((text, k) => `'${text}'::${type} as "${['Open', 'High', 'Low', 'Close', 'Volume'][k]}"`)
      .join(', ')

  test.each([
    ['decimals and milliseconds', `${START} + k * ${HOUR} as open_time, ${prices('decimal(18,8)')}`],
    ['doubles and timestamps', `'2024-01-01'::timestamp + to_hours(k) as "Date", ${prices('double')}`],
    [
      'floats and timestamps with a zone',
      `'2024-01-01 00:00:00+00'::timestamptz + to_hours(k) as timestamp, ${prices('float')}`,
    ],
    ['texts', `(${START} + k * ${HOUR})::varchar as time, ${prices('varchar')}`],
    ['wide decimals and nanoseconds', `(${START} + k * ${HOUR}) * 1000000 as t, ${prices('decimal(38,12)')}`],
  ])('%s', async (_, select) => {
    const columns = select.includes(' as t,') ? { openTime: 't' } : undefined
    await expectBars({ 'a.parquet': await parquet(select) }, columns)
  })

  test('its own export', async () => {
    const { bring, store, cwd } = await storeBeside({ 'a.csv': BARS })
    await bring('a.csv')
    await exportSeries(store, TEST, join(cwd, 'out.parquet'))
    const { first } = await expectBars({ 'a.parquet': readFileSync(join(cwd, 'out.parquet')) })
    expect(first.slice(6)).toEqual(EXTRAS)
  })

  test('a double is the decimal it stands for; one that stands for none of 8 places is refused', async () => {
    const double = (text: string) =>
      parquet(
        `${START} + k * ${HOUR} as time, 1e-5::double as open, 1::double as high, 1e-8::double as low, 0.5::double as close, ${text}::double as volume`,
      )
    // 0.1 + 0.2 and a sum beyond 2^53 units
    for (const [text, exact] of [
      ['0.30000000000000004', '0.30000000'],
      ['1234567890.1', '1234567890.10000000'],
      ['1e15', '1000000000000000.00000000'],
    ] as const) {
      const { bring, store, cwd } = await storeBeside({ 'a.parquet': await double(text) })
      await bring('a.parquet')
      await exportSeries(store, TEST, join(cwd, 'out.csv'))
      const row = readFileSync(join(cwd, 'out.csv'), 'utf8').split('\n')[1]!.split(',')
      expect(row.slice(1)).toEqual(['0.00001000', '1.00000000', '0.00000001', '0.50000000', exact])
    }
    const { bring, cwd } = await storeBeside({ 'a.parquet': await double('0.000000123') })
    await expect(bring('a.parquet')).rejects.toThrow(
      `${join(cwd, 'a.parquet')}, line 1: volume "1.23e-7" has more than 8 decimals`,
    )
  })

  test.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['cut off', (bytes) => bytes.subarray(0, 300), /truncated Parquet file; fetch it again/],
    ['spoilt inside', (bytes) => bytes.map((byte, k) => (k > 3 && k < bytes.length - 8 ? byte ^ 0x55 : byte)), /no readable Parquet file .*again/],
  ])('a file that is %s is named', async (_, spoil, message) => {
    const bytes = await parquet(`${START} + k * ${HOUR} as time, ${prices('double')}`)
    const { bring, cwd, store } = await storeBeside({ 'a.parquet': spoil(bytes) })
    await expect(bring('a.parquet')).rejects.toThrow(message)
    await expect(bring('a.parquet')).rejects.toThrow(join(cwd, 'a.parquet'))
    expect(await store.list()).toEqual([])
  }) // biome-ignore format: a table
})

describe('paths', () => {
  test('folders, globs and names give the same files in the same order', async () => {
    const { cwd, bring } = await storeBeside({
      'd/2024-01-02/x.csv': dump(START + 24 * HOUR, 24),
      'd/2024-01-01/x.csv': dump(START, 24),
      'd/notes.txt': 'not klines',
      'e/[1].csv': dump(START + 48 * HOUR, 24),
    })
    const { manifest } = await bring('d', 'd/*/*.csv', 'd/2024-01-02/x.csv', 'e/[1].csv')
    expect(manifest.rows).toBe(72)
    const sha256 = (name: string) =>
      createHash('sha256')
        .update(readFileSync(join(cwd, name)))
        .digest('hex')
    expect(manifest.sources.map((source) => source.sha256)).toEqual(
      ['e/[1].csv', 'd/2024-01-01/x.csv', 'd/2024-01-02/x.csv'].map(sha256),
    )
  })

  test.each<[string, string, RegExp]>([
    ['a file that is not there', 'no.csv', /"[^"]*no\.csv" does not exist/],
    ['a glob without a match', '*.nothing', /no file matches/],
    ['a folder without klines', 'empty', /has no zip, csv, csv\.gz or parquet file in it/],
    ['a zip with two files of klines', 'two.zip', /has 2 \.csv files inside \(a\.csv, b\.csv, …\).*unpack it/],
    ['a zip without klines', 'none.zip', /has no \.csv inside/],
    ['a zip that is cut off', 'cut.zip', /damaged or truncated zip .*fetch it again/],
    ['a zip with a wrong checksum', 'crc.zip', /damaged or truncated zip \(checksum of a\.csv does not match\)/],
    ['a text named .zip', 'text.zip', /named \.zip but is no zip archive/],
    ['an empty file', 'empty.csv', /is empty/],
    ['a picture', 'a.png', /is not comma-separated klines/],
    ['UTF-16', 'utf16.csv', /is not comma-separated klines/],
    ['semicolons', 'semicolons.csv', /is not comma-separated klines/],
    ['a header and no rows', 'header.csv', /no row of .* could be stored \(0 read/],
  ])('%s is named, and nothing is stored', async (_, name, message) => {
    const good = zipOf({ 'a.csv': BARS })
    const spoilt = Buffer.from(good)
    spoilt[spoilt.length - 22 - 46 - 5 + 16]! ^= 1
    const { cwd, bring, store } = await storeBeside({
      'two.zip': zipOf({ 'a.csv': dump(START, 2), 'b.csv': dump(START + 2 * HOUR, 2) }),
      'none.zip': zipOf({ 'a.txt': BARS }),
      'cut.zip': good.subarray(0, -30),
      'crc.zip': spoilt,
      'text.zip': BARS,
      'empty.csv': '',
      'a.png': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13),
      'utf16.csv': Buffer.from(`\uFEFF${BARS}`, 'utf16le'),
      'semicolons.csv': BARS.replaceAll(',', ';'),
      'header.csv': `${HEADER}\n`,
    })
    mkdirSync(join(cwd, 'empty'))
    const error = (await bring(name).catch((problem: Error) => problem)) as Error
    expect(error.message).toMatch(message)
    expect(error.message).toContain(join(cwd, name))
    expect(await store.list()).toEqual([])
  }) // biome-ignore format: a table
})
