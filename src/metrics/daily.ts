import { DAY } from '../core/interval.ts'
import type { EquityColumns } from '../core/run.ts'

/** Equity at the last instant of each UTC day, and its returns; the first return is from the starting equity. */
export interface Daily {
  /** UTC midnight at which each day begins. */
  readonly day: readonly number[]
  readonly equity: readonly number[]
  readonly returns: readonly number[]
}

/** An instant at midnight closes the day before it: bars carry the time at which they end. */
export function daily(equity: Pick<EquityColumns, 'length' | 'time'>, values: Float64Array, start: number): Daily {
  const day: number[] = []
  const last: number[] = []
  for (let row = 0; row < equity.length; row++) {
    const today = Math.floor((equity.time[row]! - 1) / DAY) * DAY
    if (day.length > 0 && day.at(-1) === today) last[last.length - 1] = values[row]!
    else {
      day.push(today)
      last.push(values[row]!)
    }
  }
  const returns = last.map((value, k) => value / (k === 0 ? start : last[k - 1]!) - 1)
  return { day, equity: last, returns }
}

export function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Sample standard deviation (n − 1). */
export function deviation(values: readonly number[], about = mean(values)): number {
  let sum = 0
  for (const value of values) sum += (value - about) ** 2
  return Math.sqrt(sum / (values.length - 1))
}

/** Linear interpolation between ranks (Hyndman & Fan type 7). `sorted` ascends and is not empty. */
export function quantile(sorted: readonly number[], q: number): number {
  const h = (sorted.length - 1) * q
  const low = Math.floor(h)
  return sorted[low]! + (h - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!)
}
