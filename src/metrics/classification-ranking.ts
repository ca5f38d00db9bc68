import { checkWeights } from './classification-input.ts'

/** What is summed up for each distinct score. */
export interface Tally {
  /** Distinct, ascending. */
  readonly scores: Float64Array
  /** Two for each score: the weight of the rows of other classes, and that of the class in question. */
  readonly sums: Float64Array
}

/** What curves and areas of one class against the rest are asked with. */
export interface AgainstRest {
  /** One a row, at least 0; all weigh 1 where there are none. */
  readonly weights?: Float64Array | null
  /** The class in question; built in: 1. */
  readonly positive?: number
}

/**
 * Scores in their order, sorted once: AUC, average precision and calibration hang on the rows only through the weights of
 * each distinct score, so that a resample costs a pass over the rows and one over the scores, and no sorting.
 */
export class Ranking implements Tally {
  readonly scores: Float64Array
  readonly sums: Float64Array
  readonly #cells: Int32Array

  /** @param scores without NaN */
  constructor(scores: Float64Array, isPositive: Uint8Array) {
    const sorted = scores.slice().sort()
    let count = 0
    for (let k = 0; k < sorted.length; k++) if (k === 0 || sorted[k] !== sorted[count - 1]) sorted[count++] = sorted[k]!
    this.scores = sorted.slice(0, count)
    this.sums = new Float64Array(2 * count)
    this.#cells = new Int32Array(scores.length)
    for (let row = 0; row < scores.length; row++)
      this.#cells[row] = 2 * placeOf(this.scores, scores[row]!) + (isPositive[row] === 0 ? 0 : 1)
  }

  /**
   * Sums up these weights instead of those before.
   * @param areWhole whole numbers, whose sums are exact in any order
   */
  weigh(weights: Float64Array | null, areWhole = weights === null): this {
    const sums = this.sums
    const cells = this.#cells
    sums.fill(0)
    if (areWhole && weights !== null && sums.length <= FEW) sumInLanes(sums, cells, weights)
    else if (weights === null) for (let row = 0; row < cells.length; row++) sums[cells[row]!]! += 1
    else for (let row = 0; row < cells.length; row++) sums[cells[row]!]! += weights[row]!
    return this
  }
}

/** Sums so few that the next row often adds to the one that the last has not yet been stored in, and has to wait for it. */
const FEW = 64
const LANES = 4

/** Into sums of every fourth row each, of which no two wait for one another. */
function sumInLanes(sums: Float64Array, cells: Int32Array, weights: Float64Array): void {
  const width = sums.length
  const lanes = new Float64Array(LANES * width)
  const [second, third, fourth] = [width, 2 * width, 3 * width]
  const even = cells.length - (cells.length % LANES)
  for (let row = 0; row < even; row += LANES) {
    lanes[cells[row]!]! += weights[row]!
    lanes[second + cells[row + 1]!]! += weights[row + 1]!
    lanes[third + cells[row + 2]!]! += weights[row + 2]!
    lanes[fourth + cells[row + 3]!]! += weights[row + 3]!
  }
  for (let row = even; row < cells.length; row++) lanes[cells[row]!]! += weights[row]!
  for (let k = 0; k < width; k++) sums[k] = lanes[k]! + lanes[second + k]! + lanes[third + k]! + lanes[fourth + k]!
}

/** Place of a value that is among the ascending ones. */
function placeOf(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** @throws RangeError for lengths that differ, rows without a class, scores that are not numbers, negative weights */
export function tallyOf(y: Int8Array, scores: Float64Array, options: AgainstRest): Tally {
  checkScores(y, scores, options)
  const { weights = null, positive = 1 } = options
  const isPositive = new Uint8Array(y.length)
  for (let row = 0; row < y.length; row++) isPositive[row] = y[row] === positive ? 1 : 0
  return new Ranking(scores, isPositive).weigh(weights)
}

/** @throws RangeError as `tallyOf` */
export function checkScores(y: Int8Array, scores: Float64Array, { weights = null }: AgainstRest): void {
  if (scores.length !== y.length) throw new RangeError(`${scores.length} scores for ${y.length} rows`)
  checkWeights(weights, y.length)
  for (let row = 0; row < y.length; row++) {
    if (y[row]! < 0) throw new RangeError(`row ${row}: class ${y[row]}: leave out rows without a label`)
    if (Number.isNaN(scores[row]!)) throw new RangeError(`row ${row}: its score is not a number`)
  }
}

/** Weight of the class in question, and of the others. */
export function totalsOf({ sums }: Tally): { readonly positive: number; readonly negative: number } {
  let [positive, negative] = [0, 0]
  for (let k = 0; k < sums.length; k += 2) {
    negative += sums[k]!
    positive += sums[k + 1]!
  }
  return { positive, negative }
}

/** Scores at or above each threshold, from the highest threshold down; scores of no weight are no threshold. */
export interface Cumulated {
  readonly length: number
  readonly thresholds: Float64Array
  readonly truePositive: Float64Array
  readonly falsePositive: Float64Array
}

export function cumulate({ scores, sums }: Tally): Cumulated {
  const thresholds = new Float64Array(scores.length)
  const truePositive = new Float64Array(scores.length)
  const falsePositive = new Float64Array(scores.length)
  let [positive, negative, length] = [0, 0, 0]
  for (let k = scores.length - 1; k >= 0; k--) {
    if (sums[2 * k] === 0 && sums[2 * k + 1] === 0) continue
    negative += sums[2 * k]!
    positive += sums[2 * k + 1]!
    thresholds[length] = scores[k]!
    truePositive[length] = positive
    falsePositive[length++] = negative
  }
  return { length, thresholds, truePositive, falsePositive }
}

/** At most `most` of these places, the first and the last among them, evenly spread. */
export function spread(places: readonly number[], most: number): readonly number[] {
  if (!(most >= 2)) throw new RangeError(`at most ${most} points: a curve needs two`)
  if (places.length <= most) return places
  return Array.from({ length: most }, (_, k) => places[Math.round((k * (places.length - 1)) / (most - 1))]!)
}
