import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { crc32, gunzipSync, inflateRawSync } from 'node:zlib'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { DataError, NotFoundError } from './data-error.ts'

/** Files behind paths, folders and globs, sorted by name so that the result does not depend on the file system. */
export function expandPaths(paths: readonly string[]): string[] {
  const files = new Set<string>()
  for (const path of paths) {
    const found = /[*?[{]/.test(path) ? globSync(path).sort() : [path]
    if (found.length === 0) throw new NotFoundError(`no file matches "${path}"`)
    for (const one of found) for (const file of filesUnder(one)) files.add(file)
  }
  return [...files].sort((a, b) => (basename(a) < basename(b) ? -1 : basename(a) > basename(b) ? 1 : 0))
}

const KLINE_FILE = /\.(zip|csv|csv\.gz|gz|parquet)$/i

function filesUnder(path: string): string[] {
  let stat: ReturnType<typeof statSync>
  try {
    stat = statSync(path)
  } catch {
    throw new NotFoundError(`"${path}" does not exist; give files, folders or globs of zips, csv, csv.gz or Parquet`)
  }
  if (!stat.isDirectory()) return [path]
  const inside = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => KLINE_FILE.test(name))
    .map((name) => join(path, name))
  if (inside.length === 0) throw new DataError(`"${path}" has no zip, csv, csv.gz or parquet file in it`)
  return inside
}

export interface SourceFile {
  readonly path: string
  /** Name inside the archive for zips, else the file's own. */
  readonly name: string
  readonly kind: 'csv' | 'parquet'
  readonly bytes: Uint8Array
}

/** Reads one file whole and unpacks it; its kind is told by its first bytes, so a wrong ending is noticed. */
export async function readSource(path: string): Promise<SourceFile> {
  let raw: Buffer
  try {
    raw = readFileSync(path)
  } catch (error) {
    throw new DataError(`${path}: cannot be read (${(error as { code?: string }).code ?? error})`)
  }
  const name = basename(path)
  if (raw.length === 0) throw new DataError(`${path}: is empty`)
  const magic = raw.toString('latin1', 0, 4)
  if (/\.parquet$/i.test(name) && magic !== 'PAR1')
    throw new DataError(
      `${path}: is named .parquet but begins with "${magic.replace(/[^\x20-\x7e]/g, '?')}", not PAR1; it is no Parquet file`,
    )
  if (magic === 'PAR1') {
    if (raw.toString('latin1', raw.length - 4) !== 'PAR1')
      throw new DataError(`${path}: is a truncated Parquet file; fetch it again`)
    return { path, name, kind: 'parquet', bytes: raw }
  }
  if (magic.startsWith('PK')) return { path, name, kind: 'csv', bytes: await unzip(path, raw) }
  if (/\.zip$/i.test(name)) throw new DataError(`${path}: is named .zip but is no zip archive; fetch it again`)
  if (raw[0] === 0x1f && raw[1] === 0x8b) {
    try {
      return { path, name, kind: 'csv', bytes: gunzipSync(raw) }
    } catch (error) {
      throw new DataError(`${path}: is a damaged gzip file (${(error as Error).message}); fetch it again`)
    }
  }
  return { path, name, kind: 'csv', bytes: raw }
}

/** The one CSV inside a dump's zip. */
function unzip(path: string, raw: Buffer): Promise<Uint8Array> {
  const damaged = (reason: string) =>
    new DataError(`${path}: is a damaged or truncated zip (${reason}); fetch it again`)
  return new Promise((resolve, reject) => {
    fromBuffer(raw, { lazyEntries: true }, (error: Error | null, zip?: ZipFile) => {
      if (error || !zip) return reject(damaged(error?.message ?? 'unreadable'))
      zip.on('error', (problem: Error) => reject(damaged(problem.message)))
      zip.on('end', () => reject(new DataError(`${path}: has no .csv inside`)))
      zip.on('entry', (entry: Entry) => {
        if (!entry.fileName.endsWith('.csv')) return zip.readEntry()
        // the local header repeats name and extra field; the data follow it (APPNOTE 4.3.7)
        const local = entry.relativeOffsetOfLocalHeader
        const start = local + 30 + raw.readUInt16LE(local + 26) + raw.readUInt16LE(local + 28)
        const packed = raw.subarray(start, start + entry.compressedSize)
        try {
          const bytes = entry.compressionMethod === 0 ? packed : inflateRawSync(packed)
          if (crc32(bytes) !== entry.crc32) return reject(damaged(`checksum of ${entry.fileName} does not match`))
          resolve(bytes)
        } catch (problem) {
          reject(damaged((problem as Error).message))
        }
      })
      zip.readEntry()
    })
  })
}
