import { basename } from 'node:path'
import { closeTimeOf } from '../core/interval.ts'
import { type Series, seriesName } from '../core/series.ts'
import { readCsv } from './csv.ts'
import { findLayout } from './csv-layout.ts'
import { DataError } from './data-error.ts'
import { withLock } from './lock.ts'
import type { SeriesManifest } from './manifest.ts'
import { type FileRead, merge } from './merge.ts'
import { readParquetRows } from './parquet-rows.ts'
import { type BadRow, RowBuffer } from './rows.ts'
import { expandPaths, readSource, type SourceFile } from './source-files.ts'
import type { Store } from './store.ts'
import { coarserInterval, findFault, timeText } from './validate.ts'

export interface ImportOptions {
  /** What to do with a bad row: stop (nothing is stored), leave the row out, or leave its whole file out. */
  readonly onError?: 'stop' | 'skip-rows' | 'skip-file'
  /** Field → header name or 1-based number, where the file's own names are not recognised. */
  readonly columns?: Readonly<Record<string, string>>
  /** UTC ms; bars that had not ended by then are unfinished. */
  readonly now: number
  /** How long to wait for another writer, ms. */
  readonly patience?: number
  readonly onProgress?: (done: number, total: number, file: string) => void
}

export interface ImportResult {
  readonly series: string
  readonly files: number
  /** Rows read from the files, and what became of them. */
  readonly read: number
  readonly added: number
  readonly duplicates: number
  readonly unfinished: number
  readonly outages: readonly number[]
  readonly skipped: readonly BadRow[]
  readonly skippedFiles: readonly string[]
  readonly manifest: SeriesManifest
}

/**
 * Reads files of klines into one series of the store. Nothing is stored unless every row is valid (or `onError` says
 * what to leave out, in which case it is listed); nothing is repaired. Importing the same file again changes nothing.
 * @throws DataError for bad input and for stores that cannot be written; the store is then as it was
 */
export async function importFiles(
  store: Store,
  paths: readonly string[],
  series: Series,
  options: ImportOptions,
): Promise<ImportResult> {
  const files = expandPaths(paths)
  const rows = new RowBuffer()
  const reads: FileRead[] = []
  for (const [k, path] of files.entries()) {
    options.onProgress?.(k, files.length, basename(path))
    checkName(path, series)
    reads.push(await readFile(await readSource(path), rows, series, options))
  }
  options.onProgress?.(files.length, files.length, '')
  const total = (count: (file: FileRead) => number) => reads.reduce((sum, file) => sum + count(file), 0)
  const counts = {
    series: seriesName(series),
    files: files.length,
    read: total((file) => file.read),
    unfinished: total((file) => file.unfinished),
    outages: reads.flatMap((file) => file.outages),
    skipped: reads.flatMap((file) => file.skipped),
    skippedFiles: reads.filter((file) => file.isLeftOut).map((file) => file.path),
  }
  if (total((file) => file.kept.length) === 0)
    throw new DataError(
      `${files.length === 1 ? files[0] : `${files.length} files`}: no row of ${counts.series} could be stored (${counts.read} read, ${counts.skipped.length} bad, ${counts.unfinished} unfinished${counts.skipped.length > 0 ? `; the first: ${faultText(counts.skipped[0]!)}` : ''}); nothing was changed`,
    )
  const merged = await withLock(store.dir, options.patience ?? 10_000, () => merge(store, series, rows, reads))
  return { ...counts, ...merged }
}

/** A dump's file name says what is in it; a wrong --as would mix two markets. */
function checkName(path: string, series: Series): void {
  const named = /^([A-Z0-9]{5,20})-(\d+[mhdwM])[-.]/.exec(basename(path))
  if (named === null) return
  const [, symbol, interval] = named
  // a dump of mark prices is named as its symbol's klines are
  if (symbol !== series.symbol.replace(/@mark$/, ''))
    throw new DataError(
      `${path}: the file's name says ${symbol}, --as says ${series.symbol}; correct --as, or rename the file if its name is wrong`,
    )
  if (interval !== series.interval)
    throw new DataError(
      `${path}: the file's name says ${interval}, --as says ${series.interval}; import it as ${series.venue}:${symbol}:${interval}`,
    )
}

/** Reads one file into the buffer and judges its rows. */
async function readFile(
  source: SourceFile,
  rows: RowBuffer,
  series: Series,
  options: ImportOptions,
): Promise<FileRead> {
  const { path } = source
  const first = rows.length
  const mode = options.onError ?? 'stop'
  const skipped: BadRow[] = []
  const onBad = (bad: BadRow) => {
    if (mode === 'stop')
      throw new DataError(
        `${faultText(bad)}. Nothing was stored; correct the file, or use --on-error skip-rows to leave such rows out.`,
      )
    skipped.push(bad)
  }
  const unreadable: BadRow[] = []
  const onUnreadable = (bad: BadRow) => void unreadable.push(bad)
  const read =
    source.kind === 'parquet'
      ? await readParquetRows(path, options.columns, rows, onUnreadable)
      : readCsv(path, source.bytes, findLayout(path, source.bytes, options.columns), rows, onUnreadable)
  const coarser = coarserInterval(rows, first, series.interval)
  if (coarser !== null)
    throw new DataError(
      `${path}: no two of its ${rows.length - first} rows are less than ${coarser} apart, --as says ${series.interval}; import it as ${series.venue}:${series.symbol}:${coarser}`,
    )
  const kept: number[] = []
  const outages: number[] = []
  let unfinished = 0
  let last = Number.NEGATIVE_INFINITY
  let seen: Set<number> | null = null
  for (let row = first; row < rows.length; row++) {
    // in the file's order, so that the first bad row is the one that stops the import
    while (unreadable.length > 0 && unreadable[0]!.row < rows.line[row]!) onBad(unreadable.shift()!)
    const fault = findFault(rows, row, series.interval, options.now)
    if (fault !== null) {
      onBad({ file: path, row: rows.line[row]!, ...fault })
      continue
    }
    const at = rows.openTime[row]!
    const end = closeTimeOf(at, series.interval)
    if (end > options.now) {
      unfinished++
      continue
    }
    // a row that jumps back is no disorder if it repeats one before it: overlapping files glued together
    if (at < last) {
      seen ??= new Set(kept.map((other) => rows.openTime[other]!))
      if (!seen.has(at)) {
        const value = `${at} (${timeText(at)})`
        const reason = `comes after ${timeText(last)}; rows must be oldest first`
        onBad({ file: path, row: rows.line[row]!, field: 'openTime', value, reason })
        continue
      }
    }
    seen?.add(at)
    last = Math.max(last, at)
    if (rows.closeTime[row]! < end) outages.push(at)
    kept.push(row)
  }
  for (const bad of unreadable) onBad(bad)
  const base = { path, sha256: source.sha256, index: rows.files.length - 1, read, skipped }
  return skipped.length > 0 && mode === 'skip-file'
    ? { ...base, kept: [], outages: [], unfinished: 0, isLeftOut: true }
    : { ...base, kept, outages, unfinished, isLeftOut: false }
}

function faultText({ file, row, field, value, reason }: BadRow): string {
  const what = field === 'row' ? `"${value}"` : `${field} ${value === '' ? '(empty)' : `"${value}"`}`
  return `${file}, line ${row}: ${what} ${reason}`
}
