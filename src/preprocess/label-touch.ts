import type { Bars } from '../core/bar.ts'

/** Rows in a block, as a power of two. */
const BITS = 5

/**
 * Finds the first bar that reaches one of two prices. Blocks of 32 rows whose extremes reach neither are passed at once, so
 * that a horizon of a day of minutes with wide barriers costs fifty steps and not 1440.
 */
export class TouchFinder {
  readonly #high: Float64Array
  readonly #low: Float64Array
  /** Highest high and lowest low of each block. */
  readonly #highest: Float64Array
  readonly #lowest: Float64Array

  constructor({ high, low, length }: Bars) {
    const blocks = (length + (1 << BITS) - 1) >> BITS
    this.#high = high
    this.#low = low
    this.#highest = new Float64Array(blocks)
    this.#lowest = new Float64Array(blocks)
    for (let block = 0; block < blocks; block++) {
      let highest = Number.NEGATIVE_INFINITY
      let lowest = Number.POSITIVE_INFINITY
      const end = Math.min(length, (block + 1) << BITS)
      for (let row = block << BITS; row < end; row++) {
        if (high[row]! > highest) highest = high[row]!
        if (low[row]! < lowest) lowest = low[row]!
      }
      this.#highest[block] = highest
      this.#lowest[block] = lowest
    }
  }

  /** First row of [from, to) whose high is at or above `upper` or whose low is at or below `lower`; `to` where there is none. */
  find(from: number, to: number, upper: number, lower: number): number {
    const high = this.#high
    const low = this.#low
    let row = from
    while (row < to) {
      const block = row >> BITS
      const next = Math.min(to, (block + 1) << BITS)
      if (this.#highest[block]! < upper && this.#lowest[block]! > lower) row = next
      else for (; row < next; row++) if (high[row]! >= upper || low[row]! <= lower) return row
    }
    return to
  }
}
