import { closeTimeOf, DAY } from '../core/interval.ts'
import type { FeatureMatrix } from './matrix.ts'

export interface WindowOptions {
  /**
   * How far back a window may reach. `rows` (built in): over the given rows and no others, so that a window of training rows
   * holds training rows only and crosses no border of a fold, no purged stretch, no embargo. `data`: over whatever lies
   * before them, as in a running strategy, which knows all that is past; for prediction only.
   */
  readonly reach?: 'rows' | 'data'
}

/**
 * Last rows of the sequence windows: those of `rows` that have `length` rows up to and with themselves without a missing bar
 * and without a NaN in any feature. A window is nothing but these rows of the matrix, [end − length + 1, end]: none is copied.
 * @param rows ascending; one that stands twice is given twice
 * @throws RangeError on a length that is no whole number above 0
 */
export function windowEnds(
  matrix: FeatureMatrix,
  rows: Int32Array,
  length: number,
  { reach = 'rows' }: WindowOptions = {},
): Int32Array {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`a window of ${length} rows: write a whole number above 0`)
  const { columns, openTime } = matrix
  const isWhole = new Uint8Array(matrix.rows).fill(1)
  for (const column of columns)
    for (let row = 0; row < column.length; row++) if (Number.isNaN(column[row]!)) isWhole[row] = 0
  const isNext = follows(openTime)
  const isGiven = reach === 'data' ? null : new Uint8Array(matrix.rows)
  if (isGiven !== null) for (const row of rows) isGiven[row] = 1
  const ends = new Int32Array(rows.length)
  let count = 0
  let run = 0
  let at = 0
  for (let row = 0; row < matrix.rows && at < rows.length; row++) {
    const isUsable = isWhole[row] === 1 && (isGiven === null || isGiven[row] === 1)
    if (!isUsable) run = 0
    else run = row > 0 && isNext(row) ? run + 1 : 1
    for (; rows[at] === row; at++) if (run >= length) ends[count++] = row
  }
  return ends.slice(0, count)
}

/** Whether a row's bar opens where the one before it closed. The interval is the shortest distance between two rows. */
function follows(openTime: Float64Array): (row: number) => boolean {
  let step = Number.POSITIVE_INFINITY
  for (let row = 1; row < openTime.length; row++) step = Math.min(step, openTime[row]! - openTime[row - 1]!)
  // no interval but the calendar month lies between 28 and 31 days
  if (step >= 28 * DAY && step <= 31 * DAY) return (row) => closeTimeOf(openTime[row - 1]!, '1M') === openTime[row]
  return (row) => openTime[row]! - openTime[row - 1]! === step
}
