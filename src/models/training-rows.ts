import type { TrainingSet } from './classifier.ts'

/** Rows that a model is fitted on: those that weigh something, with their classes and weights side by side. */
export interface TrainingRows {
  readonly rows: Int32Array
  readonly y: Int8Array
  readonly weights: Float64Array
  /** Sum of the weights of each class. */
  readonly classWeights: readonly number[]
  /** Mean weight of a row of each class. */
  readonly meanWeights: readonly number[]
}

/**
 * What every classifier asks of its training set before it looks at a feature. Rows of weight 0 are left out.
 * @param model what errors call it
 * @throws RangeError without rows, with a row outside the columns or without a class, with a weight that is none, and where a
 * class has no rows: nothing can be learnt from one class alone
 */
export function trainingRows(model: string, data: TrainingSet): TrainingRows {
  checkShape(model, data)
  const { rows, y, classes, weights } = data
  const kept = new Int32Array(rows.length)
  const counts = new Array<number>(classes).fill(0)
  const sums = new Array<number>(classes).fill(0)
  let n = 0
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k]!
    const one = classOf(model, data, row)
    const weight = weights === null ? 1 : weights[row]!
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw new RangeError(`${model}: the weight of training row ${row} is ${weight}, not a number of at least 0`)
    if (weight === 0) continue
    kept[n++] = row
    counts[one]! += 1
    sums[one]! += weight
  }
  const lacking = counts.indexOf(0)
  if (lacking >= 0) {
    const lost = rows.length - n
    throw new RangeError(
      `${model}: none of the ${n} training rows is of class ${lacking} (rows of each class: ${counts.join(', ')}${lost > 0 ? `; ${lost} weigh 0` : ''}): train on more bars or change the label`,
    )
  }
  const used = kept.slice(0, n)
  const ownY = new Int8Array(n)
  const ownWeights = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    ownY[k] = y[used[k]!]!
    ownWeights[k] = weights === null ? 1 : weights[used[k]!]!
  }
  return {
    rows: used,
    y: ownY,
    weights: ownWeights,
    classWeights: sums,
    meanWeights: sums.map((sum, one) => sum / counts[one]!),
  }
}

/** Rows to judge a model by while it learns; `null` where there are none. */
export interface ValidationRows {
  readonly rows: Int32Array
  readonly y: Int8Array
  readonly weights: Float64Array
}

/**
 * Rows set aside, each weighing what a training row of its class does on average, so that they are judged by what is learnt:
 * class weights are given for training rows only.
 * @throws RangeError with a row outside the columns or without a class
 */
export function validationRows(
  model: string,
  data: TrainingSet,
  rows: Int32Array | null | undefined,
  { meanWeights }: TrainingRows,
): ValidationRows | null {
  if (!rows || rows.length === 0) return null
  const y = Int8Array.from(rows, (row) => classOf(model, data, row))
  return { rows, y, weights: Float64Array.from(y, (one) => meanWeights[one]!) }
}

function checkShape(model: string, { names, columns, y, weights }: TrainingSet): void {
  if (names.length === 0 || columns.length !== names.length)
    throw new RangeError(`${model}: ${columns.length} columns for ${names.length} features`)
  const odd = columns.findIndex((column) => column.length !== y.length)
  if (odd >= 0)
    throw new RangeError(`${model}: feature "${names[odd]}" has ${columns[odd]!.length} rows, the label ${y.length}`)
  if (weights !== null && weights.length !== y.length)
    throw new RangeError(`${model}: ${weights.length} weights for ${y.length} rows`)
}

function classOf(model: string, { y, classes }: TrainingSet, row: number): number {
  const one = y[row]
  if (one === undefined || one < 0 || one >= classes)
    throw new RangeError(`${model}: row ${row} is of class ${one}, which is none of 0 … ${classes - 1}`)
  return one
}

/** @throws RangeError where a model is asked about other columns than it has learnt from */
export function checkColumns(model: string, names: readonly string[], columns: readonly Float64Array[]): void {
  if (columns.length !== names.length)
    throw new RangeError(
      `${model}: ${columns.length} columns, but it has learnt from ${names.length}: ${names.join(', ')}`,
    )
}
