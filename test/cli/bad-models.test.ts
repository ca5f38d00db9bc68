import { describe, test } from 'vitest'
import { modelModule } from './model-modules.ts'
import { type Bad, expectRefusal } from './refusal.ts'

const SHORT = ['--from', '2024-01-01', '--to', '2024-03-01']

const training = (name: string, parts: Record<string, string>, says: Bad['says'], code: 1 | 2 = 1): Bad => ({
  name,
  files: { 'm.ts': modelModule(parts), 'package.json': '{ "type": "module" }' },
  args: ['train', 'm.ts', ...SHORT],
  code,
  says,
})

const MODELS: readonly Bad[] = [
  training('more folds than bars allow', { split: 'walkForward({ folds: 5000 })' }, [
    'model up, binance:ETHUSDT:1h',
    '5000 folds',
    'take fewer or smaller folds',
  ]),
  training('a window longer than the training part', { model: 'lstm({ window: 400, epochs: 1 })' }, [
    'model up, binance:ETHUSDT:1h, fold 1 of 3',
    'window of 400 bars',
    'take a shorter window or more bars',
  ]),
  training('a label that is always the same', { label: 'direction({ horizon: 12, threshold: 9 })' }, [
    'model up, binance:ETHUSDT:1h',
    'class 0 only',
    'another label',
  ]),
  training('features that never change', { features: '() => ({ same: sma(24).over(sma(24)) })' }, [
    'model up',
    'all 1 features are constant',
  ]),
  training('a horizon longer than the data', { label: 'direction({ horizon: 5000 })' }, [
    'horizon of 5000 bars',
    'take a shorter horizon or more bars',
  ]),
  training('an embargo that takes all there is to learn from', { split: `walkForward({ folds: 3, embargo: '60d' })` }, [
    'fold 1 of 3',
    'an embargo of 60d',
    'take a shorter embargo',
  ]),
  training(
    'SMOTE for windows',
    { model: 'lstm({ window: 12 })', rebalance: 'smote()' },
    ['m.ts', 'rebalance', 'windows of 12 bars', 'classWeights()'],
    2,
  ),
  training(
    'a model that would not fit into the memory',
    { model: 'lstm({ units: 2048, layers: 8, window: 12, batch: 4096 })' },
    ['model up', 'needs about', /are free|are the most/, 'lower batch (4096)'],
  ),
  training(
    'a setting that no model knows',
    { model: 'gbdt({ tress: 10 })' },
    ['m.ts', '"tress"', 'did you mean "trees"'],
    2,
  ),
  training('a key that no definition knows', { spilt: '1' }, ['m.ts', '"spilt"', 'did you mean "split"'], 2),
  training(
    'a splitter’s misspelt setting',
    { split: `walkForward({ folds: 2, embrago: '30d' })` },
    ['m.ts', 'walkForward', '"embrago"', 'did you mean "embargo"'],
    2,
  ),
  training(
    'a label’s misspelt setting',
    { label: 'direction({ horizon: 12, treshold: 0.01 })' },
    ['direction', '"treshold"', 'did you mean "threshold"'],
    2,
  ),
  training(
    'barriers without a scale',
    { label: 'tripleBarrier({ up: 0.02, down: 0.02, horizon: 24 })' },
    ['tripleBarrier', 'scale is missing', 'scale: 0.01'],
    2,
  ),
  training(
    'a splitter without options',
    { split: 'purgedKFold()' },
    ['purgedKFold: options are missing', 'write purgedKFold({ folds: 5'],
    2,
  ),
  training(
    'a series that is none',
    { series: `['binance:ETHUSDT']` },
    ['m.ts', '"binance:ETHUSDT" is not a series'],
    2,
  ),
  training('a series that is not stored', { series: `['kraken:XBTUSD:1h']` }, ['kraken:XBTUSD:1h'], 2),
  {
    name: 'a module without a model',
    args: ['train', 'STRATEGIES/sma-cross.ts'],
    code: 2,
    says: ['sma-cross.ts', 'has no model', 'defineModel'],
  },
  {
    name: 'a model that the module does not have',
    args: ['train', 'STRATEGIES/ml-direction.ts', '--model', 'directoin'],
    code: 2,
    says: ['--model directoin', 'did you mean "direction"'],
  },
  {
    name: 'a threshold that is no probability',
    args: ['train', 'STRATEGIES/ml-direction.ts', '--threshold', '50'],
    code: 2,
    says: ['--threshold', '"50"', 'below 1'],
  },
  { name: 'a run that is not there', args: ['evaluate', 'nothing'], code: 2, says: ['"nothing"', 'OUT'] },
]

describe('bad models', () => {
  test.each(MODELS)('$name', (bad) => expectRefusal(bad, 'here'))
})
