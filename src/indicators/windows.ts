import { POW10 } from '../core/decimal.ts'
import type { Grid } from '../core/indicator.ts'

/** The last `period` numbers, in a ring. */
export class Ring {
  readonly period: number
  readonly values: Float64Array
  count = 0
  #at = 0

  constructor(period: number) {
    this.period = period
    this.values = new Float64Array(period)
  }

  /** Puts a number in and returns the one it pushes out (0 while the ring fills). */
  push(x: number): number {
    const at = this.#at
    const old = this.values[at]!
    this.values[at] = x
    this.#at = at + 1 === this.period ? 0 : at + 1
    if (this.count < this.period) this.count++
    return old
  }
  get isFull(): boolean {
    return this.count === this.period
  }
  /** The oldest number; only meaningful when full. */
  get oldest(): number {
    return this.values[this.#at]!
  }
}

/**
 * A running sum that does not drift. On a price grid numbers become whole ticks, whose sums are exact below 2^53, so
 * that equal averages compare equal. Off a grid the sum is taken anew over the window each time the ring has turned,
 * which costs one addition a bar and lets no error outlive one window, however many bars go by.
 */
export class RollingSum {
  readonly #scale: number
  readonly #isExact: boolean
  readonly period: number
  readonly #values: Float64Array
  #at = 0
  count = 0
  #sum = 0

  constructor(period: number, grid: Grid) {
    this.period = period
    this.#isExact = grid.decimals !== null
    this.#scale = grid.decimals === null ? 1 : POW10[grid.decimals]!
    this.#values = new Float64Array(period)
  }

  add(x: number): void {
    const value = this.#isExact ? Math.round(x * this.#scale) : x
    const at = this.#at
    this.#sum += value - this.#values[at]!
    this.#values[at] = value
    if (this.count < this.period) this.count++
    if (at + 1 < this.period) this.#at = at + 1
    else {
      this.#at = 0
      if (!this.#isExact) this.#renew()
    }
  }

  #renew(): void {
    let sum = 0
    for (let k = 0; k < this.period; k++) sum += this.#values[k]!
    this.#sum = sum
  }

  /** Sum of the window. */
  get sum(): number {
    return this.#sum / this.#scale
  }
  /** Mean of a full window, NaN before: one division of exact whole numbers on a grid. */
  get mean(): number {
    return this.count === this.period ? this.#sum / (this.period * this.#scale) : Number.NaN
  }
}

/** Sliding minimum or maximum: a monotonic deque in a ring, O(1) amortised (Lemire 2006, arXiv:cs/0610046). */
export class Extreme {
  readonly #sign: number
  readonly #period: number
  readonly #values: Float64Array
  readonly #rows: Float64Array
  #head = 0
  #size = 0
  #row = -1
  value = Number.NaN

  constructor(period: number, what: 'min' | 'max') {
    this.#sign = what === 'max' ? 1 : -1
    this.#period = period
    this.#values = new Float64Array(period)
    this.#rows = new Float64Array(period)
  }

  add(x: number): void {
    const row = ++this.#row
    const period = this.#period
    const signed = x * this.#sign
    if (this.#size > 0 && this.#rows[this.#head]! <= row - period) {
      this.#head = this.#head + 1 === period ? 0 : this.#head + 1
      this.#size--
    }
    let tail = this.#head + this.#size - 1
    if (tail >= period) tail -= period
    while (this.#size > 0 && this.#values[tail]! <= signed) {
      this.#size--
      tail = tail === 0 ? period - 1 : tail - 1
    }
    let at = this.#head + this.#size
    if (at >= period) at -= period
    this.#values[at] = signed
    this.#rows[at] = row
    this.#size++
    this.value = row >= period - 1 ? this.#values[this.#head]! * this.#sign : Number.NaN
  }
}

/** Mean and population variance of the last `period` numbers, about an anchor inside the window, renewed every turn. */
export class RollingVariance {
  readonly period: number
  readonly #values: Float64Array
  #at = 0
  #count = 0
  #anchor = 0
  #sum = 0
  #squares = 0

  constructor(period: number) {
    this.period = period
    this.#values = new Float64Array(period)
  }

  add(x: number): void {
    const at = this.#at
    if (this.#count === 0) this.#anchor = x
    const d = x - this.#anchor
    if (this.#count < this.period) {
      this.#count++
      this.#sum += d
      this.#squares += d * d
    } else {
      const o = this.#values[at]! - this.#anchor
      this.#sum += d - o
      this.#squares += d * d - o * o
    }
    this.#values[at] = x
    if (at + 1 < this.period) this.#at = at + 1
    else {
      this.#at = 0
      this.#renew(x)
    }
  }

  /** Anchoring at a value of the window keeps the numbers small, so that nothing cancels. */
  #renew(anchor: number): void {
    let sum = 0
    let squares = 0
    for (let k = 0; k < this.period; k++) {
      const d = this.#values[k]! - anchor
      sum += d
      squares += d * d
    }
    this.#anchor = anchor
    this.#sum = sum
    this.#squares = squares
  }

  get mean(): number {
    return this.#count === this.period ? this.#anchor + this.#sum / this.period : Number.NaN
  }
  /** Population variance (divided by n), never below 0. */
  get variance(): number {
    if (this.#count < this.period) return Number.NaN
    const mean = this.#sum / this.period
    return Math.max(0, this.#squares / this.period - mean * mean)
  }
}
