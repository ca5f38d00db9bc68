import { lossesOf } from '../metrics/classification-loss.ts'
import type { FittedClassifier, TrainingSet } from './classifier.ts'
import { trainingRows, type ValidationRows, validationRows } from './training-rows.ts'

/**
 * Weights that add up to 1, each in proportion to how much lower a member's log loss on the validation rows is than that of
 * saying their classes' shares; a member that is no better than that has none. Where none is, all weigh alike. (Weights by the
 * loss itself would hardly differ: with prices all losses are near ln 2.)
 * @throws RangeError without validation rows
 */
export function skillWeights(
  members: readonly FittedClassifier[],
  data: TrainingSet,
  rows: Int32Array | null | undefined,
): readonly number[] {
  const validation = validationRows('ensemble', data, rows, trainingRows('ensemble', data))
  if (validation === null) throw new RangeError('ensemble: { vote: "loss" } needs validation rows')
  const { classes } = data
  const base = shareLoss(validation, classes)
  const skills = members.map((member) => {
    const p = member.predictProba(data.columns, validation.rows)
    const total = validation.weights.reduce((sum, weight) => sum + weight, 0)
    const { logLoss } = lossesOf({ classes, y: validation.y, p }).mean(validation.weights, total)
    return Math.max(0, base - logLoss)
  })
  const sum = skills.reduce((all, skill) => all + skill, 0)
  return skills.map((skill) => (sum > 0 ? skill / sum : 1 / members.length))
}

/** Log loss of saying each class's share of the weight: the entropy of the shares. */
function shareLoss({ y, weights }: ValidationRows, classes: 2 | 3): number {
  const sums = new Array<number>(classes).fill(0)
  for (let k = 0; k < y.length; k++) sums[y[k]!]! += weights[k]!
  const total = sums.reduce((all, sum) => all + sum, 0)
  return sums.reduce((loss, sum) => (sum > 0 ? loss - (sum / total) * Math.log(sum / total) : loss), 0)
}
