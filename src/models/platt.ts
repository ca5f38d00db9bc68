import { logitOf } from './logits.ts'
import { fitNewton } from './newton-logistic.ts'

/** 1 ÷ (1 + exp(−(slope · logit(p) + offset))) */
export interface PlattCurve {
  readonly slope: number
  readonly offset: number
}

/**
 * Platt's sigmoid (1999) over the logit of a probability, by maximum likelihood with his smoothed targets, (N₊ + 1) ÷ (N₊ + 2)
 * and 1 ÷ (N₋ + 2), which no slope can reach exactly: so it stays finite where the rows can be told apart without fail. With
 * weights, N is the weight of a class. Where all probabilities are one, only the offset can be fitted, and the slope is 0.
 * @param y 0 and 1
 */
export function plattCurve(p: Float64Array, y: ArrayLike<number>, weights: Float64Array): PlattCurve {
  const logits = p.map(logitOf)
  let [positive, total, sum] = [0, 0, 0]
  for (let k = 0; k < p.length; k++) {
    total += weights[k]!
    positive += weights[k]! * y[k]!
    sum += weights[k]! * logits[k]!
  }
  const center = sum / total
  let squares = 0
  for (let k = 0; k < p.length; k++) squares += weights[k]! * (logits[k]! - center) ** 2
  const scale = Math.sqrt(squares / total)
  const isFlat = !(scale > 1e-12 * (1 + Math.abs(center)))
  const one = (positive + 1) / (positive + 2)
  const none = 1 / (total - positive + 2)
  const { parameters } = fitNewton(
    {
      columns: isFlat ? [] : [logits],
      rows: Int32Array.from(p, (_, k) => k),
      centers: Float64Array.of(center),
      scales: Float64Array.of(scale),
      hasIntercept: true,
      targets: Float64Array.from(p, (_, k) => (y[k] === 1 ? one : none)),
      weights,
      logits: 1,
    },
    { penalties: new Float64Array(isFlat ? 0 : 1), maxIterations: 100 },
  )
  const slope = isFlat ? 0 : parameters[0]! / scale
  return { slope, offset: parameters.at(-1)! - slope * center }
}

export function plattAt({ slope, offset }: PlattCurve, p: number): number {
  return 1 / (1 + Math.exp(-(slope * logitOf(p) + offset)))
}
