/** The same columns as arquero tables, for researchers: `import { tradesTable } from 'klinelab/tables'`. */
import { type ColumnTable, table } from 'arquero'
import type { Bars } from '../core/bar.ts'
import type { Fill } from '../core/fill.ts'
import type { EquityColumns } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'

/** Columns openTime, open, high, low, close, volume; the arrays are shared, not copied. */
export function barsTable(bars: Bars): ColumnTable {
  const { openTime, open, high, low, close, volume } = bars
  return table({ openTime, open, high, low, close, volume })
}

export function tradesTable(trades: readonly Trade[]): ColumnTable {
  return rowsTable(trades)
}

export function fillsTable(fills: readonly Fill[]): ColumnTable {
  return rowsTable(fills)
}

/** Columns time, equity, cash, exposure; shared, not copied. */
export function equityTable(equity: EquityColumns): ColumnTable {
  const { time, cash, exposure } = equity
  return table({ time, equity: equity.equity, cash, exposure })
}

function rowsTable(rows: readonly object[]): ColumnTable {
  const names = rows.length > 0 ? Object.keys(rows[0]!) : []
  return table(Object.fromEntries(names.map((name) => [name, rows.map((row) => (row as Record<string, unknown>)[name])])))
}

/** Arrow IPC stream bytes. */
export function toArrow(of: ColumnTable): Uint8Array {
  return of.toArrowIPC({ format: 'stream' }) as Uint8Array
}

export function toCsv(of: ColumnTable): string {
  return of.toCSV()
}
