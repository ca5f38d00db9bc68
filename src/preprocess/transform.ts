import { type FeatureMatrix, TrainingView } from './matrix.ts'

/** A step of preprocessing with its settings, not fitted yet. */
export interface Transformer {
  readonly kind: string
  /** Plain data: what an artifact and a hash of the definition hold. */
  readonly settings: Readonly<Record<string, unknown>>
  /**
   * Learns from the rows of the training view and from nothing else: no other row can change what it returns.
   * @throws TypeError where it is given anything but a training view
   * @throws RangeError that names the feature of which there is nothing to learn
   */
  fit(train: TrainingView): Transform
  /** Makes a fitted step of this kind from what its `toJSON` gave; klinelab's own are known without it. */
  fromJson?(json: unknown, where: string): Transform
}

/** A fitted step. A row of what it returns depends on that row and the ones before it, never on a later one. */
export interface Transform {
  readonly kind: string
  /** Features it was fitted on, in their order. */
  readonly names: readonly string[]
  /**
   * A new matrix of the same rows; the given one stays as it is.
   * @throws RangeError where the features are not those it was fitted on, by name
   */
  transform(matrix: FeatureMatrix): FeatureMatrix
  /** The same row by row, for a live session: takes the features of each bar in turn, returns one and the same array every time. */
  stream(): (row: Float64Array) => Float64Array
  /** Plain data from which `transformFromJson` makes it again, to the last bit. */
  toJSON(): TransformJson
}

type TransformJson = ColumnsJson | PipelineJson

export interface ColumnsJson {
  readonly kind: string
  readonly names: readonly string[]
  /** By name of the number, one for each feature. */
  readonly numbers: Readonly<Record<string, readonly number[]>>
}

export interface PipelineJson {
  readonly kind: 'pipeline'
  readonly names: readonly string[]
  readonly steps: readonly TransformJson[]
}

/**
 * A step's `fit` behind the check that every step needs.
 * @throws TypeError, RangeError as `Transformer.fit` says
 */
export function transformer(
  kind: string,
  settings: Readonly<Record<string, unknown>>,
  learn: (train: TrainingView) => Transform,
): Transformer {
  return Object.freeze({
    kind,
    settings: Object.freeze({ ...settings }),
    fit(train: TrainingView) {
      if (!(train instanceof TrainingView))
        throw new TypeError(
          `${kind}: fit takes the training view of a fold, which a splitter hands out, and nothing else`,
        )
      if (train.rows.length === 0) throw new RangeError(`${kind}: the training part has no rows to fit on`)
      return learn(train)
    },
  })
}

/** @throws RangeError that names the first feature that is missing, too many or in another place */
export function requireNames(kind: string, fitted: readonly string[], given: readonly string[]): void {
  for (let k = 0; k < Math.max(fitted.length, given.length); k++) {
    if (fitted[k] === given[k]) continue
    const told = (name: string | undefined) => (name === undefined ? 'none' : `"${name}"`)
    throw new RangeError(
      `${kind}: feature ${k + 1} is ${told(given[k])}, and it was fitted with ${told(fitted[k])} there; it takes ${fitted.join(', ')} in this order`,
    )
  }
}
