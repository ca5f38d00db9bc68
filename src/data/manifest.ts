import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Gap } from '../core/bar.ts'
import type { Series } from '../core/series.ts'
import { DataError } from './data-error.ts'
import { diskError } from './duckdb.ts'
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

/** What the store knows of one series; its rename is the moment an import takes effect. */
export interface SeriesManifest {
  readonly format: 1
  readonly series: string
  readonly rows: number
  /** Open time of the first and close time of the last bar, UTC ms. */
  readonly from: number
  readonly to: number
  readonly priceDecimals: number
  readonly files: readonly MonthFile[]
  readonly sources: readonly { readonly name: string; readonly sha256: string; readonly rows: number }[]
  readonly gaps: readonly Gap[]
  /** Open times of bars that the exchange closed early. */
  readonly outages: readonly number[]
  /** Identical rows that came twice and were stored once. */
  readonly duplicates: number
  /** Bars left out because they had not ended when they were imported. */
  readonly unfinished: number
  readonly skipped: readonly BadRow[]
}

export function seriesDir(store: string, series: Series): string {
  return join(store, series.venue, series.symbol, series.interval)
}

export function readManifest(dir: string): SeriesManifest | null {
  const file = join(dir, 'manifest.json')
  if (!existsSync(file)) return null
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SeriesManifest
  } catch (error) {
    throw new DataError(
      `${file}: is not a manifest (${(error as Error).message}); restore it, or delete the folder and import again`,
    )
  }
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Write, fsync, rename, fsync the folder: after a crash there is the old file or the new one, never half of one. */
export function writeAtomic(file: string, content: Uint8Array | string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(file), { recursive: true })
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
    rmSync(temporary, { force: true })
    throw diskError(file, error)
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
