import type { Grid, Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { RollingSum } from './windows.ts'

/**
 * Simple moving average: the mean of the last `period` values. On prices it is exact: whole ticks are summed and divided
 * once, so that equal averages compare equal and nothing drifts.
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

class Sma implements Kernel {
  value = Number.NaN
  readonly #sum: RollingSum
  constructor(period: number, grid: Grid) {
    this.#sum = new RollingSum(period, grid)
  }
  next(x: number): void {
    this.#sum.add(x)
    this.value = this.#sum.mean
  }
}
