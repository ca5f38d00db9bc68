/** Features as columns: one value a row in each, NaN where it is not known. Row k holds what is known at the close of its bar. */
export interface FeatureMatrix {
  readonly names: readonly string[]
  readonly rows: number
  /** In the order of `names`, each of `rows` values. */
  readonly columns: readonly Float64Array[]
  /** Open time of each row's bar, UTC ms, ascending. */
  readonly openTime: Float64Array
}

/** What is to be foretold, for the same rows. */
export interface Labels {
  /** 2: 0 and 1. 3: 0 down, 1 time-out, 2 up. */
  readonly classes: 2 | 3
  /** Class of each row; −1 where it has none (the data end before it is known). */
  readonly y: Int8Array
  /** Row at whose close the label is known, at least the row after its own; −1 where it has none. */
  readonly end: Int32Array
}

/** Rows of a matrix and its labels that a model may learn from. Only a splitter makes one, so that nothing else is fitted on. */
export class TrainingView {
  readonly #matrix: FeatureMatrix
  readonly #labels: Labels
  readonly #rows: Int32Array

  constructor(matrix: FeatureMatrix, labels: Labels, rows: Int32Array) {
    this.#matrix = matrix
    this.#labels = labels
    this.#rows = rows
  }
  get matrix(): FeatureMatrix {
    return this.#matrix
  }
  get labels(): Labels {
    return this.#labels
  }
  /** Ascending; every one has a label, and no NaN unless the splitter was asked to keep rows with one. */
  get rows(): Int32Array {
    return this.#rows
  }
}

/** What a classifier learns from: columns of features, the rows that count, their classes and weights. */
export interface TrainingSet {
  readonly names: readonly string[]
  /** One value a row in each, of SMOTE with made-up rows at their end; NaN is a missing value, which only some classifiers take. */
  readonly columns: readonly Float64Array[]
  /** Rows to learn from, ascending; one that stands twice counts twice. */
  readonly rows: Int32Array
  /** Class of each row of the columns; −1 where it has none. */
  readonly y: Int8Array
  readonly classes: 2 | 3
  /** By row of the columns; `null`: all weigh 1. */
  readonly weights: Float64Array | null
}
