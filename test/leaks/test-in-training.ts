/** Leaks: every fold also learns from the first rows of its own test. */
import {
  defineModel,
  direction,
  logisticRegression,
  logReturn,
  rsi,
  type Splitter,
  type TrainingView,
  walkForward,
} from 'klinelab'

const forward = walkForward({ folds: 3 })

const greedy: Splitter = {
  ...forward,
  kind: 'greedy',
  *split(matrix, labels, options) {
    for (const fold of forward.split(matrix, labels, options)) {
      const rows = Int32Array.from([...fold.train.rows, ...fold.test.slice(0, 50)])
      yield { ...fold, train: new (fold.train.constructor as typeof TrainingView)(matrix, labels, rows) }
    }
  },
}

export const greed = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: greedy,
})
