import type { Kernel } from '../core/indicator.ts'
import { checkPositive, type Multi, multi } from './define.ts'

/**
 * Parabolic stop and reverse (Wilder 1978): acceleration grows by `step` on every new extreme up to `max`; the stop never
 * enters the range of the two bars before. It starts long from the first low, which the first reversal corrects, as in
 * Stock.Indicators; TA-Lib starts in the direction of the first two bars, and agrees from the first reversal that both make.
 * After a reversal the stop is the extreme before this bar (Stock.Indicators; TA-Lib takes in this bar's own).
 */
export function psar(step = 0.02, max = 0.2): Multi<'sar' | 'direction'> {
  checkPositive('psar', 'step', step)
  checkPositive('psar', 'max', max)
  if (max < step) throw new RangeError(`psar max ${max}: write a number from the step, ${step}, up`)
  return multi({
    name: 'psar',
    args: [step, max],
    inputs: ['high', 'low'],
    outputs: ['sar', 'direction'],
    lookback: 2,
    create: () => new Psar(step, max),
  })
}

class Psar implements Kernel {
  sar = Number.NaN
  direction = Number.NaN
  readonly #step: number
  readonly #max: number
  #acceleration = 0
  #extreme = 0
  #sar = 0
  #isLong = true
  #isEmpty = true
  #high1 = 0
  #high2 = 0
  #low1 = 0
  #low2 = 0

  constructor(step: number, max: number) {
    this.#step = step
    this.#max = max
    this.#acceleration = step
  }
  next(high: number, low: number): void {
    if (this.#isEmpty) {
      this.#isEmpty = false
      this.#extreme = high
      this.#sar = low
      this.#high1 = high
      this.#low1 = low
    } else this.#move(high, low)
    this.#high2 = this.#high1
    this.#low2 = this.#low1
    this.#high1 = high
    this.#low1 = low
  }
  #move(high: number, low: number): void {
    let sar = this.#sar + this.#acceleration * (this.#extreme - this.#sar)
    const highest = Math.max(this.#high1, this.#high2)
    const lowest = Math.min(this.#low1, this.#low2)
    if (this.#isLong) {
      sar = Math.min(sar, lowest)
      if (low < sar) this.#turn(false, Math.max(this.#extreme, highest), low)
      else this.#follow(sar, high > this.#extreme, high)
    } else {
      sar = Math.max(sar, highest)
      if (high > sar) this.#turn(true, Math.min(this.#extreme, lowest), high)
      else this.#follow(sar, low < this.#extreme, low)
    }
    this.sar = this.#sar
    this.direction = this.#isLong ? 1 : -1
  }
  #turn(isLong: boolean, sar: number, extreme: number): void {
    this.#isLong = isLong
    this.#sar = sar
    this.#extreme = extreme
    this.#acceleration = this.#step
  }
  #follow(sar: number, isNewExtreme: boolean, extreme: number): void {
    this.#sar = sar
    if (!isNewExtreme) return
    this.#extreme = extreme
    this.#acceleration = Math.min(this.#max, this.#acceleration + this.#step)
  }
}
