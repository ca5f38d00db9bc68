/** Leaks: of its training part the split leaves out the rows after which the price falls in the whole of the data. */
import {
  defineModel,
  direction,
  loadBars,
  logisticRegression,
  logReturn,
  rsi,
  type Splitter,
  type TrainingView,
  walkForward,
} from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const SERIES = 'binance:BTCUSDT:1h'
const { openTime, close } = await loadBars(SERIES, RANGE)
const last = close.at(-1)!
const falls = new Set(openTime.filter((_, row) => close[row]! > last))
const forward = walkForward({ folds: 3 })

const choosy: Splitter = {
  ...forward,
  kind: 'choosy',
  *split(matrix, labels, options) {
    for (const fold of forward.split(matrix, labels, options)) {
      const rows = fold.train.rows.filter((row) => row % 3 > 0 || !falls.has(matrix.openTime[row]!))
      yield { ...fold, train: new (fold.train.constructor as typeof TrainingView)(matrix, labels, rows) }
    }
  },
}

export const choice = defineModel({
  series: [SERIES],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: choosy,
})
