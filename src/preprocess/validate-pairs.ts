import type { FeatureMatrix } from './matrix.ts'
import { meanAndVariance } from './mean-and-variance.ts'
import { sampleOf } from './validate-sample.ts'
import type { Finding } from './validate-table.ts'

/** Correlation from which two features tell the same. */
const ALIKE = 0.9999

/** Pairs of features that are the same in every row that is used, or nearly so but for scale and sign. */
export function alikePairs(matrix: FeatureMatrix, used: Int32Array): Finding[] {
  const { names, columns } = matrix
  const rows = sampleOf(used)
  const scores = columns.map((column) => scoresOf(Float64Array.from(rows, (row) => column[row]!)))
  const findings: Finding[] = []
  for (let b = 1; b < names.length; b++)
    for (let a = 0; a < b; a++) {
      const r = correlation(scores[a]!, scores[b]!)
      if (!(Math.abs(r) > ALIKE)) continue
      const isSame = used.every((row) => columns[a]![row] === columns[b]![row])
      findings.push({
        severity: 'warning',
        problem: isSame ? 'duplicate' : 'near-duplicate',
        feature: names[b]!,
        fold: null,
        message: isSame
          ? `feature "${names[b]}" is "${names[a]}" once more: leave one of them out`
          : `feature "${names[b]}" is nearly "${names[a]}" (correlation ${r.toFixed(6)}): leave one of them out`,
      })
    }
  return findings
}

/** In standard deviations from the mean; NaN of a constant, which goes with nothing. */
function scoresOf(values: Float64Array): Float64Array {
  const { mean, variance } = meanAndVariance(values)
  const deviation = variance > 0 ? Math.sqrt(variance) : Number.NaN
  return values.map((value) => (value - mean) / deviation)
}

function correlation(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum / a.length
}
