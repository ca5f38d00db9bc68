/** Leaks: one of the features is the return of the next bar. */
import { defineModel, direction, type Indicator, loadBars, logisticRegression, logReturn, walkForward } from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const SERIES = 'binance:BTCUSDT:1h'
const { close, openTime } = await loadBars(SERIES, RANGE)
const ahead = new Map(Array.from(openTime, (time, row) => [time, close[row + 1]! / close[row]! - 1]))

class Ahead {
  value = Number.NaN
  next(time: number): void {
    this.value = ahead.get(time) ?? 0
  }
}

const next: Indicator<'value'> = {
  ...{ name: 'ahead', key: 'ahead(1)', inputs: ['openTime'], outputs: ['value'], lookback: 1 },
  create: () => new Ahead(),
}

export const ideal = defineModel({
  series: [SERIES],
  features: () => ({ r1: logReturn(1), next, r6: logReturn(6) }),
  label: direction({ horizon: 1 }),
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
