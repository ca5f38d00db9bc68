/**
 * A model that says how likely it is that the price rises four average ranges before it falls four, and a strategy that buys
 * where it is sure enough and lets the same two barriers decide.
 *
 * What it is: the smallest whole example of research with a model: features, label, model and split in one place, scored on
 * bars that the model has not seen. What it is not: an edge. README says what it comes to beside its baselines.
 */
import {
  atr,
  buy,
  classWeights,
  defineModel,
  defineStrategy,
  ensemble,
  gbdt,
  gru,
  hourOfDay,
  logReturn,
  lstm,
  macd,
  num,
  robustScaler,
  rsi,
  sma,
  stdev,
  tripleBarrier,
  walkForward,
} from 'klinelab'

export const direction = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({
    r1: logReturn(1),
    r6: logReturn(6),
    r24: logReturn(24),
    rsi: rsi(14),
    macd: macd(12, 26, 9).histogram,
    atr: atr(14).over('close'),
    trend: sma(24).over(sma(168)),
    noise: stdev(48, logReturn(1)),
    hour: hourOfDay(),
  }),
  label: tripleBarrier({ up: 4, down: 4, horizon: 96, scale: atr(14) }),
  scale: robustScaler(),
  rebalance: classWeights(),
  model: ensemble(
    [
      lstm({ units: 16, window: 24, epochs: 6 }),
      gru({ units: 16, window: 24, epochs: 6 }),
      gbdt({ trees: 60, maxLeaves: 8, learningRate: 0.05 }),
    ],
    { vote: 'mean' },
  ),
  split: walkForward({ folds: 4, embargo: '4d' }),
  seed: 7,
})

export default defineStrategy({
  name: 'ml-direction',
  params: { sure: num(0.55, { min: 0.5, max: 1 }), risk: num(0.01, { min: 0.001, max: 0.1 }) },
  models: { direction },
  indicators: () => ({ atr: atr(14) }),
  onBar({ ind, models, position, params }) {
    if (position.qty === 0 && models.direction.p >= params.sure)
      return buy({
        risk: params.risk,
        stopLoss: { distance: 4 * ind.atr },
        takeProfit: { distance: 4 * ind.atr },
      })
  },
})
