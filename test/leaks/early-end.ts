/** Leaks: the label looks twelve bars ahead and says that it is known after one, so that nothing is purged. */
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

const rule = direction({ horizon: 12 })

const early: LabelRule<2> = {
  ...rule,
  kind: 'early',
  label(bars: Bars) {
    const labels = rule.label(bars)
    return { ...labels, end: labels.end.map((end, row) => (end < 0 ? end : row + 1)) }
  },
}

export const hasty = defineModel({
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: early,
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
