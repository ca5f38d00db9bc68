import type { FittedJson } from '../fitted-json.ts'
import type { FeatureBins } from './bins.ts'
import type { Tree } from './tree.ts'

/** Nodes of all trees, one column a property. */
interface Nodes {
  /** Where each tree's first node is. */
  readonly roots: Int32Array
  /** −1: a leaf. */
  readonly feature: Int32Array
  /** Values up to it go left; +Infinity: all that are there. */
  readonly threshold: Float64Array
  /** 1 where rows without the value go left. */
  readonly missingLeft: Int32Array
  /** The left child, behind its parent; the right one is next to it. */
  readonly left: Int32Array
  readonly gain: Float64Array
  /** What leaves say, `outputs` numbers a node. */
  readonly value: Float64Array
}

/** Rows that are laid side by side before they go down the trees. */
const BLOCK = 256

/** Trees that have been grown, asked with raw values: a threshold is a value, not a bin. */
export class TreeSet {
  readonly outputs: number
  readonly #nodes: Nodes

  private constructor(outputs: number, nodes: Nodes) {
    this.outputs = outputs
    this.#nodes = nodes
  }

  static of(trees: readonly Tree[], features: readonly FeatureBins[], outputs: number): TreeSet {
    let size = 0
    const roots = Int32Array.from(trees, ({ nodes }) => {
      size += nodes.length
      return size - nodes.length
    })
    const threshold = new Float64Array(size)
    const value = new Float64Array(size * outputs)
    const [feature, missingLeft, left] = [new Int32Array(size), new Int32Array(size), new Int32Array(size)]
    const gain = new Float64Array(size)
    for (const [t, { nodes }] of trees.entries())
      for (const [k, node] of nodes.entries()) {
        const at = roots[t]! + k
        feature[at] = node.feature
        gain[at] = node.gain
        if (node.feature < 0) value.set(node.value, at * outputs)
        else {
          // above the last edge there is nothing but what is missing
          threshold[at] = features[node.feature]!.edges[node.bin] ?? Number.POSITIVE_INFINITY
          missingLeft[at] = node.missingLeft ? 1 : 0
          left[at] = roots[t]! + node.left
        }
      }
    return new TreeSet(outputs, { roots, feature, threshold, missingLeft, left, gain, value })
  }

  get trees(): number {
    return this.#nodes.roots.length
  }

  /**
   * Adds what the trees say of each row to `out`, tree after tree. Tree t's numbers go to the places `place(t)` … of a row.
   * @param out `width` numbers a row
   */
  addTo(
    out: Float64Array,
    width: number,
    place: (tree: number) => number,
    columns: readonly Float64Array[],
    rows: Int32Array,
  ): void {
    const places = Int32Array.from(this.#nodes.roots, (_, t) => place(t))
    const values = new Float64Array(Math.min(BLOCK, rows.length) * columns.length)
    for (let start = 0; start < rows.length; start += BLOCK) {
      const end = Math.min(start + BLOCK, rows.length)
      for (const [f, column] of columns.entries())
        for (let k = start; k < end; k++) values[(k - start) * columns.length + f] = column[rows[k]!]!
      for (let t = 0; t < places.length; t++)
        this.#addTree(out, width, places[t]!, this.#nodes.roots[t]!, values, columns.length, start, end)
    }
  }

  #addTree(
    out: Float64Array,
    width: number,
    place: number,
    root: number,
    values: Float64Array,
    features: number,
    start: number,
    end: number,
  ): void {
    const { feature, threshold, missingLeft, left, value } = this.#nodes
    const { outputs } = this
    for (let row = start; row < end; row++) {
      const from = (row - start) * features
      let node = root
      for (let f = feature[node]!; f >= 0; f = feature[node]!) {
        const known = values[from + f]!
        const isLeft = known <= threshold[node]! || (missingLeft[node] === 1 && Number.isNaN(known))
        node = isLeft ? left[node]! : left[node]! + 1
      }
      for (let k = 0; k < outputs; k++) out[row * width + place + k]! += value[node * outputs + k]!
    }
  }

  /** What each feature's splits have gained, as a fraction of all gains; all 0 where nothing was split. */
  importance(features: number): Float64Array {
    const { feature, gain } = this.#nodes
    const sums = new Float64Array(features)
    for (let node = 0; node < gain.length; node++) if (feature[node]! >= 0) sums[feature[node]!]! += gain[node]!
    const total = sums.reduce((sum, one) => sum + one, 0)
    return total > 0 ? sums.map((sum) => sum / total) : sums
  }

  toJSON(): unknown {
    const { roots, feature, threshold, missingLeft, left, gain, value } = this.#nodes
    return {
      outputs: this.outputs,
      roots: [...roots],
      feature: [...feature],
      // JSON has no Infinity
      threshold: Array.from(threshold, (one) => (Number.isFinite(one) ? one : null)),
      missingLeft: [...missingLeft],
      left: [...left],
      gain: [...gain],
      value: [...value],
    }
  }

  /** @throws RangeError where it is damaged, so that no walk leaves the tree or goes round in a circle */
  static fromJson(json: FittedJson, features: number): TreeSet {
    const outputs = json.oneOf('outputs', [1, 3])
    const feature = json.wholeNumbers('feature', -1, features - 1)
    const size = feature.length
    const threshold = Float64Array.from(json.list('threshold'), (one) =>
      one === null ? Number.POSITIVE_INFINITY : typeof one === 'number' ? one : Number.NaN,
    )
    if (threshold.length !== size || threshold.some(Number.isNaN)) json.refuse('threshold', `${size} numbers or null`)
    const left = json.wholeNumbers('left', 0, Math.max(0, size - 1), size)
    if (feature.some((one, node) => one >= 0 && (left[node]! <= node || left[node]! + 1 >= size)))
      json.refuse('left', 'children behind their parents')
    return new TreeSet(outputs, {
      roots: json.wholeNumbers('roots', 0, Math.max(0, size - 1)),
      feature,
      threshold,
      missingLeft: json.wholeNumbers('missingLeft', 0, 1, size),
      left,
      gain: json.numbers('gain', size),
      value: json.numbers('value', size * outputs),
    })
  }
}
