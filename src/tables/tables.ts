/** The same columns as arquero tables, for researchers: `import { tradesTable } from 'klinelab/tables'`. */
import { type ColumnTable, table } from 'arquero'
import type { Bars } from '../core/bar.ts'
import type { Fill } from '../core/fill.ts'
import { givenText } from '../core/given-text.ts'
import type { EquityColumns } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { FILLS } from './fills-csv.ts'
import type { RecordShape } from './records.ts'
import { TRADES } from './trades-csv.ts'

export { toArrow, toCsv, toParquet } from './table-bytes.ts'

/** Columns openTime, open, high, low, close, volume; the arrays are shared, not copied. */
export function barsTable(bars: Bars): ColumnTable {
  checkColumns('barsTable', bars, ['openTime', 'open', 'high', 'low', 'close', 'volume'], 'the bars of loadBars')
  const { openTime, open, high, low, close, volume } = bars
  return table({ openTime, open, high, low, close, volume })
}

/** Columns time, equity, cash, exposure; shared, not copied. */
export function equityTable(equity: EquityColumns): ColumnTable {
  checkColumns('equityTable', equity, ['time', 'equity', 'cash', 'exposure'], 'the equity of a run, run.equity')
  const { time, cash, exposure } = equity
  return table({ time, equity: equity.equity, cash, exposure })
}

/** A running number and the columns of `trades.csv`, also where nothing was traded. */
export function tradesTable(trades: readonly Trade[]): ColumnTable {
  checkRows('tradesTable', trades, 'the trades of a run, run.trades')
  return rowsTable(trades, { ...TRADES, columns: ['n', ...TRADES.columns] })
}

/** The columns of `fills.csv`, also where nothing was filled. */
export function fillsTable(fills: readonly Fill[]): ColumnTable {
  checkRows('fillsTable', fills, 'the fills of a run, run.fills')
  return rowsTable(fills, FILLS)
}

function checkColumns(name: string, given: unknown, columns: readonly string[], wanted: string): void {
  const of = Object(given) as Readonly<Record<string, unknown>>
  if (columns.some((column) => !ArrayBuffer.isView(of[column]) && !Array.isArray(of[column])))
    throw new TypeError(unlike(name, given, wanted))
}

function checkRows(name: string, given: unknown, wanted: string): void {
  if (!Array.isArray(given)) throw new TypeError(unlike(name, given, wanted))
  const odd = given.findIndex((row) => typeof row !== 'object' || row === null)
  if (odd >= 0) throw new TypeError(`${name}: row ${odd} is ${givenText(given[odd])}; hand over ${wanted}`)
}

function unlike(name: string, given: unknown, wanted: string): string {
  return `${name}(${given === undefined ? '' : givenText(given)}): hand over ${wanted}`
}

function rowsTable<Key extends string>(
  rows: readonly Readonly<Record<Key, string | number | null>>[],
  { columns, texts }: RecordShape<Key>,
): ColumnTable {
  const column = (key: Key) =>
    texts.includes(key) ? rows.map((row) => row[key]) : Float64Array.from(rows, (row) => row[key] as number)
  return table(columns.map((key): [string, ReturnType<typeof column>] => [key, column(key)]))
}
