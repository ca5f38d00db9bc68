import type { Figure } from '../core/findings.ts'
import { stabilityFrom } from './drift.ts'

/** Siddiqi's (2006) line between some drift and much. */
const MUCH = 0.25
/** Stretches of the training part that say how far as many bars of it get from the whole. */
const STRETCHES = 40

/** How far rows are from a training part, and how far they may be. */
export interface FeatureStability {
  readonly psi: Figure
  readonly threshold: number
}

/**
 * A feature as a model has learnt it, for live rows to be held against. Features of neighbouring bars are alike, so that a few
 * weeks never look like years of them: rows have drifted where their index is above 0.25, and above that of every one of 40
 * stretches of the training part of the same length, which lie evenly over it.
 */
export class FeatureBaseline {
  readonly #train: Float64Array
  readonly #stabilityOf: (rows: Float64Array) => Figure
  readonly #thresholds = new Map<number, number>()

  constructor(train: Float64Array) {
    this.#train = train
    this.#stabilityOf = stabilityFrom(train)
  }

  judge(rows: Float64Array): FeatureStability {
    return { psi: this.#stabilityOf(rows), threshold: this.#thresholdFor(rows.length) }
  }

  #thresholdFor(rows: number): number {
    const known = this.#thresholds.get(rows)
    if (known !== undefined) return known
    const room = this.#train.length - rows
    let threshold = MUCH
    // where most of the training part is in every stretch they say nothing
    if (rows > 0 && room >= rows)
      for (let k = 0; k < STRETCHES; k++) {
        const from = Math.round((room * k) / (STRETCHES - 1))
        threshold = Math.max(threshold, this.#stabilityOf(this.#train.subarray(from, from + rows)) ?? 0)
      }
    this.#thresholds.set(rows, threshold)
    return threshold
  }
}
