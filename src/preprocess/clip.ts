import { type ColumnStep, ColumnTransform } from './column-transform.ts'
import { quantilesOf } from './quantile.ts'
import { scaleOf } from './scale.ts'
import { requireQuantiles, requireSetting, settingsOf } from './settings.ts'
import { eachTrainingColumn } from './training-column.ts'
import { type Transformer, transformer } from './transform.ts'

/** What lies beyond `low` or `high` becomes it; NaN stays. */
export const LIMIT: ColumnStep = {
  kind: 'limit',
  numbers: ['low', 'high'],
  kernel: ({ low, high }) => {
    const [least, most] = [low!, high!]
    return (from, to) => {
      for (let k = 0; k < to.length; k++) {
        const value = from[k]!
        to[k] = value < least ? least : Math.min(value, most)
      }
    }
  },
}

export interface WinsorizeSettings {
  /** Fractions: what lies beyond these quantiles of the training rows becomes them. */
  readonly quantiles: readonly [number, number]
}

/**
 * Winsorising: values beyond two quantiles of the training rows become those quantiles, in later rows too.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function winsorize(given: Partial<WinsorizeSettings> = {}): Transformer {
  const settings = settingsOf<WinsorizeSettings>('winsorize', given, { quantiles: [0.005, 0.995] })
  requireQuantiles('winsorize', settings.quantiles)
  return limiting('winsorize', { ...settings }, (values) => quantilesOf(values, settings.quantiles) as [number, number])
}

export interface ClipSettings {
  /** How many scales, each q75 − q25, a value may lie from the median. */
  readonly scales: number
}

/**
 * Holds values within `scales` × (q75 − q25) of the median of the training rows, in later rows too. The scale is the one that
 * `robustScaler` divides by (1 where there is no spread), so that behind it this leaves −scales to scales.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function clip(given: Partial<ClipSettings> = {}): Transformer {
  const settings = settingsOf<ClipSettings>('clip', given, { scales: 10 })
  const { scales } = settings
  requireSetting(Number.isFinite(scales) && scales > 0, 'clip', 'scales', scales, 'a number above 0')
  return limiting('clip', { ...settings }, (values) => {
    const [low, median, high] = quantilesOf(values, [0.25, 0.5, 0.75]) as [number, number, number]
    const reach = scales * scaleOf(high - low)
    return [median - reach, median + reach]
  })
}

function limiting(
  kind: string,
  settings: Readonly<Record<string, unknown>>,
  limitsOf: (values: Float64Array) => readonly [number, number],
): Transformer {
  return transformer(kind, settings, (train) => {
    const limits: (readonly [number, number])[] = []
    eachTrainingColumn(kind, train, (values) => limits.push(limitsOf(values)))
    return new ColumnTransform(LIMIT, train.matrix.names, {
      low: limits.map(([low]) => low),
      high: limits.map(([, high]) => high),
    })
  })
}
