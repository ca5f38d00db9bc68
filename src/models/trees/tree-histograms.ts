import { type BinnedRows, groupsOf } from './binned-rows.ts'
import { countUnit, FEATURE, fillHistogram, type Histogram, subtractHistogram } from './histogram.ts'
import type { NodeSums } from './split.ts'

/** What histograms of leaves that wait to be split may take in all; beyond that a leaf's are made anew when it is. */
const MOST_BYTES = 256 * 2 ** 20

/** Histograms of one node, the first channel's and the second's, where there are two. */
export type NodeHistograms = readonly Histogram[]

/** Makes the histograms of one tree's nodes; their memory is used again by the next tree. */
export class TreeHistograms {
  readonly #binned: BinnedRows
  readonly #order: Int32Array
  readonly #length: number
  readonly #idle: Histogram[] = []
  #taken = 0
  #groups = new Int32Array(0)
  #channels: readonly Float32Array[] = []
  #unit = 1

  constructor(binned: BinnedRows, order: Int32Array) {
    this.#binned = binned
    this.#order = order
    this.#length = groupsOf(binned.features.length) * 4 * FEATURE
  }

  /** Begins a tree on the first `rows` of the order, that may be split by the features `wanted`. */
  begin(rows: number, channels: readonly Float32Array[], wanted: Int32Array): void {
    const groups = Int32Array.from({ length: groupsOf(this.#binned.features.length) }, (_, group) => group)
    this.#groups = groups.filter((group) => wanted.some((feature) => feature >> 2 === group))
    this.#channels = channels
    this.#unit = countUnit(channels[0]!, this.#order, rows)
  }

  count(from: number, to: number): NodeHistograms {
    return this.#channels.map((pairs) => {
      this.#taken++
      const out = this.#idle.pop() ?? new Float64Array(this.#length)
      fillHistogram(out, this.#binned, this.#groups, this.#order, from, to, pairs, this.#unit)
      return out
    })
  }

  /** Those of the two children of a node, which loses its own: rows are read of the child that has fewer. */
  children(
    parent: NodeHistograms,
    from: number,
    middle: number,
    to: number,
  ): readonly [NodeHistograms, NodeHistograms] {
    if (parent.length === 0) return [this.count(from, middle), this.count(middle, to)]
    const isLowFewer = middle - from < to - middle
    const fewer = isLowFewer ? this.count(from, middle) : this.count(middle, to)
    for (const [c, histogram] of parent.entries()) subtractHistogram(histogram, fewer[c]!, this.#binned, this.#groups)
    return isLowFewer ? [fewer, parent] : [parent, fewer]
  }

  /** What a split is looked for in. */
  sums([first, second = first]: NodeHistograms): NodeSums {
    return { histograms: [first!, second!], unit: this.#unit }
  }

  give(histograms: NodeHistograms): void {
    this.#taken -= histograms.length
    this.#idle.push(...histograms)
  }

  get isShort(): boolean {
    return this.#taken * this.#length * 8 > MOST_BYTES
  }
}
