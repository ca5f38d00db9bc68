import { checkPeriod, type Single, type Source, single } from './define.ts'
import { Stretch } from './stretch.ts'

/**
 * Relative strength index, 0 … 100 (Wilder 1978, "New Concepts in Technical Trading Systems"): gains and losses seeded with
 * their means over the first `period` changes, then Wilder's smoothing, as TA-Lib and Stock.Indicators do. A market that
 * only rises has 100; one that has not moved at all has 50, neither side being stronger (TA-Lib says 0 there).
 */
export function rsi(period = 14, source: Source = 'close'): Single {
  checkPeriod('rsi', period)
  return single({ name: 'rsi', args: [period], inputs: [source], lookback: period + 1, create: () => new Rsi(period) })
}

/** Both averages go as in `Smoothing`, in one loop: side by side they take the time of one. */
class Rsi extends Stretch {
  readonly #period: number
  #last = Number.NaN
  #gain = 0
  #loss = 0
  #count = 0

  constructor(period: number) {
    super()
    this.#period = period
  }
  run([x]: readonly [Float64Array], [out]: readonly [Float64Array], from: number, to: number): void {
    const period = this.#period
    let keep = 1 - 1 / period
    let last = this.#last
    let gain = this.#gain
    let loss = this.#loss
    let count = this.#count
    for (let row = from; row < to; row++) {
      const change = x[row]! - last
      last = x[row]!
      if (count <= period) {
        // the first bar has no change yet
        if (count++ === 0) {
          out[row] = Number.NaN
          continue
        }
        keep = 1 - 1 / Math.min(period, count - 1)
      }
      const size = Math.abs(change)
      // exact, and without a branch that would be guessed wrong every other bar
      const up = (size + change) / 2
      const down = (size - change) / 2
      gain = up - keep * (up - gain)
      loss = down - keep * (down - loss)
      const both = gain + loss
      out[row] = count <= period ? Number.NaN : both === 0 ? 50 : 100 * (gain / both)
    }
    this.#last = last
    this.#gain = gain
    this.#loss = loss
    this.#count = count
  }
}
