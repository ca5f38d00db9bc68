import { seededRandom } from '../core/random.ts'
import type { FittedClassifier } from './classifier.ts'

export interface PermutationOptions {
  /** Of the rows' classes and probabilities; `null` where it cannot be told. */
  readonly score: (y: Int8Array, p: Float64Array) => number | null
  /** Whether more of the score is better, as of an area under a curve, or less, as of a loss. */
  readonly better: 'higher' | 'lower'
  readonly seed: number
  /** Shuffles of each feature; built in: 5. */
  readonly repeats?: number
}

export interface PermutationImportance {
  readonly name: string
  /** How much worse the score gets on average; below 0 where it gets better. */
  readonly worse: number
  /** The same of each shuffle. */
  readonly each: readonly number[]
}

/**
 * How much a model relies on each feature: its values are shuffled among `rows` (Breiman 2001), which must be rows the model
 * has not learnt from. Only the values of these rows change: of a model that reads bars before a row, give rows without holes.
 * Every feature is shuffled from a seed of its own, so that the result does not hang on the other features.
 * @returns in the order of `names`; `null` where the score of the rows as they are cannot be told
 * @throws RangeError where a shuffle's score cannot be told, or a row stands twice
 */
export function permutationImportance(
  model: FittedClassifier,
  data: { readonly names: readonly string[]; readonly columns: readonly Float64Array[]; readonly y: Int8Array },
  rows: Int32Array,
  { score, better, seed, repeats = 5 }: PermutationOptions,
): readonly PermutationImportance[] | null {
  if (new Set(rows).size !== rows.length) throw new RangeError('permutation importance: a row stands twice')
  const y = Int8Array.from(rows, (row) => data.y[row]!)
  const asItIs = score(y, model.predictProba(data.columns, rows))
  if (asItIs === null) return null
  const seeds = seededRandom(seed)
  return data.names.map((name, f) => {
    const random = seededRandom(seeds() * 2 ** 32)
    const column = data.columns[f]!
    const shuffled = column.slice()
    const columns = data.columns.with(f, shuffled)
    const each = Array.from({ length: repeats }, () => {
      const order = shuffle(rows.slice(), random)
      for (let k = 0; k < rows.length; k++) shuffled[rows[k]!] = column[order[k]!]!
      const now = score(y, model.predictProba(columns, rows))
      if (now === null) throw new RangeError(`permutation importance: "${name}" shuffled has no score`)
      return better === 'higher' ? asItIs - now : now - asItIs
    })
    return { name, worse: each.reduce((sum, one) => sum + one, 0) / repeats, each }
  })
}

/** Fisher and Yates. */
function shuffle(rows: Int32Array, random: () => number): Int32Array {
  for (let k = rows.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    const kept = rows[k]!
    rows[k] = rows[other]!
    rows[other] = kept
  }
  return rows
}
