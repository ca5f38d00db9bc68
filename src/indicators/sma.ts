import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { Stretch } from './stretch.ts'
import { RollingSum } from './windows.ts'

/**
 * Simple moving average: the mean of the last `period` values, first on bar `period`. On prices it is exact: whole ticks
 * are summed and divided once, so that equal averages compare equal; nothing is subtracted, so nothing drifts.
 */
export function sma(period: number, source: Source = 'close'): Single {
  checkPeriod('sma', period)
  return single({
    name: 'sma',
    args: [period],
    inputs: [source],
    lookback: period,
    create: (grid) => new Sma(period, grid),
  })
}

class Sma extends Stretch {
  readonly #mean: RollingSum
  constructor(period: number, grid: Grid) {
    super()
    this.#mean = new RollingSum('mean', period, grid)
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    this.#mean.take(x, out, from, to)
  }
}
