import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { STRETCH, Stretch } from './stretch.ts'
import { RollingSum, RollingVariance } from './windows.ts'

/** Population standard deviation (divided by n, as Bollinger and TA-Lib do) of the last `period` values. */
export function stdev(period: number, source: Source = 'close'): Single {
  checkPeriod('stdev', period)
  return single({ name: 'stdev', args: [period], inputs: [source], lookback: period, create: () => new Stdev(period) })
}

class Stdev extends Stretch {
  readonly #variance: RollingVariance
  constructor(period: number) {
    super()
    this.#variance = new RollingVariance(period)
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    this.#variance.take(x, out, from, to)
    for (let row = from; row < to; row++) out[row] = Math.sqrt(out[row]!)
  }
}

/**
 * How many population standard deviations the value is from the mean of the last `period`, itself included (as
 * Stock.Indicators' zScore); 0 where they are all equal.
 */
export function zscore(period: number, source: Source = 'close'): Single {
  checkPeriod('zscore', period, 2)
  return single({
    name: 'zscore',
    args: [period],
    inputs: [source],
    lookback: period,
    create: (grid) => new Zscore(period, grid),
  })
}

class Zscore extends Stretch {
  readonly #mean: RollingSum
  readonly #variance: RollingVariance
  readonly #means = new Float64Array(STRETCH)
  constructor(period: number, grid: Grid) {
    super()
    this.#mean = new RollingSum('mean', period, grid)
    this.#variance = new RollingVariance(period)
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    this.#variance.take(x, out, from, to)
    const means = this.#means
    for (let row = from; row < to; row++) means[row - from] = x[row]!
    this.#mean.take(means, means, 0, to - from)
    for (let row = from; row < to; row++)
      out[row] = out[row] === 0 ? 0 : (x[row]! - means[row - from]!) / Math.sqrt(out[row]!)
  }
}
