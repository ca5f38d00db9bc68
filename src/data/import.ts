import { basename } from 'node:path'
import { closeTimeOf } from '../core/interval.ts'
import { type Series, seriesName } from '../core/series.ts'
import { findLayout, readCsv } from './csv.ts'
import { DataError } from './data-error.ts'
import { withLock } from './lock.ts'
import { readManifest, type SeriesManifest, seriesDir, sha256 } from './manifest.ts'
import { readParquetRows } from './parquet-rows.ts'
import { type BadRow, DECIMAL_FIELDS, RowBuffer } from './rows.ts'
import { expandPaths, readSource, type SourceFile } from './source-files.ts'
import type { Store } from './store.ts'
import { findFault, timeText } from './validate.ts'
import { commitRows, findGaps, monthOf, readMonths } from './write-series.ts'

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

interface Source {
  readonly name: string
  readonly sha256: string
  readonly rows: number
}

/** Everything read so far, and what was noticed. */
interface Gathered {
  rows: RowBuffer
  /** Rows kept, as indices into `rows`. */
  readonly kept: number[]
  readonly sources: Source[]
  readonly skipped: BadRow[]
  readonly skippedFiles: string[]
  readonly outages: number[]
  read: number
  unfinished: number
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
  const gathered: Gathered = {
    rows: new RowBuffer(),
    kept: [],
    sources: [],
    skipped: [],
    skippedFiles: [],
    outages: [],
    read: 0,
    unfinished: 0,
  }
  for (const [k, path] of files.entries()) {
    options.onProgress?.(k, files.length, basename(path))
    checkName(path, series)
    await gather(gathered, await readSource(path), series, options)
  }
  options.onProgress?.(files.length, files.length, '')
  if (gathered.kept.length === 0)
    throw new DataError(
      `${files.length === 1 ? files[0] : `${files.length} files`}: no row of ${seriesName(series)} could be stored (${gathered.read} read, ${gathered.skipped.length} skipped, ${gathered.unfinished} unfinished)`,
    )
  return withLock(store.dir, options.patience ?? 10_000, () => merge(store, series, gathered, files.length))
}

/** A dump's file name says what is in it; a wrong --as would mix two markets. */
function checkName(path: string, series: Series): void {
  const named = /^([A-Z0-9]{5,20})-(\d+[mhdwM])[-.]/.exec(basename(path))
  if (named === null) return
  const [, symbol, interval] = named
  if (symbol !== series.symbol)
    throw new DataError(
      `${path}: the file's name says ${symbol}, --as says ${series.symbol}; correct --as, or rename the file if its name is wrong`,
    )
  if (interval !== series.interval)
    throw new DataError(
      `${path}: the file's name says ${interval}, --as says ${series.interval}; import it as ${series.venue}:${symbol}:${interval}`,
    )
}

async function gather(all: Gathered, source: SourceFile, series: Series, options: ImportOptions): Promise<void> {
  const { rows } = all
  const first = rows.length
  const faults: BadRow[] = []
  const mode = options.onError ?? 'stop'
  const onBad = (bad: BadRow) => {
    if (mode === 'stop') throw badRowError(bad)
    faults.push(bad)
  }
  const keptBefore = all.kept.length
  const outagesBefore = all.outages.length
  const count =
    source.kind === 'parquet'
      ? await readParquetRows(source.path, options.columns, rows, onBad)
      : readCsv(source.path, source.bytes, findLayout(source.path, source.bytes, options.columns), rows, onBad)
  let last = Number.NEGATIVE_INFINITY
  for (let row = first; row < rows.length; row++) {
    const fault = findFault(rows, row, series.interval, options.now)
    if (fault !== null) {
      onBad({ file: source.path, row: rows.line[row]!, ...fault })
      continue
    }
    const at = rows.openTime[row]!
    const end = closeTimeOf(at, series.interval)
    if (end > options.now && row === rows.length - 1) {
      all.unfinished++
      continue
    }
    if (at < last && !isRepeated(rows, all.kept, at, row)) {
      onBad({
        file: source.path,
        row: rows.line[row]!,
        field: 'openTime',
        value: `${at} (${timeText(at)})`,
        reason: `comes after ${timeText(last)}: rows must be oldest first`,
      })
      continue
    }
    last = Math.max(last, at)
    if (rows.closeTime[row]! < end) all.outages.push(at)
    all.kept.push(row)
  }
  all.read += count
  all.skipped.push(...faults)
  if (faults.length > 0 && mode === 'skip-file') {
    all.kept.length = keptBefore
    all.outages.length = outagesBefore
    all.skippedFiles.push(source.path)
    return
  }
  all.sources.push({ name: basename(source.path), sha256: sha256(source.bytes), rows: count })
}

/** A row that jumps back in time is no disorder if it repeats one already read: overlapping files glued together. */
function isRepeated(rows: RowBuffer, kept: readonly number[], at: number, row: number): boolean {
  let low = 0
  let high = kept.length
  // kept rows of one file rise until the first repetition; a linear look back covers what comes after it
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows.openTime[kept[middle]!]! < at) low = middle + 1
    else high = middle
  }
  const found = kept[low]
  return (
    (found !== undefined && rows.openTime[found] === at && found !== row) || kept.some((k) => rows.openTime[k] === at)
  )
}

