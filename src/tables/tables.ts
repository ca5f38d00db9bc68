/** The same columns as arquero tables, for researchers: `import { tradesTable } from 'klinelab/tables'`. */
import { type ColumnTable, table } from 'arquero'
import type { Bars } from '../core/bar.ts'
import type { Fill } from '../core/fill.ts'
import type { EquityColumns } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { FILLS } from './fills-csv.ts'
import type { RecordShape } from './records.ts'
import { TRADES } from './trades-csv.ts'

export { toArrow, toCsv, toParquet } from './table-bytes.ts'

/** Columns openTime, open, high, low, close, volume; the arrays are shared, not copied. */
export function barsTable(bars: Bars): ColumnTable {
  const { openTime, open, high, low, close, volume } = bars
  return table({ openTime, open, high, low, close, volume })
}

/** Columns time, equity, cash, exposure; shared, not copied. */
export function equityTable(equity: EquityColumns): ColumnTable {
  const { time, cash, exposure } = equity
  return table({ time, equity: equity.equity, cash, exposure })
}

/** A running number and the columns of `trades.csv`, also where nothing was traded. */
export function tradesTable(trades: readonly Trade[]): ColumnTable {
  return rowsTable(trades, { ...TRADES, columns: ['n', ...TRADES.columns] })
}

/** The columns of `fills.csv`, also where nothing was filled. */
export function fillsTable(fills: readonly Fill[]): ColumnTable {
  return rowsTable(fills, FILLS)
}

function rowsTable<Key extends string>(
  rows: readonly Readonly<Record<Key, string | number | null>>[],
  { columns, texts }: RecordShape<Key>,
): ColumnTable {
  const column = (key: Key) =>
    texts.includes(key) ? rows.map((row) => row[key]) : Float64Array.from(rows, (row) => row[key] as number)
  return table(columns.map((key): [string, ReturnType<typeof column>] => [key, column(key)]))
}
