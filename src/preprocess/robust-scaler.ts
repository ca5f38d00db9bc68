import { normalQuantile } from '../core/normal-quantile.ts'
import { ColumnTransform } from './column-transform.ts'
import { meanAndVariance } from './mean-and-variance.ts'
import { quantilesOf } from './quantile.ts'
import { NO_SPREAD, SCALE, scaleOf } from './scale.ts'
import { requireBooleans, requireQuantiles, requireSetting, settingsOf } from './settings.ts'
import { eachTrainingColumn } from './training-column.ts'
import { type Transformer, transformer } from './transform.ts'

export interface RobustScalerSettings {
  /** Fractions whose distance is the scale. */
  readonly quantiles: readonly [number, number]
  /** Subtract the median. */
  readonly center: boolean
  /** Divide by the scale. */
  readonly scale: boolean
  /** Divide the scale by what it would be of a standard normal variable, so that such features have variance 1. */
  readonly unitVariance: boolean
  /**
   * What a feature is divided by whose quantiles are the same number, such as one that is mostly 0 with rare spikes: 1, as
   * scikit-learn does, or its standard deviation.
   */
  readonly whenFlat: 'one' | 'deviation'
}

/**
 * (x − median) ÷ (q75 − q25) of the training rows, which outliers hardly move. The numbers are those of scikit-learn's
 * RobustScaler: NaN are left out of the fit and stay NaN; a spread below ten epsilons counts as 1, before `unitVariance`.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function robustScaler(given: Partial<RobustScalerSettings> = {}): Transformer {
  const settings = settingsOf<RobustScalerSettings>('robustScaler', given, {
    quantiles: [0.25, 0.75],
    center: true,
    scale: true,
    unitVariance: false,
    whenFlat: 'one',
  })
  const { quantiles, center, scale, unitVariance, whenFlat } = settings
  requireQuantiles('robustScaler', quantiles)
  requireBooleans('robustScaler', { center, scale, unitVariance })
  requireSetting(['one', 'deviation'].includes(whenFlat), 'robustScaler', 'whenFlat', whenFlat, '"one" or "deviation"')
  const normal = unitVariance ? normalQuantile(quantiles[1]) - normalQuantile(quantiles[0]) : 1
  requireSetting(
    Number.isFinite(normal),
    'robustScaler',
    'quantiles',
    quantiles,
    'fractions above 0 and below 1 with unitVariance',
  )
  return transformer('robust-scaler', { ...settings }, (train) => {
    const centers: number[] = []
    const scales: number[] = []
    eachTrainingColumn('robustScaler', train, (values) => {
      const [low, median, high] = quantilesOf(values, [quantiles[0], 0.5, quantiles[1]]) as [number, number, number]
      const isFlat = high - low < NO_SPREAD
      const spread = isFlat && whenFlat === 'deviation' ? Math.sqrt(meanAndVariance(values).variance) : high - low
      centers.push(center ? median : 0)
      scales.push(scale ? scaleOf(spread) / normal : 1)
    })
    return new ColumnTransform(SCALE, train.matrix.names, { center: centers, scale: scales })
  })
}
