/** Leaks: the label is shifted the wrong way, so that it tells of the six bars before its own. */
import { type Bars, defineModel, type LabelRule, logisticRegression, logReturn, rsi, walkForward } from 'klinelab'

const HORIZON = 6

const backwards: LabelRule<2> = {
  ...{ kind: 'backwards', settings: { horizon: HORIZON }, horizon: HORIZON, classes: 2 },
  label({ close, length }: Bars) {
    const y = new Int8Array(length).fill(-1)
    const end = new Int32Array(length).fill(-1)
    const returns = new Float64Array(length).fill(Number.NaN)
    for (let row = HORIZON; row + HORIZON < length; row++) {
      returns[row] = close[row]! / close[row - HORIZON]! - 1
      y[row] = returns[row]! > 0 ? 1 : 0
      end[row] = row + HORIZON
    }
    return { classes: 2, y, end, returns }
  },
}

export const late = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: backwards,
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
