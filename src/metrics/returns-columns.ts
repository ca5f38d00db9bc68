import type { ReturnsInLittle, ReturnsSummary } from '../core/search.ts'

/** Daily returns in little of many trials, by number: an object for each of them would cost more than what is reckoned of it. */
export interface ReturnsColumns {
  readonly length: number
  /** UTC ms. */
  readonly from: Float64Array
  /** 0 where a trial has no returns. */
  readonly days: Float64Array
  readonly mean: Float64Array
  readonly deviation: Float64Array
  readonly skew: Float64Array
  readonly kurtosis: Float64Array
  readonly blocks: Float64Array
  /** Those of trial k's blocks begin at `stride × k`, and count in its units. */
  readonly stride: number
  readonly sums: Float64Array | Int16Array
  readonly squares: Float64Array | Uint16Array
  readonly sumUnits: Float64Array
  readonly squareUnits: Float64Array
}

/** Columns without sums and squares, all of them 0. */
export function emptyColumns(length: number): Omit<ReturnsColumns, 'stride' | 'sums' | 'squares'> {
  const column = () => new Float64Array(length)
  return {
    ...{ length, from: column(), days: column(), mean: column(), deviation: column(), skew: column() },
    ...{ kurtosis: column(), blocks: column(), sumUnits: column(), squareUnits: column() },
  }
}

/** Of trials as they are by themselves; `null` where one has no returns. */
export function columnsOf(trials: readonly (ReturnsInLittle | null)[]): ReturnsColumns {
  const stride = trials.reduce((most, one) => Math.max(most, one?.sums.length ?? 0), 0)
  const columns = {
    ...emptyColumns(trials.length),
    ...{ stride, sums: new Float64Array(stride * trials.length), squares: new Float64Array(stride * trials.length) },
  }
  for (const [k, one] of trials.entries()) {
    if (one === null) continue
    for (const key of ['from', 'days', 'mean', 'deviation', 'skew', 'kurtosis'] as const) columns[key][k] = one[key]
    columns.blocks[k] = one.sums.length
    columns.sums.set(one.sums, stride * k)
    columns.squares.set(one.squares, stride * k)
    columns.sumUnits[k] = 1
    columns.squareUnits[k] = 1
  }
  return columns
}

/** One of the trials by itself; `null` where it has no returns. */
export function returnsAt(columns: ReturnsColumns, k: number): ReturnsSummary | null {
  const { blocks, stride, sums, squares, sumUnits, squareUnits } = columns
  const days = columns.days[k]!
  if (days === 0) return null
  const [from, mean, deviation] = [columns.from[k]!, columns.mean[k]!, columns.deviation[k]!]
  const numbers = (values: Float64Array | Int16Array | Uint16Array, unit: number) =>
    Array.from(values.subarray(stride * k, stride * k + blocks[k]!), (value) => value * unit)
  return {
    ...{ from, days, mean, deviation, skew: columns.skew[k]!, kurtosis: columns.kurtosis[k]! },
    sums: numbers(sums, sumUnits[k]!),
    squares: numbers(squares, squareUnits[k]!),
  }
}
