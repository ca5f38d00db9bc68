/** Perceptron and convolutions: what every classifier owes. Those of longer windows are in `tensorflow.test.ts`. */
import { cnn1d, cnn1dFromJson } from '../../src/models/tensorflow/cnn1d.ts'
import { mlp, mlpFromJson } from '../../src/models/tensorflow/mlp.ts'
import { testClassifier } from '../contracts/test-classifier.ts'

const FIELDS = ['classes', 'names', 'backend', 'weights', 'history', 'settings', 'settings.epochs']
const quick = { epochs: 3, batch: 60, learningRate: 0.01 }
testClassifier({
  name: 'mlp',
  variants: [mlp({ units: [], ...quick }), mlp({ units: [6, 5], dropout: 0.3, l2: 0.01, ...quick })],
  fromJson: mlpFromJson,
  takesMissing: false,
  fields: [...FIELDS, 'settings.units'],
})
testClassifier({
  name: 'cnn1d on single rows',
  variants: [cnn1d({ window: 1, kernel: 1, filters: 6, layers: 2, dropout: 0.3, ...quick })],
  fromJson: cnn1dFromJson,
  takesMissing: false,
  fields: [...FIELDS, 'settings.kernel'],
})
