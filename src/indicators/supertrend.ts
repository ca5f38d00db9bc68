import type { Kernel } from '../core/indicator.ts'
import { Atr } from './atr.ts'
import { checkPeriod, checkPositive, type Multi, multi } from './define.ts'

/**
 * Supertrend (Seban): a stop line `width` ATRs from the bar's middle that only tightens, and flips sides when the close
 * crosses it. `direction` is 1 while the line is below (long) and −1 while above. The first line is the upper one, unless
 * the close is already above it, as Stock.Indicators starts it.
 */
export function supertrend(period = 10, width = 3): Multi<'line' | 'direction'> {
  checkPeriod('supertrend', period, 2)
  checkPositive('supertrend', 'width', width)
  return multi({
    name: 'supertrend',
    args: [period, width],
    inputs: ['high', 'low', 'close'],
    outputs: ['line', 'direction'],
    lookback: period + 1,
    create: () => new Supertrend(period, width),
  })
}

class Supertrend implements Kernel {
  line = Number.NaN
  direction = Number.NaN
  readonly #atr: Atr
  readonly #width: number
  #upper = Number.NaN
  #lower = Number.NaN
  #close = Number.NaN
  constructor(period: number, width: number) {
    this.#atr = new Atr(period)
    this.#width = width
  }
  next(high: number, low: number, close: number): void {
    this.#atr.next(high, low, close)
    const before = this.#close
    this.#close = close
    const spread = this.#width * this.#atr.value
    if (spread !== spread) return
    const middle = (high + low) / 2
    const isFirst = this.line !== this.line
    if (isFirst || middle + spread < this.#upper || before > this.#upper) this.#upper = middle + spread
    if (isFirst || middle - spread > this.#lower || before < this.#lower) this.#lower = middle - spread
    if (isFirst) this.direction = close >= middle ? 1 : -1
    else if (this.direction === 1 && close < this.#lower) this.direction = -1
    else if (this.direction === -1 && close > this.#upper) this.direction = 1
    this.line = this.direction === 1 ? this.#lower : this.#upper
  }
}
