import { checkPeriod, type Single, type Source, single } from './define.ts'
import { ordered } from './ordered.ts'
import { type OrderedWindow, quantileOf } from './ordered-window.ts'
import { Stretch } from './stretch.ts'
import { Extreme } from './windows.ts'

/** Lowest of the last `period` values, this one included. */
export function rollingMin(period: number, source: Source = 'low'): Single {
  checkPeriod('rollingMin', period)
  return single({
    name: 'rollingMin',
    args: [period],
    inputs: [source],
    lookback: period,
    create: () => new Rolling('min', period),
  })
}

/** Highest of the last `period` values, this one included. */
export function rollingMax(period: number, source: Source = 'high'): Single {
  checkPeriod('rollingMax', period)
  return single({
    name: 'rollingMax',
    args: [period],
    inputs: [source],
    lookback: period,
    create: () => new Rolling('max', period),
  })
}

class Rolling extends Stretch {
  readonly #extreme: Extreme
  constructor(what: 'min' | 'max', period: number) {
    super()
    this.#extreme = new Extreme(what, period)
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    this.#extreme.take(x, out, from, to)
  }
}

/**
 * Quantile `q` (0 … 1) of the last `period` values, linearly interpolated between ranks (NumPy's default, type 7 of Hyndman
 * and Fan, The American Statistician 50 (1996)), in O(log n) a bar.
 */
export function rollingQuantile(period: number, q: number, source: Source = 'close'): Single {
  checkPeriod('rollingQuantile', period)
  if (!(q >= 0 && q <= 1)) throw new RangeError(`rollingQuantile q ${q}: write a fraction from 0 to 1`)
  return single({
    name: 'rollingQuantile',
    args: [period, q],
    inputs: [source],
    lookback: period,
    create: () => new Quantile(period, q),
  })
}

/** Median of the last `period` values; between the two in the middle where `period` is even. */
export function rollingMedian(period: number, source: Source = 'close'): Single {
  checkPeriod('rollingMedian', period)
  return single({
    name: 'rollingMedian',
    args: [period],
    inputs: [source],
    lookback: period,
    create: () => new Quantile(period, 0.5),
  })
}

class Quantile extends Stretch {
  readonly #period: number
  readonly #window: OrderedWindow
  readonly #q: number
  constructor(period: number, q: number) {
    super()
    this.#period = period
    this.#window = ordered(period)
    this.#q = q
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    const window = this.#window
    for (let row = from; row < to; row++) {
      window.add(x[row]!)
      out[row] = window.count < this.#period ? Number.NaN : quantileOf(window, this.#q)
    }
  }
}
