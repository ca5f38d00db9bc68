import { trueRangeOf } from './atr.ts'
import { checkPeriod, type Multi, multi } from './define.ts'
import { Stretch } from './stretch.ts'

/**
 * Average directional index with its +DI and −DI, 0 … 100 (Wilder 1978, "New Concepts in Technical Trading Systems").
 * Movements and ranges are averaged over the bars 2 … period + 1, then smoothed by Wilder's rule; the first ADX is the
 * mean of `period` DX values and comes on bar 2 × period, where all three begin (Stock.Indicators seeds alike). TA-Lib sums
 * one bar fewer and smooths the next one in already, so that its seeds lack 1/period of those sums, which fades by
 * 1 − 1/period a bar. Averages without any movement have a DX of 0 (TA-Lib leaves such bars out).
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

type Three = readonly [Float64Array, Float64Array, Float64Array]

/** Four averages that go as in `Smoothing`, in one loop: side by side they take the time of two. */
class Adx extends Stretch {
  readonly #period: number
  #high = Number.NaN
  #low = Number.NaN
  #close = Number.NaN
  #range = 0
  #up = 0
  #down = 0
  #adx = 0
  #count = -1

  constructor(period: number) {
    super('adx', 'plus', 'minus')
    this.#period = period
  }
  run([high, low, close]: Three, [adx, plus, minus]: Three, from: number, to: number): void {
    const period = this.#period
    const last = 2 * period - 1
    let keep = 1 - 1 / period
    let keepAdx = keep
    let highBefore = this.#high
    let lowBefore = this.#low
    let before = this.#close
    let range = this.#range
    let up = this.#up
    let down = this.#down
    let average = this.#adx
    let count = this.#count
    for (let row = from; row < to; row++) {
      const top = high[row]!
      const bottom = low[row]!
      const rise = top - highBefore
      const fall = lowBefore - bottom
      const nextRange = trueRangeOf(top, bottom, before)
      highBefore = top
      lowBefore = bottom
      before = close[row]!
      if (count < last) {
        // the first bar has none before it
        if (++count === 0) {
          adx[row] = plus[row] = minus[row] = Number.NaN
          continue
        }
        keep = 1 - 1 / Math.min(count, period)
        // no DX before the movements' seed is full
        keepAdx = 1 - 1 / Math.max(1, count - period + 1)
      }
      // of the two movements the larger one counts, if it leads out of the bar before
      const nextUp = rise > fall ? (Math.abs(rise) + rise) / 2 : 0
      const nextDown = fall > rise ? (Math.abs(fall) + fall) / 2 : 0
      range = nextRange - keep * (nextRange - range)
      up = nextUp - keep * (nextUp - up)
      down = nextDown - keep * (nextDown - down)
      const both = up + down
      const dx = both === 0 ? 0 : 100 * (Math.abs(up - down) / both)
      average = dx - keepAdx * (dx - average)
      const isReady = count === last
      adx[row] = isReady ? average : Number.NaN
      plus[row] = isReady ? (range === 0 ? 0 : 100 * (up / range)) : Number.NaN
      minus[row] = isReady ? (range === 0 ? 0 : 100 * (down / range)) : Number.NaN
    }
    this.#high = highBefore
    this.#low = lowBefore
    this.#close = before
    this.#range = range
    this.#up = up
    this.#down = down
    this.#adx = average
    this.#count = count
  }
}
