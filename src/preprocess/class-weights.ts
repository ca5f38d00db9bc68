import { presentClasses, type Rebalancer, rebalancer } from './rebalance.ts'
import { requireSetting, settingsOf } from './settings.ts'

export interface ClassWeightsSettings {
  /** One for each class, or `balanced`: n ÷ (number of classes × n of the class), of the training rows. */
  readonly weights: 'balanced' | readonly number[]
}

/**
 * Weighs rows by their class, so that each class counts alike; the rows stay as they are. The weights are those of
 * scikit-learn's `compute_class_weight('balanced')`; a class without training rows counts as none.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function classWeights(given: Partial<ClassWeightsSettings> = {}): Rebalancer {
  const { weights } = settingsOf<ClassWeightsSettings>('classWeights', given, { weights: 'balanced' })
  const areNumbers = Array.isArray(weights) && weights.every((weight) => Number.isFinite(weight) && weight >= 0)
  requireSetting(
    weights === 'balanced' || (areNumbers && weights.some((weight) => weight > 0)),
    'classWeights',
    'weights',
    weights,
    '"balanced", or a number for each class such as [1, 3]',
  )
  return rebalancer('class-weights', { weights }, (byClass, { matrix, rows, weights: own }) => {
    const present = presentClasses('classWeights', byClass)
    if (weights !== 'balanced' && weights.length !== byClass.length)
      throw new RangeError(`classWeights: ${weights.length} weights, and the label has ${byClass.length} classes`)
    const made = new Float64Array(matrix.rows)
    for (const one of present) {
      const members = byClass[one]!
      const weight = weights === 'balanced' ? rows.length / (present.length * members.length) : weights[one]!
      for (const row of members) made[row] = weight * (own === null ? 1 : own[row]!)
    }
    return { weights: made }
  })
}
