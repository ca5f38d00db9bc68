/** Leaks: the model counts classes over all rows it can reach, those of the test among them. */
import { type Classifier, defineModel, direction, logReturn, rsi, walkForward } from 'klinelab'

const counting: Classifier = {
  ...{ kind: 'counting', settings: {} },
  fit({ y }) {
    const known = y.filter((one) => one >= 0)
    const p = known.reduce((sum, one) => sum + one, 0) / known.length
    return {
      kind: 'counting',
      predictProba: (_, rows) => new Float64Array(rows.length).fill(p),
      toJSON: () => ({ kind: 'counting', p }),
    }
  },
}

export const counted = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: counting,
  split: walkForward({ folds: 3 }),
})
