import type { OrderedWindow } from './ordered-window.ts'

/**
 * An ordered window in O(log n) a bar: a treap over the slots of a ring; priorities are a hash of the slot, so the same
 * numbers always build the same tree.
 */
export class OrderTree implements OrderedWindow {
  readonly period: number
  count = 0
  readonly #value: Float64Array
  readonly #left: Int32Array
  readonly #right: Int32Array
  readonly #size: Int32Array
  readonly #sum: Float64Array
  readonly #priority: Uint32Array
  #root = -1
  #at = 0

  constructor(period: number) {
    this.period = period
    this.#value = new Float64Array(period)
    this.#left = new Int32Array(period)
    this.#right = new Int32Array(period)
    this.#size = new Int32Array(period)
    this.#sum = new Float64Array(period)
    this.#priority = Uint32Array.from(
      { length: period },
      (_, k) => Math.imul(k + 1, 2654435761) ^ Math.imul(k + 7, 40503),
    )
  }

  add(x: number): void {
    const slot = this.#at
    if (this.count === this.period) this.#root = this.#remove(this.#root, this.#value[slot]!, slot)
    else this.count++
    this.#value[slot] = Number.isNaN(x) ? Number.POSITIVE_INFINITY : x
    this.#left[slot] = -1
    this.#right[slot] = -1
    this.#update(slot)
    this.#root = this.#insert(this.#root, slot)
    this.#at = slot + 1 === this.period ? 0 : slot + 1
  }

  at(rank: number): number {
    let node = this.#root
    let k = rank
    for (;;) {
      const left = this.#left[node]!
      const before = left < 0 ? 0 : this.#size[left]!
      if (k === before) return this.#value[node]!
      if (k < before) node = left
      else {
        k -= before + 1
        node = this.#right[node]!
      }
    }
  }

  get sum(): number {
    return this.#root < 0 ? 0 : this.#sum[this.#root]!
  }

  spreadBelowMean(): number {
    const { count, sum } = this
    let node = this.#root
    let below = 0
    let belowSum = 0
    while (node >= 0) {
      if (count * this.#value[node]! < sum) {
        const left = this.#left[node]!
        below += 1 + (left < 0 ? 0 : this.#size[left]!)
        belowSum += this.#value[node]! + (left < 0 ? 0 : this.#sum[left]!)
        node = this.#right[node]!
      } else node = this.#left[node]!
    }
    return sum * below - count * belowSum
  }

  #update(node: number): void {
    const left = this.#left[node]!
    const right = this.#right[node]!
    this.#size[node] = 1 + (left < 0 ? 0 : this.#size[left]!) + (right < 0 ? 0 : this.#size[right]!)
    this.#sum[node] = this.#value[node]! + (left < 0 ? 0 : this.#sum[left]!) + (right < 0 ? 0 : this.#sum[right]!)
  }

  /** Equal values are told apart by their slot. */
  #isBefore(slot: number, value: number, node: number): boolean {
    const other = this.#value[node]!
    return value < other || (value === other && slot < node)
  }

  #insert(node: number, slot: number): number {
    if (node < 0) return slot
    const value = this.#value[slot]!
    if (this.#isBefore(slot, value, node)) {
      const left = this.#insert(this.#left[node]!, slot)
      this.#left[node] = left
      if (this.#priority[left]! > this.#priority[node]!) return this.#rotateRight(node)
    } else {
      const right = this.#insert(this.#right[node]!, slot)
      this.#right[node] = right
      if (this.#priority[right]! > this.#priority[node]!) return this.#rotateLeft(node)
    }
    this.#update(node)
    return node
  }

  #remove(node: number, value: number, slot: number): number {
    if (node === slot) return this.#merge(this.#left[node]!, this.#right[node]!)
    if (this.#isBefore(slot, value, node)) this.#left[node] = this.#remove(this.#left[node]!, value, slot)
    else this.#right[node] = this.#remove(this.#right[node]!, value, slot)
    this.#update(node)
    return node
  }

  #merge(a: number, b: number): number {
    if (a < 0) return b
    if (b < 0) return a
    if (this.#priority[a]! > this.#priority[b]!) {
      this.#right[a] = this.#merge(this.#right[a]!, b)
      this.#update(a)
      return a
    }
    this.#left[b] = this.#merge(a, this.#left[b]!)
    this.#update(b)
    return b
  }

  #rotateRight(node: number): number {
    const left = this.#left[node]!
    this.#left[node] = this.#right[left]!
    this.#right[left] = node
    this.#update(node)
    this.#update(left)
    return left
  }

  #rotateLeft(node: number): number {
    const right = this.#right[node]!
    this.#right[node] = this.#left[right]!
    this.#left[right] = node
    this.#update(node)
    this.#update(right)
    return right
  }
}
