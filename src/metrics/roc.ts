import type { Figure } from '../core/findings.ts'
import {
  type AgainstRest,
  checkScores,
  cumulate,
  spread,
  type Tally,
  tallyOf,
  totalsOf,
} from './classification-ranking.ts'

/** How a curve is to be drawn. */
export interface CurveOptions extends AgainstRest {
  /** Leave out points that change nothing about how the curve looks; built in: true. */
  readonly dropIntermediate?: boolean
  /** Most points, evenly spread over those that are left; built in: all. */
  readonly most?: number
}

/** Points from (0, 0) to (1, 1). */
export interface RocCurve {
  /** Share of the other classes' weight at or above the threshold. */
  readonly fpr: Float64Array
  /** Share of the class's own. */
  readonly tpr: Float64Array
  /** Falling. The first is Infinity: nothing is at or above it. */
  readonly thresholds: Float64Array
}

/**
 * Area under the ROC curve: how likely a row of the class has a higher score than a row of another, ties counting half. By
 * average ranks, (Σ ranks of the class − P(P + 1) ÷ 2) ÷ (P × N) (Hanley & McNeil 1982), with weights in the place of
 * counts. Any scores will do, since only their order counts.
 * @returns `null` where all rows are of the class, or none is
 * @throws RangeError for lengths that differ, rows without a class, scores that are not numbers, negative weights
 */
export function rocAuc(y: Int8Array, scores: Float64Array, options: AgainstRest = {}): Figure {
  if (options.weights != null) return aucOf(tallyOf(y, scores, options))
  checkScores(y, scores, options)
  return aucOfCounts(y, scores, options.positive ?? 1)
}

/** Without weights sorting both sides apart and merging them will do, at a third of the time. */
function aucOfCounts(y: Int8Array, scores: Float64Array, positive: number): Figure {
  const own = new Float64Array(y.length)
  const others = new Float64Array(y.length)
  let [n, m] = [0, 0]
  for (let row = 0; row < y.length; row++) {
    if (y[row] === positive) own[n++] = scores[row]!
    else others[m++] = scores[row]!
  }
  if (n === 0 || m === 0) return null
  const [high, low] = [own.subarray(0, n).sort(), others.subarray(0, m).sort()]
  let [below, upTo, area] = [0, 0, 0]
  for (let k = 0; k < n; k++) {
    const score = high[k]!
    while (below < m && low[below]! < score) below++
    if (upTo < below) upTo = below
    while (upTo < m && low[upTo]! === score) upTo++
    area += (below + upTo) / 2
  }
  return area / (n * m)
}

export function aucOf(tally: Tally): Figure {
  const { sums } = tally
  let [below, positive, area] = [0, 0, 0]
  for (let k = 0; k < sums.length; k += 2) {
    const [others, own] = [sums[k]!, sums[k + 1]!]
    area += own * (below + others / 2)
    below += others
    positive += own
  }
  return positive > 0 && below > 0 ? area / (positive * below) : null
}

/**
 * The curve of which `rocAuc` is the area. `dropIntermediate` leaves out points on a straight line between their neighbours,
 * as scikit-learn's roc_curve does.
 * @returns `null` where all rows are of the class, or none is
 * @throws RangeError as `rocAuc`
 */
export function rocCurve(y: Int8Array, scores: Float64Array, options: CurveOptions = {}): RocCurve | null {
  const { dropIntermediate = true, most = Number.POSITIVE_INFINITY } = options
  const tally = tallyOf(y, scores, options)
  const { positive, negative } = totalsOf(tally)
  if (positive === 0 || negative === 0) return null
  const { length, thresholds, truePositive, falsePositive } = cumulate(tally)
  const isBend = (k: number) => {
    const bend = (sums: Float64Array) => sums[k + 1]! - sums[k]! !== sums[k]! - sums[k - 1]!
    return bend(truePositive) || bend(falsePositive)
  }
  // −1 is the corner at (0, 0), whose threshold nothing reaches
  const places = [-1]
  for (let k = 0; k < length; k++) if (!dropIntermediate || k === 0 || k === length - 1 || isBend(k)) places.push(k)
  const kept = spread(places, most)
  return {
    fpr: Float64Array.from(kept, (k) => (k < 0 ? 0 : falsePositive[k]! / falsePositive[length - 1]!)),
    tpr: Float64Array.from(kept, (k) => (k < 0 ? 0 : truePositive[k]! / truePositive[length - 1]!)),
    thresholds: Float64Array.from(kept, (k) => (k < 0 ? Number.POSITIVE_INFINITY : thresholds[k]!)),
  }
}
