import { didYouMean } from '../core/suggest.ts'
import { findLayout, readCsv } from './csv.ts'
import { DataError } from './data-error.ts'
import { quoted, readRows } from './duckdb.ts'
import type { BadRow, RowBuffer } from './rows.ts'

/** Reads a Parquet file of klines by the rules of a CSV with a header: its columns become text, exactly as they print. */
export async function readParquetRows(
  file: string,
  columns: Readonly<Record<string, string>> | undefined,
  into: RowBuffer,
  bad: (row: BadRow) => void,
): Promise<number> {
  let names: string[]
  try {
    names = (await readRows(`describe select * from read_parquet(${quoted(file)})`)).map((row) =>
      String(row['column_name']),
    )
  } catch (error) {
    throw new DataError(`${file}: is no readable Parquet file (${(error as Error).message.split('\n')[0]})`)
  }
  const odd = names.find((name) => /[",\n]/.test(name))
  if (odd !== undefined)
    throw new DataError(
      `${file}: the column name "${odd}"${didYouMean(odd, names)} holds a comma, quote or line break; rename it`,
    )
  const select = names.map(
    (name) =>
      `case when typeof("${name}") in ('DOUBLE', 'FLOAT') then printf('%.8f', "${name}"::double) else "${name}"::varchar end as "${name}"`,
  )
  const rows = await readRows(`select ${select.join(', ')} from read_parquet(${quoted(file)})`)
  const text = [names.join(','), ...rows.map((row) => names.map((name) => row[name] ?? '').join(','))].join('\n')
  const bytes = new TextEncoder().encode(`${text}\n`)
  return readCsv(file, bytes, findLayout(file, bytes, columns), into, (row) => bad({ ...row, row: row.row - 1 }))
}
