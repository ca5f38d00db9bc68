import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { Series } from '../core/series.ts'
import { DataError } from './data-error.ts'
import { type FileRead, type ReadOptions, readPath } from './read-file.ts'
import { READ_WORKER, ReadThreads } from './read-threads.ts'
import { type Columns, RowBuffer } from './rows.ts'

interface FilesOptions extends ReadOptions {
  readonly onProgress?: (done: number, total: number, file: string) => void
  readonly threads?: number
}

interface FilesRead {
  readonly rows: RowBuffer
  readonly reads: readonly FileRead[]
}

/** Starting threads costs a tenth of a second, as much as reading this much. */
const FEWEST_FILES = 16
const FEWEST_BYTES = 2_000_000
const MOST_THREADS = 4

/** What a thread is given at a time: enough that handing it over costs nothing, little enough that all end together. */
const BATCH_FILES = 16
const BATCH_BYTES = 1_000_000

/** Batches, for each thread, that are given out, or read and waiting for an earlier one: they take memory. */
const AHEAD = 3

/** Rows that room is made for on the word of the first files, which may be odd ones. */
const MOST_EXPECTED = 4_000_000

/**
 * Reads files into one buffer, in their order. Many of them are read on threads: rows, errors and everything else are
 * the same whatever their number, and the first bad file in the order is the one that is named.
 */
export async function readFiles(
  files: readonly string[],
  series: Series,
  options: FilesOptions,
  worker: URL = READ_WORKER,
): Promise<FilesRead> {
  const sizes = files.map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  const count = options.threads ?? threadsFor(files, sizes)
  if (count > 1 && !files.some((path) => /\.parquet$/i.test(path))) {
    const { onError, columns, now } = options
    const parts = partsOf(files, sizes)
    const threads = new ReadThreads(worker, { series, options: { onError, columns, now } }, count)
    try {
      const read = await readOn(threads, parts, AHEAD * count, options)
      if (read !== null) return read
    } finally {
      await threads.end()
    }
  }
  return readHere(files, sizes, series, options)
}

function threadsFor(files: readonly string[], sizes: readonly number[]): number {
  if (files.length < FEWEST_FILES || sum(sizes) < FEWEST_BYTES) return 1
  return Math.min(MOST_THREADS, availableParallelism())
}

async function readHere(
  files: readonly string[],
  sizes: readonly number[],
  series: Series,
  options: FilesOptions,
): Promise<FilesRead> {
  const rows = new RowBuffer()
  const reads: FileRead[] = []
  for (const [k, path] of files.entries()) {
    options.onProgress?.(k, files.length, basename(path))
    reads.push((await readPath(path, rows, series, options))!)
    if (k === 0) makeRoom(rows, sizes[0]!, sum(sizes))
  }
  return { rows, reads }
}

interface Part {
  readonly paths: string[]
  bytes: number
}

function partsOf(files: readonly string[], sizes: readonly number[]): readonly Part[] {
  const parts: Part[] = []
  for (const [k, path] of files.entries()) {
    const part = parts.at(-1)
    if (part === undefined || part.paths.length === BATCH_FILES || part.bytes + sizes[k]! > BATCH_BYTES)
      parts.push({ paths: [path], bytes: sizes[k]! })
    else {
      part.paths.push(path)
      part.bytes += sizes[k]!
    }
  }
  return parts
}

/** Makes room for all rows at once, as many as those of the first bytes lead one to expect. */
function makeRoom(rows: RowBuffer, read: number, all: number): void {
  const expected = 1.02 * rows.length * ((all - read) / Math.max(1, read))
  rows.reserve(Math.ceil(Math.min(expected, MOST_EXPECTED)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** `null` where a file turns out to be Parquet, which only the main thread reads. */
async function readOn(
  threads: ReadThreads,
  parts: readonly Part[],
  most: number,
  { onProgress }: FilesOptions,
): Promise<FilesRead | null> {
  const rows = new RowBuffer()
  const reads: FileRead[] = []
  const files = sum(parts.map(({ paths }) => paths.length))
  const asked: ReturnType<ReadThreads['read']>[] = []
  const spare: Columns[] = []
  for (const [k, { paths, bytes }] of parts.entries()) {
    onProgress?.(reads.length, files, basename(paths[0]!))
    while (asked.length < Math.min(parts.length, k + most))
      asked.push(threads.read({ paths: parts[asked.length]!.paths, spare: spare.pop() }))
    const answer = await asked[k]!
    if (answer.end === 'parquet') return null
    if (answer.end !== undefined)
      throw answer.end.isData ? new DataError((answer.end.error as Error).message) : answer.end.error
    const before = rows.length
    for (const read of answer.reads)
      reads.push({ ...read, index: read.index + rows.files.length, kept: read.kept.map((row) => row + before) })
    rows.append(answer.rows)
    spare.push(answer.rows)
    if (k === 0) makeRoom(rows, bytes, sum(parts.map((part) => part.bytes)))
  }
  return { rows, reads }
}
