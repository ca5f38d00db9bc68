import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { OrderWindow } from './order-window.ts'
import { Extreme } from './windows.ts'

/** Lowest of the last `period` values. */
export function rollingMin(period: number, source: Source = 'low'): Single {
  checkPeriod('rollingMin', period)
  return single({
    name: 'rollingMin',
    args: [period],
    inputs: [source],
    lookback: period,
    create: () => new Rolling(period, 'min'),
  })
}

/** Highest of the last `period` values. */
export function rollingMax(period: number, source: Source = 'high'): Single {
  checkPeriod('rollingMax', period)
  return single({
    name: 'rollingMax',
    args: [period],
    inputs: [source],
    lookback: period,
    create: () => new Rolling(period, 'max'),
  })
}

class Rolling implements Kernel {
  value = Number.NaN
  readonly #extreme: Extreme
  constructor(period: number, what: 'min' | 'max') {
    this.#extreme = new Extreme(period, what)
  }
  next(x: number): void {
    this.#extreme.add(x)
    this.value = this.#extreme.value
  }
}

/** Quantile `q` (0 … 1) of the last `period` values, linearly interpolated (NumPy's default), O(log n) a bar. */
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

/** Median of the last `period` values. */
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

class Quantile implements Kernel {
  value = Number.NaN
  readonly #window: OrderWindow
  readonly #q: number
  constructor(period: number, q: number) {
    this.#window = new OrderWindow(period)
    this.#q = q
  }
  next(x: number): void {
    this.#window.add(x)
    if (this.#window.count === this.#window.period) this.value = this.#window.quantile(this.#q)
  }
}
