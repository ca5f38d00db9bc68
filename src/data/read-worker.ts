/**
 * What runs on each of the threads that `read-files.ts` starts: reads batches of files and hands their rows back. It must
 * never reach DuckDB, whose library takes the process down when a thread that uses it is ended.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Series } from '../core/series.ts'
import { DataError } from './data-error.ts'
import { type FileRead, type ReadOptions, readFile, readPath } from './read-file.ts'
import { type Columns, memoryOf, RowBuffer } from './rows.ts'
import { unpackSource } from './source-files.ts'

/** What a thread is told when it starts. */
export interface Brief {
  readonly series: Series
  readonly options: ReadOptions
}

export interface Batch {
  readonly paths: readonly string[]
  /** Read behind them: one that is not on disk. */
  readonly file?: RawFile
  /** Memory to use again. */
  readonly spare: Columns | undefined
}

export interface RawFile {
  readonly path: string
  readonly raw: Uint8Array
  /** What of it has ended is told by this, UTC ms. */
  readonly now: number
}

export interface Answer {
  readonly rows: Columns
  readonly reads: readonly FileRead[]
  /** Where the batch ended early: by an error of the file behind `reads`, or because that file is Parquet. */
  readonly end?: { readonly error: unknown; readonly isData: boolean } | 'parquet'
}

const { series, options } = workerData as Brief

async function answer({ paths, file, spare }: Batch): Promise<Answer> {
  const rows = spare === undefined ? new RowBuffer() : RowBuffer.in(spare)
  const reads: FileRead[] = []
  try {
    for (const path of paths) {
      const read = await readPath(path, rows, series, options, false)
      if (read === null) return { rows, reads, end: 'parquet' }
      reads.push(read)
    }
    if (file !== undefined) {
      const { buffer, byteOffset, byteLength } = file.raw
      const source = await unpackSource(file.path, Buffer.from(buffer, byteOffset, byteLength))
      if (source.kind === 'parquet') return { rows, reads, end: 'parquet' }
      reads.push(await readFile(source, rows, series, { ...options, now: file.now }))
    }
  } catch (error) {
    // the class of an error does not travel
    return { rows, reads, end: { error, isData: error instanceof DataError } }
  }
  return { rows, reads }
}

parentPort!.on('message', async (batch: Batch) => {
  const done = await answer(batch)
  parentPort!.postMessage(done, memoryOf(done.rows) as ArrayBuffer[])
})
