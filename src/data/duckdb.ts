import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection, Database, DataChunk, LogicalType, Result } from '@duckdb/node-bindings'
import { DataError } from './data-error.ts'

/**
 * DuckDB's functions as its C interface has them. The classes that `@duckdb/node-api` puts round them are 150 modules, which
 * take a command four times as long to load, and columns of doubles need none of them.
 */
type Native = typeof import('@duckdb/node-bindings')

let database: Promise<{ readonly native: Native; readonly opened: Database }> | undefined

/** The one in-memory DuckDB of this process, which is opened when first needed: loading the native library costs time. */
function openDatabase(): NonNullable<typeof database> {
  database ??= import('@duckdb/node-bindings').then(async ({ default: native }) => {
    const config = native.create_config()
    native.set_config(config, 'preserve_insertion_order', 'true')
    // made where memory runs out; unnamed it is .tmp of the working folder, and two processes there write over each other's pages
    native.set_config(config, 'temp_directory', join(tmpdir(), `klinelab-duckdb-${randomUUID()}`))
    return { native, opened: await native.open(':memory:', config) }
  })
  return database
}

/**
 * Begins to open it ahead of the first query, and comes back once a thread of DuckDB's own is at it: whoever loads his modules
 * meanwhile does not wait for it. What goes wrong is told by the first query.
 */
export async function openAhead(): Promise<void> {
  openDatabase().catch(() => undefined)
  await import('@duckdb/node-bindings').catch(() => undefined)
}

