import { firstRowAt } from '../core/bar.ts'
import { DAY } from '../core/interval.ts'
import type { EquityColumns } from '../core/run.ts'

/** Equity at the end of each UTC day, and its returns; the first return is from the starting equity. */
export interface Daily {
  readonly equity: readonly number[]
  readonly returns: readonly number[]
}

/**
 * Every UTC day from the one in which the run begins (`from`) to the one in which it ends. A day on which no bar closed
 * (an outage, or bars longer than a day) keeps the equity of the day before: crypto trades on all days, and √365 counts
 * them all. An instant at midnight belongs to the day before it: bars carry the time at which they end.
 */
export function daily(
  equity: Pick<EquityColumns, 'length' | 'time'>,
  values: Float64Array,
  from: number,
  start: number,
): Daily {
  const last: number[] = []
  let next = Math.floor(from / DAY) * DAY
  let count = 0
  let value = start
  const { time } = equity
  for (let row = 0; row < equity.length; ) {
    const today = Math.floor((time[row]! - 1) / DAY) * DAY
    for (; next <= today; next += DAY) last.push(value)
    const begun = row
    // most days have as many instants as the day before
    row = firstRowAt(time, today + DAY + 1, begun + count)
    count = row - begun
    value = values[row - 1]!
    last[last.length - 1] = value
  }
  const returns = last.map((end, k) => end / (k === 0 ? start : last[k - 1]!) - 1)
  return { equity: last, returns }
}
