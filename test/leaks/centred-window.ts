/** Leaks: the feature is a mean of five closes around its bar, two of which come after it. */
import { defineModel, direction, type Indicator, loadBars, logisticRegression, logReturn, walkForward } from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const SERIES = 'binance:BTCUSDT:1h'
const { close, openTime } = await loadBars(SERIES, RANGE)
const rowAt = new Map(Array.from(openTime, (time, row) => [time, row]))

class Centred {
  value = Number.NaN
  next(time: number): void {
    const row = rowAt.get(time)!
    this.value = (close[row - 2]! + close[row - 1]! + close[row]! + close[row + 1]! + close[row + 2]!) / close[row]!
  }
}

const centred: Indicator<'value'> = {
  name: 'centred',
  key: 'centred(5)',
  inputs: ['openTime'],
  outputs: ['value'],
  lookback: 3,
  create: () => new Centred(),
}

export const smooth = defineModel({
  series: [SERIES],
  features: () => ({ r1: logReturn(1), smooth: centred }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
