import type { Grid } from '../core/indicator.ts'
import { checkPeriod, checkPositive, type Multi, multi, type Source } from './define.ts'
import { Stretch } from './stretch.ts'
import { RollingSum, RollingVariance } from './windows.ts'

/**
 * Bollinger bands: SMA ± `width` population standard deviations (Bollinger, "Bollinger on Bollinger Bands"; TA-Lib's
 * BBANDS). The middle is as exact as `sma`; on a flat window the three are one number.
 */
export function bollinger(period = 20, width = 2, source: Source = 'close'): Multi<'upper' | 'middle' | 'lower'> {
  checkPeriod('bollinger', period, 2)
  checkPositive('bollinger', 'width', width)
  return multi({
    name: 'bollinger',
    args: [period, width],
    inputs: [source],
    outputs: ['upper', 'middle', 'lower'],
    lookback: period,
    create: (grid) => new Bollinger(period, width, grid),
  })
}

class Bollinger extends Stretch {
  readonly #mean: RollingSum
  readonly #variance: RollingVariance
  readonly #width: number

  constructor(period: number, width: number, grid: Grid) {
    super('upper', 'middle', 'lower')
    this.#mean = new RollingSum('mean', period, grid)
    this.#variance = new RollingVariance(period)
    this.#width = width
  }
  run(
    [x]: readonly [Float64Array],
    [upper, middle, lower]: readonly [Float64Array, Float64Array, Float64Array],
    from: number,
    to: number,
  ): void {
    const width = this.#width
    this.#mean.take(x, middle, from, to)
    this.#variance.take(x, upper, from, to)
    for (let row = from; row < to; row++) {
      const spread = width * Math.sqrt(upper[row]!)
      upper[row] = middle[row]! + spread
      lower[row] = middle[row]! - spread
    }
  }
}
