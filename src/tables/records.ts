import { csvCell, parseCsv, textOf } from './csv.ts'

/** The columns of a file of a run folder, in their order. All that are not texts are numbers. */
export interface RecordShape<Key extends string = string> {
  readonly columns: readonly Key[]
  readonly texts: readonly Key[]
  /** Texts whose empty cell is `null`. */
  readonly nullable: readonly Key[]
}

export function recordsCsv<Key extends string>(
  rows: readonly Readonly<Record<Key, string | number | null>>[],
  { columns }: RecordShape<Key>,
): string {
  const lines = rows.map((row) => columns.map((key) => csvCell(row[key])).join(','))
  return `${[columns.join(','), ...lines].join('\n')}\n`
}

/**
 * Reads such a file back.
 * @throws RangeError that names the record and the column at fault
 */
export function parseRecords<Key extends string>(
  text: string,
  { columns, texts, nullable }: RecordShape<Key>,
): Record<Key, string | number | null>[] {
  const [header = [], ...rows] = parseCsv(text)
  if (header.join() !== columns.join()) throw new RangeError(`its header is not ${columns.join(',')}`)
  return rows.map((cells, k) => {
    if (cells.length !== columns.length)
      throw new RangeError(`record ${k + 1} has ${cells.length} fields, not ${columns.length}`)
    const values = columns.map((key, c) => {
      const cell = cells[c]!
      if (cell === '' && nullable.includes(key)) return [key, null]
      if (texts.includes(key)) return [key, textOf(cell)]
      const value = Number(cell)
      if (cell.trim() === '' || !Number.isFinite(value))
        throw new RangeError(`record ${k + 1}: ${key} is "${cell}", which is no number`)
      return [key, value]
    })
    return Object.fromEntries(values) as Record<Key, string | number | null>
  })
}
