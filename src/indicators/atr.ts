import { checkPeriod, type Single, single } from './define.ts'
import { Stretch } from './stretch.ts'

/** True range: the bar's range, widened to the close before (Wilder 1978). It needs that close, so it begins with bar 2. */
export function trueRange(): Single {
  return single({
    name: 'trueRange',
    args: [],
    inputs: ['high', 'low', 'close'],
    lookback: 2,
    create: () => new TrueRange(),
  })
}

/** The average of one true range is that range. */
class TrueRange extends Stretch {
  readonly #range = new AverageRange(1)
  run(
    [high, low, close]: readonly [Float64Array, Float64Array, Float64Array],
    [out]: readonly [Float64Array],
    from: number,
    to: number,
  ): void {
    this.#range.take(high, low, close, out, from, to)
  }
}

/**
 * Average true range: Wilder's smoothing (α = 1 ÷ period) of the true range, seeded with the mean of its first `period`
 * values, which are those of the bars 2 … period + 1 (TA-Lib, Stock.Indicators; Wilder counts the first bar's range too).
 */
export function atr(period = 14): Single {
  checkPeriod('atr', period)
  return single({
    name: 'atr',
    args: [period],
    inputs: ['high', 'low', 'close'],
    lookback: period + 1,
    create: () => new Atr(period),
  })
}

class Atr extends Stretch {
  readonly #range: AverageRange
  constructor(period: number) {
    super()
    this.#range = new AverageRange(period)
  }
  run(
    [high, low, close]: readonly [Float64Array, Float64Array, Float64Array],
    [out]: readonly [Float64Array],
    from: number,
    to: number,
  ): void {
    this.#range.take(high, low, close, out, from, to)
  }
}

/**
 * max(high, before) − min(low, before), written without branches, which prices would make the processor guess wrong. Where
 * prices are within a factor of two of each other every step of it is exact.
 */
export function trueRangeOf(high: number, low: number, before: number): number {
  return (high - low + Math.abs(high - before) + Math.abs(low - before)) / 2
}

/** True range and its average in one loop, which goes as in `Smoothing`. */
export class AverageRange {
  readonly #period: number
  #close = Number.NaN
  #value = 0
  #count = -1

  constructor(period: number) {
    this.#period = period
  }

  take(high: Float64Array, low: Float64Array, close: Float64Array, out: Float64Array, from: number, to: number): void {
    const period = this.#period
    let keep = 1 - 1 / period
    let before = this.#close
    let value = this.#value
    let count = this.#count
    for (let row = from; row < to; row++) {
      const top = high[row]!
      const bottom = low[row]!
      const range = trueRangeOf(top, bottom, before)
      before = close[row]!
      if (count < period) {
        // the first bar has no close before it
        if (++count === 0) {
          out[row] = Number.NaN
          continue
        }
        keep = 1 - 1 / count
      }
      value = range - keep * (range - value)
      out[row] = count < period ? Number.NaN : value
    }
    this.#close = before
    this.#value = value
    this.#count = count
  }
}
