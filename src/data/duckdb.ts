import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { DataError } from './data-error.ts'

let instance: Promise<DuckDBInstance> | undefined
let connection: Promise<DuckDBConnection> | undefined

/** One in-memory DuckDB per process, opened when first needed: loading the native library costs time. */
async function open(): Promise<DuckDBConnection> {
  instance ??= import('@duckdb/node-api').then(({ DuckDBInstance }) =>
    DuckDBInstance.create(':memory:', { preserve_insertion_order: 'true' }),
  )
  return (await instance).connect()
}

function connect(): Promise<DuckDBConnection> {
  connection ??= open()
  return connection
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Runs SQL that returns only DOUBLE columns and hands them back as Float64Arrays, without a row object in between. */
export async function readDoubles(sql: string, width: number, expected: number): Promise<Float64Array[]> {
  // a connection holds one open stream: a second query on it would end the first one early
  const db = await open()
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
  db.closeSync()
  return columns.map((column) => column.subarray(0, count))
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
export async function readRows(sql: string): Promise<Record<string, unknown>[]> {
  const db = await connect()
  const reader = await db.runAndReadAll(sql)
  return reader.getRowObjects() as Record<string, unknown>[]
}

export async function run(sql: string): Promise<void> {
  const db = await connect()
  await db.run(sql)
}

/** A column to be written: whole numbers, shown as decimals with `scale` places, or doubles. */
export type OutColumn =
  | { readonly name: string; readonly kind: 'int'; readonly values: BigInt64Array; readonly scale?: number }
  | { readonly name: string; readonly kind: 'double'; readonly values: Float64Array }

let tables = 0

/** Writes columns of equal length as one zstd Parquet file; the same columns give the same bytes. */
export async function writeParquet(file: string, columns: readonly OutColumn[]): Promise<void> {
  const db = await connect()
  const { BIGINT, DOUBLE, DuckDBDataChunk } = await import('@duckdb/node-api')
  const table = `out${++tables}`
  await db.run(
    `create temp table ${table} (${columns.map((c) => `"${c.name}" ${c.kind === 'int' ? 'bigint' : 'double'}`).join(', ')})`,
  )
  try {
    const appender = await db.createAppender(table)
    const rows = columns[0]!.values.length
    const chunk = DuckDBDataChunk.create(columns.map((c) => (c.kind === 'int' ? BIGINT : DOUBLE)))
    const size = 2048
    for (let from = 0; from < rows; from += size) {
      const count = Math.min(size, rows - from)
      chunk.rowCount = count
      columns.forEach((column, k) => {
        const vector = chunk.getColumnVector(k)
        const { items } = vector as unknown as { items: { set(part: unknown): void } }
        items.set(column.values.subarray(from, from + count))
        vector.flush()
      })
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    const select = columns.map((c) =>
      c.kind === 'int' && c.scale !== undefined ? decimalSql(c.name, c.scale) : `"${c.name}"`,
    )
    await db.run(
      `copy (select ${select.join(', ')} from ${table}) to ${quoted(file)} (format parquet, compression zstd, row_group_size 122880)`,
    )
  } catch (error) {
    throw diskError(file, error)
  } finally {
    await db.run(`drop table if exists ${table}`)
  }
}

/** Whole units back to the decimal they stand for, exactly: a product of decimals, never a division. */
function decimalSql(name: string, scale: number): string {
  if (scale === 0) return `"${name}"::decimal(18,0) as "${name}"`
  return `("${name}"::decimal(18,0) * 0.${'0'.repeat(scale - 1)}1)::decimal(18,${scale}) as "${name}"`
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
    /read-only file system|permission denied/i.test(text)
  )
    return new DataError(
      `${file}: the folder cannot be written (${code ?? 'read-only'}); nothing was changed. Choose another with --store DIR.`,
    )
  return error instanceof Error ? error : new Error(text)
}
