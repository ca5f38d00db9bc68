import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { tableFromIPC } from '@uwdata/flechette'
import { describe, expect, test } from 'vitest'
import { readRows } from '../../src/data/duckdb.ts'
import { exportSeries } from '../../src/data/index.ts'
import { command } from './command.ts'
import { dumpRow, HOUR, START, TEST, type Texts } from './klines.ts'
import { storeBeside } from './parquet-store.ts'

/** Twelve hours around the end of January; every price its own, to the last 1e-8. */
const FIRST = Date.UTC(2024, 0, 31, 18)
const TEXTS = Array.from(
  { length: 12 },
  (_, k): Texts => [
    `100.0000000${k % 10}`,
    `102.${String(k).padStart(8, '9')}`,
    `99.00000${String(k).padStart(3, '0')}`,
    '100.5' + '0'.repeat(7),
    `${k}.12345678`,
  ],
)
const ROWS = TEXTS.map((texts, k) => dumpRow(FIRST + k * HOUR, texts))
/** As exported: without close time, taker columns ahead of the trades, every decimal with its 8 places. */
const EXPORTED = TEXTS.map((texts, k) =>
  [FIRST + k * HOUR, ...texts, '1234.56789000', '6.17250000', '617.28394500', 42].join(','),
)
const HEADER = 'open_time,open,high,low,close,volume,quote_volume,taker_base,taker_quote,trades'

async function stored() {
  const made = await storeBeside({ 'a.csv': ROWS.join('\n') })
  await made.bring('a.csv')
  return { ...made, out: (name: string) => join(made.cwd, name) }
}

describe('an export is the text of the exchange', () => {
  test('as csv and csv.gz', async () => {
    const { store, out } = await stored()
    expect(await exportSeries(store, TEST, out('a.csv'))).toBe(12)
    expect(readFileSync(out('a.csv'), 'utf8')).toBe(`${[HEADER, ...EXPORTED].join('\n')}\n`)
    expect(await exportSeries(store, TEST, out('a.csv.gz'))).toBe(12)
    expect(gunzipSync(readFileSync(out('a.csv.gz'))).toString()).toBe(readFileSync(out('a.csv'), 'utf8'))
  })

  test('as Parquet, with exact decimals', async () => {
    const { store, out } = await stored()
    expect(await exportSeries(store, TEST, out('a.parquet'))).toBe(12)
    const rows = await readRows(`select columns(*)::varchar from read_parquet('${out('a.parquet')}')`)
    expect(rows.map((row) => Object.values(row).join(','))).toEqual(EXPORTED)
    const types = await readRows(`describe select * from read_parquet('${out('a.parquet')}')`)
    expect(types.map((row) => row['column_type'])).toEqual(['BIGINT', ...Array(8).fill('DECIMAL(18,8)'), 'BIGINT'])
  })

  test('bars only: an outage mark stays in the store, and what is imported from the file has none', async () => {
    // the exchange closed the third hour a minute early
    const early = ROWS[2]!.replace(`,${FIRST + 3 * HOUR - 1},`, `,${FIRST + 3 * HOUR - 60_001},`)
    const { bring, store, cwd } = await storeBeside({
      'a.csv': [...ROWS.slice(0, 2), early, ...ROWS.slice(3)].join('\n'),
    })
    expect((await bring('a.csv')).manifest.outages).toEqual([FIRST + 2 * HOUR])
    await exportSeries(store, TEST, join(cwd, 'b.csv'))
    const other = await storeBeside({ 'b.csv': readFileSync(join(cwd, 'b.csv')) })
    const { manifest } = await other.bring('b.csv')
    expect(manifest).toMatchObject({ rows: 12, outages: [] })
    expect((await store.manifest(TEST))!.outages).toEqual([FIRST + 2 * HOUR])
  })

  test('as Arrow, with the doubles that runs see', async () => {
    const { store, out } = await stored()
    expect(await exportSeries(store, TEST, out('a.arrow'))).toBe(12)
    const table = tableFromIPC(readFileSync(out('a.arrow')))
    expect(table.numRows).toBe(12)
    expect([...table.getChild('openTime')]).toEqual(TEXTS.map((_, k) => FIRST + k * HOUR))
    for (const [k, name] of ['open', 'high', 'low', 'close', 'volume'].entries())
      expect([...table.getChild(name)]).toEqual(TEXTS.map((texts) => Number(texts[k])))
  })

  test('of a range, beginning included and end not', async () => {
    const { store, out } = await stored()
    const range = { from: FIRST + 4 * HOUR, to: FIRST + 9 * HOUR }
    for (const ending of ['csv', 'csv.gz', 'parquet', 'arrow'])
      expect(await exportSeries(store, TEST, out(`r.${ending}`), range)).toBe(5)
    expect(readFileSync(out('r.csv'), 'utf8').trim().split('\n').slice(1)).toEqual(EXPORTED.slice(4, 9))
  })
})

describe('data export', () => {
  test('writes where it is told, says what, and leaves nothing else', async () => {
    const { cwd, store, out } = await stored()
    const exporting = (...more: string[]) => command(['data', 'export', 'binance:TESTUSDT:1h', ...more], store.dir)
    for (const name of ['x/a.csv', 'x/a.csv.gz', 'x/a.parquet', 'x/deep/a.arrow'].map(out))
      expect(await exporting('--out', name)).toEqual({
        code: 0,
        stderr: '',
        stdout: `${name}: 12 bars of binance:TESTUSDT:1h\n`,
      })
    expect(readdirSync(join(cwd, 'x')).sort()).toEqual(['a.csv', 'a.csv.gz', 'a.parquet', 'deep'])
    const { stdout } = await exporting('--out', out('y.csv'), '--from', '2024-02-01', '--json')
    expect(JSON.parse(stdout)).toEqual({ series: 'binance:TESTUSDT:1h', file: out('y.csv'), rows: 6 })
    // 6 hours of January and 6 of February
    expect(readFileSync(join(cwd, 'y.csv'), 'utf8')).toBe(`${[HEADER, ...EXPORTED.slice(6)].join('\n')}\n`)
  })

  test('of nothing, or to nowhere, is an error and no file', async () => {
    const { store, out, cwd } = await stored()
    const empty = { from: START - HOUR, to: START }
    await expect(exportSeries(store, TEST, out('x.csv'), empty)).rejects.toThrow(/no bars/)
    await expect(exportSeries(store, TEST, out('x.xlsx'))).rejects.toThrow(/use \.csv, \.csv\.gz, \.parquet, \.arrow/)
    mkdirSync(out('folder.csv'))
    for (const name of ['a.csv/x.parquet', 'a.csv/x.arrow', 'folder.csv'])
      await expect(exportSeries(store, TEST, out(name))).rejects.toThrow(
        /cannot be written, a file has the name of a folder/,
      )
    expect(readdirSync(cwd).sort()).toEqual(['a.csv', 'folder.csv', 'store'])
  })
})
