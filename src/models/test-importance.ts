import { rocAuc } from '../metrics/roc.ts'
import type { Fold } from '../preprocess/split.ts'
import type { ModelDefinition } from './define-model.ts'
import type { FittedFold } from './fit-fold.ts'
import type { Ground } from './ground.ts'
import { permutationImportance } from './permutation-importance.ts'

interface FeatureImportance {
  /** How much lower the AUC gets on average over folds, and in each; `null` in one that has none. */
  readonly mean: number
  readonly folds: readonly (number | null)[]
}

/** Rows of a fold that a model of windows is asked about: each shuffle asks it about all of them, at some 100 µs a row. */
const MOST_WINDOWS = 1000
const REPEATS = 3

/**
 * Importance of each feature by shuffling it on the test rows of each fold, measured by the AUC; of three classes by the mean
 * of each against the rest. Of a model of windows the newest test rows of a fold stand for all of them.
 * @param onStep told after each fold
 */
export function testImportance(
  definition: ModelDefinition,
  { matrix, labels }: Ground,
  pairs: readonly { readonly fold: Fold; readonly fitted: FittedFold; readonly rows: Int32Array }[],
  onStep?: () => void,
): { readonly by: 'auc' | null; readonly features: readonly FeatureImportance[] | null } {
  const { classes, y } = labels
  const { window = 1 } = definition.model
  const score = (came: Int8Array, p: Float64Array) => meanAuc(came, p, classes)
  const folds = pairs.map(({ fitted, rows }) => {
    const scaled = fitted.transform.transform(matrix)
    const asked = window > 1 ? rows.subarray(-MOST_WINDOWS) : rows
    const data = { names: scaled.names, columns: scaled.columns, y }
    const found = permutationImportance(fitted.model, data, asked, {
      ...{ score, better: 'higher', seed: definition.seed, repeats: REPEATS },
    })
    onStep?.()
    return found
  })
  const known = folds.filter((fold) => fold !== null)
  if (known.length === 0) return { by: null, features: null }
  return {
    by: 'auc',
    features: matrix.names.map((_, f) => ({
      mean: known.reduce((sum, fold) => sum + fold[f]!.worse, 0) / known.length,
      folds: folds.map((fold) => (fold === null ? null : fold[f]!.worse)),
    })),
  }
}

/** `null` where a class never came. */
function meanAuc(y: Int8Array, p: Float64Array, classes: 2 | 3): number | null {
  if (classes === 2) return rocAuc(y, p)
  let sum = 0
  for (let one = 0; one < 3; one++) {
    const auc = rocAuc(
      y,
      Float64Array.from(y, (_, row) => p[3 * row + one]!),
      { positive: one },
    )
    if (auc === null) return null
    sum += auc
  }
  return sum / 3
}
