import { createHash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Gap } from '../core/bar.ts'
import type { Series } from '../core/series.ts'
import type { Hole, Revision } from './collect/hole.ts'
import { DataError } from './data-error.ts'
import { diskError } from './duckdb.ts'
import { makeFolder } from './make-folder.ts'
import type { BadRow } from './rows.ts'

/** One month of a series: its file is named by its content, so a new state never touches the old one's files. */
export interface MonthFile {
  readonly month: string
  readonly file: string
  readonly rows: number
  readonly from: number
  readonly to: number
  readonly sha256: string
}

/** Who said bars, and which: a host, or a stream. */
export interface Origin {
  readonly origin: string
  /** Open time of the first and close time of the last bar that it added or revised, UTC ms, and how many those are. */
  readonly from: number
  readonly to: number
  readonly rows: number
  /** When it said the newest word of them, UTC ms; absent where an older version stored them. */
  readonly at?: number
}

/** What only series that were collected from a venue have; absent where there is nothing of it. */
interface Collected {
  /** Stretches that were asked for and have no bars of the venue's, in order; also where bars were made. */
  readonly holes?: readonly Hole[]
  /** Bars that were made: flat at the last close, without volume. */
  readonly made?: readonly Gap[]
  /** The newest bars that a venue stated otherwise later, oldest first, and how many such there were in all. */
  readonly revised?: readonly Revision[]
  readonly revisions?: number
  readonly origins?: readonly Origin[]
}

/** What the store knows of one series; its rename is the moment an import takes effect. */
export interface SeriesManifest extends Collected {
  readonly format: 1
  readonly series: string
  readonly rows: number
  /** Open time of the first and close time of the last bar, UTC ms; where there are none, what has been asked for begins there. */
  readonly from: number
  readonly to: number
  readonly priceDecimals: number
  readonly files: readonly MonthFile[]
  /** Files imported, each once, by the sha256 of the file as it came. */
  readonly sources: readonly { readonly name: string; readonly sha256: string; readonly rows: number }[]
  readonly gaps: readonly Gap[]
  /** Open times of bars that the exchange closed early. */
  readonly outages: readonly number[]
  /** Identical rows that came twice and were stored once. */
  readonly duplicates: number
  /** Bars left out because they had not ended when they were imported. */
  readonly unfinished: number
  /** Rows left out at imports, and files that could not be read. */
  readonly skipped: readonly BadRow[]
}

const KEYS = [
  'series', 'rows', 'from', 'to', 'priceDecimals', 'files', 'sources', 'gaps', 'outages', 'duplicates', 'unfinished', 'skipped',
] as const satisfies readonly (keyof SeriesManifest)[] // biome-ignore format: a list of words

export function seriesDir(store: string, series: Series): string {
  // 1m and 1M are one folder where file names know no case
  return join(store, series.venue, series.symbol, series.interval === '1M' ? '1mo' : series.interval)
}

/** The name of the series in a folder of a store. */
export function seriesIn(folder: string): string {
  const [venue, symbol, interval] = folder.split(/[\\/]/)
  return `${venue}:${symbol}:${interval === '1mo' ? '1M' : interval}`
}

export function readManifest(dir: string): SeriesManifest | null {
  const file = join(dir, 'manifest.json')
  if (!existsSync(file)) return null
  const wrong = (reason: string) =>
    new DataError(`${file}: is not a manifest (${reason}); restore it, or delete the folder and import again`)
  let json: Partial<SeriesManifest> | null
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as typeof json
  } catch (error) {
    throw wrong((error as Error).message)
  }
  if (json?.format !== 1) throw wrong(`its format is ${JSON.stringify(json?.format)}, this version reads 1`)
  const missing = KEYS.find((key) => json[key] === undefined)
  if (missing !== undefined) throw wrong(`it has no "${missing}"`)
  return json as SeriesManifest
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Write, fsync, rename, fsync the folder: after a crash there is the old file or the new one, never half of one. */
export function writeAtomic(file: string, content: Uint8Array | string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    makeFolder(dirname(file))
    const handle = openSync(temporary, 'w')
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, file)
    syncFolder(dirname(file))
  } catch (error) {
    discard(temporary)
    throw diskError(file, error)
  }
}

/** Takes away what was left half done; that this fails too is no news. */
export function discard(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // the error that led here says it
  }
}

export function syncFolder(dir: string): void {
  const handle = openSync(dir, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

export function syncFile(file: string): void {
  syncFolder(file)
}
