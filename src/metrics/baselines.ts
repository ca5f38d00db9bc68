import type { Predictions } from './classification-input.ts'
import { checkWeights } from './classification-input.ts'

/** What every model is held against. `majority` knows the training part's classes, `previousSign` the bar before. */
export const BASELINES = ['majority', 'previousSign'] as const
export type Baseline = (typeof BASELINES)[number]

/**
 * Share of each class among the rows of a training part.
 * @param rows of `y`; one that stands twice counts twice
 * @param weights by row of `y`; `null`: all weigh 1
 * @throws RangeError where there are no rows, or one is without a class
 */
export function classShares(
  y: Int8Array,
  rows: Int32Array,
  classes: 2 | 3,
  weights: Float64Array | null = null,
): number[] {
  checkWeights(weights, y.length)
  const sums = Array<number>(classes).fill(0)
  for (const row of rows) {
    const one = y[row]!
    if (!(one >= 0 && one < classes)) throw new RangeError(`row ${row}: class ${one} is not one of 0 … ${classes - 1}`)
    sums[one]! += weights === null ? 1 : weights[row]!
  }
  const total = sums.reduce((all, sum) => all + sum, 0)
  if (!(total > 0)) throw new RangeError('the training part has no rows, or none that weighs anything')
  return sums.map((sum) => sum / total)
}

/**
 * Foretells the classes of `test` by their shares in the training part: says its commonest class always, with the probability
 * that it had there, so that log loss and Brier score have a baseline as well.
 * @throws RangeError where the shares are not one a class, or do not add up to 1
 */
export function majorityBaseline(test: Predictions, shares: readonly number[]): Predictions {
  const { classes, y, weights } = test
  const sum = shares.reduce((total, share) => total + share, 0)
  if (shares.length !== classes || !shares.every((share) => share >= 0) || Math.abs(sum - 1) > 1e-9)
    throw new RangeError(`shares ${shares.join(', ')} of ${classes} classes: write one a class, that add up to 1`)
  const said = classes === 2 ? shares.slice(1) : shares
  const p = Float64Array.from({ length: y.length * said.length }, (_, k) => said[k % said.length]!)
  return { classes, y, p, weights }
}

/**
 * Foretells that it goes on as it went: the last class after a bar that rose, the first after one that fell. After one that
 * did neither, the time-out of three classes, the first of two.
 * @param returns of the bar that closed at each row's decision; only the sign counts
 * @throws RangeError where they are not one a row, or one is not a number
 */
export function previousSignBaseline(test: Predictions, returns: Float64Array): Predictions {
  const { classes, y, weights } = test
  if (returns.length !== y.length) throw new RangeError(`${returns.length} previous returns for ${y.length} rows`)
  const p = new Float64Array(classes === 2 ? y.length : 3 * y.length)
  for (let row = 0; row < y.length; row++) {
    const last = returns[row]!
    if (Number.isNaN(last)) throw new RangeError(`row ${row}: its previous return is not a number`)
    if (classes === 2) p[row] = last > 0 ? 1 : 0
    else p[3 * row + 1 + Math.sign(last)] = 1
  }
  return { classes, y, p, weights, isHard: true }
}
