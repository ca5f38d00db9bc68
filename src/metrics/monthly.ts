import { firstRowAt } from '../core/bar.ts'
import type { Figure } from '../core/findings.ts'
import type { EquityColumns } from '../core/run.ts'

export interface MonthlyRow {
  readonly year: number
  /** Twelve returns as fractions; `null` for months without a bar, and after equity that was not above 0. */
  readonly months: readonly Figure[]
  readonly total: Figure
}

/** Return of each calendar month (UTC): equity at its last instant against that of the month before, or the start. */
export function monthlyReturns(equity: EquityColumns, start: number): MonthlyRow[] {
  const rows = new Map<number, { months: Figure[]; from: number; to: number }>()
  let before = start
  const { time } = equity
  for (let row = 0; row < equity.length; ) {
    const date = new Date(time[row]! - 1)
    const year = date.getUTCFullYear()
    const next = Date.UTC(year, date.getUTCMonth() + 1, 1)
    // an instant exactly at the month's end closes its last bar
    const last = firstRowAt(time, next + 1) - 1
    const value = equity.equity[last]!
    const entry = rows.get(year) ?? { months: Array<Figure>(12).fill(null), from: before, to: value }
    entry.months[date.getUTCMonth()] = growth(before, value)
    entry.to = value
    rows.set(year, entry)
    before = value
    row = last + 1
  }
  return [...rows].map(([year, { months, from, to }]) => ({ year, months, total: growth(from, to) }))
}

function growth(from: number, to: number): Figure {
  return from > 0 ? to / from - 1 : null
}
