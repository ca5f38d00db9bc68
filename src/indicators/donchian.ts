import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi } from './define.ts'
import { middleOf, type Ticks, ticksOf } from './grid.ts'
import { Stretch } from './stretch.ts'
import { Extreme } from './windows.ts'

/**
 * Donchian channel: highest high and lowest low of the `period` bars before this one, and their middle. This bar is left
 * out (as Donchian traded it, and as Stock.Indicators does), so that a close above `upper` is a breakout; charting sites
 * often include it.
 */
export function donchian(period = 20): Multi<'upper' | 'middle' | 'lower'> {
  checkPeriod('donchian', period)
  return multi({
    name: 'donchian',
    args: [period],
    inputs: ['high', 'low'],
    outputs: ['upper', 'middle', 'lower'],
    lookback: period + 1,
    create: (grid) => new Donchian(period, grid),
  })
}

class Donchian extends Stretch {
  readonly #high: Extreme
  readonly #low: Extreme
  readonly #ticks: Ticks
  #upper = Number.NaN
  #lower = Number.NaN
  constructor(period: number, grid: Grid) {
    super('upper', 'middle', 'lower')
    this.#high = new Extreme('max', period)
    this.#low = new Extreme('min', period)
    this.#ticks = ticksOf(grid)
  }
  run(
    [high, low]: readonly [Float64Array, Float64Array],
    [upper, middle, lower]: readonly [Float64Array, Float64Array, Float64Array],
    from: number,
    to: number,
  ): void {
    this.#high.take(high, upper, from, to)
    this.#low.take(low, lower, from, to)
    const ticks = this.#ticks
    for (let row = from; row < to; row++) {
      const top = this.#upper
      const bottom = this.#lower
      this.#upper = upper[row]!
      this.#lower = lower[row]!
      upper[row] = top
      lower[row] = bottom
      middle[row] = middleOf(top, bottom, ticks)
    }
  }
}
