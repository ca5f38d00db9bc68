/** Leaks: the split says that it keeps two days away from the test, and does not. */
import { defineModel, direction, logisticRegression, logReturn, rsi, type Splitter, walkForward } from 'klinelab'

const near = walkForward({ folds: 3 })

const ignoring: Splitter = { ...near, settings: { ...near.settings, embargo: '2d' } }

export const close = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: ignoring,
})
