import type { FeatureMatrix, Labels } from './matrix.ts'
import { type Embargo, rowAfter, rowBefore } from './split-embargo.ts'

/** Rows that can be learnt from or scored, and why the others cannot. */
export interface UsableRows {
  /** Ascending. */
  readonly rows: Int32Array
  /** Rows with a NaN, as before the lookback. */
  readonly missing: number
  /** Further rows that have no label. */
  readonly unlabelled: number
}

/** `drop`: a row with a NaN is not used. `keep`: only rows from before every feature has had a value are not. */
export type Missing = 'drop' | 'keep'

/** @throws RangeError where the labels are not of as many rows as the matrix */
export function usableRows(matrix: FeatureMatrix, { y }: Labels, missing: Missing): UsableRows {
  const n = matrix.rows
  if (y.length !== n)
    throw new RangeError(`the matrix has ${n} rows and the labels ${y.length}: make both of the same bars`)
  const isMissing = missingRows(matrix, missing)
  const rows = new Int32Array(n)
  let count = 0
  let lost = 0
  for (let row = 0; row < n; row++)
    if (isMissing[row] === 1) lost++
    else if (y[row]! >= 0) rows[count++] = row
  return { rows: rows.slice(0, count), missing: lost, unlabelled: n - lost - count }
}

/** By row: 1 where it cannot be used for want of a feature's value. */
export function missingRows({ rows, columns }: FeatureMatrix, missing: Missing): Uint8Array {
  const isMissing = new Uint8Array(rows)
  for (const column of columns)
    for (let row = 0; row < rows; row++)
      if (Number.isNaN(column[row]!)) isMissing[row] = 1
      else if (missing === 'keep') break
  return isMissing
}

/** A stretch of rows that are tested together; labels of its rows look at bars `first` + 1 … `seen`. */
export interface TestBlock {
  /** Its first and last usable row. */
  readonly first: number
  readonly last: number
  /** Where the last of its labels ends. */
  readonly seen: number
}

/** The block of usable rows at positions [from, to) of `usable`. */
export function testBlock(usable: Int32Array, end: Int32Array, from: number, to: number): TestBlock {
  let seen = 0
  for (let at = from; at < to; at++) if (end[usable[at]!]! > seen) seen = end[usable[at]!]!
  return { first: usable[from]!, last: usable[to - 1]!, seen }
}

export interface TrainingRows {
  readonly rows: Int32Array
  /** Rows left out because their label looks at bars that a test label looks at, too. */
  readonly purged: number
  /** Further rows left out because they are nearer to the test than the embargo. */
  readonly embargoed: number
}

/** How far training keeps from the test: before it, where the test comes last, or after it. */
export interface Distance {
  readonly side: 'before' | 'after'
  readonly embargo: Embargo
}

/**
 * The usable rows at positions [from, to) that may be learnt from beside the test blocks, which are in ascending order
 * (López de Prado 2018, 7.4). A label of row r looks at bars r + 1 … end. It is purged where one of these lies between the
 * first and the last bar that labels of a block look at, and embargoed where it is nearer to them, on the side in question.
 */
export function trainingRows(
  usable: Int32Array,
  [from, to]: readonly [number, number],
  end: Int32Array,
  blocks: readonly TestBlock[],
  openTime: Float64Array,
  { side, embargo }: Distance,
): TrainingRows {
  const rows = new Int32Array(to - from)
  let count = 0
  let purged = 0
  let embargoed = 0
  // last bar that labels of the blocks so far look at, and the first row that may be learnt from again
  let seen = -1
  let free = -1
  let next = 0
  let ahead = -1
  let latest = -1
  const aim = () => {
    ahead = next < blocks.length ? blocks[next]!.first : Number.POSITIVE_INFINITY
    latest = next < blocks.length && side === 'before' ? rowBefore(embargo, openTime, ahead) : ahead
  }
  aim()
  for (let at = from; at < to; at++) {
    const row = usable[at]!
    for (; next < blocks.length && row > blocks[next]!.last; next++, aim()) {
      seen = Math.max(seen, blocks[next]!.seen)
      free = side === 'after' ? rowAfter(embargo, openTime, seen) : seen
    }
    if (row >= ahead) continue
    if (row < seen || end[row]! > ahead) purged++
    else if (row < free || end[row]! > latest) embargoed++
    else rows[count++] = row
  }
  return { rows: rows.slice(0, count), purged, embargoed }
}