function badRowError(bad: BadRow): DataError {
  const what =
    bad.field === 'row' ? `"${bad.value}"` : `${bad.field} ${bad.value === '' ? '(empty)' : `"${bad.value}"`}`
  return new DataError(
    `${bad.file}, line ${bad.row}: ${what} ${bad.reason}. Nothing was stored; correct the file, or use --on-error skip-rows to leave such rows out.`,
  )
}

async function merge(store: Store, series: Series, all: Gathered, files: number): Promise<ImportResult> {
  const dir = seriesDir(store.dir, series)
  const old = readManifest(dir)
  const { rows, kept } = all
  const touched = new Set(kept.map((row) => monthOf(rows.openTime[row]!)))
  const before = rows.length
  await readMonths(
    dir,
    (old?.files ?? []).filter((file) => touched.has(file.month)),
    rows,
  )
  const stored = rows.length - before
  // stored rows first, so that among equals they stay
  const candidates = [...Array.from({ length: stored }, (_, k) => before + k), ...kept]
  candidates.sort((a, b) => rows.openTime[a]! - rows.openTime[b]!)
  const unique: number[] = []
  let duplicates = 0
  for (const row of candidates) {
    const previous = unique.at(-1)
    if (previous === undefined || rows.openTime[previous] !== rows.openTime[row]) unique.push(row)
    else if (rows.isSame(previous, row)) duplicates++
    else throw conflict(rows, previous, row)
  }
  const added = unique.length - stored
  const base = {
    series: seriesName(series),
    files,
    read: all.read,
    added,
    duplicates,
    unfinished: all.unfinished,
    outages: all.outages,
    skipped: all.skipped,
    skippedFiles: all.skippedFiles,
  }
  const isKnown = (source: Source) => old?.sources.some((known) => known.sha256 === source.sha256) ?? false
  if (old !== null && added === 0 && all.sources.every(isKnown)) return { ...base, manifest: old }
  const months = new Map<string, { rows: RowBuffer; order: number[] }>()
  for (const row of unique) {
    const month = monthOf(rows.openTime[row]!)
    const entry = months.get(month) ?? { rows, order: [] }
    entry.order.push(row)
    months.set(month, entry)
  }
  const manifest = await commitRows(store.dir, series, months, () => ({
    priceDecimals: Math.max(old?.priceDecimals ?? 0, priceDecimalsOf(rows, unique)),
    gaps: findGaps(mergedTimes(old, rows, unique), series.interval),
    outages: [...new Set([...(old?.outages ?? []), ...all.outages])].sort((a, b) => a - b),
    duplicates: (old?.duplicates ?? 0) + duplicates,
    unfinished: (old?.unfinished ?? 0) + all.unfinished,
    skipped: [...(old?.skipped ?? []), ...all.skipped.map((bad) => ({ ...bad, file: basename(bad.file) }))],
    sources: [...(old?.sources ?? []), ...all.sources.filter((source) => !isKnown(source))],
  }))
  return { ...base, manifest }
}

/**
 * The open times of the whole series: what the months that were not touched contribute is known from the old gaps, so
 * their files need not be read.
 */
function mergedTimes(old: SeriesManifest | null, rows: RowBuffer, unique: readonly number[]): number[] {
  const times = unique.map((row) => rows.openTime[row]!)
  if (old === null) return times
  const touched = new Set(times.map(monthOf))
  const series = old.series.split(':')[2] as Series['interval']
  for (const file of old.files) {
    if (touched.has(file.month)) continue
    const gaps = old.gaps.filter((gap) => gap.start >= file.from && gap.start < file.to)
    let gap = 0
    for (let at = file.from; at < file.to; at = closeTimeOf(at, series)) {
      while (gap < gaps.length && gaps[gap]!.end <= at) gap++
      if (gap >= gaps.length || at < gaps[gap]!.start) times.push(at)
    }
  }
  return times.sort((a, b) => a - b)
}

function conflict(rows: RowBuffer, a: number, b: number): DataError {
  const field = (['open', 'high', 'low', 'close', 'volume'] as const).find(
    (name) => rows.compare(name, a, name, b) !== 0,
  )!
  return new DataError(
    `two different rows for ${timeText(rows.openTime[a]!)}: ${rows.name(a)} row ${rows.line[a]} has ${field} ${rows.text(field, a)}, ${rows.name(b)} row ${rows.line[b]} has ${rows.text(field, b)}. Nothing was stored; find out which is right and leave the other out.`,
  )
}

/** Most decimals any price has. */
function priceDecimalsOf(rows: RowBuffer, order: readonly number[]): number {
  let most = 0
  let step = 100_000_000
  for (const field of DECIMAL_FIELDS.slice(0, 4)) {
    const { fraction } = rows.decimals[field]
    for (const row of order)
      while (most < 8 && fraction[row]! % step !== 0) {
        most++
        step /= 10
      }
  }
  return most
}
