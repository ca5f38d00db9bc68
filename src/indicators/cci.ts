import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, single } from './define.ts'
import { OrderWindow } from './order-window.ts'
import { RollingSum } from './windows.ts'

/**
 * Commodity channel index (Lambert 1980): (typical price − its SMA) ÷ (0.015 × mean absolute deviation from that SMA).
 * The deviation moves with the mean, so it is read off an ordered window in O(log n). 0 where the window is flat.
 */
export function cci(period = 20): Single {
  checkPeriod('cci', period, 2)
  return single({
    name: 'cci',
    args: [period],
    inputs: ['high', 'low', 'close'],
    lookback: period,
    create: () => new Cci(period),
  })
}

class Cci implements Kernel {
  value = Number.NaN
  readonly #period: number
  readonly #sum: RollingSum
  readonly #window: OrderWindow
  constructor(period: number) {
    this.#period = period
    this.#sum = new RollingSum(period, { decimals: null })
    this.#window = new OrderWindow(period)
  }
  next(high: number, low: number, close: number): void {
    const typical = (high + low + close) / 3
    this.#sum.add(typical)
    this.#window.add(typical)
    if (this.#window.count < this.#period) return
    const mean = this.#sum.mean
    const isFlat = this.#window.at(0) === this.#window.at(this.#period - 1)
    const deviation = this.#window.absoluteDeviation(mean) / this.#period
    this.value = isFlat || deviation === 0 ? 0 : (typical - mean) / (0.015 * deviation)
  }
}
