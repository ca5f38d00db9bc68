import { basename } from 'node:path'
import { closeTimeOf } from '../core/interval.ts'
import type { Series } from '../core/series.ts'
import { readCsv } from './csv.ts'
import { findLayout } from './csv-layout.ts'
import { DataError, UnreadableError } from './data-error.ts'
import { sha256 } from './manifest.ts'
import { readParquetRows } from './parquet-rows.ts'
import { type BadRow, type RowBuffer, WHOLE_FILE } from './rows.ts'
import { readSource, type SourceFile } from './source-files.ts'
import { coarserInterval, findFault, timeText } from './validate.ts'

export interface ReadOptions {
  /** What to do with a bad row: stop (nothing is stored), leave the row out, or leave its whole file out. */
  readonly onError?: 'stop' | 'skip-rows' | 'skip-file'
  /** Field → header name or 1-based number, where the file's own names are not recognised. */
  readonly columns?: Readonly<Record<string, string>>
  /** UTC ms; bars that had not ended by then are unfinished. */
  readonly now: number
}

/** One file, read and judged. */
export interface FileRead {
  readonly path: string
  readonly sha256: string
  /** Which of the buffer's files it is. */
  readonly index: number
  /** Rows it had, and what became of them. */
  readonly read: number
  /** Rows of the buffer, in the file's order. */
  readonly kept: Uint32Array
  readonly skipped: readonly BadRow[]
  readonly unfinished: number
  /** Open times of bars whose close time came early. */
  readonly outages: readonly number[]
  /** True where a bad row left the whole file out, or the file could not be read. */
  readonly isLeftOut: boolean
}

/**
 * Opens a file, reads it into the buffer and judges it. Where bad files are to be left out one that cannot be read is, too.
 * @returns `null` for a Parquet file where those are not to be read
 * @throws DataError for a file that is another series by its name, and as `readFile`
 */
export async function readPath(
  path: string,
  into: RowBuffer,
  series: Series,
  options: ReadOptions,
  isParquetRead = true,
): Promise<FileRead | null> {
  checkName(path, series)
  try {
    const source = await readSource(path)
    if (source.kind === 'parquet' && !isParquetRead) return null
    return await readFile(source, into, series, options)
  } catch (error) {
    if (!(error instanceof UnreadableError) || options.onError !== 'skip-file') throw error
    return unreadable(error, path, into)
  }
}

function unreadable({ reason }: UnreadableError, path: string, into: RowBuffer): FileRead {
  return {
    path,
    // of its bytes nothing may be known; as no source it is listed by none
    sha256: sha256(path),
    index: into.files.push(path) - 1,
    read: 0,
    kept: new Uint32Array(0),
    skipped: [{ file: path, row: 0, field: WHOLE_FILE, value: '', reason }],
    unfinished: 0,
    outages: [],
    isLeftOut: true,
  }
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

/**
 * Reads one file into the buffer and judges its rows, by nothing but the file itself: what is in the buffer already, and
 * on which thread this is done, makes no difference.
 * @throws DataError for a file that cannot be read, and for the first bad row where nothing else is to be done with it
 */
export async function readFile(
  source: SourceFile,
  into: RowBuffer,
  series: Series,
  options: ReadOptions,
): Promise<FileRead> {
  const { path } = source
  const first = into.length
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
      ? await readParquetRows(path, options.columns, into, onUnreadable)
      : readCsv(path, source.bytes, findLayout(path, source.bytes, options.columns), into, onUnreadable)
  const rows = into.since(first)
  const coarser = coarserInterval(rows, 0, series.interval)
  if (coarser !== null)
    throw new DataError(
      `${path}: no two of its ${rows.length} rows are less than ${coarser} apart, --as says ${series.interval}; import it as ${series.venue}:${series.symbol}:${coarser}`,
    )
  const kept = new Uint32Array(rows.length)
  let count = 0
  const outages: number[] = []
  let unfinished = 0
  let last = Number.NEGATIVE_INFINITY
  let seen: Set<number> | null = null
  for (let row = 0; row < rows.length; row++) {
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
      seen ??= new Set(Array.from(kept.subarray(0, count), (other) => into.openTime[other]!))
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
    kept[count++] = first + row
  }
  for (const bad of unreadable) onBad(bad)
  const isLeftOut = skipped.length > 0 && mode === 'skip-file'
  return {
    path,
    sha256: source.sha256,
    index: into.files.length - 1,
    read,
    kept: kept.slice(0, isLeftOut ? 0 : count),
    skipped,
    unfinished: isLeftOut ? 0 : unfinished,
    outages: isLeftOut ? [] : outages,
    isLeftOut,
  }
}

export function faultText({ file, row, field, value, reason }: BadRow): string {
  if (field === WHOLE_FILE) return `${file}: ${reason}`
  const what = field === 'row' ? `"${value}"` : `${field} ${value === '' ? '(empty)' : `"${value}"`}`
  return `${file}, line ${row}: ${what} ${reason}`
}
