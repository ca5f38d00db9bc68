import { classesSaid } from '../../metrics/classification-input.ts'
import { lossesOf } from '../../metrics/classification-loss.ts'
import type { BinnedRows } from './binned-rows.ts'
import { leavesOf, type Tree } from './tree.ts'

/** Averages over the rows that some tree had not drawn, weighted as in training, by the trees that had not. */
export interface OutOfBag {
  readonly rows: number
  readonly logLoss: number
  readonly accuracy: number
}

/** What trees say of training rows, added up over those that may be asked about a row. */
export class ForestVotes {
  readonly #classes: 2 | 3
  readonly #y: Int8Array
  readonly #weights: Float64Array
  readonly #sums: Float64Array
  readonly #votes: Int32Array

  constructor(classes: 2 | 3, { y, weights }: { readonly y: Int8Array; readonly weights: Float64Array }) {
    this.#classes = classes
    this.#y = y
    this.#weights = weights
    this.#sums = new Float64Array(y.length * this.#width)
    this.#votes = new Int32Array(y.length)
  }

  get #width(): 1 | 3 {
    return this.#classes === 2 ? 1 : 3
  }

  /** @param drawn how often the tree had drawn each row: it votes on those it had not, and without this on all */
  add(tree: Tree, binned: BinnedRows, drawn: Uint8Array | null): void {
    const leaves = leavesOf(tree, binned)
    const width = this.#width
    for (let row = 0; row < leaves.length; row++) {
      if (drawn !== null && drawn[row]! > 0) continue
      const { value } = tree.nodes[leaves[row]!]!
      for (let k = 0; k < width; k++) this.#sums[row * width + k]! += value[k]!
      this.#votes[row]! += 1
    }
  }

  /** `null` where no row has a vote. */
  judge(): OutOfBag | null {
    const width = this.#width
    const rows = this.#votes.reduce((sum, votes) => sum + (votes > 0 ? 1 : 0), 0)
    if (rows === 0) return null
    const y = new Int8Array(rows)
    const p = new Float64Array(rows * width)
    const weights = new Float64Array(rows)
    let [n, total, right] = [0, 0, 0]
    for (let row = 0; row < this.#votes.length; row++) {
      const votes = this.#votes[row]!
      if (votes === 0) continue
      for (let k = 0; k < width; k++) p[n * width + k] = this.#sums[row * width + k]! / votes
      y[n] = this.#y[row]!
      weights[n] = this.#weights[row]!
      total += weights[n++]!
    }
    const predictions = { classes: this.#classes, y, p }
    const said = classesSaid(predictions, 0.5)
    for (let k = 0; k < rows; k++) if (said[k] === y[k]) right += weights[k]!
    return { rows, logLoss: lossesOf(predictions).mean(weights, total).logLoss, accuracy: right / total }
  }
}
