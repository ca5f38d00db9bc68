import type { BinnedRows } from './binned-rows.ts'
import { missingBin } from './bins.ts'
import { bestSplit, type Split, type SplitLimits, type Sums, sumsOf } from './split.ts'
import type { Tree, TreeNode } from './tree.ts'
import { type NodeHistograms, TreeHistograms } from './tree-histograms.ts'

export interface GrowthRules extends SplitLimits {
  readonly maxLeaves: number
  /** What a leaf with these sums says. */
  readonly value: (sums: Sums) => readonly number[]
}

/** Features that the next node may be split by, ascending. */
export type FeatureChoice = () => Int32Array

/** A tree, and which rows of the grower's order each leaf has: from, up to but without to. */
export interface GrownTree extends Tree {
  readonly leaves: readonly { readonly value: readonly number[]; readonly from: number; readonly to: number }[]
}

interface OpenLeaf {
  readonly node: number
  readonly from: number
  readonly to: number
  readonly sums: Sums
  /** None where it will not be split or memory is short. */
  readonly histograms: NodeHistograms
  readonly split: Split | null
}

/** Grows trees leaf by leaf, always splitting the one that gains most (LightGBM's way), over rows in bins. */
export class TreeGrower {
  /** Rows of the tree, those of a leaf together and ascending. */
  readonly order: Int32Array
  readonly #binned: BinnedRows
  readonly #rules: GrowthRules
  readonly #histograms: TreeHistograms
  readonly #spare: Int32Array
  readonly #goesLeft = new Uint8Array(256)

  constructor(binned: BinnedRows, rules: GrowthRules) {
    this.order = new Int32Array(binned.rows)
    this.#binned = binned
    this.#rules = rules
    this.#histograms = new TreeHistograms(binned, this.order)
    this.#spare = new Int32Array(binned.rows)
  }

  /**
   * @param rows how many of `order` are the tree's; the caller has put them there, ascending
   * @param channels gradient and hessian of each binned row, one behind the other; a second one has the same hessians
   * @param wanted features that some node may ask for
   */
  grow(rows: number, channels: readonly Float32Array[], wanted: Int32Array, choose: FeatureChoice): GrownTree {
    this.#histograms.begin(rows, channels, wanted)
    const nodes: TreeNode[] = [leafNode()]
    const root = this.#histograms.count(0, rows)
    const feature = wanted[0]!
    const total = sumsOf(this.#histograms.sums(root), feature, 0, this.#binned.binCounts[feature]!)
    const open = [this.#open(0, 0, rows, total, root, choose)]
    while (open.length < this.#rules.maxLeaves) {
      const at = mostGaining(open)
      if (at < 0) break
      const { node, from, to, sums, histograms, split } = open[at]!
      const { feature, bin, missingLeft, gain, left } = split!
      const middle = this.#part(from, to, split!)
      const child = nodes.length
      nodes[node] = { ...leafNode(), feature, bin, missingLeft, gain, left: child }
      nodes.push(leafNode(), leafNode())
      const isLast = open.length + 1 === this.#rules.maxLeaves
      const [low, high] = this.#childHistograms(histograms, from, middle, to, isLast)
      open[at] = this.#open(child, from, middle, left, low, choose)
      open.push(this.#open(child + 1, middle, to, less(sums, left), high, choose))
    }
    const leaves = open.map(({ node, from, to, sums, histograms }) => {
      this.#histograms.give(histograms)
      const value = this.#rules.value(sums)
      nodes[node] = { ...leafNode(), value }
      return { value, from, to }
    })
    return { nodes, leaves }
  }

  /** None where neither child will be split. */
  #childHistograms(
    parent: NodeHistograms,
    from: number,
    middle: number,
    to: number,
    isLast: boolean,
  ): readonly [NodeHistograms, NodeHistograms] {
    if (!isLast && (this.#canSplit(middle - from) || this.#canSplit(to - middle)))
      return this.#histograms.children(parent, from, middle, to)
    this.#histograms.give(parent)
    return [[], []]
  }

  #canSplit(rows: number): boolean {
    return rows >= 2 * this.#rules.minRows
  }

  /** A leaf with the split it would have; histograms that nothing more will come of are given back. */
  #open(
    node: number,
    from: number,
    to: number,
    sums: Sums,
    histograms: NodeHistograms,
    choose: FeatureChoice,
  ): OpenLeaf {
    const split =
      histograms.length > 0 && this.#canSplit(to - from)
        ? bestSplit(this.#histograms.sums(histograms), this.#binned.features, choose(), sums, this.#rules)
        : null
    if (split !== null && !this.#histograms.isShort) return { node, from, to, sums, histograms, split }
    this.#histograms.give(histograms)
    return { node, from, to, sums, histograms: [], split }
  }

  /** Puts the rows that go left before those that go right, each in their old order; where the latter begin. */
  #part(from: number, to: number, { feature, bin, missingLeft }: Split): number {
    const goesLeft = this.#goesLeft.fill(0).fill(1, 0, bin + 1)
    goesLeft[missingBin(this.#binned.features[feature]!)] = missingLeft ? 1 : 0
    const { words } = this.#binned
    const base = this.#binned.base(feature)
    const shift = this.#binned.shift(feature)
    const { order } = this
    const spare = this.#spare
    let left = from
    let right = 0
    // both places are written and one of them is kept: a branch that no processor can foretell would cost more
    for (let k = from; k < to; k++) {
      const row = order[k]!
      const isLeft = goesLeft[(words[base + row]! >>> shift) & 255]!
      order[left] = row
      spare[right] = row
      left += isLeft
      right += 1 - isLeft
    }
    order.set(spare.subarray(0, right), left)
    return left
  }
}

function leafNode(): TreeNode {
  return { feature: -1, bin: 0, missingLeft: false, left: 0, gain: 0, value: [] }
}

/** The first of those whose split gains most; −1 where none can be split. */
function mostGaining(open: readonly OpenLeaf[]): number {
  let best = -1
  for (let k = 0; k < open.length; k++) {
    const { split } = open[k]!
    if (split !== null && (best < 0 || split.gain > open[best]!.split!.gain)) best = k
  }
  return best
}

function less({ gradients, hessian, rows }: Sums, part: Sums): Sums {
  return {
    gradients: [gradients[0] - part.gradients[0], gradients[1] - part.gradients[1]],
    hessian: hessian - part.hessian,
    rows: rows - part.rows,
  }
}
