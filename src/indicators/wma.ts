import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { type Ticks, ticksOf } from './grid.ts'
import { Stretch } from './stretch.ts'

/**
 * Weighted moving average: weights 1 … period, the newest heaviest (TA-Lib's WMA). On prices it is exact like `sma`: whole
 * ticks are weighted, summed and divided once.
 */
export function wma(period: number, source: Source = 'close'): Single {
  checkPeriod('wma', period)
  return single({
    name: 'wma',
    args: [period],
    inputs: [source],
    lookback: period,
    create: (grid) => new Wma(period, grid),
  })
}

/** Two blocks as in `windows.ts`, each with its plain sum and its sum by weight. */
class Wma extends Stretch {
  readonly #period: number
  readonly #ticks: Ticks
  readonly #divisor: number
  readonly #isAnchored: boolean
  /** By weight: what is left of the full block, its oldest value weighing 1. */
  readonly #tail: Float64Array
  #at = 0
  #head = 0
  /** Σ (bars since) × value over the new block. */
  #aged = 0
  /** As in `RollingSum`: 0 on a grid. */
  #anchor = Number.NaN

  constructor(period: number, grid: Grid) {
    super()
    this.#period = period
    this.#ticks = ticksOf(grid)
    this.#divisor = ((period * (period + 1)) / 2) * this.#ticks.scale
    this.#isAnchored = grid.decimals === null
    this.#tail = new Float64Array(period + 1).fill(Number.NaN, 0, period)
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    const period = this.#period
    const { scale, round } = this.#ticks
    const divisor = this.#divisor
    const tail = this.#tail
    let at = this.#at
    let head = this.#head
    let aged = this.#aged
    let anchor = Number.isNaN(this.#anchor) ? this.#anchorAt(x[from]!) : this.#anchor
    let row = from
    while (row < to) {
      const stop = Math.min(to, row + period - at)
      for (; row < stop; row++, at++) {
        const value = x[row]! * scale + round - round
        aged += head
        head += value - anchor
        tail[at] = value
        out[row] = anchor + (period * head - aged + tail[at + 1]!) / divisor
      }
      if (at === period) {
        anchor = this.#anchorAt(tail[period - 1]!)
        let sum = 0
        let weighted = 0
        for (let k = period - 1; k >= 0; k--) {
          sum += tail[k]! - anchor
          weighted += sum
          tail[k] = weighted
        }
        at = 0
        head = 0
        aged = 0
      }
    }
    this.#at = at
    this.#head = head
    this.#aged = aged
    this.#anchor = anchor
  }

  #anchorAt(value: number): number {
    return this.#isAnchored ? value || 0 : 0
  }
}
