import fs, { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { crc32, gunzipSync, inflateRawSync } from 'node:zlib'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { DataError, NotFoundError, UnreadableError } from './data-error.ts'
import { machineFault } from './machine-fault.ts'
import { sha256 } from './manifest.ts'

/** Files behind paths, folders and globs, sorted by name so that the result does not depend on the file system. */
export function expandPaths(paths: readonly string[]): string[] {
  const files = new Set<string>()
  for (const path of paths) {
    // a file may have brackets in its name
    const found = /[*?[{]/.test(path) && !existsSync(path) ? fs.globSync(path) : [path]
    if (found.length === 0) throw new NotFoundError(`no file matches "${path}"`)
    for (const one of found) for (const file of filesUnder(one)) files.add(file)
  }
  const key = (file: string) => `${basename(file)}\0${file}`
  return [...files].sort((a, b) => (key(a) < key(b) ? -1 : 1))
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
    .filter((file) => !statSync(file).isDirectory())
  if (inside.length === 0) throw new DataError(`"${path}" has no zip, csv, csv.gz or parquet file in it`)
  return inside
}

export interface SourceFile {
  readonly path: string
  /** Of the file as it is on disk, which is what exchanges publish checksums of. */
  readonly sha256: string
  readonly kind: 'csv' | 'parquet'
  /** Unpacked. */
  readonly bytes: Uint8Array
}

/**
 * Reads one file whole and unpacks it.
 * @throws UnreadableError where the file is bad; a plain DataError where it is this machine that cannot read it now
 */
export async function readSource(path: string): Promise<SourceFile> {
  try {
    return await unpackSource(path, readFileSync(path))
  } catch (error) {
    if (error instanceof DataError) throw error
    const { code } = error as { code?: string }
    // gone since it was listed: that is no file to be left out
    if (code === 'ENOENT')
      throw new NotFoundError(`"${path}" does not exist any more; it was there when the files were listed`)
    throw machineFault(path, error) ?? new UnreadableError(path, `cannot be read (${code ?? error})`)
  }
}

/** Unpacks the bytes of a file; its kind is told by the first of them, so a wrong ending is noticed. */
export async function unpackSource(path: string, raw: Buffer): Promise<SourceFile> {
  const name = basename(path)
  if (raw.length === 0) throw new UnreadableError(path, `is empty; fetch it again`)
  const hash = sha256(raw)
  const magic = raw.toString('latin1', 0, 4)
  if (/\.parquet$/i.test(name) && magic !== 'PAR1')
    throw new UnreadableError(
      path,
      `is named .parquet but begins with "${magic.replace(/[^\x20-\x7e]/g, '?')}", not PAR1: it is no Parquet file; give it the ending of what it is`,
    )
  if (magic === 'PAR1') {
    if (raw.toString('latin1', raw.length - 4) !== 'PAR1')
      throw new UnreadableError(path, `is a truncated Parquet file; fetch it again`)
    return { path, sha256: hash, kind: 'parquet', bytes: raw }
  }
  if (magic.startsWith('PK')) return { path, sha256: hash, kind: 'csv', bytes: await unzip(path, raw) }
  if (/\.zip$/i.test(name)) throw new UnreadableError(path, `is named .zip but is no zip archive; fetch it again`)
  if (raw[0] === 0x1f && raw[1] === 0x8b) {
    try {
      return { path, sha256: hash, kind: 'csv', bytes: gunzipSync(raw) }
    } catch (error) {
      throw (
        machineFault(path, error) ??
        new UnreadableError(path, `is a damaged gzip file (${(error as Error).message}); fetch it again`)
      )
    }
  }
  return { path, sha256: hash, kind: 'csv', bytes: raw }
}

/** The one CSV inside a dump's zip. */
function unzip(path: string, raw: Buffer): Promise<Uint8Array> {
  const damaged = (reason: string) =>
    new UnreadableError(path, `is a damaged or truncated zip (${reason}); fetch it again`)
  return new Promise((resolve, reject) => {
    fromBuffer(raw, { lazyEntries: true }, (error: Error | null, zip?: ZipFile) => {
      if (error || !zip) return reject(damaged(error?.message ?? 'unreadable'))
      const found: Entry[] = []
      zip.on('error', (problem: Error) => reject(damaged(problem.message)))
      zip.on('entry', (entry: Entry) => {
        if (/\.csv$/i.test(entry.fileName)) found.push(entry)
        zip.readEntry()
      })
      zip.on('end', () => {
        const [entry, another] = found
        if (entry === undefined) return reject(new UnreadableError(path, `has no .csv inside`))
        if (another !== undefined)
          return reject(
            new UnreadableError(
              path,
              `has ${found.length} .csv files inside (${entry.fileName}, ${another.fileName}, …), a dump has one; unpack it and import the files`,
            ),
          )
        try {
          resolve(inflate(raw, entry))
        } catch (problem) {
          reject(machineFault(path, problem) ?? damaged((problem as Error).message))
        }
      })
      zip.readEntry()
    })
  })
}

/** What an archive says it holds is not believed beyond this. */
const LARGEST_PIECE = 1 << 26

function inflate(raw: Buffer, entry: Entry): Uint8Array {
  // the local header repeats name and extra field; the data follow it (APPNOTE 4.3.7)
  const local = entry.relativeOffsetOfLocalHeader
  const start = local + 30 + raw.readUInt16LE(local + 26) + raw.readUInt16LE(local + 28)
  const packed = raw.subarray(start, start + entry.compressedSize)
  // unpacked in one piece: the pieces would have to be put together
  const chunkSize = Math.min(Math.max(entry.uncompressedSize + 1, 64), LARGEST_PIECE)
  const bytes = entry.compressionMethod === 0 ? packed : inflateRawSync(packed, { chunkSize })
  if (crc32(bytes) !== entry.crc32) throw new Error(`checksum of ${entry.fileName} does not match`)
  return bytes
}
