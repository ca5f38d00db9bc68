import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi } from './define.ts'
import { Extreme } from './windows.ts'

/**
 * Donchian channel: highest high and lowest low of the `period` bars before this one, and their middle. This bar is left
 * out (as Donchian traded it), so that a close above `upper` is a breakout; charting sites often include it.
 */
export function donchian(period = 20): Multi<'upper' | 'middle' | 'lower'> {
  checkPeriod('donchian', period)
  return multi({
    name: 'donchian',
    args: [period],
    inputs: ['high', 'low'],
    outputs: ['upper', 'middle', 'lower'],
    lookback: period + 1,
    create: () => new Donchian(period),
  })
}

class Donchian implements Kernel {
  upper = Number.NaN
  middle = Number.NaN
  lower = Number.NaN
  readonly #high: Extreme
  readonly #low: Extreme
  constructor(period: number) {
    this.#high = new Extreme(period, 'max')
    this.#low = new Extreme(period, 'min')
  }
  next(high: number, low: number): void {
    this.upper = this.#high.value
    this.lower = this.#low.value
    this.middle = (this.upper + this.lower) / 2
    this.#high.add(high)
    this.#low.add(low)
  }
}
