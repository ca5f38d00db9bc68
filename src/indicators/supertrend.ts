import type { Grid } from '../core/indicator.ts'
import { AverageRange } from './atr.ts'
import { checkPeriod, checkPositive, type Multi, multi } from './define.ts'
import { middleOf, type Ticks, ticksOf } from './grid.ts'
import { Stretch } from './stretch.ts'

/**
 * Supertrend (Seban): a stop line `width` ATRs from the bar's middle that only tightens, and flips sides when the close
 * crosses it. `direction` is 1 while the line is below (long) and −1 while above. The first line is the upper one, unless
 * the close is already at or above the bar's middle, as Stock.Indicators starts it. The ATR is seeded as in `atr`.
 */
export function supertrend(period = 10, width = 3): Multi<'line' | 'direction'> {
  checkPeriod('supertrend', period)
  checkPositive('supertrend', 'width', width)
  return multi({
    name: 'supertrend',
    args: [period, width],
    inputs: ['high', 'low', 'close'],
    outputs: ['line', 'direction'],
    lookback: period + 1,
    create: (grid) => new Supertrend(period, width, grid),
  })
}

class Supertrend extends Stretch {
  readonly #range: AverageRange
  readonly #width: number
  readonly #ticks: Ticks
  #side = 0
  #upper = Number.NaN
  #lower = Number.NaN
  #close = Number.NaN
  constructor(period: number, width: number, grid: Grid) {
    super('line', 'direction')
    this.#range = new AverageRange(period)
    this.#width = width
    this.#ticks = ticksOf(grid)
  }
  run(
    [high, low, close]: readonly [Float64Array, Float64Array, Float64Array],
    [line, direction]: readonly [Float64Array, Float64Array],
    from: number,
    to: number,
  ): void {
    this.#range.take(high, low, close, line, from, to)
    for (let row = from; row < to; row++) {
      const spread = this.#width * line[row]!
      if (!Number.isNaN(spread)) this.#move(middleOf(high[row]!, low[row]!, this.#ticks), spread, close[row]!)
      this.#close = close[row]!
      line[row] = this.#side === 1 ? this.#lower : this.#upper
      direction[row] = this.#side === 0 ? Number.NaN : this.#side
    }
  }
  #move(middle: number, spread: number, close: number): void {
    const before = this.#close
    const isFirst = this.#side === 0
    if (isFirst || middle + spread < this.#upper || before > this.#upper) this.#upper = middle + spread
    if (isFirst || middle - spread > this.#lower || before < this.#lower) this.#lower = middle - spread
    if (isFirst) this.#side = close >= middle ? 1 : -1
    else if (this.#side === 1 && close < this.#lower) this.#side = -1
    else if (this.#side === -1 && close > this.#upper) this.#side = 1
  }
}
