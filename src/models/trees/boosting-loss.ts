import { fillProbabilities } from '../logits.ts'

/** What boosting lowers: the log loss of its scores, one a row of two classes, three of three. */
export interface BoostingLoss {
  /** Scores of a row, and trees an iteration. */
  readonly width: 1 | 3
  /** Scores that give each class its share of the weight. */
  base(classWeights: readonly number[]): readonly number[]
  /** Fills `out` with the probabilities of all rows as a classifier gives them. */
  probabilities(scores: Float64Array, out: Float64Array): Float64Array
  /** Fills `pairs` with first and second derivative by score `of` of each row, weighted, one behind the other. */
  derivatives(pairs: Float32Array, probabilities: Float64Array, of: number, y: Int8Array, weights: Float64Array): void
}

/** A row that is foretold with certainty still has a say, or a leaf of such rows would divide by nothing. */
const LEAST_CURVATURE = 1e-16

const BINARY: BoostingLoss = {
  width: 1,
  base: ([none, one]) => [Math.log(one! / none!)],
  probabilities: (scores, out) => fillProbabilities(scores, out, 2),
  derivatives(pairs, probabilities, _of, y, weights) {
    for (let row = 0; row < y.length; row++) {
      const p = probabilities[row]!
      const weight = weights[row]!
      pairs[2 * row] = (p - y[row]!) * weight
      pairs[2 * row + 1] = Math.max(p * (1 - p), LEAST_CURVATURE) * weight
    }
  },
}

const SOFTMAX: BoostingLoss = {
  width: 3,
  base(classWeights) {
    const total = classWeights.reduce((sum, weight) => sum + weight, 0)
    return classWeights.map((weight) => Math.log(weight / total))
  },
  probabilities: (scores, out) => fillProbabilities(scores, out, 3),
  derivatives(pairs, probabilities, of, y, weights) {
    for (let row = 0; row < y.length; row++) {
      const p = probabilities[3 * row + of]!
      const weight = weights[row]!
      pairs[2 * row] = (y[row] === of ? p - 1 : p) * weight
      pairs[2 * row + 1] = Math.max(p * (1 - p), LEAST_CURVATURE) * weight
    }
  },
}

export function boostingLoss(classes: 2 | 3): BoostingLoss {
  return classes === 2 ? BINARY : SOFTMAX
}
