import { ColumnTransform } from './column-transform.ts'
import { meanAndVariance } from './mean-and-variance.ts'
import { SCALE } from './scale.ts'
import { settingsOf } from './settings.ts'
import { eachTrainingColumn } from './training-column.ts'
import { type Transformer, transformer } from './transform.ts'

/**
 * (x − mean) ÷ standard deviation of the training rows, the deviation that of a population. The numbers are those of
 * scikit-learn's StandardScaler: NaN are left out of the fit and stay NaN; a feature whose variance is no more than what
 * rounding makes of a constant is divided by 1.
 * @throws TypeError on any setting: it has none
 */
export function standardScaler(given: Record<never, never> = {}): Transformer {
  settingsOf('standardScaler', given, {})
  return transformer('standard-scaler', {}, (train) => {
    const center: number[] = []
    const scale: number[] = []
    eachTrainingColumn('standardScaler', train, (values) => {
      const { mean, variance } = meanAndVariance(values)
      const n = values.length
      const isConstant = variance <= n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2
      center.push(mean)
      scale.push(isConstant ? 1 : Math.sqrt(variance))
    })
    return new ColumnTransform(SCALE, train.matrix.names, { center, scale })
  })
}
