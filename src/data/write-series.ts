import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Series, seriesName } from '../core/series.ts'
import { diskError } from './duckdb.ts'
import { makeFolder } from './make-folder.ts'
import { type MonthFile, readManifest, type SeriesManifest, seriesDir, syncFolder, writeAtomic } from './manifest.ts'
import { writeMonth } from './month-file.ts'
import type { RowBuffer } from './rows.ts'

/** Sorted rows of a buffer cut at the beginnings of months, UTC. */
export function byMonth(rows: RowBuffer, order: Uint32Array): Map<string, Uint32Array> {
  const months = new Map<string, Uint32Array>()
  for (let from = 0; from < order.length; ) {
    const first = new Date(rows.openTime[order[from]!]!)
    const next = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1)
    let to = from + 1
    while (to < order.length && rows.openTime[order[to]!]! < next) to++
    months.set(first.toISOString().slice(0, 7), order.subarray(from, to))
    from = to
  }
  return months
}

/** What a manifest says beyond what its files say. */
export type Facts = Omit<SeriesManifest, 'format' | 'series' | 'rows' | 'from' | 'to' | 'files'>

/**
 * Writes rows (sorted, unique, valid) as months of a series and commits them with a new manifest, whose rename is the
 * moment at which everything takes effect. Of the months stored before, those in `kept` stay as they are.
 */
export async function commitRows(
  store: string,
  series: Series,
  rows: RowBuffer,
  months: ReadonlyMap<string, Uint32Array>,
  kept: readonly MonthFile[],
  facts: Facts,
): Promise<SeriesManifest> {
  const dir = seriesDir(store, series)
  const written: MonthFile[] = []
  try {
    makeFolder(dir)
    const waiting = [...months]
    const write = async () => {
      try {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
          written.push(await writeMonth(dir, next[0], rows, next[1], series.interval))
      } catch (error) {
        waiting.length = 0
        throw error
      }
    }
    // one month is compressed on a thread of DuckDB's while the columns of another are put together
    const failed = (await Promise.allSettled([write(), write()])).find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    const files = [...kept, ...written].sort((a, b) => (a.month < b.month ? -1 : 1))
    // of a market that has no bars (yet) there are holes only
    const nowhere = facts.holes?.[0]?.start
    const manifest: SeriesManifest = {
      format: 1,
      series: seriesName(series),
      rows: files.reduce((sum, file) => sum + file.rows, 0),
      from: files[0]?.from ?? nowhere!,
      to: files.at(-1)?.to ?? nowhere!,
      ...facts,
      files,
    }
    syncFolder(dir)
    writeAtomic(join(dir, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
    removeStrays(dir)
    return manifest
  } catch (error) {
    removeStrays(dir)
    removeEmpty(dir, store)
    throw diskError(dir, error)
  }
}

/** The names that month files and unfinished files of ours have. */
const OURS = /^\d{4}-\d\d\.[0-9a-f]{12}\.parquet$|\.\d+\.tmp$/

/** Files that the manifest in force does not name: left by a crash, by a failure, or by the state before. */
export function removeStrays(dir: string): void {
  try {
    const known = new Set(readManifest(dir)?.files.map((file) => file.file))
    for (const name of readdirSync(dir))
      if (OURS.test(name) && !known.has(name)) rmSync(join(dir, name), { force: true })
  } catch {
    // strays do no harm, and the next import tries again
  }
}

/** Folders made for a series that then could not be written. */
function removeEmpty(dir: string, store: string): void {
  try {
    for (let at = dir; at !== store && at !== dirname(at); at = dirname(at)) rmdirSync(at)
  } catch {
    // not empty: it was there before
  }
}
