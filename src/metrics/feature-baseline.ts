import type { Figure } from '../core/findings.ts'
import { type Reference, referenceOf } from './drift.ts'

/** Siddiqi's (2006) line between some drift and much. */
const MUCH = 0.25
/** Stretches of the training part that say how far as many bars of it get from the rest. */
const STRETCHES = 40
/** So much farther than the farthest of them, since several features are looked at day after day. */
const FARTHER = 1.5
/** Rows are at most this share of the training part, of which nearly each stretch would have the same rows otherwise. */
const SHARE = 0.25

/** With more of the rows than this beyond all values of the training part, no stretch of it is like them. */
export const UNSEEN = 0.5

/** How far rows are from a training part, and how far they may be. */
export interface FeatureStability {
  readonly psi: Figure
  readonly threshold: number
  /** Share of the rows that lie below the least or above the greatest value of the training part. */
  readonly beyond: number
}

/**
 * A feature as a model has learnt it, for live rows to be held against. Features of neighbouring bars are alike, so that a few
 * weeks never look like years of them: rows have drifted where their index is above 0.25, and half as much again as that of the
 * farthest of 40 stretches of the training part of the same length, evenly over it, each beside the rest.
 *
 * A level, such as an average of prices, is far from itself in each of its stretches, so that nothing would ever pass that line. Where
 * most of the rows lie beyond all that the training part has, a model is asked of what it has never seen, and 0.25 alone counts.
 */
export class FeatureBaseline {
  /** Rows that may be held against it. */
  readonly most: number
  readonly #train: Float64Array
  readonly #reference: Reference
  readonly #range: readonly [least: number, greatest: number]
  readonly #thresholds = new Map<number, number>()

  constructor(train: Float64Array) {
    this.#train = train
    this.most = Math.floor(train.length * SHARE)
    this.#reference = referenceOf(train)
    let [least, greatest] = [Infinity, -Infinity]
    for (const value of train) {
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
    this.#range = [least, greatest]
  }

  /** @param rows not more than `most` */
  judge(rows: Float64Array): FeatureStability {
    const beyond = this.#beyond(rows)
    const threshold = beyond > UNSEEN ? MUCH : this.#thresholdFor(rows.length)
    return { psi: this.#reference.stability(rows), threshold, beyond }
  }

  #beyond(rows: Float64Array): number {
    const [least, greatest] = this.#range
    let count = 0
    for (const value of rows) if (value < least || value > greatest) count++
    return rows.length > 0 ? count / rows.length : 0
  }

  #thresholdFor(rows: number): number {
    const known = this.#thresholds.get(rows)
    if (known !== undefined) return known
    const room = this.#train.length - rows
    let farthest = 0
    for (let k = 0; rows > 0 && k < STRETCHES; k++) {
      const from = Math.round((room * k) / (STRETCHES - 1))
      farthest = Math.max(farthest, this.#reference.ownStability(from, from + rows) ?? 0)
    }
    const threshold = Math.max(MUCH, FARTHER * farthest)
    this.#thresholds.set(rows, threshold)
    return threshold
  }
}
