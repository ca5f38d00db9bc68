import { LIMIT } from './clip.ts'
import { type ColumnStep, ColumnTransform } from './column-transform.ts'
import { PipelineTransform } from './pipeline.ts'
import { scaleOf } from './scale.ts'
import { requireBooleans, requireSetting, settingsOf } from './settings.ts'
import { eachTrainingColumn } from './training-column.ts'
import { type Transformer, transformer } from './transform.ts'

export interface MinMaxScalerSettings {
  /** What the smallest and the largest value of the training rows become. */
  readonly range: readonly [number, number]
  /** Hold what lies beyond them, in later rows, within the range. */
  readonly clip: boolean
}

/** x · factor + offset. */
export const STRETCH: ColumnStep = {
  kind: 'stretch',
  numbers: ['factor', 'offset'],
  kernel: ({ factor, offset }) => {
    const [times, plus] = [factor!, offset!]
    return (from, to) => {
      for (let k = 0; k < to.length; k++) to[k] = from[k]! * times + plus
    }
  },
}

/**
 * Stretches each feature so that its smallest and largest value of the training rows come to lie at the ends of `range`. The
 * numbers are those of scikit-learn's MinMaxScaler: NaN are left out of the fit and stay NaN; a range below ten epsilons
 * counts as 1. One outlier squeezes all the rest together: `robustScaler` does not suffer from it.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function minMaxScaler(given: Partial<MinMaxScalerSettings> = {}): Transformer {
  const settings = settingsOf<MinMaxScalerSettings>('minMaxScaler', given, { range: [0, 1], clip: false })
  const { range, clip } = settings
  const [low, high] =
    Array.isArray(range) && range.length === 2 ? (range as [number, number]) : [Number.NaN, Number.NaN]
  const isRange = Number.isFinite(low) && Number.isFinite(high) && low < high
  requireSetting(isRange, 'minMaxScaler', 'range', range, 'two rising numbers such as [0, 1]')
  requireBooleans('minMaxScaler', { clip })
  return transformer('min-max-scaler', { ...settings }, (train) => {
    const factors: number[] = []
    const offsets: number[] = []
    eachTrainingColumn('minMaxScaler', train, (values) => {
      let [smallest, largest] = [values[0]!, values[0]!]
      for (let k = 1; k < values.length; k++) {
        const value = values[k]!
        if (value < smallest) smallest = value
        else if (value > largest) largest = value
      }
      const factor = (high - low) / scaleOf(largest - smallest)
      factors.push(factor)
      offsets.push(low - smallest * factor)
    })
    const { names } = train.matrix
    const stretched = new ColumnTransform(STRETCH, names, { factor: factors, offset: offsets })
    if (!clip) return stretched
    const held = new ColumnTransform(LIMIT, names, { low: names.map(() => low), high: names.map(() => high) })
    return new PipelineTransform(names, [stretched, held])
  })
}
