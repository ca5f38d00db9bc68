import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBValue } from '@duckdb/node-api'
import { type DataType, float64, utf8 } from '@uwdata/flechette'
import type { ColumnTable } from 'arquero'
import { givenText } from '../core/given-text.ts'
import { csvCell } from './csv.ts'

/** Rows handed to DuckDB at once: its own vector size. */
const CHUNK = 2048

/** Arrow IPC stream bytes: doubles and plain UTF-8 texts; other columns as the Arrow library takes them. */
export function toArrow(of: ColumnTable): Uint8Array {
  checkTable('toArrow', of)
  const types: Record<string, DataType> = {}
  for (const name of of.columnNames()) {
    const values = valuesOf(of, name)
    // named, because a column without rows has nothing to tell its type by
    if (values instanceof Float64Array) types[name] = float64()
    else if (['string', 'undefined'].includes(typeof first(values))) types[name] = utf8()
  }
  return of.toArrowIPC({ format: 'stream', types })
}

/** CSV with a header, quoted like the files of a run folder. Nothing and NaN are empty cells, dates ISO text. */
export function toCsv(of: ColumnTable): string {
  checkTable('toCsv', of)
  const names = of.columnNames()
  const columns = names.map((name) => valuesOf(of, name))
  const lines = [names.map(csvCell).join(',')]
  for (let row = 0; row < of.numRows(); row++) lines.push(columns.map((values) => cell(values[row])).join(','))
  return `${lines.join('\n')}\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return ''
  if (typeof value === 'number' || typeof value === 'string') return csvCell(value)
  return csvCell(value instanceof Date ? value.toISOString() : String(value))
}

/**
 * Parquet bytes, compressed with zstd: numbers as DOUBLE, texts as VARCHAR, true and false as BOOLEAN.
 * @throws TypeError for a column of anything else
 */
export async function toParquet(of: ColumnTable): Promise<Uint8Array> {
  checkTable('toParquet', of)
  const { BOOLEAN, DOUBLE, DuckDBDataChunk, DuckDBInstance, VARCHAR } = await import('@duckdb/node-api')
  const types = { BOOLEAN, DOUBLE, VARCHAR }
  const columns = of.columnNames().map((name) => {
    const values = valuesOf(of, name)
    return { name, values, kind: kindOf(name, values) }
  })
  const folder = mkdtempSync(join(tmpdir(), 'klinelab-parquet-'))
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const db = await instance.connect()
    await db.run(`create table t (${columns.map(({ name, kind }) => `${identifier(name)} ${kind}`).join(', ')})`)
    const appender = await db.createAppender('t')
    const chunk = DuckDBDataChunk.create(columns.map(({ kind }) => types[kind]))
    for (let from = 0; from < of.numRows(); from += CHUNK) {
      const to = Math.min(of.numRows(), from + CHUNK)
      chunk.setColumns(
        columns.map(({ values }) =>
          Array.from({ length: to - from }, (_, k) => (values[from + k] ?? null) as DuckDBValue),
        ),
      )
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    const file = join(folder, 'table.parquet')
    await db.run(`copy t to '${file.replaceAll("'", "''")}' (format parquet, compression zstd)`)
    db.closeSync()
    return readFileSync(file)
  } finally {
    instance.closeSync()
    rmSync(folder, { recursive: true, force: true })
  }
}

function checkTable(name: string, given: unknown): void {
  const { columnNames, array } = Object(given) as Partial<ColumnTable>
  if (typeof columnNames !== 'function' || typeof array !== 'function')
    throw new TypeError(
      `${name}(${given === undefined ? '' : givenText(given)}): hand over a table, such as barsTable(bars) or tradesTable(run.trades)`,
    )
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A column's values in the order of the view; the column itself where the view is the whole table. */
function valuesOf(of: ColumnTable, name: string): ArrayLike<unknown> {
  const column: unknown = of.column(name)
  const isArray = Array.isArray(column) || ArrayBuffer.isView(column)
  if (isArray && !of.isFiltered() && !of.isOrdered()) return column as ArrayLike<unknown>
  return of.array(name, column instanceof Float64Array ? Float64Array : Array)
}

type Kind = 'DOUBLE' | 'VARCHAR' | 'BOOLEAN'

const KINDS: Readonly<Record<string, Kind>> = {
  number: 'DOUBLE',
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  // a column of nothing counts as text
  undefined: 'VARCHAR',
}

function first(values: ArrayLike<unknown>): unknown {
  for (let k = 0; k < values.length; k++) if (values[k] !== null && values[k] !== undefined) return values[k]
  return undefined
}

/** What a column holds; all its values have to be of the kind of the first. */
function kindOf(name: string, values: ArrayLike<unknown>): Kind {
  const type = values.length === 0 && ArrayBuffer.isView(values) ? 'number' : typeof first(values)
  const kind = KINDS[type]
  const other = Array.prototype.find.call(
    values,
    (value) => value !== null && value !== undefined && (kind === undefined || typeof value !== type),
  )
  if (kind === undefined || other !== undefined)
    throw new TypeError(
      `column ${name} holds ${String(other)}, a ${typeof other}: a column is written as numbers, as texts or as true and false`,
    )
  return kind
}
