import { binFinder, type FeatureBins, featureBins, missingBin, samplePlaces } from './bins.ts'

/**
 * Rows as bins, four features to a word: a histogram then takes one read for four of them. Words of a group of four lie
 * together, one a row.
 */
export class BinnedRows {
  readonly rows: number
  readonly features: readonly FeatureBins[]
  readonly words: Uint32Array
  /** Bins of each feature, that of missing values included. */
  readonly binCounts: Int32Array

  private constructor(features: readonly FeatureBins[], rows: number) {
    this.rows = rows
    this.features = features
    this.words = new Uint32Array(groupsOf(features.length) * rows)
    this.binCounts = Int32Array.from(features, (bins) => missingBin(bins) + 1)
  }

  /** Where the word of row 0 of the feature's group is; that of row r is r further. */
  base(feature: number): number {
    return (feature >> 2) * this.rows
  }

  /** By how many bits a word is shifted until its last eight are the feature's bin. */
  shift(feature: number): number {
    return (feature & 3) * 8
  }

  /**
   * Bins learnt from `rows`, with these rows in them: row k is `rows[k]` of the columns.
   * @throws RangeError on an infinite value
   */
  static learn(
    columns: readonly Float64Array[],
    rows: Int32Array,
    names: readonly string[],
    maxBins: number,
    seed: number,
  ): BinnedRows {
    const sample = samplePlaces(rows.length, seed)
    const features = columns.map((column, f) => featureBins(column, rows, sample, maxBins, names[f]!))
    return BinnedRows.#fill(features, columns, rows)
  }

  /** Other rows of such columns, in the same bins. */
  also(columns: readonly Float64Array[], rows: Int32Array): BinnedRows {
    return BinnedRows.#fill(this.features, columns, rows)
  }

  static #fill(features: readonly FeatureBins[], columns: readonly Float64Array[], rows: Int32Array): BinnedRows {
    const binned = new BinnedRows(features, rows.length)
    for (const [f, bins] of features.entries())
      fillColumn(binned.words, binned.base(f), binned.shift(f), columns[f]!, rows, binFinder(bins))
    return binned
  }
}

/** Groups of four that so many features take. */
export function groupsOf(features: number): number {
  return (features + 3) >> 2
}

function fillColumn(
  words: Uint32Array,
  base: number,
  shift: number,
  column: Float64Array,
  rows: Int32Array,
  binOf: (value: number) => number,
): void {
  for (let k = 0; k < rows.length; k++) words[base + k]! |= binOf(column[rows[k]!]!) << shift
}
