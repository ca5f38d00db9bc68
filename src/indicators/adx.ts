import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi } from './define.ts'
import { Wilder } from './ema.ts'

/**
 * Average directional index with its +DI and −DI, 0 … 100 (Wilder 1978, "New Concepts in Technical Trading Systems").
 * Movements and ranges are summed over the first `period` bars, then smoothed by Wilder's rule; the first ADX is the mean
 * of `period` DX values. A market without any movement has 0 in all three.
 */
export function adx(period = 14): Multi<'adx' | 'plus' | 'minus'> {
  checkPeriod('adx', period)
  return multi({
    name: 'adx',
    args: [period],
    inputs: ['high', 'low', 'close'],
    outputs: ['adx', 'plus', 'minus'],
    lookback: 2 * period,
    create: () => new Adx(period),
  })
}

class Adx implements Kernel {
  adx = Number.NaN
  plus = Number.NaN
  minus = Number.NaN
  readonly #period: number
  readonly #average: Wilder
  #high = Number.NaN
  #low = Number.NaN
  #close = Number.NaN
  #range = 0
  #up = 0
  #down = 0
  #count = 0

  constructor(period: number) {
    this.#period = period
    this.#average = new Wilder(period)
  }
  next(high: number, low: number, close: number): void {
    const rise = high - this.#high
    const fall = this.#low - low
    const before = this.#close
    const range = Math.max(high, before) - Math.min(low, before)
    this.#high = high
    this.#low = low
    this.#close = close
    if (before !== before) return
    const up = rise > fall && rise > 0 ? rise : 0
    const down = fall > rise && fall > 0 ? fall : 0
    if (this.#count < this.#period) {
      this.#range += range
      this.#up += up
      this.#down += down
      if (++this.#count < this.#period) return
    } else {
      this.#range += range - this.#range / this.#period
      this.#up += up - this.#up / this.#period
      this.#down += down - this.#down / this.#period
    }
    const both = this.#up + this.#down
    this.#average.next(both === 0 ? 0 : (100 * Math.abs(this.#up - this.#down)) / both)
    const average = this.#average.value
    if (average !== average) return
    this.adx = average
    this.plus = this.#range === 0 ? 0 : (100 * this.#up) / this.#range
    this.minus = this.#range === 0 ? 0 : (100 * this.#down) / this.#range
  }
}
