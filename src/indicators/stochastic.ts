import type { Grid, Kernel } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi, type Single, single } from './define.ts'
import { Extreme, RollingSum } from './windows.ts'

/**
 * Slow stochastic oscillator, 0 … 100 (Lane): where the close lies in the range of the last `period` bars, averaged over
 * `smooth` (%K), and its SMA over `signal` (%D). A range of zero counts as the middle, 50.
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

const LOOSE: Grid = { decimals: null }

class Stochastic implements Kernel {
  k = Number.NaN
  d = Number.NaN
  readonly #high: Extreme
  readonly #low: Extreme
  readonly #k: RollingSum
  readonly #d: RollingSum

  constructor(period: number, smooth: number, signal: number) {
    this.#high = new Extreme(period, 'max')
    this.#low = new Extreme(period, 'min')
    this.#k = new RollingSum(smooth, LOOSE)
    this.#d = new RollingSum(signal, LOOSE)
  }
  next(high: number, low: number, close: number): void {
    this.#high.add(high)
    this.#low.add(low)
    const top = this.#high.value
    if (top !== top) return
    const bottom = this.#low.value
    this.#k.add(top === bottom ? 50 : (100 * (close - bottom)) / (top - bottom))
    const k = this.#k.mean
    if (k !== k) return
    this.#d.add(k)
    const d = this.#d.mean
    if (d !== d) return
    this.k = k
    this.d = d
  }
}

/** Williams %R, −100 … 0: how far the close is below the highest high of the last `period` bars; −50 for a range of zero. */
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

class WilliamsR implements Kernel {
  value = Number.NaN
  readonly #high: Extreme
  readonly #low: Extreme
  constructor(period: number) {
    this.#high = new Extreme(period, 'max')
    this.#low = new Extreme(period, 'min')
  }
  next(high: number, low: number, close: number): void {
    this.#high.add(high)
    this.#low.add(low)
    const range = this.#high.value - this.#low.value
    this.value = range === 0 ? -50 : (-100 * (this.#high.value - close)) / range
  }
}
