/** Peek nowhere: one of each way to split, to scale, to rebalance and to learn. */
import {
  clip,
  combinatorialPurged,
  defineModel,
  direction,
  ensemble,
  gbdt,
  type Indicator,
  impute,
  logisticRegression,
  logReturn,
  lstm,
  minMaxScaler,
  pipeline,
  purgedKFold,
  randomForest,
  randomOverSample,
  randomUnderSample,
  rsi,
  smote,
  standardScaler,
  tripleBarrier,
  walkForward,
  winsorize,
} from 'klinelab'

class Holes {
  value = Number.NaN
  next(price: number): void {
    this.value = Math.round(price) % 5 === 0 ? Number.NaN : Math.log(price)
  }
}

const holes: Indicator<'value'> = {
  ...{ name: 'holes', key: 'holes(close)', inputs: ['close'], outputs: ['value'], lookback: 1 },
  create: () => new Holes(),
}

const plain = {
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: walkForward({ folds: 2, embargo: '1d' }),
}
const imputed = {
  ...plain,
  features: () => ({ r1: logReturn(1), holes }),
  scale: pipeline([impute({ by: 'last' }), clip({ scales: 3 }), minMaxScaler()]),
  model: randomForest({ trees: 3 }),
}

export const smoted = defineModel({ ...plain, rebalance: smote(), split: purgedKFold({ folds: 4, embargo: '1d' }) })
export const combined = defineModel({
  ...plain,
  scale: pipeline([winsorize(), standardScaler()]),
  rebalance: randomUnderSample(),
  split: combinatorialPurged({ groups: 5, testGroups: 2, embargo: 10 }),
})
export const rolling = defineModel({ ...imputed, split: walkForward({ folds: 2, mode: 'rolling' }) })
export const kept = defineModel({
  ...imputed,
  scale: pipeline([impute({ by: 'last' }), standardScaler()]),
  split: purgedKFold({ folds: 6 }),
})
export const rare = defineModel({
  ...plain,
  label: direction({ horizon: 1, threshold: 0.02 }),
  rebalance: randomOverSample(),
})
export const three = defineModel({
  ...plain,
  label: tripleBarrier({ up: 4, down: 2, horizon: 12, scale: 0.004, classes: 3 }),
  weights: 'uniqueness',
  model: gbdt({ trees: 5, maxLeaves: 4 }),
})
export const stacked = defineModel({
  ...plain,
  label: tripleBarrier({ up: 2, down: 2, horizon: 1, scale: 0.003 }),
  model: ensemble([lstm({ units: 4, window: 8, epochs: 1 }), logisticRegression()], { vote: 'stacking' }),
  calibrate: 'isotonic',
})
