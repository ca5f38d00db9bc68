import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { RollingVariance } from './windows.ts'

/** Population standard deviation (divided by n, as Bollinger and TA-Lib do) of the last `period` values. */
export function stdev(period: number, source: Source = 'close'): Single {
  checkPeriod('stdev', period)
  return single({ name: 'stdev', args: [period], inputs: [source], lookback: period, create: () => new Stdev(period) })
}

class Stdev implements Kernel {
  value = Number.NaN
  readonly #window: RollingVariance
  constructor(period: number) {
    this.#window = new RollingVariance(period)
  }
  next(x: number): void {
    this.#window.add(x)
    this.value = Math.sqrt(this.#window.variance)
  }
}

/** How many standard deviations the value is from the mean of the last `period`; 0 where they are all equal. */
export function zscore(period: number, source: Source = 'close'): Single {
  checkPeriod('zscore', period, 2)
  return single({
    name: 'zscore',
    args: [period],
    inputs: [source],
    lookback: period,
    create: () => new Zscore(period),
  })
}

class Zscore implements Kernel {
  value = Number.NaN
  readonly #window: RollingVariance
  constructor(period: number) {
    this.#window = new RollingVariance(period)
  }
  next(x: number): void {
    this.#window.add(x)
    const spread = Math.sqrt(this.#window.variance)
    this.value = spread === 0 ? 0 : (x - this.#window.mean) / spread
  }
}
