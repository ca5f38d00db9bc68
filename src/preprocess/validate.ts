import type { FeatureMatrix, Labels, TrainingView } from './matrix.ts'
import { featureRows } from './validate-columns.ts'
import { foldBalance, leakSuspects } from './validate-folds.ts'
import { alikePairs } from './validate-pairs.ts'
import type { DropReason, FeatureTable, Finding, FoldBalance } from './validate-table.ts'

export interface ValidateOptions {
  /** Rows before every feature can have a value; built in is the first row by which every one has had a value. */
  readonly lookback?: number
  /** A step of the pipeline fills NaN after the lookback: they are counted, and no row is dropped for them. */
  readonly isImputed?: boolean
  readonly folds: Iterable<{ readonly train: TrainingView; readonly test: Int32Array }>
}

/**
 * Looks a feature matrix and its folds over: constant, unknown, infinite, duplicated and nearly identical features, such as know
 * the label too well to be honest, and the balance of the classes. Nothing is changed or left out by it.
 * @throws RangeError where matrix, names, times and labels are not of one length, or times do not rise
 */
export function validateFeatures(matrix: FeatureMatrix, labels: Labels, options: ValidateOptions): FeatureTable {
  requireShape(matrix, labels)
  const { lookback = firstWhole(matrix), isImputed = false } = options
  const { rows, dropped } = usedRows(matrix, labels, lookback, isImputed)
  const columns = featureRows(matrix, lookback, rows, isImputed)
  const folds: FoldBalance[] = []
  const findings = [...columns.findings, ...alikePairs(matrix, rows)]
  if (rows.length === 0) findings.push(nothingLeft(matrix.rows, dropped))
  const best = new Map<string, number>()
  let number = 0
  for (const { train, test } of options.folds) {
    number++
    const balance = foldBalance(number, train, test)
    folds.push(...balance.parts)
    findings.push(...balance.findings, ...leakSuspects(number, train, best))
  }
  return {
    rows: matrix.rows,
    used: rows.length,
    dropped,
    features: columns.features.map((row) => ({ ...row, auc: best.get(row.name) ?? null })),
    folds,
    findings: [...findings].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error')),
  }
}

function requireShape({ names, rows, columns, openTime }: FeatureMatrix, { y, end }: Labels): void {
  const refuse = (what: string) => {
    throw new RangeError(`a feature matrix of ${rows} rows and ${names.length} features: ${what}`)
  }
  if (columns.length !== names.length) refuse(`there are ${columns.length} columns`)
  if (names.length === 0) refuse('there is nothing to learn from')
  for (const [k, { length }] of columns.entries()) if (length !== rows) refuse(`"${names[k]}" has ${length} values`)
  if (openTime.length !== rows) refuse(`there are ${openTime.length} times`)
  if (y.length !== rows || end.length !== rows) refuse(`there are labels for ${y.length}`)
  for (let row = 1; row < rows; row++)
    if (!(openTime[row]! > openTime[row - 1]!)) refuse(`the time of row ${row} is not after that of the row before it`)
}

/** First row by which every feature has had a value. */
function firstWhole({ columns, rows }: FeatureMatrix): number {
  const firsts = columns.map((column) => column.findIndex((value) => !Number.isNaN(value)))
  return Math.max(...firsts.map((first) => (first < 0 ? rows : first)))
}

function usedRows(matrix: FeatureMatrix, { y }: Labels, lookback: number, isImputed: boolean) {
  const state = new Uint8Array(matrix.rows)
  for (const column of matrix.columns)
    for (let row = lookback; row < matrix.rows; row++) {
      const value = column[row]!
      if (value - value === 0) continue
      if (!Number.isNaN(value)) state[row] = 2
      else if (!isImputed && state[row] === 0) state[row] = 1
    }
  const dropped = { lookback: Math.min(lookback, matrix.rows), infinite: 0, missing: 0, label: 0 }
  const rows = new Int32Array(matrix.rows)
  let used = 0
  for (let row = lookback; row < matrix.rows; row++)
    if (state[row] === 2) dropped.infinite++
    else if (state[row] === 1) dropped.missing++
    else if (y[row]! < 0) dropped.label++
    else rows[used++] = row
  return { rows: rows.slice(0, used), dropped }
}

function nothingLeft(rows: number, dropped: Readonly<Record<DropReason, number>>): Finding {
  const { lookback, infinite, missing, label } = dropped
  return {
    severity: 'error',
    problem: 'nothing',
    feature: null,
    fold: null,
    message: `no row of ${rows} is left: ${lookback} lie before the lookback is over, ${infinite} have an infinite feature, ${missing} an unknown one, ${label} no label; take more bars, or shorter periods`,
  }
}
