import { type ColumnStep, ColumnTransform } from './column-transform.ts'
import { quantilesOf } from './quantile.ts'
import { requireSetting, settingsOf } from './settings.ts'
import { eachTrainingColumn } from './training-column.ts'
import { type Transformer, transformer } from './transform.ts'

/** NaN becomes `value`. */
export const FILL: ColumnStep = {
  kind: 'fill',
  numbers: ['value'],
  kernel: ({ value: given }) => {
    const value = given!
    return (from, to) => {
      for (let k = 0; k < to.length; k++) to[k] = Number.isNaN(from[k]!) ? value : from[k]!
    }
  },
}

/** NaN becomes what the row before it became. */
export const HOLD: ColumnStep = {
  kind: 'hold',
  numbers: [],
  kernel: () => (from, to, before) => {
    let known = before
    for (let k = 0; k < to.length; k++) {
      if (!Number.isNaN(from[k]!)) known = from[k]!
      to[k] = known
    }
  },
}

export interface ImputeSettings {
  readonly by: 'constant' | 'median' | 'last'
  /** With `by: 'constant'`. */
  readonly value: number
}

const WAYS = ['constant', 'median', 'last']

/**
 * Fills what is unknown: with a constant, with the median of the training rows, or with the last value known before it, however
 * old (NaN before the first one stay). Nothing is ever filled unless a pipeline says so with this step.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function impute(given: Partial<ImputeSettings>): Transformer {
  const settings = settingsOf<ImputeSettings>('impute', given, { by: 'constant', value: Number.NaN })
  const { by, value } = settings
  requireSetting(
    given.by !== undefined && WAYS.includes(by),
    'impute',
    'by',
    given.by,
    '"constant", "median" or "last"',
  )
  if (by === 'constant') requireSetting(Number.isFinite(value), 'impute', 'value', value, 'the constant, such as 0')
  else requireSetting(given.value === undefined, 'impute', 'value', value, `none with by: "${by}"`)
  return transformer('impute', by === 'constant' ? { by, value } : { by }, (train) => {
    const { names } = train.matrix
    if (by === 'last') return new ColumnTransform(HOLD, names, {})
    if (by === 'constant') return new ColumnTransform(FILL, names, { value: names.map(() => value) })
    const medians: number[] = []
    eachTrainingColumn('impute', train, (values) => medians.push(quantilesOf(values, [0.5])[0]!))
    return new ColumnTransform(FILL, names, { value: medians })
  })
}
