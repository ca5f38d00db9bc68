import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { Ring } from './windows.ts'

/**
 * Logarithmic return over `period` bars, ln(value ÷ value then), as a fraction: returns of neighbouring stretches add up.
 * 0 where one of the two is not above 0, since it has no return (`roc` has 0 there, too).
 */
export function logReturn(period = 1, source: Source = 'close'): Single {
  checkPeriod('logReturn', period)
  return single({
    name: 'logReturn',
    args: [period],
    inputs: [source],
    lookback: period + 1,
    create: () => new LogReturn(period),
  })
}

class LogReturn implements Kernel {
  value = Number.NaN
  readonly #ring: Ring
  constructor(period: number) {
    this.#ring = new Ring(period)
  }
  next(x: number): void {
    const then = this.#ring.push(x)
    // the difference of near prices is exact, their quotient is not: log1p keeps all digits of a small return
    if (x > 0 && then > 0) this.value = Math.log1p((x - then) / then)
    else this.value = Number.isNaN(x) || Number.isNaN(then) ? Number.NaN : 0
  }
}
