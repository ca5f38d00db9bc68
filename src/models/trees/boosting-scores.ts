import { lossesOf } from '../../metrics/classification-loss.ts'
import type { BinnedRows } from './binned-rows.ts'
import type { BoostingLoss } from './boosting-loss.ts'
import type { GrownTree } from './grow-tree.ts'
import { leavesOf, type Tree } from './tree.ts'

/** Rows with where the trees so far have brought them. */
export class BoostingScores {
  readonly #loss: BoostingLoss
  readonly #classes: 2 | 3
  readonly #binned: BinnedRows
  readonly #y: Int8Array
  readonly #weights: Float64Array
  readonly #scores: Float64Array
  readonly #probabilities: Float64Array

  constructor(
    loss: BoostingLoss,
    base: readonly number[],
    binned: BinnedRows,
    { y, weights }: { readonly y: Int8Array; readonly weights: Float64Array },
  ) {
    this.#loss = loss
    this.#classes = loss.width === 1 ? 2 : 3
    this.#binned = binned
    this.#y = y
    this.#weights = weights
    this.#scores = new Float64Array(y.length * loss.width)
    for (let k = 0; k < this.#scores.length; k++) this.#scores[k] = base[k % loss.width]!
    this.#probabilities = new Float64Array(this.#scores.length)
    this.refresh()
  }

  /** Probabilities from the scores, after trees have been added. */
  refresh(): void {
    this.#loss.probabilities(this.#scores, this.#probabilities)
  }

  derivatives(pairs: Float32Array, of: number): void {
    this.#loss.derivatives(pairs, this.#probabilities, of, this.#y, this.#weights)
  }

  logLoss(): number {
    const total = this.#weights.reduce((sum, weight) => sum + weight, 0)
    return lossesOf({ classes: this.#classes, y: this.#y, p: this.#probabilities }).mean(this.#weights, total).logLoss
  }

  /** Adds a tree to score `of` where it has grown on all of these rows, and knows the leaf of each. */
  addGrown({ leaves }: GrownTree, order: Int32Array, of: number): void {
    const { width } = this.#loss
    const scores = this.#scores
    for (const { value, from, to } of leaves) {
      const step = value[0]!
      for (let k = from; k < to; k++) scores[order[k]! * width + of]! += step
    }
  }

  /** The same where it has seen none or only some of them. */
  addTree(tree: Tree, of: number): void {
    const { width } = this.#loss
    const leaves = leavesOf(tree, this.#binned)
    const value = Float64Array.from(tree.nodes, ({ value: [step = 0] }) => step)
    for (let row = 0; row < leaves.length; row++) this.#scores[row * width + of]! += value[leaves[row]!]!
  }
}
