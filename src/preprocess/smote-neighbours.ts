/** Most points of a leaf: few enough to look at all of them, enough to be worth the way there. */
const LEAF = 16

/**
 * Nearest neighbours by Euclidean distance, exactly: a k-d tree (Bentley 1975) that halves the points at the median of their widest
 * coordinate, and a search that leaves out every half that lies farther away than what it has found (Arya & Mount 1993).
 */
export class NearestNeighbours {
  readonly #dims: number
  /** Points row after row, in the order of the tree. */
  readonly #points: Float64Array
  /** Number of the point at each place of that order, and the place of each number. */
  readonly #order: Int32Array
  readonly #place: Int32Array
  /** Of each inner node, in the order of a heap: the coordinate it splits, and where. */
  readonly #axis: Int32Array
  readonly #split: Float64Array

  // of the search that is under way
  readonly #offset: Float64Array
  readonly #target: Float64Array
  #self = -1
  #found = new Int32Array(0)
  #distance = new Float64Array(0)

  /** @param points row after row, `dims` numbers each */
  constructor(points: Float64Array, dims: number) {
    const n = points.length / dims
    this.#dims = dims
    this.#order = Int32Array.from({ length: n }, (_, k) => k)
    const nodes = 2 ** Math.max(1, Math.ceil(Math.log2(n / LEAF)))
    this.#axis = new Int32Array(nodes)
    this.#split = new Float64Array(nodes)
    this.#build(points, 1, 0, n)
    this.#points = new Float64Array(points.length)
    this.#place = new Int32Array(n)
    for (let at = 0; at < n; at++) {
      const point = this.#order[at]!
      this.#place[point] = at
      for (let d = 0; d < dims; d++) this.#points[at * dims + d] = points[point * dims + d]!
    }
    this.#offset = new Float64Array(dims)
    this.#target = new Float64Array(dims)
  }

  /** Numbers of the `k` points nearest to one of them, without itself, nearest first; of two as near, the lower number first. */
  of(point: number, k: number): Int32Array {
    const place = this.#place[point]!
    for (let d = 0; d < this.#dims; d++) this.#target[d] = this.#points[place * this.#dims + d]!
    this.#self = point
    this.#found = new Int32Array(k).fill(-1)
    this.#distance = new Float64Array(k).fill(Number.POSITIVE_INFINITY)
    this.#offset.fill(0)
    this.#visit(1, 0, this.#order.length, 0)
    return this.#found
  }

  #build(points: Float64Array, node: number, from: number, to: number): void {
    if (to - from <= LEAF) return
    const axis = this.#widest(points, from, to)
    const middle = (from + to) >>> 1
    this.#select(points, axis, middle, from, to - 1)
    this.#axis[node] = axis
    this.#split[node] = points[this.#order[middle]! * this.#dims + axis]!
    this.#build(points, 2 * node, from, middle)
    this.#build(points, 2 * node + 1, middle, to)
  }

  #widest(points: Float64Array, from: number, to: number): number {
    let axis = 0
    let widest = -1
    for (let d = 0; d < this.#dims; d++) {
      let low = Number.POSITIVE_INFINITY
      let high = Number.NEGATIVE_INFINITY
      for (let at = from; at < to; at++) {
        const value = points[this.#order[at]! * this.#dims + d]!
        if (value < low) low = value
        if (value > high) high = value
      }
      if (high - low > widest) {
        widest = high - low
        axis = d
      }
    }
    return axis
  }

  /** Hoare's selection: what is at `rank` has no larger coordinate before it and no smaller one behind it. */
  #select(points: Float64Array, axis: number, rank: number, left: number, right: number): void {
    const order = this.#order
    const at = (place: number) => points[order[place]! * this.#dims + axis]!
    while (left < right) {
      const pivot = at((left + right) >>> 1)
      let i = left
      let j = right
      while (i <= j) {
        while (at(i) < pivot) i++
        while (at(j) > pivot) j--
        if (i > j) break
        const kept = order[i]!
        order[i++] = order[j]!
        order[j--] = kept
      }
      if (rank <= j) right = j
      else if (rank >= i) left = i
      else return
    }
  }

  /** @param bound squared distance from the target to the box of this node, at least */
  #visit(node: number, from: number, to: number, bound: number): void {
    if (to - from <= LEAF) {
      this.#scan(from, to)
      return
    }
    const axis = this.#axis[node]!
    const beyond = this.#target[axis]! - this.#split[node]!
    const middle = (from + to) >>> 1
    if (beyond < 0) this.#visit(2 * node, from, middle, bound)
    else this.#visit(2 * node + 1, middle, to, bound)
    const old = this.#offset[axis]!
    const far = bound - old * old + beyond * beyond
    // a digit of rounding must not hide a point that is exactly as near
    if (far * (1 - 1e-12) > this.#distance[this.#distance.length - 1]!) return
    this.#offset[axis] = beyond
    if (beyond < 0) this.#visit(2 * node + 1, middle, to, far)
    else this.#visit(2 * node, from, middle, far)
    this.#offset[axis] = old
  }

  /** Looks at the points of a leaf. */
  #scan(from: number, to: number): void {
    const points = this.#points
    const target = this.#target
    const dims = this.#dims
    const found = this.#found
    const distance = this.#distance
    const last = found.length - 1
    let worst = distance[last]!
    for (let at = from; at < to; at++) {
      let sum = 0
      for (let d = 0, k = at * dims; d < dims; d++, k++) {
        const apart = points[k]! - target[d]!
        sum += apart * apart
      }
      if (sum > worst) continue
      const point = this.#order[at]!
      if (point === this.#self || (sum === worst && point > found[last]!)) continue
      let place = last
      for (; place > 0; place--) {
        const before = distance[place - 1]!
        if (before < sum || (before === sum && found[place - 1]! < point)) break
        distance[place] = before
        found[place] = found[place - 1]!
      }
      distance[place] = sum
      found[place] = point
      worst = distance[last]!
    }
  }
}
