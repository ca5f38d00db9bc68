import type { Figure } from '../core/findings.ts'
import { type AgainstRest, cumulate, spread, type Tally, tallyOf, totalsOf } from './classification-ranking.ts'
import type { CurveOptions } from './roc.ts'

/** Points by rising threshold; the last is (precision 1, recall 0), where nothing is said any more, and has no threshold. */
export interface PrecisionRecallCurve {
  readonly precision: Float64Array
  readonly recall: Float64Array
  /** One fewer than points. */
  readonly thresholds: Float64Array
}

/**
 * Area under the curve of precision over recall, by steps: Σ (recall − recall at the threshold above) × precision, which
 * is not flattered by straight lines between the points (Davis & Goadrich 2006; scikit-learn's average_precision_score).
 * @returns `null` where all rows are of the class, or none is
 * @throws RangeError for lengths that differ, rows without a class, scores that are not numbers, negative weights
 */
export function averagePrecision(y: Int8Array, scores: Float64Array, options: AgainstRest = {}): Figure {
  return averagePrecisionOf(tallyOf(y, scores, options))
}

/** @param isMirrored of the other classes, by falling scores: of two classes the first, by the probability that it has */
export function averagePrecisionOf({ sums }: Tally, isMirrored = false): Figure {
  const [own, other] = isMirrored ? [0, 1] : [1, 0]
  let [positive, negative, area] = [0, 0, 0]
  for (let step = 0; step < sums.length; step += 2) {
    const k = isMirrored ? step : sums.length - 2 - step
    const here = sums[k + own]!
    negative += sums[k + other]!
    positive += here
    if (here > 0) area += here * (positive / (positive + negative))
  }
  return positive > 0 && negative > 0 ? area / positive : null
}

/**
 * The curve of which `averagePrecision` is the area. `dropIntermediate` leaves out thresholds between two others of the same
 * recall, as scikit-learn's precision_recall_curve does: the area stays what it is.
 * @returns `null` where all rows are of the class, or none is
 * @throws RangeError as `averagePrecision`
 */
export function precisionRecallCurve(
  y: Int8Array,
  scores: Float64Array,
  options: CurveOptions = {},
): PrecisionRecallCurve | null {
  const { dropIntermediate = true, most = Number.POSITIVE_INFINITY } = options
  const tally = tallyOf(y, scores, options)
  const { positive, negative } = totalsOf(tally)
  if (positive === 0 || negative === 0) return null
  const { length, thresholds, truePositive, falsePositive } = cumulate(tally)
  const isEdge = (k: number) => truePositive[k - 1] !== truePositive[k] || truePositive[k + 1] !== truePositive[k]
  const places: number[] = []
  for (let k = length - 1; k >= 0; k--)
    if (!dropIntermediate || k === 0 || k === length - 1 || isEdge(k)) places.push(k)
  places.push(-1)
  const kept = spread(places, most)
  return {
    precision: Float64Array.from(kept, (k) => (k < 0 ? 1 : truePositive[k]! / (truePositive[k]! + falsePositive[k]!))),
    recall: Float64Array.from(kept, (k) => (k < 0 ? 0 : truePositive[k]! / truePositive[length - 1]!)),
    thresholds: Float64Array.from(kept.slice(0, -1), (k) => thresholds[k]!),
  }
}
