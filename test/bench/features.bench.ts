import { atr, hourOfDay, logReturn, macd, rsi, sma, stdev, vwap, zscore } from '../../src/indicators/index.ts'
import { featureMatrix } from '../../src/preprocess/features.ts'
import { tripleBarrier } from '../../src/preprocess/label-triple-barrier.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { uniquenessWeights } from '../../src/preprocess/uniqueness.ts'
import { type Bench, interleaved } from './bench.ts'
import { MINUTES_NOTE, realMinuteBars } from './real-bars.ts'

/** Twelve features as a module for minutes would declare them. */
const FEATURES = {
  r1: logReturn(1),
  r15: logReturn(15),
  r60: logReturn(60),
  rsi: rsi(14),
  histogram: macd(12, 26, 9).histogram,
  atr: atr(14).over('close'),
  trend: sma(60).over('close'),
  slope: sma(60).over(sma(240)),
  volatility: stdev(60, logReturn(1)),
  volume: zscore(60, 'volume'),
  vwap: vwap(60).over('close'),
  hour: hourOfDay(),
}
const LABEL = { up: 2, down: 2, scale: atr(14) }

const bench: Bench = async () => {
  const bars = await realMinuteBars()
  const near = tripleBarrier({ ...LABEL, horizon: 60 })
  const far = tripleBarrier({ up: 40, down: 40, scale: atr(14), horizon: 1440 })
  const matrix = featureMatrix(bars, FEATURES)
  const labels = near.label(bars)
  const splitter = walkForward({ folds: 6, embargo: '2d' })
  const [both, features, label, wide, split] = interleaved(
    [
      () => [featureMatrix(bars, FEATURES), near.label(bars)],
      () => featureMatrix(bars, FEATURES),
      () => near.label(bars),
      () => far.label(bars),
      () => {
        for (const fold of splitter.split(matrix, labels)) uniquenessWeights(fold.train)
      },
    ],
    9,
    2,
  )
  const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`
  return [
    {
      name: `${matrix.names.length} features and triple-barrier labels of ${(bars.length / 1e6).toFixed(1)} M bars`,
      value: both!.median / 1000,
      unit: ' s',
      must: 1,
      aim: 0.3,
      better: 'lower',
      detail: `${MINUTES_NOTE}; medians: features ${seconds(features!.median)}, labels with a horizon of 60 bars ${seconds(label!.median)}, of 1440 bars with barriers of 40 ATR ${seconds(wide!.median)}; best of all ${seconds(both!.fastest)}`,
    },
    {
      name: 'Six walk-forward folds with uniqueness weights on them',
      value: split!.median / 1000,
      unit: ' s',
      must: null,
      aim: null,
      better: 'lower',
      detail: `${MINUTES_NOTE}; embargo of two days`,
    },
  ]
}

export default bench
