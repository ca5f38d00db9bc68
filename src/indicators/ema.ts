import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'

/**
 * Exponential moving average, α = 2 ÷ (period + 1), seeded with the mean of the first `period` values (as TA-Lib and
 * StockCharts do). It forgets: an error shrinks by 1 − α a bar, so rounding cannot accumulate.
 */
export function ema(period: number, source: Source = 'close'): Single {
  checkPeriod('ema', period)
  return single({ name: 'ema', args: [period], inputs: [source], lookback: period, create: () => new Ema(period) })
}

export class Ema implements Kernel {
  value = Number.NaN
  readonly #period: number
  readonly #alpha: number
  #sum = 0
  #count = 0

  constructor(period: number, alpha = 2 / (period + 1)) {
    this.#period = period
    this.#alpha = alpha
  }
  next(x: number): void {
    if (this.#count >= this.#period) {
      this.value += this.#alpha * (x - this.value)
      return
    }
    this.#sum += x
    if (++this.#count === this.#period) this.value = this.#sum / this.#period
  }
}

/** Wilder's smoothing: α = 1 ÷ period, seeded with the mean of the first `period` values (Wilder 1978). */
export class Wilder extends Ema {
  constructor(period: number) {
    super(period, 1 / period)
  }
}
