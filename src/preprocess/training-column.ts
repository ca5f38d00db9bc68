import { timeName } from '../core/time.ts'
import type { TrainingView } from './matrix.ts'

/**
 * Calls `learn` with each feature's values over the training rows, NaN left out: an array that is used again for the next
 * feature, and may be put into another order.
 * @throws RangeError that names the feature and the bar of an infinite value, or the feature that has no value
 */
export function eachTrainingColumn(kind: string, train: TrainingView, learn: (values: Float64Array) => void): void {
  const { matrix, rows } = train
  const buffer = new Float64Array(rows.length)
  for (const [k, name] of matrix.names.entries()) {
    const n = gather(matrix.columns[k]!, rows, buffer)
    if (n < 0) {
      const row = rows[-n - 1]!
      throw new RangeError(
        `${kind}: feature "${name}" is ${matrix.columns[k]![row]} at the bar of ${timeName(matrix.openTime[row]!)}: a feature must be finite, or NaN where it is unknown`,
      )
    }
    if (n === 0) throw new RangeError(`${kind}: feature "${name}" has no value in the ${rows.length} training rows`)
    learn(buffer.subarray(0, n))
  }
}

/** How many values were found; −1 − its place among the rows where one is infinite. */
function gather(column: Float64Array, rows: Int32Array, into: Float64Array): number {
  let n = 0
  for (let k = 0; k < rows.length; k++) {
    const value = column[rows[k]!]!
    // neither NaN nor infinite
    if (value - value === 0) into[n++] = value
    else if (!Number.isNaN(value)) return -1 - k
  }
  return n
}
