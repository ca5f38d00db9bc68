/** Classes that were foretold, and those that came, one row after the other in the order of time. */
export interface Predictions {
  readonly classes: 2 | 3
  /** Class of each row, 0 … classes − 1. */
  readonly y: Int8Array
  /** As a fitted classifier gives them: of two classes the probability of class 1, one a row; of three, rows × 3, row after row. */
  readonly p: Float64Array
  /** One a row, at least 0; all weigh 1 where there are none. */
  readonly weights?: Float64Array | null
  /** Classes were said without a probability: `p` is 0 or 1, and what judges probabilities is `null`. */
  readonly isHard?: boolean
}

/** Float32 models round each of three probabilities to 6e-8; a sum further from 1 than this is no rounding. */
const SUM_TOLERANCE = 1e-3

/** @throws RangeError that names the row and quotes the value */
export function checkPredictions({ classes, y, p, weights = null }: Predictions): void {
  const width = classes === 2 ? 1 : 3
  if (p.length !== y.length * width)
    throw new RangeError(
      `${p.length} probabilities for ${y.length} rows of ${classes} classes: ${width} a row are needed`,
    )
  for (let row = 0; row < y.length; row++)
    if (!(y[row]! >= 0 && y[row]! < classes))
      throw new RangeError(
        `row ${row}: class ${y[row]} is not one of 0 … ${classes - 1}: leave out rows without a label`,
      )
  for (let k = 0; k < p.length; k++)
    if (!(p[k]! >= 0 && p[k]! <= 1))
      throw new RangeError(`row ${Math.floor(k / width)}: ${p[k]} is not a probability from 0 to 1`)
  if (classes === 3)
    for (let row = 0; row < y.length; row++) {
      const sum = p[3 * row]! + p[3 * row + 1]! + p[3 * row + 2]!
      if (Math.abs(sum - 1) > SUM_TOLERANCE)
        throw new RangeError(`row ${row}: its three probabilities add up to ${sum}, not to 1`)
    }
  checkWeights(weights, y.length)
}

/** @throws RangeError that names the row and quotes the value */
export function checkWeights(weights: Float64Array | null, rows: number): void {
  if (weights === null) return
  if (weights.length !== rows) throw new RangeError(`${weights.length} weights for ${rows} rows`)
  for (let row = 0; row < rows; row++)
    if (!(weights[row]! >= 0 && weights[row]! < Number.POSITIVE_INFINITY))
      throw new RangeError(`row ${row}: weight ${weights[row]} is not a number of at least 0`)
}

/** The class that is said: of two, 1 where p ≥ threshold; of three the likeliest, the lower one of equals. */
export function classesSaid({ classes, y, p }: Predictions, threshold: number): Int8Array {
  const said = new Int8Array(y.length)
  for (let row = 0; row < y.length; row++) {
    if (classes === 2) said[row] = p[row]! >= threshold ? 1 : 0
    else {
      const at = 3 * row
      let best = p[at + 1]! > p[at]! ? 1 : 0
      if (p[at + 2]! > p[at + best]!) best = 2
      said[row] = best
    }
  }
  return said
}
