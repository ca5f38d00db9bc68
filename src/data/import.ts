import { type Series, seriesName } from '../core/series.ts'
import { changeSeries } from './change-store.ts'
import { foldLeft } from './collect/tail.ts'
import { DataError } from './data-error.ts'
import type { SeriesManifest } from './manifest.ts'
import { merge, outagesWith } from './merge.ts'
import { type FileRead, faultText, type ReadOptions } from './read-file.ts'
import { readFiles } from './read-files.ts'
import { type BadRow, WHOLE_FILE } from './rows.ts'
import { expandPaths } from './source-files.ts'
import type { Store } from './store.ts'

export interface ImportOptions extends ReadOptions {
  /** How long to wait for another writer, ms. */
  readonly patience?: number
  readonly onProgress?: (done: number, total: number, file: string) => void
  /** Threads to read the files on, 1 for none beside this one; by itself as many as pay. The result is the same. */
  readonly threads?: number
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
  /** Bad rows, and files that cannot be read. */
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
  const { rows, reads } = await readFiles(files, series, options)
  options.onProgress?.(files.length, files.length, '')
  const total = (count: (file: FileRead) => number) => reads.reduce((sum, file) => sum + count(file), 0)
  const counts = {
    series: seriesName(series),
    files: files.length,
    read: total((file) => file.read),
    unfinished: total((file) => file.unfinished),
    // a file that overlaps itself has them twice
    outages: outagesWith(
      null,
      reads.flatMap((file) => file.outages),
    ),
    skipped: reads.flatMap((file) => file.skipped),
    skippedFiles: reads.filter((file) => file.isLeftOut).map((file) => file.path),
  }
  const unreadable = counts.skipped.filter(({ field }) => field === WHOLE_FILE).length
  if (total((file) => file.kept.length) === 0)
    throw new DataError(
      `${files.length === 1 ? files[0] : `${files.length} files`}: no row of ${counts.series} could be stored (${counts.read} read, ${counts.skipped.length - unreadable} bad, ${counts.unfinished} unfinished${unreadable > 0 ? `, ${unreadable} of the files unreadable` : ''}${counts.skipped.length > 0 ? `; the first: ${faultText(counts.skipped[0]!)}` : ''}); nothing was changed`,
    )
  // what a stream heard and left is older than what somebody imports now
  await foldLeft(store, series)
  const merged = await changeSeries(store, series, options.patience ?? 10_000, (at) => merge(at, series, rows, reads))
  return { ...counts, ...merged }
}
