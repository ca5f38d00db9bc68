import { type FeatureBins, missingBin } from './bins.ts'
import { BIN, FEATURE, GRADIENT, HESSIAN, type Histogram } from './histogram.ts'

/** What is summed up of some rows. */
export interface Sums {
  /** One a channel; of one channel, twice the same. */
  readonly gradients: readonly [number, number]
  readonly hessian: number
  readonly rows: number
}

/** Rows of a node up to the edge of `bin` of `feature` go left, the others right. */
export interface Split {
  readonly feature: number
  readonly bin: number
  /** Where rows without the value go. */
  readonly missingLeft: boolean
  readonly gain: number
  readonly left: Sums
}

/** What a node is worth by itself; a split gains what its children are worth more than it. */
type Worth = (gradient: number, second: number, hessian: number) => number

export interface SplitLimits {
  readonly minRows: number
  readonly minHessian: number
  readonly worth: Worth
}

/** A node's histograms of the first and the second channel, the same one where there is only one; `unit` is a count of one. */
export interface NodeSums {
  readonly histograms: readonly [Histogram, Histogram]
  readonly unit: number
}

/** Smaller gains, as a fraction of what the children are worth, are what rounding leaves of none. */
const ROUNDING = 1e-12

/**
 * The split of a node that gains most: the first of equals, by feature, then by direction of missing values (right before
 * left), then by bin. `null` where none is allowed and gains.
 * @param features which may be split, ascending
 */
export function bestSplit(
  node: NodeSums,
  bins: readonly FeatureBins[],
  features: Int32Array,
  total: Sums,
  limits: SplitLimits,
): Split | null {
  let best: Split | null = null
  for (const feature of features) {
    const { edges } = bins[feature]!
    const missing = missingBin(bins[feature]!)
    const missed = sumsOf(node, feature, missing, missing + 1)
    const found: Split | null =
      missed.rows === 0
        ? bestCut(node, feature, edges.length, null, total, limits, best)
        : // "is it there at all" is a question too: all that are there go left
          bestCut(node, feature, edges.length + 1, null, total, limits, best)
    best = missed.rows === 0 ? found : bestCut(node, feature, edges.length, missed, total, limits, found)
    // a node without missing values tells nothing about them: such rows go with most of the others, as in scikit-learn
    if (best?.feature === feature && missed.rows === 0) best = { ...best, missingLeft: 2 * best.left.rows > total.rows }
  }
  return best
}

/** Sums of some bins of a feature; over all of them, those of the node, since every row is in one. */
export function sumsOf(
  { histograms: [first, second], unit }: NodeSums,
  feature: number,
  from: number,
  to: number,
): Sums {
  let [g, g2, counted] = [0, 0, 0]
  for (let at = feature * FEATURE + from * BIN; at < feature * FEATURE + to * BIN; at += BIN) {
    g += first[at + GRADIENT]!
    g2 += second[at + GRADIENT]!
    counted += first[at + HESSIAN]!
  }
  const rows = Math.round(counted / unit)
  return { gradients: [g, g2], hessian: counted - rows * unit, rows }
}

/**
 * Walks over the bins from left to right and cuts behind each of the first `cuts`; the best cut, where it is better than
 * `best`.
 * @param missed what goes left before all others; `null`: what is missing goes right
 */
function bestCut(
  { histograms: [first, second], unit }: NodeSums,
  feature: number,
  cuts: number,
  missed: Sums | null,
  total: Sums,
  { minRows, minHessian, worth }: SplitLimits,
  best: Split | null,
): Split | null {
  const [g0, s0] = total.gradients
  const own = worth(g0, s0, total.hessian)
  let [g, g2] = missed?.gradients ?? [0, 0]
  let h = missed?.hessian ?? 0
  let n = missed?.rows ?? 0
  let gain = best?.gain ?? 0
  let cut = -1
  let [cutG, cutG2, cutH, cutN] = [0, 0, 0, 0]
  for (let bin = 0, at = feature * FEATURE; bin < cuts; bin++, at += BIN) {
    const counted = first[at + HESSIAN]!
    const count = Math.round(counted / unit)
    if (count === 0) continue
    g += first[at + GRADIENT]!
    g2 += second[at + GRADIENT]!
    h += counted - count * unit
    n += count
    if (n < minRows || h < minHessian) continue
    if (total.rows - n < minRows || total.hessian - h < minHessian) break
    const parts = worth(g, g2, h) + worth(g0 - g, s0 - g2, total.hessian - h)
    const more = parts - own
    if (more > gain && more > ROUNDING * parts) {
      gain = more
      cut = bin
      cutG = g
      cutG2 = g2
      cutH = h
      cutN = n
    }
  }
  if (cut < 0) return best
  const left = { gradients: [cutG, cutG2] as const, hessian: cutH, rows: cutN }
  return { feature, bin: cut, missingLeft: missed !== null, gain, left }
}
