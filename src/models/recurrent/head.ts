/**
 * From logits to probabilities and a loss: of two classes one logit, the sigmoid and binary cross-entropy; of three the softmax
 * and cross-entropy.
 */

/** Probabilities of one row: that of class 1, or one of each of three classes. */
export function probabilities(
  logits: ArrayLike<number>,
  from: number,
  classes: 2 | 3,
  to: Float64Array,
  at: number,
): void {
  if (classes === 2) {
    to[at] = 1 / (1 + Math.exp(-logits[from]!))
    return
  }
  const most = Math.max(logits[from]!, logits[from + 1]!, logits[from + 2]!)
  let sum = 0
  for (let k = 0; k < 3; k++) sum += to[at + k] = Math.exp(logits[from + k]! - most)
  for (let k = 0; k < 3; k++) to[at + k]! /= sum
}

/** Cross-entropy of one row, in nats, without overflow for any logit. `slope` gets its derivatives by the logits. */
export function crossEntropy(
  logits: ArrayLike<number>,
  from: number,
  classes: 2 | 3,
  y: number,
  slope: Float64Array,
): number {
  probabilities(logits, from, classes, slope, 0)
  if (classes === 2) {
    const x = logits[from]!
    slope[0]! -= y
    return Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x)))
  }
  const most = Math.max(logits[from]!, logits[from + 1]!, logits[from + 2]!)
  let sum = 0
  for (let k = 0; k < 3; k++) sum += Math.exp(logits[from + k]! - most)
  slope[y]! -= 1
  return most + Math.log(sum) - logits[from + y]!
}
