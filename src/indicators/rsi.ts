import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'

/**
 * Relative strength index, 0 … 100 (Wilder 1978): mean gains and losses seeded over the first `period` changes, then
 * Wilder's smoothing. A market that only rises has 100; one that has not moved at all has 50 (neither side is stronger).
 */
export function rsi(period = 14, source: Source = 'close'): Single {
  checkPeriod('rsi', period)
  return single({ name: 'rsi', args: [period], inputs: [source], lookback: period + 1, create: () => new Rsi(period) })
}

class Rsi implements Kernel {
  value = Number.NaN
  readonly #period: number
  readonly #alpha: number
  #last = Number.NaN
  #gain = 0
  #loss = 0
  #count = -1

  constructor(period: number) {
    this.#period = period
    this.#alpha = 1 / period
  }
  next(x: number): void {
    const change = x - this.#last
    this.#last = x
    const up = change > 0 ? change : 0
    const down = change < 0 ? -change : 0
    if (this.#count >= this.#period) {
      this.#gain += this.#alpha * (up - this.#gain)
      this.#loss += this.#alpha * (down - this.#loss)
    } else {
      this.#count++
      if (this.#count === 0) return
      this.#gain += up
      this.#loss += down
      if (this.#count < this.#period) return
      this.#gain /= this.#period
      this.#loss /= this.#period
    }
    const both = this.#gain + this.#loss
    this.value = both === 0 ? 50 : (100 * this.#gain) / both
  }
}
