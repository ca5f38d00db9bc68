import type { EquityColumns } from '../core/run.ts'

export interface MonthlyRow {
  readonly year: number
  /** Twelve returns as fractions, `null` for months outside the run. */
  readonly months: readonly (number | null)[]
  readonly total: number
}

/** Return of each calendar month (UTC): equity at its last instant against that of the month before, or the start. */
export function monthlyReturns(equity: EquityColumns, start: number): MonthlyRow[] {
  const rows = new Map<number, { months: (number | null)[]; from: number; to: number }>()
  let before = start
  for (let row = 0; row < equity.length; ) {
    const date = new Date(equity.time[row]! - 1)
    const year = date.getUTCFullYear()
    const next = Date.UTC(year, date.getUTCMonth() + 1, 1)
    let last = row
    // an instant exactly at the month's end closes its last bar
    while (last + 1 < equity.length && equity.time[last + 1]! <= next) last++
    const value = equity.equity[last]!
    const entry = rows.get(year) ?? { months: Array<number | null>(12).fill(null), from: before, to: value }
    entry.months[date.getUTCMonth()] = value / before - 1
    entry.to = value
    rows.set(year, entry)
    before = value
    row = last + 1
  }
  return [...rows].map(([year, { months, from, to }]) => ({ year, months, total: to / from - 1 }))
}
