import type { TrainingView } from './matrix.ts'
import { sampleOf } from './validate-sample.ts'
import type { Finding, FoldBalance } from './validate-table.ts'

/** A class with a smaller share of the training rows is rare. */
const RARE = 0.1
/** What a feature that does not know the future hardly reaches by itself. */
const SUSPECT = 0.95
/** With fewer rows of a class chance alone can bring an AUC as high as that. */
const ENOUGH = 30

/** Rows by class in both parts of a fold, and what that means for a training. */
export function foldBalance(fold: number, train: TrainingView, test: Int32Array) {
  const { y, classes } = train.labels
  const part = (name: FoldBalance['part'], rows: Int32Array): FoldBalance => {
    const counts = new Array<number>(classes).fill(0)
    for (const row of rows) if (y[row]! >= 0) counts[y[row]!]!++
    return { fold, part: name, rows: rows.length, counts }
  }
  const parts = [part('train', train.rows), part('test', test)]
  const findings: Finding[] = []
  for (const { part: name, rows, counts } of parts) {
    const where = `fold ${fold}: the ${name === 'train' ? 'training' : 'test'} part`
    const find = (severity: Finding['severity'], problem: Finding['problem'], message: string) =>
      findings.push({ severity, problem, feature: null, fold, message: `${where} ${message}` })
    const present = counts.flatMap((count, one) => (count > 0 ? [one] : []))
    const severity = name === 'train' ? 'error' : 'warning'
    if (present.length === 0) find(severity, 'nothing', 'has no rows with a label')
    else if (present.length === 1)
      find(
        severity,
        'one-class',
        `has rows of class ${present[0]} only (${rows}): ${name === 'train' ? 'nothing can be learnt from it; take more bars, or another label' : 'its AUC and the like do not exist'}`,
      )
    else if (name === 'train')
      for (const [one, count] of counts.entries())
        if (count < RARE * rows)
          find(
            'warning',
            'imbalance',
            `has ${count} rows of class ${one} among ${rows}: accuracy will tell little; classWeights() makes classes count alike`,
          )
  }
  return { parts, findings }
}

/**
 * Features that alone tell a class from the rest of the training rows better than an honest one would, and in `best` the best
 * AUC of each feature so far.
 */
export function leakSuspects(
  fold: number,
  { matrix, labels, rows }: TrainingView,
  best: Map<string, number>,
): Finding[] {
  const sample = sampleOf(rows)
  const findings: Finding[] = []
  for (const [k, name] of matrix.names.entries()) {
    const column = matrix.columns[k]!
    let [worst, of] = [-1, 0]
    for (let one = labels.classes === 2 ? 1 : 0; one < labels.classes; one++) {
      const [own, rest] = partedBy(one, column, labels.y, sample)
      if (Math.min(own.length, rest.length) < ENOUGH) continue
      const auc = areaUnderCurve(own, rest)
      if (Math.max(auc, 1 - auc) > worst) [worst, of] = [Math.max(auc, 1 - auc), one]
    }
    if (worst < 0) continue
    best.set(name, Math.max(best.get(name) ?? 0, worst))
    if (worst > SUSPECT)
      findings.push({
        severity: 'warning',
        problem: 'leak',
        feature: name,
        fold,
        message: `feature "${name}" alone tells class ${of} from the rest of the training rows of fold ${fold} with an AUC of ${worst.toFixed(3)}: does it know what comes later?`,
      })
  }
  return findings
}

/** Known values of the rows of a class, and of the others. */
function partedBy(one: number, column: Float64Array, y: Int8Array, rows: Int32Array): [Float64Array, Float64Array] {
  const own = new Float64Array(rows.length)
  const rest = new Float64Array(rows.length)
  let [n, m] = [0, 0]
  for (const row of rows) {
    const value = column[row]!
    if (Number.isNaN(value)) continue
    if (y[row] === one) own[n++] = value
    else rest[m++] = value
  }
  return [own.subarray(0, n), rest.subarray(0, m)]
}

/**
 * Chance that a value of the one is above one of the other, ties by half: Mann & Whitney's U ÷ (n · m), which is the area under
 * the ROC curve. Sorts both.
 */
export function areaUnderCurve(ones: Float64Array, others: Float64Array): number {
  ones.sort()
  others.sort()
  let [below, upTo] = [0, 0]
  let sum = 0
  for (const value of ones) {
    while (below < others.length && others[below]! < value) below++
    while (upTo < others.length && others[upTo]! <= value) upTo++
    sum += (below + upTo) / 2
  }
  return sum / (ones.length * others.length)
}
