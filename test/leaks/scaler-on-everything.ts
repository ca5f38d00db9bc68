/** Leaks: the scaler takes minimum and maximum of all rows instead of the training part's. */
import {
  defineModel,
  direction,
  logisticRegression,
  logReturn,
  minMaxScaler,
  rsi,
  type TrainingView,
  type Transformer,
  walkForward,
} from 'klinelab'

const scaler = minMaxScaler()

const everything: Transformer = {
  ...{ kind: 'min-max-of-all', settings: {} },
  fit(train) {
    const { matrix, labels } = train
    const rows = Int32Array.from({ length: matrix.rows }, (_, row) => row)
    return scaler.fit(new (train.constructor as typeof TrainingView)(matrix, labels, rows))
  },
}

export const scaled = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  scale: everything,
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
