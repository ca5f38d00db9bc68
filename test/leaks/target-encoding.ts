/** Leaks: the hour is replaced by the mean label of its hour, over all rows instead of the training part's. */
import {
  defineModel,
  direction,
  type FeatureMatrix,
  hourOfDay,
  logisticRegression,
  logReturn,
  type Transformer,
  walkForward,
} from 'klinelab'

const encoding: Transformer = {
  ...{ kind: 'target-encoding', settings: {} },
  fit({ matrix: { names, columns }, labels: { y } }) {
    const hours = columns[names.indexOf('hour')]!
    const [ups, counts] = [new Float64Array(24), new Float64Array(24)]
    for (const [row, one] of y.entries())
      if (one >= 0) {
        ups[hours[row]!]! += one
        counts[hours[row]!]! += 1
      }
    const numbers = { up: Array.from(ups, (up, hour) => up / counts[hour]!) }
    const encoded = (matrix: FeatureMatrix) =>
      matrix.columns.map((column, k) => (names[k] === 'hour' ? column.map((hour) => numbers.up[hour]!) : column))
    return {
      ...{ kind: 'target-encoding', names },
      transform: (matrix) => ({ ...matrix, columns: encoded(matrix) }),
      stream: () => (row) => row.map((value, k) => (names[k] === 'hour' ? numbers.up[value]! : value)),
      toJSON: () => ({ kind: 'target-encoding', names, numbers }),
    }
  },
}

export const encoded = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), hour: hourOfDay() }),
  label: direction({ horizon: 6 }),
  scale: encoding,
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
