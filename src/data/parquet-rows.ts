import { decimalsOf } from '../core/decimal.ts'
import { readCsv } from './csv.ts'
import { findLayout } from './csv-layout.ts'
import { UnreadableError } from './data-error.ts'
import { quoted, readRows } from './duckdb.ts'
import { machineFault } from './machine-fault.ts'
import { type BadRow, type RowBuffer, SCALE } from './rows.ts'

/**
 * Reads a Parquet file of klines by the rules of a CSV with a header: its columns become text, exactly as they print.
 * @throws UnreadableError where the file is bad; a plain DataError where it is this machine that cannot read it now
 */
export async function readParquetRows(
  file: string,
  columns: Readonly<Record<string, string>> | undefined,
  into: RowBuffer,
  bad: (row: BadRow) => void,
): Promise<number> {
  const read = async (sql: string) => {
    try {
      return await readRows(sql)
    } catch (error) {
      throw (
        machineFault(file, error) ??
        new UnreadableError(
          file,
          `is no readable Parquet file (${(error as Error).message.split('\n')[0]}); fetch or write it again`,
        )
      )
    }
  }
  const described = await read(`describe select * from read_parquet(${quoted(file)})`)
  const names = described.map((row) => String(row['column_name']))
  const odd = names.find((name) => /[",\n]/.test(name))
  if (odd !== undefined)
    throw new UnreadableError(
      file,
      `the column name "${odd.replaceAll('\n', '\\n')}" holds a comma, quote or line break; rename it`,
    )
  const select = described.map(({ column_name: name, column_type: type }) =>
    type === 'DOUBLE' ? `"${name}"` : `"${name}"::varchar as "${name}"`,
  )
  const rows = await read(`select ${select.join(', ')} from read_parquet(${quoted(file)})`)
  const text = [names.join(','), ...rows.map((row) => names.map((name) => cellText(row[name])).join(','))].join('\n')
  const bytes = new TextEncoder().encode(`${text}\n`)
  return readCsv(file, bytes, findLayout(file, bytes, columns), into, (row) => bad({ ...row, row: row.row - 1 }))
}

/** A double that is the nearest one to a decimal of 8 places, give or take the last bits of a sum, is that decimal. */
function cellText(value: unknown): string {
  if (typeof value !== 'number') return value === null || value === undefined ? '' : String(value)
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return String(value)
  const decimals = decimalsOf(value)
  if (decimals <= SCALE) return value.toFixed(decimals)
  const near = value.toFixed(SCALE)
  return Math.abs(Number(near) - value) <= 4 * Number.EPSILON * Math.abs(value) ? near : String(value)
}
