import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { DataError } from './data-error.ts'

let instance: Promise<DuckDBInstance> | undefined

/**
 * Lends a connection to the one in-memory DuckDB of this process, which is opened when first needed: loading the native
 * library costs time. A connection does one thing at a time, and a second query on it would end the first one early.
 */
async function connected<T>(work: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  instance ??= import('@duckdb/node-api').then(({ DuckDBInstance }) =>
    DuckDBInstance.create(':memory:', { preserve_insertion_order: 'true' }),
  )
  const db = await (await instance).connect()
  try {
    return await work(db)
  } finally {
    db.closeSync()
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Runs SQL that returns only DOUBLE columns and hands them back as Float64Arrays, without a row object in between. */
export function readDoubles(sql: string, width: number, expected: number): Promise<Float64Array[]> {
  return connected(async (db) => {
    const result = await db.stream(sql)
    let columns = Array.from({ length: width }, () => new Float64Array(expected))
    let count = 0
    for (;;) {
      const chunk = await result.fetchChunk()
      if (!chunk || chunk.rowCount === 0) break
      const rows = chunk.rowCount
      if (count + rows > columns[0]!.length)
        columns = columns.map((column) => {
          const larger = new Float64Array(Math.max(count + rows, column.length * 2))
          larger.set(column)
          return larger
        })
      for (let k = 0; k < width; k++) copyDoubles(chunk.getColumnVector(k), columns[k]!, count, rows)
      count += rows
    }
    return columns.map((column) => column.subarray(0, count))
  })
}

function copyDoubles(vector: unknown, into: Float64Array, offset: number, rows: number): void {
  const { items } = vector as { items?: unknown }
  if (items instanceof Float64Array) into.set(items.subarray(0, rows), offset)
  else {
    const slow = vector as { getItem(k: number): number | null }
    for (let k = 0; k < rows; k++) into[offset + k] = slow.getItem(k) ?? Number.NaN
  }
}

/** Rows of small results as plain objects. */
export function readRows(sql: string): Promise<Record<string, unknown>[]> {
  return connected(async (db) => (await db.runAndReadAll(sql)).getRowObjects() as Record<string, unknown>[])
}

export function run(sql: string): Promise<void> {
  return connected(async (db) => void (await db.run(sql)))
}

/** Stands for "not known" among the whole numbers of a column; written as null. */
export const UNKNOWN = -(2n ** 63n)

/** A column to be written: whole numbers, shown as decimals with `scale` places, or doubles. */
export type OutColumn =
  | {
      readonly name: string
      readonly kind: 'int'
      readonly values: BigInt64Array
      readonly scale?: number
      /** Whether none of the values is `UNKNOWN`, which then is not looked for. */
      readonly isKnown?: boolean
      /** Whole parts, where 18 digits do not hold some value in one piece; `values` are then the fractions. */
      readonly whole?: BigInt64Array
    }
  | { readonly name: string; readonly kind: 'double'; readonly values: Float64Array }

/** Writes columns of equal length as one zstd Parquet file; the same columns give the same bytes. */
export async function writeParquet(file: string, columns: readonly OutColumn[]): Promise<void> {
  const { finished } = await beginParquet(file, columns)
  await finished
}

/**
 * The same for somebody who has other work meanwhile: hands the columns over, and `finished` when DuckDB, on threads of
 * its own, has compressed and written them.
 */
export async function beginParquet(
  file: string,
  columns: readonly OutColumn[],
): Promise<{ readonly finished: Promise<void> }> {
  const begun = Promise.withResolvers<void>()
  const finished = connected((db) => writeOn(db, file, columns, begun.resolve)).catch((error: unknown) => {
    throw diskError(file, error)
  })
  await Promise.race([begun.promise, finished])
  return { finished }
}

async function writeOn(
  db: DuckDBConnection,
  file: string,
  columns: readonly OutColumn[],
  onBegun: () => void,
): Promise<void> {
  const { BIGINT, DECIMAL, DOUBLE, DuckDBDataChunk } = await import('@duckdb/node-api')
  const typeOf = (column: OutColumn) => {
    if (column.kind === 'double') return DOUBLE
    return isAsStored(column) ? DECIMAL(DIGITS, column.scale) : BIGINT
  }
  const parts = columns.flatMap((column) =>
    column.kind === 'int' && column.whole !== undefined
      ? [column, { kind: 'int' as const, name: wholeOf(column.name), values: column.whole }]
      : [column],
  )
  // a temporary table is its connection's own, and goes with it
  await db.run(`create temp table out (${parts.map((c) => `"${c.name}" ${typeOf(c)}`).join(', ')})`)
  const appender = await db.createAppender('out')
  const rows = columns[0]!.values.length
  const chunk = DuckDBDataChunk.create(parts.map(typeOf))
  const size = 2048
  for (let from = 0; from < rows; from += size) {
    const count = Math.min(size, rows - from)
    chunk.rowCount = count
    parts.forEach((column, k) => {
      const vector = chunk.getColumnVector(k)
      const { items, dataView: view } = vector as unknown as VectorMemory
      const memory: NonNullable<VectorMemory['items']> =
        items ?? new BigInt64Array(view!.buffer, view!.byteOffset, count)
      memory.set(column.values.subarray(from, from + count))
      vector.flush()
    })
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
  const copied = db.run(
    `copy (select ${columns.map(selectSql).join(', ')} from out) to ${quoted(file)} (format parquet, compression zstd, row_group_size 122880)`,
  )
  onBegun()
  await copied
}

/** Where a vector keeps its values: one of decimals has no array of them. */
interface VectorMemory {
  readonly items?: { set(part: unknown): void }
  readonly dataView?: DataView<ArrayBuffer>
}

/** Of a decimal of 64 bits. */
const DIGITS = 18

/** Whether the units of a column are, in memory, the decimals that are written. */
function isAsStored(column: OutColumn): column is OutColumn & { readonly scale: number } {
  if (column.kind === 'double' || column.whole !== undefined) return false
  return column.isKnown === true && column.scale !== undefined
}

function wholeOf(name: string): string {
  return `${name} whole`
}

/** Whole units back to the decimal they stand for, exactly: a product of decimals, never a division. */
function selectSql(column: OutColumn): string {
  const { name } = column
  if (column.kind === 'double' || isAsStored(column)) return `"${name}"`
  const known = (part: string) => `nullif("${part}", ${UNKNOWN})`
  const { scale, whole } = column
  if (scale === undefined) return column.isKnown === true ? `"${name}"` : `${known(name)} as "${name}"`
  const units = `${known(name)}::decimal(18,0)`
  const decimal = scale === 0 ? units : `(${units} * 0.${'0'.repeat(scale - 1)}1)::decimal(18,${scale})`
  if (whole === undefined) return `${decimal} as "${name}"`
  return `(${known(wholeOf(name))}::decimal(38,${scale}) + ${decimal})::decimal(38,${scale}) as "${name}"`
}

export function diskError(file: string, error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error)
  const code = (error as { code?: string }).code
  if (code === 'ENOSPC' || /no space left|disk full/i.test(text))
    return new DataError(`${file}: the disk is full; nothing was changed. Free some space and run it again.`)
  if (
    code === 'EROFS' ||
    code === 'EACCES' ||
    code === 'EPERM' ||
    // as /proc says of a folder that it will not make
    (code === 'ENOENT' && (error as { syscall?: string }).syscall === 'mkdir') ||
    /read-only file system|permission denied/i.test(text)
  )
    return new DataError(
      `${file}: the folder cannot be written (${code ?? 'read-only'}); nothing was changed. Choose another folder (--store or --out).`,
    )
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR')
    return new DataError(
      `${file}: cannot be written, a file has the name of a folder or a folder that of a file (${code}); nothing was changed. Choose another place (--store or --out).`,
    )
  return error instanceof Error ? error : new Error(text)
}