/** Lends a connection. It does one thing at a time, and a second query on it would end the first one early. */
async function connected<T>(work: (native: Native, connection: Connection) => Promise<T>): Promise<T> {
  const { native, opened } = await openDatabase()
  const connection = await native.connect(opened)
  try {
    return await work(native, connection)
  } finally {
    native.disconnect_sync(connection)
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * Runs SQL that returns only DOUBLE columns without nulls and hands them back as Float64Arrays, without a row object in between.
 * Each result is held whole, so that DuckDB reads it on all its threads while this one does something else, and since a stream that
 * breaks off is not told from one that ends.
 * @param sql several are run one after the other, and their rows follow one another
 * @param expected how many rows there will be; a guess that is too low costs a copy
 * @param onReading told once DuckDB is at it: there is time to do something else
 * @throws Error as DuckDB says it, or that names a column with nulls or of another type
 */
export function readDoubles(
  sql: string | readonly string[],
  width: number,
  expected: number,
  onReading?: () => void,
): Promise<Float64Array[]> {
  return connected(async (native, connection) => {
    let columns = Array.from({ length: width }, () => new Float64Array(expected))
    let count = 0
    for (const one of typeof sql === 'string' ? [sql] : sql) {
      const reading = native.query(connection, one)
      onReading?.()
      const result = await reading
      checkDoubles(native, result, width)
      const all = count + native.row_count(result)
      if (all > columns[0]!.length) columns = columns.map((column) => larger(column, all))
      for (let next = native.fetch_chunk(result); count < all; ) {
        const chunk = (await next)!
        const rows = native.data_chunk_get_size(chunk)
        // DuckDB fetches one chunk while this thread copies another
        if (count + rows < all) next = native.fetch_chunk(result)
        for (let k = 0; k < width; k++) columns[k]!.set(doublesOf(native, result, chunk, k, rows), count)
        count += rows
      }
    }
    return columns.map((column) => column.subarray(0, count))
  })
}

function checkDoubles(native: Native, result: Result, width: number): void {
  for (let k = 0; k < width; k++)
    if (native.column_type(result, k) !== native.Type.DOUBLE)
      throw new Error(`column ${native.column_name(result, k)} is not of doubles`)
}

function doublesOf(native: Native, result: Result, chunk: DataChunk, column: number, rows: number): Float64Array {
  const vector = native.data_chunk_get_vector(chunk, column)
  if (hasNull(native.vector_get_validity(vector, 8 * Math.ceil(rows / 64)), rows))
    throw new Error(`column ${native.column_name(result, column)} has rows without a value`)
  const { buffer, byteOffset } = native.vector_get_data(vector, rows * 8)
  return new Float64Array(buffer, byteOffset, rows)
}

/** @param validity a bit a row, 1 where it has a value; none where all have */
function hasNull(validity: Uint8Array | null, rows: number): boolean {
  if (!validity) return false
  for (let k = 0; k < rows; k++) if ((validity[k >> 3]! & (1 << (k & 7))) === 0) return true
  return false
}

function larger(column: Float64Array, least: number): Float64Array<ArrayBuffer> {
  const all = new Float64Array(Math.max(least, column.length * 2))
  all.set(column)
  return all
}

/** Rows of small results as plain objects. */
export async function readRows(sql: string): Promise<Record<string, unknown>[]> {
  const { DuckDBConnection } = await import('@duckdb/node-api')
  return connected(
    async (_, connection) =>
      (await new DuckDBConnection(connection).runAndReadAll(sql)).getRowObjects() as Record<string, unknown>[],
  )
}

export function run(sql: string): Promise<void> {
  return connected(async (native, connection) => void (await native.query(connection, sql)))
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
  const finished = connected((...lent) => writeOn(lent, file, columns, begun.resolve)).catch((error: unknown) => {
    throw diskError(file, error)
  })
  await Promise.race([begun.promise, finished])
  return { finished }
}

async function writeOn(
  [native, connection]: [Native, Connection],
  file: string,
  columns: readonly OutColumn[],
  onBegun: () => void,
): Promise<void> {
  const parts = columns.flatMap((column) =>
    column.kind === 'int' && column.whole !== undefined
      ? [column, { kind: 'int' as const, name: wholeOf(column.name), values: column.whole }]
      : [column],
  )
  const rows = columns[0]!.values.length
  for (const { name, values } of parts)
    if (values.length !== rows) throw new RangeError(`${file}: column ${name} has ${values.length} rows, not ${rows}`)
  const even = evenColumns(columns)
  const kept = parts.filter(({ name }) => !even.has(name))
  // a temporary table is its connection's own, and goes with it
  const table = kept.map((part) => `"${part.name}" ${typeText(part)}`).join(', ')
  await native.query(connection, `create temp table out (${table})`)
  const appender = native.appender_create(connection, null, 'out')
  const chunk = native.create_data_chunk(kept.map((part) => typeOf(native, part)))
  const vectors = kept.map((_, k) => native.data_chunk_get_vector(chunk, k))
  const memory = kept.map(({ values }) => owned(values))
  const size = native.vector_size()
  for (let from = 0; from < rows; from += size) {
    const count = Math.min(size, rows - from)
    native.data_chunk_set_size(chunk, count)
    vectors.forEach((vector, k) => {
      const { buffer, byteOffset } = memory[k]!
      native.copy_data_to_vector(vector, 0, buffer, byteOffset + from * 8, count * 8)
    })
    native.append_data_chunk(appender, chunk)
  }
  native.appender_close_sync(appender)
  const copied = native.query(
    connection,
    `copy (select ${columns.map((column) => even.get(column.name) ?? selectSql(column)).join(', ')} from out) to ${quoted(file)} (format parquet, compression zstd, row_group_size 122880)`,
  )
  onBegun()
  await copied
}

/**
 * Columns of whole numbers of like distance, as the times of bars without a gap are, by name: what DuckDB makes them of its row numbers
 * with, to the same bytes. A quarter of the time is saved in which it takes over an equity curve. Never all of the columns.
 */
function evenColumns(columns: readonly OutColumn[]): ReadonlyMap<string, string> {
  const even = new Map<string, string>()
  for (const { kind, name, values } of columns) {
    if (kind !== 'double' || values.length < 2 || even.size === columns.length - 1) continue
    const first = values[0]!
    const step = values[1]! - first
    // a zero among them might be a negative one, which no row number makes
    if (first > 0 && step >= 0 && isEven(values, first, step))
      even.set(name, `(${first} + rowid * ${step})::double as "${name}"`)
  }
  return even
}

function isEven(values: Float64Array, first: number, step: number): boolean {
  if (![first, step, values[values.length - 1]].every(Number.isSafeInteger)) return false
  for (let k = 2; k < values.length; k++) if (values[k] !== first + k * step) return false
  return true
}

/** Values in memory of this thread's own, which is all that DuckDB takes. */
function owned(values: BigInt64Array | Float64Array): BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  return values.buffer instanceof ArrayBuffer
    ? (values as BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer>)
    : (values.slice() as BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer>)
}

function typeText(column: OutColumn): string {
  if (column.kind === 'double') return 'double'
  return isAsStored(column) ? `decimal(${DIGITS}, ${column.scale})` : 'bigint'
}

function typeOf(native: Native, column: OutColumn): LogicalType {
  if (column.kind === 'double') return native.create_logical_type(native.Type.DOUBLE)
  if (isAsStored(column)) return native.create_decimal_type(DIGITS, column.scale)
  return native.create_logical_type(native.Type.BIGINT)
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
