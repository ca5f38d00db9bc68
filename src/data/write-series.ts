import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Gap } from '../core/bar.ts'
import { barsBetween, closeTimeOf, type Interval } from '../core/interval.ts'
import { type Series, seriesName } from '../core/series.ts'
import { DataError } from './data-error.ts'
import { diskError, type OutColumn, quoted, readRows, writeParquet } from './duckdb.ts'
import {
  type MonthFile,
  readManifest,
  type SeriesManifest,
  seriesDir,
  sha256,
  syncFile,
  syncFolder,
  writeAtomic,
} from './manifest.ts'
import { DECIMAL_FIELDS, type DecimalField, type RowBuffer, SCALE, UNIT } from './rows.ts'

export const COLUMN_NAMES: Readonly<Record<DecimalField, string>> = {
  open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume',
  quoteVolume: 'quote_volume', takerBase: 'taker_base', takerQuote: 'taker_quote',
} // biome-ignore format: eight alike

export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7)
}

/** Gaps between consecutive open times on the interval's grid. */
export function findGaps(openTime: ArrayLike<number>, interval: Interval): Gap[] {
  const gaps: Gap[] = []
  for (let row = 1; row < openTime.length; row++) {
    const start = closeTimeOf(openTime[row - 1]!, interval)
    const end = openTime[row]!
    if (end > start) gaps.push({ start, end, bars: barsBetween(start, end, interval) })
  }
  return gaps
}

/**
 * Writes rows (sorted, unique, valid) as months of a series and commits them with a new manifest. Months that are not in
 * `months` keep their files. Returns the manifest; where nothing changed the old one stays as it is.
 */
