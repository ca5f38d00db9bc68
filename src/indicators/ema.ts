import { checkPeriod, type Single, type Source, single } from './define.ts'
import { Stretch } from './stretch.ts'

/**
 * Exponential moving average, α = 2 ÷ (period + 1), seeded with the mean of the first `period` values and so first given
 * on bar `period` (as TA-Lib, StockCharts and Stock.Indicators do). It forgets: an error shrinks by 1 − α a bar, so
 * rounding cannot accumulate. On a constant price it is that price to the last bit.
 */
export function ema(period: number, source: Source = 'close'): Single {
  checkPeriod('ema', period)
  return single({ name: 'ema', args: [period], inputs: [source], lookback: period, create: () => new Ema(period) })
}

/**
 * v ← x − (1 − w)(x − v), where w is α, and 1, 1/2, 1/3 … while the seed is gathered, which makes v the mean of what has
 * come. In this form a constant x is kept to the last bit, and so is x itself where w is 1. NaN before the first number
 * does not count towards the seed.
 */
export class Smoothing {
  readonly #period: number
  readonly #keep: number
  #value = 0
  #count = 0

  constructor(period: number, alpha: number) {
    this.#period = period
    this.#keep = 1 - alpha
  }

  /** Reads rows [from, to) of `x` and writes them of `out`, which may be the same column. */
  take(x: Float64Array, out: Float64Array, from: number, to: number): void {
    const period = this.#period
    const keep = this.#keep
    let value = this.#value
    let row = from
    for (; row < to && this.#count < period; row++) {
      const next = x[row]!
      if (!Number.isNaN(next)) value = next - (1 - 1 / ++this.#count) * (next - value)
      out[row] = this.#count === period ? value : Number.NaN
    }
    for (; row < to; row++) {
      value = x[row]! - keep * (x[row]! - value)
      out[row] = value
    }
    this.#value = value
  }
}

class Ema extends Stretch {
  readonly #smoothing: Smoothing
  constructor(period: number) {
    super()
    this.#smoothing = new Smoothing(period, 2 / (period + 1))
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    this.#smoothing.take(x, out, from, to)
  }
}
