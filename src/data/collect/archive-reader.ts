import type { Series } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { type FileRead, readFile } from '../read-file.ts'
import { READ_WORKER, ReadThreads } from '../read-threads.ts'
import type { RawFile } from '../read-worker.ts'
import { RowBuffer } from '../rows.ts'
import { unpackSource } from '../source-files.ts'

interface Read {
  readonly rows: RowBuffer
  readonly read: FileRead
}

const OPTIONS = { onError: 'skip-rows', now: 0 } as const

/**
 * Reads files of the archive, one at a time: on a thread, so that they are unpacked and judged while others are stored, or on this one.
 * The rows are the same.
 */
export class ArchiveReader {
  readonly #series: Series
  #threads: ReadThreads | null

  constructor(series: Series, isThreaded: boolean) {
    this.#series = series
    this.#threads = isThreaded ? new ReadThreads(READ_WORKER, { series, options: OPTIONS }, 1) : null
  }

  /**
   * @param rows as many as it may have
   * @throws DataError for a file that cannot be read
   */
  async read(file: RawFile, rows: number): Promise<Read> {
    if (this.#threads === null) return this.#readHere(file, rows)
    const memory = new RowBuffer(rows)
    const answer = await this.#threads.read({ paths: [], file, spare: memory }).catch(() => null)
    if (answer === null) {
      // no thread is to be had: it takes longer without
      await this.end()
      return this.#readHere(file, rows)
    }
    const { end, reads } = answer
    if (end === 'parquet') throw isParquet(file)
    if (end !== undefined) throw end.isData ? new DataError((end.error as Error).message) : end.error
    return { rows: RowBuffer.of(answer.rows), read: reads[0]! }
  }

  async end(): Promise<void> {
    const threads = this.#threads
    this.#threads = null
    await threads?.end()
  }

  async #readHere({ path, raw, now }: RawFile, count: number): Promise<Read> {
    const rows = new RowBuffer(count)
    const source = await unpackSource(path, Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength))
    if (source.kind !== 'csv') throw isParquet({ path })
    return { rows, read: await readFile(source, rows, this.#series, { ...OPTIONS, now }) }
  }
}

function isParquet({ path }: Pick<RawFile, 'path'>): DataError {
  return new DataError(`${path}: is no zip of a CSV but Parquet`)
}
