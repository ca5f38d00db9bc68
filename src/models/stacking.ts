import type { TrainingSet } from './classifier.ts'
import { type LogisticRegression, logisticRegression } from './logistic-regression.ts'
import { logitOf, logRatioOf } from './logits.ts'

/**
 * The model on top of members: a logistic regression (C = 1) of their logits, or of three classes of ln(p₁ ÷ p₀) and
 * ln(p₂ ÷ p₀), fitted on what each says of rows it has not learnt from (Wolpert 1992).
 * @param outOfFold one a member, as a classifier gives them for `data.rows`
 * @throws RangeError where they are lacking, or are not for these rows
 */
export function fitStack(
  members: number,
  data: TrainingSet,
  outOfFold: readonly Float64Array[] | undefined,
): LogisticRegression {
  const { rows, y, classes, weights } = data
  const width = classes === 2 ? 1 : 3
  if (outOfFold?.length !== members)
    throw new RangeError(`ensemble: stacking ${members} members needs the probabilities out of fold of each`)
  for (const [m, p] of outOfFold.entries()) {
    if (p.length !== rows.length * width)
      throw new RangeError(
        `ensemble: member ${m} gave ${p.length} probabilities out of fold, not ${rows.length * width}`,
      )
    const bad = p.findIndex((one) => !(one >= 0 && one <= 1))
    if (bad >= 0)
      throw new RangeError(`ensemble: member ${m} says ${p[bad]} of row ${rows[Math.floor(bad / width)]} out of fold`)
  }
  const columns = stackColumns(outOfFold, classes)
  return logisticRegression().fit(
    {
      names: columns.map((_, k) => (width === 1 ? `member ${k}` : `member ${k >> 1}, class ${(k & 1) + 1}`)),
      columns,
      rows: Int32Array.from(rows, (_, k) => k),
      y: Int8Array.from(rows, (row) => y[row]!),
      classes,
      weights: weights && Float64Array.from(rows, (row) => weights[row]!),
    },
    { seed: 0 },
  ) as LogisticRegression
}

/** Members' probabilities as features. */
export function stackColumns(said: readonly Float64Array[], classes: 2 | 3): readonly Float64Array[] {
  if (classes === 2) return said.map((p) => p.map(logitOf))
  return said.flatMap((p) =>
    [1, 2].map((one) => Float64Array.from({ length: p.length / 3 }, (_, k) => logRatioOf(p[3 * k + one]!, p[3 * k]!))),
  )
}
