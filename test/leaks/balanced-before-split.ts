/** Leaks: classes are balanced over all rows that have a label, before the split takes its test from them. */
import {
  defineModel,
  direction,
  logisticRegression,
  logReturn,
  type Rebalancer,
  randomUnderSample,
  rsi,
  type TrainingView,
  walkForward,
} from 'klinelab'

const sampler = randomUnderSample()

const beforeSplit: Rebalancer = {
  ...{ kind: 'before-split', settings: {} },
  resample(train, options) {
    const { matrix, labels } = train
    const isWhole = (row: number) => matrix.columns.every((column) => !Number.isNaN(column[row]!))
    const rows = Int32Array.from(labels.y.keys()).filter((row) => labels.y[row]! >= 0 && isWhole(row))
    return sampler.resample(new (train.constructor as typeof TrainingView)(matrix, labels, rows), options)
  },
}

export const balanced = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6, threshold: 0.002 }),
  rebalance: beforeSplit,
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
