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

/** How far rows are from a training part, and how far they may be. */
export interface FeatureStability {
  readonly psi: Figure
  readonly threshold: number
}

/**
 * A feature as a model has learnt it, for live rows to be held against. Features of neighbouring bars are alike, so that a few
 * weeks never look like years of them: rows have drifted where their index is above 0.25, and half as much again as that of the
 * farthest of 40 stretches of the training part of the same length, evenly over it, each beside the rest.
 */
export class FeatureBaseline {
  /** Rows that may be held against it. */
  readonly most: number
  readonly #train: Float64Array
  readonly #reference: Reference
  readonly #thresholds = new Map<number, number>()

  constructor(train: Float64Array) {
    this.#train = train
    this.most = Math.floor(train.length * SHARE)
    this.#reference = referenceOf(train)
  }

  /** @param rows not more than `most` */
  judge(rows: Float64Array): FeatureStability {
    return { psi: this.#reference.stability(rows), threshold: this.#thresholdFor(rows.length) }
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
