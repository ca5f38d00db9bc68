/** Leaks: each hour sees the close of the four-hour bar in which it lies, which has not closed yet. */
import {
  defineModel,
  direction,
  type Indicator,
  loadBars,
  logisticRegression,
  logReturn,
  resampleBars,
  walkForward,
} from 'klinelab'

const RANGE = { from: '2023-12-01', to: '2024-06-01' }
const SERIES = 'binance:BTCUSDT:1h'
const FOUR_HOURS = 4 * 60 * 60 * 1000
const { openTime, open, close } = resampleBars(await loadBars(SERIES, RANGE), '4h')
const bodies = new Map(Array.from(openTime, (time, row) => [time, close[row]! / open[row]! - 1]))

class Around {
  value = Number.NaN
  next(time: number): void {
    this.value = bodies.get(Math.floor(time / FOUR_HOURS) * FOUR_HOURS) ?? 0
  }
}

const h4: Indicator<'value'> = {
  ...{ name: 'around', key: 'around(4h)', inputs: ['openTime'], outputs: ['value'], lookback: 1 },
  create: () => new Around(),
}

export const resampled = defineModel({
  series: [SERIES],
  features: () => ({ r1: logReturn(1), h4 }),
  label: direction({ horizon: 6 }),
  model: logisticRegression(),
  split: walkForward({ folds: 3 }),
})
