import type { FeatureMatrix, Labels } from '../../src/preprocess/matrix.ts'
import type { Fold } from '../../src/preprocess/split.ts'

const HOUR = 3_600_000

/** One feature that is known on every row, and a bar an hour from 2023-01-01 on. */
export function rowsOf(n: number): FeatureMatrix {
  return {
    names: ['x'],
    rows: n,
    columns: [new Float64Array(n)],
    openTime: Float64Array.from({ length: n }, (_, row) => Date.UTC(2023, 0, 1) + row * HOUR),
  }
}

/** Labels that end on these rows; −1: no label. */
export function endingOn(ends: readonly number[]): Labels {
  return { classes: 2, y: Int8Array.from(ends, (end) => (end < 0 ? -1 : 0)), end: Int32Array.from(ends) }
}

/** Labels that all take `horizon` rows, as long as the data last. */
export function horizonOf(n: number, horizon: number): Labels {
  return endingOn(Array.from({ length: n }, (_, row) => (row + horizon < n ? row + horizon : -1)))
}

/** Rows of training and test, as scikit-learn gives them. */
export function pairs(folds: Iterable<Fold>): [train: number[], test: number[]][] {
  return Array.from(folds, ({ train, test }) => [[...train.rows], [...test]])
}
