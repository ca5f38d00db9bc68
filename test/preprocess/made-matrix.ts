import type { FeatureMatrix, Labels } from '../../src/preprocess/matrix.ts'
import { TrainingView } from '../../src/preprocess/matrix.ts'

const HOUR = 3_600_000
/** 2024-01-01. */
export const START = 1_704_067_200_000

/** A matrix of hourly bars from its columns, named a, b, c … */
export function matrixOf(
  columns: readonly (readonly number[] | Float64Array)[],
  openTime?: readonly number[],
): FeatureMatrix {
  const rows = columns[0]!.length
  return {
    names: columns.map((_, k) => String.fromCharCode(97 + k)),
    rows,
    columns: columns.map((column) => Float64Array.from(column)),
    openTime: Float64Array.from(openTime ?? Array.from({ length: rows }, (_, k) => START + k * HOUR)),
  }
}

/** The same from its rows. */
export function matrixOfRows(rows: readonly (readonly number[])[]): FeatureMatrix {
  return matrixOf(rows[0]!.map((_, k) => rows.map((row) => row[k]!)))
}

/** Labels that are known at the next bar. */
export function labelsOf(y: readonly number[], classes: 2 | 3 = 2): Labels {
  return { classes, y: Int8Array.from(y), end: Int32Array.from(y, (one, k) => (one < 0 ? -1 : k + 1)) }
}

/** A view of all rows, or of those given; the classes 0 and 1 in turn unless they are given. */
export function viewOf(
  matrix: FeatureMatrix,
  rows?: readonly number[],
  y?: readonly number[],
  classes: 2 | 3 = 2,
): TrainingView {
  const all = Array.from({ length: matrix.rows }, (_, k) => k)
  return new TrainingView(matrix, labelsOf(y ?? all.map((k) => k % 2), classes), Int32Array.from(rows ?? all))
}

export function rowsOf(matrix: FeatureMatrix): number[][] {
  return Array.from({ length: matrix.rows }, (_, row) => matrix.columns.map((column) => column[row]!))
}
