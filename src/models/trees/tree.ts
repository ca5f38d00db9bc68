import type { BinnedRows } from './binned-rows.ts'

/** A decision of a tree while it grows, or a leaf where `feature` is −1. */
export interface TreeNode {
  feature: number
  /** Bins up to it go left. */
  bin: number
  /** Where rows without the value go. */
  missingLeft: boolean
  /** Node of the left child; the right one is next to it. */
  left: number
  gain: number
  /** What a leaf says, one number an output. */
  value: readonly number[]
}

/** A tree over binned rows, root first, children behind their parents. */
export interface Tree {
  readonly nodes: readonly TreeNode[]
}

/** For each of the binned rows, the node of the leaf it falls into. */
export function leavesOf({ nodes }: Tree, binned: BinnedRows): Int32Array {
  const { words, rows, binCounts } = binned
  const base = Int32Array.from(nodes, ({ feature }) => (feature < 0 ? -1 : binned.base(feature)))
  const shift = Int32Array.from(nodes, ({ feature }) => (feature < 0 ? 0 : binned.shift(feature)))
  const bin = Int32Array.from(nodes, (node) => node.bin)
  const left = Int32Array.from(nodes, (node) => node.left)
  // the bin that goes left although it is above the others
  const extra = Int32Array.from(nodes, ({ feature, missingLeft }) => (missingLeft ? binCounts[feature]! - 1 : -1))
  const leaves = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    let node = 0
    for (let from = base[0]!; from >= 0; from = base[node]!) {
      const own = (words[from + row]! >>> shift[node]!) & 255
      node = own <= bin[node]! || own === extra[node]! ? left[node]! : left[node]! + 1
    }
    leaves[row] = node
  }
  return leaves
}
