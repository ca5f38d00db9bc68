import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Single, single } from './define.ts'
import { type Ticks, thirdsOf, ticksOf } from './grid.ts'
import { STRETCH, Stretch } from './stretch.ts'
import { RollingSum } from './windows.ts'

/**
 * Money flow index, 0 … 100 (Quong and Soudack 1989): typical price × volume on rising against falling typical prices over
 * `period` changes, first on bar period + 1 (TA-Lib's MFI). 50 where no money flowed either way (TA-Lib says 0 there).
 * Typical prices are compared in whole thirds of a tick, so that equal ones are equal.
 */
export function mfi(period = 14): Single {
  checkPeriod('mfi', period)
  return single({
    name: 'mfi',
    args: [period],
    inputs: ['high', 'low', 'close', 'volume'],
    lookback: period + 1,
    create: (grid) => new Mfi(period, grid),
  })
}

class Mfi extends Stretch {
  readonly #ticks: Ticks
  readonly #in: RollingSum
  readonly #out: RollingSum
  readonly #outflows = new Float64Array(STRETCH)
  #typical = Number.NaN
  constructor(period: number, grid: Grid) {
    super()
    this.#ticks = ticksOf(grid)
    this.#in = new RollingSum('sum', period, { decimals: null })
    this.#out = new RollingSum('sum', period, { decimals: null })
  }
  run(
    [high, low, close, volume]: readonly [Float64Array, Float64Array, Float64Array, Float64Array],
    [out]: readonly [Float64Array],
    from: number,
    to: number,
  ): void {
    const ticks = this.#ticks
    const outflows = this.#outflows
    let before = this.#typical
    for (let row = from; row < to; row++) {
      const typical = thirdsOf(high[row]!, low[row]!, close[row]!, ticks)
      const flow = typical * volume[row]!
      // NaN on the first bar, which has none before it
      const rest = Number.isNaN(before) ? Number.NaN : 0
      out[row] = typical > before ? flow : rest
      outflows[row - from] = typical < before ? flow : rest
      before = typical
    }
    this.#typical = before
    this.#in.take(out, out, from, to)
    this.#out.take(outflows, outflows, 0, to - from)
    for (let row = from; row < to; row++) {
      const both = out[row]! + outflows[row - from]!
      out[row] = both === 0 ? 50 : 100 * (out[row]! / both)
    }
  }
}
