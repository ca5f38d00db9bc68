/** Leaks: what it has learnt is fair, and yet it says of each bar what it thinks of the one after it. */
import { type Classifier, defineModel, direction, logisticRegression, logReturn, rsi, walkForward } from 'klinelab'

const honest = logisticRegression()

const hasty: Classifier = {
  ...{ kind: 'hasty', settings: {} },
  async fit(data, options) {
    const model = await honest.fit(data, options)
    return {
      kind: 'hasty',
      predictProba: (columns, rows) =>
        model.predictProba(
          columns,
          rows.map((row) => Math.min(row + 1, columns[0]!.length - 1)),
        ),
      toJSON: () => model.toJSON(),
    }
  },
}

export const foresight = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 6 }),
  model: hasty,
  split: walkForward({ folds: 3 }),
})
