import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { DataError } from '../../data/data-error.ts'

/** Read at once, bytes. */
const CHUNK = 1 << 20
/** `<crc32, eight hex digits> ` ahead of the JSON. */
const HEAD = 9
const [NEWLINE, SPACE, PLUS] = [0x0a, 0x20, 0x2b]

/** What was cut off the end of a journal whose last record was not whole. */
export interface Cut {
  readonly line: number
  readonly bytes: number
}

/**
 * An append-only log with a checksum a line: `<crc32 hex> <json>\n`. What was flushed is on the disk, whatever happens to the process or
 * the power; a record that was being written then is cut off when the log is opened again. Of records that share an fsync all but the first
 * have a plus instead of the space, which counts in their checksum: the disk may have any pages of those, and none of them has acted.
 *
 * Once a write has failed nothing is written any more: whether a page that an fsync has given up is on the disk nobody can say
 * afterwards (https://wiki.postgresql.org/wiki/Fsync_Errors), and a record after a torn one would be lost with it.
 */
export class Journal {
  readonly file: string
  /** `null` where the last record was whole. */
  readonly cut: Cut | null
  readonly #handle: FileHandle
  #records: number
  /** Bytes that are on the disk. */
  #size: number
  #waiting: string[] = []
  /** Of what is written and not yet on its way to the disk, and of what is on its way. */
  #next: PromiseWithResolvers<void> | null = null
  #current: PromiseWithResolvers<void> | null = null
  #isCommitting = false
  #fault: unknown = null

  private constructor(file: string, handle: FileHandle, read: Read) {
    this.file = file
    this.#handle = handle
    this.#size = read.size
    this.#records = read.records
    this.cut = read.cut
  }

  /**
   * Opens a journal, or begins one, and tells every record it holds, oldest first.
   * @throws DataError that names file and line where one is damaged that has whole commits behind it
   */
  static async open(file: string, onRecord: (record: unknown, line: number) => void): Promise<Journal> {
    let handle: FileHandle | null = null
    try {
      handle = await openForAppend(file)
      const read = await readRecords(file, handle, onRecord)
      if (read.cut !== null) {
        await handle.truncate(read.size)
        await handle.sync()
      }
      return new Journal(file, handle, read)
    } catch (error) {
      await handle?.close()
      throw journalError(file, error)
    }
  }

  /**
   * Tells every whole record of a journal that another process may be writing, oldest first, and changes nothing.
   * @throws DataError as `open` does
   */
  static async read(file: string, onRecord: (record: unknown, line: number) => void): Promise<void> {
    let handle: FileHandle | null = null
    try {
      handle = await open(file, 'r')
      await readRecords(file, handle, onRecord)
    } catch (error) {
      throw journalError(file, error)
    } finally {
      await handle?.close()
    }
  }

  /** Records that it holds, those on their way to the disk included. */
  get records(): number {
    return this.#records
  }

  /** Takes a record, in the order of the calls; it is on the disk when the next `flush` has resolved. */
  write(record: object): void {
    this.#waiting.push(JSON.stringify(record))
    this.#records++
  }

  /**
   * Resolves when all that has been written is on the disk. Those who wait at the same time share an fsync.
   * @throws DataError where the disk is full or gives up
   */
  flush(): Promise<void> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    if (this.#waiting.length === 0) return this.#current?.promise ?? Promise.resolve()
    const commit = this.#next ?? Promise.withResolvers<void>()
    if (this.#next === null) {
      this.#next = commit
      // who waits will hear of it; who did not wait must not end the process
      commit.promise.catch(() => undefined)
      if (!this.#isCommitting) void this.#commit()
    }
    return commit.promise
  }

  /** What is written is flushed first, where that is still possible. */
  async close(): Promise<void> {
    try {
      if (this.#fault === null) await this.flush()
    } finally {
      await this.#handle.close()
    }
  }

  async #commit(): Promise<void> {
    this.#isCommitting = true
    // what is written in this very turn of the loop goes to the disk with it
    await null
    while (this.#next !== null) {
      this.#current = this.#next
      this.#next = null
      const bytes = Buffer.from(this.#waiting.map(lineOf).join(''))
      this.#waiting = []
      try {
        await writeAll(this.#handle, bytes)
        await this.#handle.datasync()
        this.#size += bytes.length
        this.#current.resolve()
      } catch (error) {
        await this.#fail(error)
      }
      this.#current = null
    }
    this.#isCommitting = false
  }

  async #fail(error: unknown): Promise<void> {
    this.#fault = journalError(this.file, error)
    try {
      // half a record would be cut off at the next start anyway; on a full disk this gives its room back at once
      await this.#handle.truncate(this.#size)
    } catch {
      // the disk is gone: what is there is judged when it is opened again
    }
    this.#current?.reject(this.#fault)
    this.#next?.reject(this.#fault)
    this.#next = null
  }
}

/** @param place among the records of a commit */
function lineOf(json: string, place: number): string {
  const sum = crc32(place === 0 ? json : `+${json}`)
  return `${sum.toString(16).padStart(8, '0')}${place === 0 ? ' ' : '+'}${json}\n`
}

async function openForAppend(file: string): Promise<FileHandle> {
  const handle = await open(file, 'a+')
  if ((await handle.stat()).size > 0) return handle
  // the name of a new file is on the disk when its folder is
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
  return handle
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done)).bytesWritten
}

interface Read {
  readonly records: number
  /** Bytes up to the end of the last whole record. */
  readonly size: number
  readonly cut: Cut | null
}

async function readRecords(
  file: string,
  handle: FileHandle,
  onRecord: (record: unknown, line: number) => void,
): Promise<Read> {
  let [line, size, at] = [0, 0, 0]
  let torn: number | null = null
  let rest = Buffer.alloc(0)
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, at)
    if (bytesRead === 0) break
    at += bytesRead
    const chunk = buffer.subarray(0, bytesRead)
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      line++
      if (!isWhole(bytes, start, end)) torn ??= line
      else if (torn === null) {
        onRecord(JSON.parse(bytes.toString('utf8', start + HEAD, end)), line)
        size += end + 1 - start
        // what follows of the same commit has not acted either
      } else if (bytes[start + HEAD - 1] !== PLUS)
        throw new DataError(
          `${file}: line ${torn} is damaged, and there are records after it: this is no end of a write, but a fault of the disk or an edit. Bring the file back from a copy, or begin a new session with --name`,
        )
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  const cut = at > size ? { line: torn ?? line + 1, bytes: at - size } : null
  return { records: cut === null ? line : cut.line - 1, size, cut }
}

function isWhole(bytes: Buffer, start: number, end: number): boolean {
  const mark = bytes[start + HEAD - 1]
  if (end - start <= HEAD || (mark !== SPACE && mark !== PLUS)) return false
  const sum = bytes.toString('latin1', start, start + HEAD - 1)
  const summed = bytes.subarray(start + HEAD - (mark === PLUS ? 1 : 0), end)
  return /^[0-9a-f]{8}$/.test(sum) && crc32(summed) === Number.parseInt(sum, 16)
}

function journalError(file: string, error: unknown): unknown {
  if (error instanceof DataError) return error
  const { code, message } = error as { code?: string; message: string }
  if (code === undefined) return error
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : `it cannot be written or read (${message})`
  return new DataError(
    `${file}: ${why}; nothing is acted on that is not written. What it holds is whole: the same command goes on from there`,
  )
}
