/** Turns scores into probabilities where they lie, one a row of two classes, three of three; returns them. */
export function probabilitiesOf(scores: Float64Array, classes: 2 | 3): Float64Array {
  return fillProbabilities(scores, scores, classes)
}

/** The same into `out`. */
export function fillProbabilities(scores: Float64Array, out: Float64Array, classes: 2 | 3): Float64Array {
  if (classes === 2) {
    for (let row = 0; row < scores.length; row++) out[row] = 1 / (1 + Math.exp(-scores[row]!))
    return out
  }
  for (let at = 0; at < scores.length; at += 3) {
    // less the largest, so that no power overflows
    const most = Math.max(scores[at]!, scores[at + 1]!, scores[at + 2]!)
    let sum = 0
    for (let k = at; k < at + 3; k++) {
      const power = Math.exp(scores[k]! - most)
      out[k] = power
      sum += power
    }
    for (let k = at; k < at + 3; k++) out[k]! /= sum
  }
  return out
}

/** Nearer to 0 or 1 a probability has the logit of this: one that was certain must not outweigh all others. */
const EDGE = 1e-6

/** ln(p ÷ (1 − p)) */
export function logitOf(p: number): number {
  const kept = Math.min(1 - EDGE, Math.max(EDGE, p))
  return Math.log(kept / (1 - kept))
}

/** ln(p ÷ q) */
export function logRatioOf(p: number, q: number): number {
  return Math.log(Math.max(EDGE, p) / Math.max(EDGE, q))
}
