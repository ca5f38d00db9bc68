import type { Grid, Kernel } from '../core/indicator.ts'
import { DAY } from '../core/interval.ts'
import { checkPeriod, type Single, single } from './define.ts'
import { type Ticks, thirdsOf, ticksOf } from './grid.ts'
import { Stretch } from './stretch.ts'

/**
 * Volume-weighted average of the typical price, (high + low + close) ÷ 3, over the last `period` bars; without any volume in
 * them, this bar's typical price. Where all have one typical price it is that price to the last bit.
 */
export function vwap(period: number): Single {
  checkPeriod('vwap', period)
  return single({
    name: 'vwap',
    args: [period],
    inputs: ['high', 'low', 'close', 'volume'],
    lookback: period,
    create: (grid) => new Vwap(period, grid),
  })
}

type Four = readonly [Float64Array, Float64Array, Float64Array, Float64Array]

/** Two blocks as in `windows.ts`, each with Σ volume × (price − anchor) and Σ volume. */
class Vwap extends Stretch {
  readonly #period: number
  readonly #ticks: Ticks
  readonly #tail: Float64Array
  readonly #tailVolume: Float64Array
  #at = 0
  #anchor = Number.NaN
  #head = 0
  #headVolume = 0

  constructor(period: number, grid: Grid) {
    super()
    this.#period = period
    this.#ticks = ticksOf(grid)
    this.#tail = new Float64Array(period + 1).fill(Number.NaN, 0, period)
    this.#tailVolume = new Float64Array(period + 1)
  }
  run([high, low, close, volume]: Four, [out]: readonly [Float64Array], from: number, to: number): void {
    const period = this.#period
    const ticks = this.#ticks
    const divisor = 3 * ticks.scale
    const tail = this.#tail
    const tailVolume = this.#tailVolume
    for (let row = from; row < to; row++) {
      const price = thirdsOf(high[row]!, low[row]!, close[row]!, ticks)
      if (Number.isNaN(this.#anchor)) this.#anchor = price
      this.#head += volume[row]! * (price - this.#anchor)
      this.#headVolume += volume[row]!
      tail[this.#at] = price
      tailVolume[this.#at++] = volume[row]!
      const rest = tail[this.#at]!
      const traded = this.#headVolume + tailVolume[this.#at]!
      out[row] = Number.isNaN(rest)
        ? Number.NaN
        : (traded === 0 ? price : this.#anchor + (this.#head + rest) / traded) / divisor
      if (this.#at === period) this.#turn(price)
    }
  }
  #turn(anchor: number): void {
    let sum = 0
    let volume = 0
    for (let k = this.#period - 1; k >= 0; k--) {
      volume += this.#tailVolume[k]!
      sum += this.#tailVolume[k]! * (this.#tail[k]! - anchor)
      this.#tail[k] = sum
      this.#tailVolume[k] = volume
    }
    this.#at = 0
    this.#anchor = anchor
    this.#head = 0
    this.#headVolume = 0
  }
}

/**
 * Volume-weighted average price since 00:00 UTC of the bar's day; without any volume that day, the typical price. It starts
 * anew every day, so no error lives longer.
 */
export function dayVwap(): Single {
  return single({
    name: 'dayVwap',
    args: [],
    inputs: ['openTime', 'high', 'low', 'close', 'volume'],
    lookback: 1,
    create: (grid) => new DayVwap(grid),
  })
}

class DayVwap implements Kernel {
  value = Number.NaN
  readonly #ticks: Ticks
  #day = Number.NaN
  /** First typical price of the day. */
  #anchor = 0
  #amount = 0
  #volume = 0
  constructor(grid: Grid) {
    this.#ticks = ticksOf(grid)
  }
  next(openTime: number, high: number, low: number, close: number, volume: number): void {
    const price = thirdsOf(high, low, close, this.#ticks)
    const day = Math.floor(openTime / DAY)
    if (day !== this.#day) {
      this.#day = day
      this.#anchor = price
      this.#amount = 0
      this.#volume = 0
    }
    this.#amount += volume * (price - this.#anchor)
    this.#volume += volume
    const average = this.#volume > 0 ? this.#anchor + this.#amount / this.#volume : price
    this.value = average / (3 * this.#ticks.scale)
  }
}
