/** Leaks where a fold learns from bars before and after its test, of which none is known as a whole before the data end. */
import { defineModel, direction, logisticRegression, logReturn, purgedKFold, rsi } from 'klinelab'
import { balanced } from './balanced-before-split.ts'
import { counted } from './learns-from-test.ts'
import { scaled } from './scaler-on-everything.ts'

const between = {
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: purgedKFold({ folds: 3, embargo: '1d' }),
}

export const scaling = defineModel({ ...between, scale: scaled.scale })
export const balancing = defineModel({ ...between, rebalance: balanced.rebalance })
export const learning = defineModel({ ...between, model: counted.model })
