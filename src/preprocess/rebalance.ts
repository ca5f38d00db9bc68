import { type Random, seededRandom } from '../core/random.ts'
import { type FeatureMatrix, type TrainingSet, TrainingView } from './matrix.ts'
import { requireSetting, settingsOf } from './settings.ts'

/** A way to make the classes of a training part weigh alike, with its settings. */
export interface Rebalancer {
  readonly kind: string
  /** Plain data: what an artifact and a hash of the definition hold. */
  readonly settings: Readonly<Record<string, unknown>>
  /**
   * Sees the rows of the training view and nothing else; the same seed gives the same rows.
   * @throws TypeError where it is given anything but a training view
   * @throws RangeError where there is only one class, or too few rows of one
   */
  resample(train: TrainingView, options: ResampleOptions): TrainingSet
}

interface ResampleOptions {
  readonly seed: number
  /** By row of the matrix, e.g. of labels by their uniqueness: class weights are multiplied with them. */
  readonly weights?: Float64Array | null
}

/** The training rows of each class. */
export type RowsByClass = readonly Int32Array[]

/** How a rebalancer goes from the training rows to others; what it leaves out stays as it is. */
type Draw = (byClass: RowsByClass, given: Given) => Partial<TrainingSet>

interface Given {
  readonly matrix: FeatureMatrix
  readonly y: Int8Array
  readonly rows: Int32Array
  readonly weights: Float64Array | null
  readonly random: Random
}

/** A rebalancer's `draw` behind the checks that every one needs. */
export function rebalancer(kind: string, settings: Readonly<Record<string, unknown>>, draw: Draw): Rebalancer {
  return Object.freeze({
    kind,
    settings: Object.freeze({ ...settings }),
    resample(train: TrainingView, { seed, weights = null }: ResampleOptions): TrainingSet {
      if (!(train instanceof TrainingView))
        throw new TypeError(`${kind}: resample takes the training view of a fold, and nothing else`)
      const { matrix, labels, rows } = train
      if (weights !== null && weights.length !== matrix.rows)
        throw new RangeError(`${kind}: ${weights.length} weights for the ${matrix.rows} rows of the matrix`)
      const { names, columns } = matrix
      const { y, classes } = labels
      const kept = { names, columns, rows, y, classes, weights }
      return { ...kept, ...draw(rowsByClass(train), { matrix, y, rows, weights, random: seededRandom(seed) }) }
    },
  })
}

function rowsByClass({ labels: { y, classes }, rows }: TrainingView): RowsByClass {
  return Array.from({ length: classes }, (_, one) => rows.filter((row) => y[row] === one))
}

/**
 * Classes of which there are rows.
 * @throws RangeError where there is only one: nothing could be balanced, nor learnt
 */
export function presentClasses(kind: string, byClass: RowsByClass): number[] {
  const present = [...byClass.keys()].filter((one) => byClass[one]!.length > 0)
  if (present.length < 2)
    throw new RangeError(
      `${kind}: ${present.length === 0 ? 'there are no training rows' : `all ${byClass[present[0]!]!.length} training rows are of class ${present[0]}`}: take more bars, or another label`,
    )
  return present
}

/** Leaves the training rows as they are. */
export function none(): Rebalancer {
  return rebalancer('none', {}, () => ({}))
}

export interface RatioSettings {
  /** Rows of the smaller class ÷ rows of the larger one that there shall be, of two classes; 1 of all classes. */
  readonly ratio: number
}

/** @throws TypeError on a setting it does not know or a value that makes no sense */
export function ratioOf(step: string, given: Partial<RatioSettings>): number {
  const { ratio } = settingsOf<RatioSettings>(step, given, { ratio: 1 })
  requireSetting(ratio > 0 && ratio <= 1, step, 'ratio', ratio, 'a number above 0, at most 1')
  return ratio
}

/**
 * How many rows each class lacks, beside the largest one: int(n_max · ratio − n), as imbalanced-learn counts, 0 where it has them.
 * @throws RangeError on a ratio below 1 where there are more than two classes
 */
export function lackOf(step: string, byClass: RowsByClass, ratio: number): number[] {
  requireTwo(step, presentClasses(step, byClass), ratio)
  const most = Math.max(...byClass.map(({ length }) => length))
  return byClass.map(({ length }) => (length === 0 ? 0 : Math.max(0, Math.trunc(most * ratio - length))))
}

function requireTwo(step: string, present: readonly number[], ratio: number): void {
  if (ratio < 1 && present.length > 2)
    throw new RangeError(
      `${step}: a ratio of ${ratio} is of two classes, and there are ${present.length}: leave it out`,
    )
}

/**
 * Repeats rows of the smaller classes, drawn with replacement, until there are `ratio` times as many as of the largest.
 * Counts are those of imbalanced-learn's RandomOverSampler, except that what is balanced already is left as it is.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function randomOverSample(given: Partial<RatioSettings> = {}): Rebalancer {
  const ratio = ratioOf('randomOverSample', given)
  return rebalancer('random-over-sample', { ratio }, (byClass, { rows, random }) => {
    const lack = lackOf('randomOverSample', byClass, ratio)
    const drawn = new Int32Array(rows.length + lack.reduce((sum, count) => sum + count, 0))
    drawn.set(rows)
    let at = rows.length
    for (const [one, own] of byClass.entries())
      for (let k = 0; k < lack[one]!; k++) drawn[at++] = own[Math.floor(random() * own.length)]!
    return { rows: drawn.sort() }
  })
}

/**
 * Keeps of the larger classes so many rows, drawn without replacement, that the smallest has `ratio` times as many:
 * int(n_min / ratio). Counts are those of imbalanced-learn's RandomUnderSampler, except that what is balanced already is left
 * as it is.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function randomUnderSample(given: Partial<RatioSettings> = {}): Rebalancer {
  const ratio = ratioOf('randomUnderSample', given)
  return rebalancer('random-under-sample', { ratio }, (byClass, { random }) => {
    const present = presentClasses('randomUnderSample', byClass)
    requireTwo('randomUnderSample', present, ratio)
    const most = Math.trunc(Math.min(...present.map((one) => byClass[one]!.length)) / ratio)
    const kept = byClass.map((own) => (own.length <= most ? own : drawn(own, most, random)))
    const rows = new Int32Array(kept.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const own of kept) {
      rows.set(own, at)
      at += own.length
    }
    return { rows: rows.sort() }
  })
}

/** `count` of the rows, each at most once: the first places of a shuffle (Fisher & Yates). */
function drawn(rows: Int32Array, count: number, random: Random): Int32Array {
  const shuffled = Int32Array.from(rows)
  for (let k = 0; k < count; k++) {
    const other = k + Math.floor(random() * (shuffled.length - k))
    const row = shuffled[k]!
    shuffled[k] = shuffled[other]!
    shuffled[other] = row
  }
  return shuffled.subarray(0, count)
}

/**
 * Why a model that reads windows of rows cannot learn from what this one makes; `null` where it can. Ask before the training.
 */
export function sequenceRefusal({ kind }: Rebalancer): string | null {
  if (kind !== 'smote') return null
  return 'smote() makes rows that lie between two others and so at no time: no rows come before them, and a model that reads windows has nothing to read; overlapping windows would give near-duplicates besides. Take classWeights() or randomUnderSample()'
}
