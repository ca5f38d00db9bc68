import type { Grid, Kernel } from '../core/indicator.ts'
import { checkPeriod, checkPositive, type Multi, multi, type Source } from './define.ts'
import { RollingSum, RollingVariance } from './windows.ts'

/** Bollinger bands: SMA ± `width` population standard deviations (Bollinger, "Bollinger on Bollinger Bands"). */
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

class Bollinger implements Kernel {
  upper = Number.NaN
  middle = Number.NaN
  lower = Number.NaN
  readonly #sum: RollingSum
  readonly #window: RollingVariance
  readonly #width: number

  constructor(period: number, width: number, grid: Grid) {
    this.#sum = new RollingSum(period, grid)
    this.#window = new RollingVariance(period)
    this.#width = width
  }
  next(x: number): void {
    this.#sum.add(x)
    this.#window.add(x)
    const middle = this.#sum.mean
    const spread = this.#width * Math.sqrt(this.#window.variance)
    this.middle = middle
    this.upper = middle + spread
    this.lower = middle - spread
  }
}
