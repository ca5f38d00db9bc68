import type { OrderedWindow } from './ordered-window.ts'

/** An ordered window as a sorted array: the newcomer takes the place of the oldest and moves to its rank. */
export class SortedWindow implements OrderedWindow {
  readonly #period: number
  readonly #ring: Float64Array
  readonly #sorted: Float64Array
  #at = 0
  #count = 0

  constructor(period: number) {
    this.#period = period
    this.#ring = new Float64Array(period)
    this.#sorted = new Float64Array(period)
  }

  get count(): number {
    return this.#count
  }

  add(x: number): void {
    const value = Number.isNaN(x) ? Number.POSITIVE_INFINITY : x
    const sorted = this.#sorted
    let k = this.#count
    if (k < this.#period) this.#count = k + 1
    else {
      const old = this.#ring[this.#at]!
      k = 0
      while (sorted[k]! < old) k++
    }
    this.#ring[this.#at] = value
    this.#at = this.#at + 1 === this.#period ? 0 : this.#at + 1
    const last = this.#count - 1
    while (k > 0 && sorted[k - 1]! > value) {
      sorted[k] = sorted[k - 1]!
      k--
    }
    while (k < last && sorted[k + 1]! < value) {
      sorted[k] = sorted[k + 1]!
      k++
    }
    sorted[k] = value
  }

  at(rank: number): number {
    return this.#sorted[rank]!
  }

  get sum(): number {
    let sum = 0
    for (let k = 0; k < this.#count; k++) sum += this.#sorted[k]!
    return sum
  }

  spreadBelowMean(): number {
    const { sum } = this
    const count = this.#count
    let spread = 0
    for (let k = 0; k < count && count * this.#sorted[k]! < sum; k++) spread += sum - count * this.#sorted[k]!
    return spread
  }
}