export async function commitRows(
  store: string,
  series: Series,
  months: ReadonlyMap<string, { readonly rows: RowBuffer; readonly order: readonly number[] }>,
  facts: (files: readonly MonthFile[]) => Omit<SeriesManifest, 'format' | 'series' | 'rows' | 'from' | 'to' | 'files'>,
): Promise<SeriesManifest> {
  const dir = seriesDir(store, series)
  try {
    mkdirSync(dir, { recursive: true })
  } catch (error) {
    throw diskError(dir, error)
  }
  const old = readManifest(dir)
  const files = new Map((old?.files ?? []).map((file) => [file.month, file]))
  const written: string[] = []
  try {
    for (const [month, { rows, order }] of months) {
      const file = await writeMonth(dir, month, rows, order, series.interval)
      written.push(file.file)
      files.set(month, file)
    }
    const sorted = [...files.values()].sort((a, b) => (a.month < b.month ? -1 : 1))
    const manifest: SeriesManifest = {
      format: 1,
      series: seriesName(series),
      rows: sorted.reduce((sum, file) => sum + file.rows, 0),
      from: sorted[0]!.from,
      to: sorted.at(-1)!.to,
      ...facts(sorted),
      files: sorted,
    }
    syncFolder(dir)
    writeAtomic(join(dir, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
    removeStrays(dir, manifest)
    return manifest
  } catch (error) {
    for (const file of written)
      if (!old?.files.some((known) => known.file === file)) rmSync(join(dir, file), { force: true })
    throw diskError(dir, error)
  }
}

/** Files that no manifest names: left by a crash, or by the state before. */
function removeStrays(dir: string, manifest: SeriesManifest): void {
  const known = new Set(manifest.files.map((file) => file.file))
  for (const name of readdirSync(dir))
    if (/\.(parquet|tmp)$/.test(name) && !known.has(name)) rmSync(join(dir, name), { force: true })
}

async function writeMonth(
  dir: string,
  month: string,
  rows: RowBuffer,
  order: readonly number[],
  interval: Interval,
): Promise<MonthFile> {
  const temporary = join(dir, `${month}.${process.pid}.tmp`)
  try {
    await writeParquet(temporary, outColumns(rows, order))
    syncFile(temporary)
    const hash = sha256(readFileSync(temporary))
    const file = `${month}.${hash.slice(0, 12)}.parquet`
    renameSync(temporary, join(dir, file))
    const first = rows.openTime[order[0]!]!
    return {
      month,
      file,
      rows: order.length,
      from: first,
      to: closeTimeOf(rows.openTime[order.at(-1)!]!, interval),
      sha256: hash,
    }
  } catch (error) {
    rmSync(temporary, { force: true })
    throw diskError(dir, error)
  }
}

function outColumns(rows: RowBuffer, order: readonly number[]): OutColumn[] {
  const n = order.length
  const ints = (values: Float64Array) => integersOf(values, order)
  const columns: OutColumn[] = [{ name: 'open_time', kind: 'int', values: ints(rows.openTime) }]
  for (const field of DECIMAL_FIELDS) {
    if (field !== 'open' && field in rows.has && !rows.has[field as keyof typeof rows.has]) continue
    columns.push({ name: COLUMN_NAMES[field], kind: 'int', scale: SCALE, values: unitsOf(rows, field, order, n) })
  }
  if (rows.has.trades) columns.push({ name: 'trades', kind: 'int', values: ints(rows.trades) })
  return columns
}

const LOW = 0x1_0000_0000

function integersOf(column: Float64Array, order: readonly number[]): BigInt64Array {
  const values = new BigInt64Array(order.length)
  const halves = new Uint32Array(values.buffer)
  for (let k = 0; k < order.length; k++) {
    const value = column[order[k]!]!
    halves[2 * k] = value % LOW
    halves[2 * k + 1] = value / LOW
  }
  return values
}

/** Exact 1e-8 units as 64-bit integers; written as two halves, since making a BigInt a value costs ten times as much. */
function unitsOf(rows: RowBuffer, field: DecimalField, order: readonly number[], n: number): BigInt64Array {
  const { whole, fraction } = rows.decimals[field]
  const values = new BigInt64Array(n)
  const halves = new Uint32Array(values.buffer)
  for (let k = 0; k < n; k++) {
    const row = order[k]!
    const w = whole[row]!
    if (w < 90_000_000) {
      const units = w * UNIT + fraction[row]!
      halves[2 * k] = units % LOW
      halves[2 * k + 1] = units / LOW
    } else if (w < 9_999_999_999) values[k] = BigInt(w) * BigInt(UNIT) + BigInt(fraction[row]!)
    else
      throw new DataError(
        `${rows.name(row)}, row ${rows.line[row]}: ${field} ${rows.text(field, row)} is beyond the store's 18 digits; leave the column out with --columns, or scale it`,
      )
  }
  return values
}

/** Reads stored months back into a buffer, exactly, so that new rows can be merged with them. */
export async function readMonths(dir: string, files: readonly MonthFile[], into: RowBuffer): Promise<void> {
  for (const { file, month } of files) {
    const path = join(dir, file)
    if (!existsSync(path))
      throw new DataError(
        `${path}: the manifest names it but it is missing; restore it or import the month again into an empty store`,
      )
    const index = into.files.push(`stored ${month}`) - 1
    const described = await readRows(`describe select * from read_parquet(${quoted(path)})`)
    const names = new Set(described.map((row) => String(row['column_name'])))
    for (const field of ['quoteVolume', 'takerBase', 'takerQuote'] as const)
      if (!names.has(COLUMN_NAMES[field])) into.has[field] = false
    if (!names.has('trades')) into.has.trades = false
    const stored = DECIMAL_FIELDS.filter((field) => names.has(COLUMN_NAMES[field]))
    const rows = await readRows(
      `select open_time::varchar as t, ${stored.map((f) => `${COLUMN_NAMES[f]}::varchar as ${f}`).join(', ')}${names.has('trades') ? ', trades::varchar as trades' : ''} from read_parquet(${quoted(path)})`,
    )
    rows.forEach((row, k) => {
      into.reserve()
      const at = into.length++
      into.openTime[at] = Number(row['t'])
      into.closeTime[at] = Number.NaN
      into.line[at] = k + 1
      into.file[at] = index
      if (names.has('trades')) into.trades[at] = Number(row['trades'])
      for (const field of stored) {
        const [whole, fraction = ''] = String(row[field]).split('.')
        into.decimals[field].whole[at] = Number(whole)
        into.decimals[field].fraction[at] = Number(fraction.padEnd(SCALE, '0'))
      }
    })
  }
}
