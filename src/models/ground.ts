import { createHash } from 'node:crypto'
import type { Bars } from '../core/bar.ts'
import { featureMatrix } from '../preprocess/features.ts'
import type { BarLabels } from '../preprocess/labels.ts'
import type { FeatureMatrix } from '../preprocess/matrix.ts'
import type { Fold, FoldBorders } from '../preprocess/split.ts'
import type { ModelDefinition } from './define-model.ts'

/** What a model of this definition sees of bars, and what it is to foretell. */
export interface Ground {
  readonly bars: Bars
  readonly matrix: FeatureMatrix
  readonly labels: BarLabels
}

/** @throws RangeError where the bars are fewer than a label looks ahead, or features are declared wrong */
export function groundOf(definition: ModelDefinition, bars: Bars): Ground {
  return {
    bars,
    matrix: featureMatrix(bars, definition.features(), definition.also()),
    labels: definition.label.label(bars),
  }
}

/**
 * Tells apart what a model sees and is to foretell, to the bit: an indicator or a label of a user's own may compute something else
 * under the same name.
 */
export function groundHash({ matrix, labels }: Ground): string {
  const hash = createHash('sha256')
  for (const column of [...matrix.columns, labels.y, labels.end, labels.returns])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('hex')
}

/**
 * The folds of a definition, one at a time.
 * @param borders of another run, to be made again
 * @throws RangeError where the rows are too few for them
 */
export function foldsOf(
  { split, missing }: ModelDefinition,
  { matrix, labels }: Ground,
  borders?: readonly FoldBorders[],
): Iterable<Fold> {
  return split.split(matrix, labels, { missing, ...(borders && { borders }) })
}
