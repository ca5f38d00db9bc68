import { timeName } from '../core/time.ts'
import type { FeatureMatrix } from './matrix.ts'
import type { FeatureRow, Finding } from './validate-table.ts'

/** What each feature is like after the lookback, and what is wrong with it; `used` are the rows that are left in the end. */
export function featureRows(matrix: FeatureMatrix, lookback: number, used: Int32Array, isImputed: boolean) {
  const features: Omit<FeatureRow, 'auc'>[] = []
  const findings: Finding[] = []
  let constants = 0
  for (const [k, name] of matrix.names.entries()) {
    const column = matrix.columns[k]!
    const seen = seenIn(column, lookback)
    const { firstMissing, firstInfinite, ...row } = seen
    features.push({ name, ...row })
    const find = (severity: Finding['severity'], problem: Finding['problem'], message: string) =>
      findings.push({ severity, problem, feature: name, fold: null, message: `feature "${name}" ${message}` })
    const at = (place: number) => `first at the bar of ${timeName(matrix.openTime[place]!)}`
    if (row.infinite > 0)
      find(
        'error',
        'infinite',
        `is infinite in ${row.infinite} rows, ${at(firstInfinite)}: make it NaN where it is unknown, such as where it would divide by 0`,
      )
    if (column.every((value) => Number.isNaN(value))) find('error', 'missing', 'has no value in any row')
    else if (row.missing > 0)
      find(
        'warning',
        'missing',
        `is NaN in ${row.missing} of ${matrix.rows - lookback} rows after the lookback, ${at(firstMissing)}: ${isImputed ? 'they are filled' : 'these rows are dropped; impute() fills them'}`,
      )
    if (isConstant(column, used)) {
      constants++
      find('warning', 'constant', `is ${column[used[0]!]} in every row that is used: it tells nothing`)
    }
  }
  if (constants === matrix.names.length)
    findings.push({
      severity: 'error',
      problem: 'constant',
      feature: null,
      fold: null,
      message: `all ${constants} features are constant: there is nothing to learn from`,
    })
  return { features, findings }
}

function seenIn(column: Float64Array, lookback: number) {
  let [missing, infinite, firstMissing, firstInfinite] = [0, 0, -1, -1]
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let row = lookback; row < column.length; row++) {
    const value = column[row]!
    if (value - value === 0) {
      if (value < low) low = value
      if (value > high) high = value
    } else if (Number.isNaN(value)) {
      if (missing++ === 0) firstMissing = row
    } else if (infinite++ === 0) firstInfinite = row
  }
  const known = Math.max(0, column.length - lookback) - missing - infinite
  return {
    missing,
    infinite,
    known,
    low: known === 0 ? null : low,
    high: known === 0 ? null : high,
    firstMissing,
    firstInfinite,
  }
}

function isConstant(column: Float64Array, rows: Int32Array): boolean {
  if (rows.length === 0) return false
  const first = column[rows[0]!]!
  for (const row of rows) if (column[row] !== first) return false
  return true
}
