import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Single, single } from './define.ts'
import { type Ticks, thirdsOf, ticksOf } from './grid.ts'
import { ordered } from './ordered.ts'
import type { OrderedWindow } from './ordered-window.ts'
import { Stretch } from './stretch.ts'

/**
 * Commodity channel index (Lambert 1980): (typical price − its SMA) ÷ (0.015 × mean absolute deviation from that SMA), as
 * TA-Lib's CCI; 0 where the window is flat. The deviation moves with the mean, so it is read off an ordered window, in
 * O(log n). Typical prices are taken in whole thirds of a tick, which the index does not notice and in which sums are exact.
 */
export function cci(period = 20): Single {
  checkPeriod('cci', period, 2)
  return single({
    name: 'cci',
    args: [period],
    inputs: ['high', 'low', 'close'],
    lookback: period,
    create: (grid) => new Cci(period, grid),
  })
}

class Cci extends Stretch {
  readonly #period: number
  readonly #ticks: Ticks
  readonly #window: OrderedWindow
  constructor(period: number, grid: Grid) {
    super()
    this.#period = period
    this.#ticks = ticksOf(grid)
    this.#window = ordered(period)
  }
  run(
    [high, low, close]: readonly [Float64Array, Float64Array, Float64Array],
    [out]: readonly [Float64Array],
    from: number,
    to: number,
  ): void {
    const n = this.#period
    const ticks = this.#ticks
    const window = this.#window
    for (let row = from; row < to; row++) {
      const typical = thirdsOf(high[row]!, low[row]!, close[row]!, ticks)
      window.add(typical)
      // with S the sum: x − S/n over 0.015 × Σ|x − S/n| / n, both times n²; half of the deviations lies below the mean
      const spread = 2 * window.spreadBelowMean()
      const value = spread === 0 ? 0 : (n * (n * typical - window.sum)) / (0.015 * spread)
      out[row] = window.count < n ? Number.NaN : value
    }
  }
}
