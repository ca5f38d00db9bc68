/** Leaks: returns and ends are those of the next six bars, but the class is what the bar itself did. */
import {
  type Bars,
  defineModel,
  direction,
  type LabelRule,
  logisticRegression,
  logReturn,
  rsi,
  walkForward,
} from 'klinelab'

const rule = direction({ horizon: 6 })

const own: LabelRule<2> = {
  ...rule,
  kind: 'own',
  label(bars: Bars) {
    const labels = rule.label(bars)
    const y = labels.y.map((one, row) => (one < 0 ? one : bars.close[row]! > bars.open[row]! ? 1 : 0))
    return { ...labels, y }
  },
}

export const known = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: own,
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
