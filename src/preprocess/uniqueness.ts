import type { TrainingView } from './matrix.ts'

/**
 * Sample weights by average uniqueness (López de Prado 2018, "Advances in Financial Machine Learning", 4.3 and 4.4). A label
 * looks at bars row + 1 … end; a bar that c labels look at is worth 1 ÷ c to each, and a label weighs the mean of that over
 * its bars: 1 where it overlaps no other, about 1 ÷ h where labels of h bars begin on every bar. Only the labels of the
 * view count, so that nothing of the test part is in the weights.
 *
 * One pass over the rows and one over the bars, whatever the horizon.
 * @returns a weight for each row of the matrix, in (0, 1] for rows of the view and 0 for all others
 */
export function uniquenessWeights({ matrix, labels, rows }: TrainingView): Float64Array {
  const { end } = labels
  const weights = new Float64Array(matrix.rows)
  let last = -1
  // labels that begin and end at each bar, counted
  const steps = new Int32Array(matrix.rows + 1)
  for (const row of rows) {
    const until = end[row]!
    steps[row + 1]!++
    steps[until + 1]!--
    if (until > last) last = until
  }
  // Σ 1 ÷ c over the bars up to each, so that a label's is a difference; anew behind a bar that none looks at
  const worth = new Float64Array(matrix.rows + 1)
  let count = 0
  let sum = 0
  for (let bar = 0; bar <= last; bar++) {
    count += steps[bar]!
    sum = count > 0 ? sum + 1 / count : 0
    worth[bar] = sum
  }
  // rounding of the sums must not make a label more than unique
  for (const row of rows) weights[row] = Math.min(1, (worth[end[row]!]! - worth[row]!) / (end[row]! - row))
  return weights
}
