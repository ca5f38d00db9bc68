import { firstRowAt } from '../core/bar.ts'
import { timeName } from '../core/time.ts'
import { type FeatureMatrix, type Labels, TrainingView } from './matrix.ts'
import { type Distance, type Missing, testBlock, trainingRows, type UsableRows, usableRows } from './split-rows.ts'

/** Open times of a first and a last bar, UTC ms, both included. */
export interface BarSpan {
  readonly first: number
  readonly last: number
}

/** Where a fold lies, as dates: plain data, so that an artifact keeps them and another length of data gets the same folds. */
export interface FoldBorders {
  /** Bars whose labels may be learnt from, as far as they are not in the test, purged or embargoed. */
  readonly train: BarSpan
  /** Ascending stretches of bars that the fold's model has not seen and foretells. */
  readonly test: readonly BarSpan[]
}

/** One training part and the part it is tested on. */
export interface Fold {
  readonly borders: FoldBorders
  readonly train: TrainingView
  /** Rows to be scored, ascending: those of the test spans that have a label and no NaN. */
  readonly test: Int32Array
  /** All rows of the test spans, as [from, to): predictions are out of sample there, whether a label is known or not. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
  /** Rows left out of the training because their labels overlap the test's, and those further ones nearer than the embargo. */
  readonly purged: number
  readonly embargoed: number
}

interface SplitOptions {
  /** Rows with NaN among their features: `drop` (built in) or `keep`, for models and pipelines that deal with them. */
  readonly missing?: Missing
  /** Folds of another run to be made again; built in are those that the splitter finds itself. */
  readonly borders?: readonly FoldBorders[]
}

/** A way to split, with its settings. */
export interface Splitter {
  readonly kind: string
  /** Plain data: what an artifact and a hash of the definition hold. */
  readonly settings: Readonly<Record<string, unknown>>
  /** @throws RangeError where the rows are too few for the folds */
  borders(matrix: FeatureMatrix, labels: Labels, options?: SplitOptions): readonly FoldBorders[]
  /**
   * The folds in order, one at a time, so that only one holds its rows. All are checked before the first is handed out.
   * @throws RangeError where the rows are too few for the folds, or purging and embargo leave one nothing to learn from
   */
  split(matrix: FeatureMatrix, labels: Labels, options?: SplitOptions): Iterable<Fold>
}

/** What a splitter knows when it lays its folds. */
export interface Ground {
  readonly matrix: FeatureMatrix
  readonly labels: Labels
  readonly usable: UsableRows
}

interface Plan {
  readonly kind: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly distance: Distance
  readonly lay: (ground: Ground) => readonly FoldBorders[]
}

export function makeSplitter({ kind, settings, distance, lay }: Plan): Splitter {
  const groundOf = (matrix: FeatureMatrix, labels: Labels, { missing = 'drop' }: SplitOptions): Ground => ({
    matrix,
    labels,
    usable: usableRows(matrix, labels, missing),
  })
  return Object.freeze({
    kind,
    settings: Object.freeze(settings),
    borders: (matrix: FeatureMatrix, labels: Labels, options: SplitOptions = {}) =>
      lay(groundOf(matrix, labels, options)),
    split(matrix: FeatureMatrix, labels: Labels, options: SplitOptions = {}): Iterable<Fold> {
      const ground = groundOf(matrix, labels, options)
      const borders = options.borders ?? lay(ground)
      for (const [k, one] of borders.entries()) {
        const what = `${kind}: fold ${k + 1} of ${borders.length}, tested from ${timeName(one.test[0]!.first)} on,`
        const { blocks, learnt } = rowsOf(ground, one, distance)
        if (blocks.length < one.test.length)
          throw new RangeError(`${what} has no rows there: leave out folds that lie beyond the data`)
        if (learnt.rows.length === 0)
          throw new RangeError(
            `${what} has no rows left to learn from (labels that overlap the test take ${learnt.purged}, an embargo of ${distance.embargo.text} ${learnt.embargoed}): take a shorter embargo or horizon, fewer folds or more bars`,
          )
      }
      return foldsOf(ground, borders, distance)
    },
  })
}

function* foldsOf(ground: Ground, borders: readonly FoldBorders[], distance: Distance): Generator<Fold> {
  const { matrix, labels } = ground
  for (const one of borders) {
    const { learnt, scored } = rowsOf(ground, one, distance)
    yield {
      borders: one,
      train: new TrainingView(matrix, labels, learnt.rows),
      test: scored,
      ranges: one.test.map((span) => rangeOf(matrix.openTime, span)),
      purged: learnt.purged,
      embargoed: learnt.embargoed,
    }
  }
}

/** Rows of a fold; blocks only of test spans in which there are usable rows. */
function rowsOf({ matrix, labels, usable: { rows } }: Ground, { train, test }: FoldBorders, distance: Distance) {
  const { openTime } = matrix
  const places = (span: BarSpan) => rangeOf(openTime, span).map((row) => placeOf(rows, row)) as [number, number]
  const tested = test.map(places).filter(([from, to]) => from < to)
  const blocks = tested.map(([from, to]) => testBlock(rows, labels.end, from, to))
  const learnt = trainingRows(rows, places(train), labels.end, blocks, openTime, distance)
  const scored = new Int32Array(tested.reduce((sum, [from, to]) => sum + to - from, 0))
  let count = 0
  for (const [from, to] of tested) {
    scored.set(rows.subarray(from, to), count)
    count += to - from
  }
  return { blocks, learnt, scored }
}

/** Rows of a span as [from, to). */
export function rangeOf(openTime: Float64Array, { first, last }: BarSpan): [from: number, to: number] {
  const to = firstRowAt(openTime, last)
  return [firstRowAt(openTime, first), openTime[to] === last ? to + 1 : to]
}

/** Number of usable rows before `row`. */
function placeOf(rows: Int32Array, row: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]! < row) low = middle + 1
    else high = middle
  }
  return low
}

/** @throws RangeError that quotes the value */
export function checkCount(kind: string, what: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${kind} ${what} ${value}: write a whole number, at least ${least}`)
}

/** The error of folds that ask for more rows than there are. */
export function tooFewRows(kind: string, { matrix, usable }: Ground, asked: string): RangeError {
  const { rows, missing, unlabelled } = usable
  return new RangeError(
    `${kind}: ${rows.length} usable rows (of ${matrix.rows}: ${missing} lack a feature's value, ${unlabelled} a label) are too few for ${asked}: take fewer or smaller folds, a shorter lookback or horizon, or more bars`,
  )
}
