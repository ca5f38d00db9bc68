import type { Grid } from '../core/indicator.ts'
import { type Ticks, ticksOf } from './grid.ts'

/*
 * Windows that do not drift, in O(1) a bar. The last `period` values lie in two blocks: what is left of the last full
 * block, and what has come of the next. Each time a block is full one pass from its end stores, for every slot, the
 * aggregate of the values from there on; a bar then joins two aggregates. Nothing is ever subtracted, so a value that
 * has left the window leaves nothing behind, however large it was and however many bars go by. (The two blocks are
 * van Herk's and Gil and Werman's for extremes, Pattern Recognition Letters 13 (1992) and IEEE PAMI 15 (1993).)
 *
 * `tail` starts as NaN and ends in the neutral element: so all is NaN until `period` values have come.
 */

/**
 * Sum or mean of the last `period` numbers. On a price grid it is exact: whole ticks are added, and divided once. Off the
 * grid a mean is taken of the distances from an anchor, the last value of the full block: equal values have that value
 * as their mean, to the last bit.
 */
export class RollingSum {
  readonly #period: number
  readonly #ticks: Ticks
  readonly #divisor: number
  readonly #isAnchored: boolean
  readonly #tail: Float64Array
  #at = 0
  #head = 0
  #anchor = Number.NaN

  constructor(what: 'sum' | 'mean', period: number, grid: Grid) {
    this.#period = period
    this.#ticks = ticksOf(grid)
    this.#divisor = this.#ticks.scale * (what === 'mean' ? period : 1)
    this.#isAnchored = what === 'mean' && grid.decimals === null
    this.#tail = new Float64Array(period + 1).fill(Number.NaN, 0, period)
  }

  /** Reads rows [from, to) of `x` and writes them of `out`, which may be the same column. */
  take(x: Float64Array, out: Float64Array, from: number, to: number): void {
    const period = this.#period
    const { scale, round } = this.#ticks
    const divisor = this.#divisor
    const tail = this.#tail
    let at = this.#at
    let head = this.#head
    let anchor = Number.isNaN(this.#anchor) ? this.#anchorAt(x[from]!) : this.#anchor
    let row = from
    while (row < to) {
      const stop = Math.min(to, row + period - at)
      for (; row < stop; row++, at++) {
        const value = x[row]! * scale + round - round
        head += value - anchor
        tail[at] = value
        out[row] = anchor + (head + tail[at + 1]!) / divisor
      }
      if (at === period) {
        anchor = this.#anchorAt(tail[period - 1]!)
        let sum = 0
        for (let k = period - 1; k >= 0; k--) {
          sum += tail[k]! - anchor
          tail[k] = sum
        }
        at = 0
        head = 0
      }
    }
    this.#at = at
    this.#head = head
    this.#anchor = anchor
  }

  /** What is not a number is no anchor: its window has no mean, but the next ones do. */
  #anchorAt(value: number): number {
    return this.#isAnchored ? value || 0 : 0
  }
}

/** Largest or smallest of the last `period` numbers. */
export class Extreme {
  readonly #period: number
  readonly #sign: number
  readonly #tail: Float64Array
  #at = 0
  #head = Number.NEGATIVE_INFINITY

  constructor(what: 'min' | 'max', period: number) {
    this.#period = period
    this.#sign = what === 'max' ? 1 : -1
    this.#tail = new Float64Array(period + 1).fill(Number.NaN, 0, period)
    this.#tail[period] = Number.NEGATIVE_INFINITY
  }

  /** Reads rows [from, to) of `x` and writes them of `out`, which may be the same column. */
  take(x: Float64Array, out: Float64Array, from: number, to: number): void {
    const period = this.#period
    const sign = this.#sign
    const tail = this.#tail
    let at = this.#at
    let head = this.#head
    let row = from
    while (row < to) {
      const stop = Math.min(to, row + period - at)
      for (; row < stop; row++, at++) {
        const value = sign * x[row]!
        if (value > head) head = value
        tail[at] = value
        const rest = tail[at + 1]!
        out[row] = sign * Math.max(head, rest)
      }
      if (at === period) {
        let top = Number.NEGATIVE_INFINITY
        for (let k = period - 1; k >= 0; k--) {
          if (tail[k]! > top) top = tail[k]!
          tail[k] = top
        }
        at = 0
        head = Number.NEGATIVE_INFINITY
      }
    }
    this.#at = at
    this.#head = head
  }
}

/**
 * Population variance (divided by n) of the last `period` numbers: sums of distances from an anchor, and of their squares.
 * The anchor is the last value of the full block, so it is in the window as long as it serves: a window of equal values
 * has exactly 0, and numbers far from zero lose no digits.
 */
export class RollingVariance {
  readonly #period: number
  readonly #tail: Float64Array
  readonly #tailSquares: Float64Array
  #at = 0
  #anchor = Number.NaN
  #head = 0
  #headSquares = 0

  constructor(period: number) {
    this.#period = period
    this.#tail = new Float64Array(period + 1).fill(Number.NaN, 0, period)
    this.#tailSquares = new Float64Array(period + 1)
  }

  /** Reads rows [from, to) of `x` and writes them of `out`, which may be the same column. */
  take(x: Float64Array, out: Float64Array, from: number, to: number): void {
    const period = this.#period
    const tail = this.#tail
    const tailSquares = this.#tailSquares
    let at = this.#at
    let anchor = Number.isNaN(this.#anchor) ? x[from]! || 0 : this.#anchor
    let head = this.#head
    let headSquares = this.#headSquares
    let row = from
    while (row < to) {
      const stop = Math.min(to, row + period - at)
      for (; row < stop; row++, at++) {
        const value = x[row]!
        const distance = value - anchor
        head += distance
        headSquares += distance * distance
        tail[at] = value
        const mean = (head + tail[at + 1]!) / period
        const variance = (headSquares + tailSquares[at + 1]!) / period - mean * mean
        out[row] = Math.max(0, variance)
      }
      if (at === period) {
        // what is not a number is no anchor: its window has no variance, but the next ones do
        anchor = tail[period - 1]! || 0
        let sum = 0
        let squares = 0
        for (let k = period - 1; k >= 0; k--) {
          const distance = tail[k]! - anchor
          sum += distance
          squares += distance * distance
          tail[k] = sum
          tailSquares[k] = squares
        }
        at = 0
        head = 0
        headSquares = 0
      }
    }
    this.#at = at
    this.#anchor = anchor
    this.#head = head
    this.#headSquares = headSquares
  }
}

/** The last `period` numbers, in a ring. */
export class Ring {
  readonly #values: Float64Array
  #at = 0

  constructor(period: number) {
    this.#values = new Float64Array(period).fill(Number.NaN)
  }

  /** Puts a number in and returns the one it pushes out, NaN while the ring fills. */
  push(x: number): number {
    const at = this.#at
    const old = this.#values[at]!
    this.#values[at] = x
    this.#at = at + 1 === this.#values.length ? 0 : at + 1
    return old
  }
}
