import { checkPeriod, type Multi, multi, type Single, single } from './define.ts'
import { STRETCH, Stretch } from './stretch.ts'
import { Extreme, RollingSum } from './windows.ts'

type Three = readonly [Float64Array, Float64Array, Float64Array]

/**
 * Slow stochastic oscillator, 0 … 100 (Lane): where the close lies in the range of the last `period` bars, averaged over
 * `smooth` (%K), and its SMA over `signal` (%D); `smooth` 1 is the fast form. Both begin with %D, on bar period + smooth +
 * signal − 2 (TA-Lib's STOCH). A range of zero counts as the middle, 50 (TA-Lib says 0 there).
 */
export function stochastic(period = 14, smooth = 3, signal = 3): Multi<'k' | 'd'> {
  checkPeriod('stochastic', period)
  checkPeriod('stochastic smooth', smooth)
  checkPeriod('stochastic signal', signal)
  return multi({
    name: 'stochastic',
    args: [period, smooth, signal],
    inputs: ['high', 'low', 'close'],
    outputs: ['k', 'd'],
    lookback: period + smooth + signal - 2,
    create: () => new Stochastic(period, smooth, signal),
  })
}

class Stochastic extends Stretch {
  readonly #high: Extreme
  readonly #low: Extreme
  readonly #smooth: RollingSum
  readonly #signal: RollingSum

  constructor(period: number, smooth: number, signal: number) {
    super('k', 'd')
    this.#high = new Extreme('max', period)
    this.#low = new Extreme('min', period)
    this.#smooth = new RollingSum('mean', smooth, { decimals: null })
    this.#signal = new RollingSum('mean', signal, { decimals: null })
  }
  run([high, low, close]: Three, [k, d]: readonly [Float64Array, Float64Array], from: number, to: number): void {
    this.#high.take(high, k, from, to)
    this.#low.take(low, d, from, to)
    for (let row = from; row < to; row++) {
      const bottom = d[row]!
      const range = k[row]! - bottom
      k[row] = range === 0 ? 50 : 100 * ((close[row]! - bottom) / range)
    }
    this.#smooth.take(k, k, from, to)
    this.#signal.take(k, d, from, to)
    // both begin together
    for (let row = from; row < to && Number.isNaN(d[row]); row++) k[row] = Number.NaN
  }
}

/**
 * Williams %R, −100 … 0: how far the close is below the highest high of the last `period` bars (Williams 1973; TA-Lib's
 * WILLR); −50 for a range of zero (TA-Lib says 0 there).
 */
export function williamsR(period = 14): Single {
  checkPeriod('williamsR', period)
  return single({
    name: 'williamsR',
    args: [period],
    inputs: ['high', 'low', 'close'],
    lookback: period,
    create: () => new WilliamsR(period),
  })
}

class WilliamsR extends Stretch {
  readonly #high: Extreme
  readonly #low: Extreme
  readonly #lows = new Float64Array(STRETCH)
  constructor(period: number) {
    super()
    this.#high = new Extreme('max', period)
    this.#low = new Extreme('min', period)
  }
  run([high, low, close]: Three, [out]: readonly [Float64Array], from: number, to: number): void {
    const lows = this.#lows
    for (let row = from; row < to; row++) lows[row - from] = low[row]!
    this.#low.take(lows, lows, 0, to - from)
    this.#high.take(high, out, from, to)
    for (let row = from; row < to; row++) {
      const top = out[row]!
      const range = top - lows[row - from]!
      out[row] = range === 0 ? -50 : 100 * ((close[row]! - top) / range)
    }
  }
}
