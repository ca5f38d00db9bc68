import type { FeatureMatrix, Labels } from '../preprocess/matrix.ts'
import { type FoldBorders, rangeOf } from '../preprocess/split.ts'
import { missingRows } from '../preprocess/split-rows.ts'
import type { Transform } from '../preprocess/transform.ts'
import { windowEnds } from '../preprocess/windows.ts'
import type { FittedClassifier } from './classifier.ts'
import type { ModelDefinition } from './define-model.ts'

/** What foretells a fold's test bars. */
export interface FoldModel {
  readonly borders: FoldBorders
  readonly transform: Transform
  readonly model: FittedClassifier
}

/** What a model says of every bar that a fold of it has not learnt from. */
export interface Forecast {
  /** Probabilities by row of the matrix, as a fitted classifier gives them: of three classes three a row. NaN where nothing is said. */
  readonly p: Float64Array
  /** Fold, from 1, that spoke; 0 where none did. */
  readonly fold: Uint16Array
}

/** Columns of a forecast by the names that a strategy reads. */
export type ForecastColumns = Readonly<Record<string, Float64Array>>

/**
 * Rows of a fold's test spans that have all that a prediction looks at. What lies before a span may be looked at, as a running
 * strategy does: it knows all that is past.
 */
export function sayableRows(
  { model, missing }: ModelDefinition,
  scaled: FeatureMatrix,
  ranges: readonly (readonly [number, number])[],
): Int32Array {
  const { window = 1 } = model
  const rows = new Int32Array(ranges.reduce((sum, [from, to]) => sum + to - from, 0))
  const isMissing = missingRows(scaled, missing)
  let count = 0
  for (const [from, to] of ranges) for (let row = from; row < to; row++) if (isMissing[row] === 0) rows[count++] = row
  const found = rows.subarray(0, count)
  return window === 1 ? found.slice() : windowEnds(scaled, found, window, { reach: 'data' })
}

/**
 * Every fold's model on the bars that it is tested on.
 * @param isInSample the bars before the first test get the first fold's model, which has learnt from them: for looking at only
 */
export function foretell(
  definition: ModelDefinition,
  matrix: FeatureMatrix,
  folds: readonly FoldModel[],
  isInSample = false,
): Forecast {
  const width = definition.label.classes === 2 ? 1 : 3
  const p = new Float64Array(matrix.rows * width).fill(Number.NaN)
  const fold = new Uint16Array(matrix.rows)
  for (const [k, { borders, transform, model }] of folds.entries()) {
    const ranges = borders.test.map((span) => rangeOf(matrix.openTime, span))
    if (isInSample && k === 0) ranges.unshift([0, ranges[0]![0]])
    const scaled = transform.transform(matrix)
    const rows = sayableRows(definition, scaled, ranges)
    const said = model.predictProba(scaled.columns, rows)
    const first = ranges.length > borders.test.length ? ranges[0]![1] : 0
    for (const [at, row] of rows.entries()) {
      // of folds that overlap the first one that has something to say speaks
      if (fold[row] !== 0 || Number.isNaN(said[at * width]!)) continue
      if (row >= first) fold[row] = k + 1
      for (let one = 0; one < width; one++) p[row * width + one] = said[at * width + one]!
    }
  }
  return { p, fold }
}

/** What was said of some rows, and what came. */
export interface Said {
  readonly y: Int8Array
  /** As a fitted classifier gives them. */
  readonly p: Float64Array
}

/** Rows that a fold has foretold out of sample and that have a label. */
export function judgedRows({ y }: Labels, { fold }: Forecast): Int32Array {
  return Int32Array.from(y.keys()).filter((row) => fold[row]! > 0 && y[row]! >= 0)
}

export function saidOf(rows: Int32Array, { y, classes }: Labels, { p }: Forecast): Said {
  const width = classes === 2 ? 1 : 3
  const own = new Float64Array(rows.length * width)
  for (const [k, row] of rows.entries()) own.set(p.subarray(row * width, (row + 1) * width), k * width)
  return { y: Int8Array.from(rows, (row) => y[row]!), p: own }
}

/** What a strategy reads of a forecast: `p`, and of three classes each of them. */
export function forecastColumns({ p }: Forecast, classes: 2 | 3): ForecastColumns {
  if (classes === 2) return { p }
  const column = (one: number) => Float64Array.from({ length: p.length / 3 }, (_, row) => p[3 * row + one]!)
  const up = column(2)
  return { p: up, down: column(0), timeOut: column(1), up }
}
