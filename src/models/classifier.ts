import type { TrainingSet } from '../preprocess/matrix.ts'

export type { TrainingSet }

/** Told what a training has come to; returning false asks it to stop after this step and keep the best so far. */
type TrainingProgress = (step: {
  readonly done: number
  readonly total: number
  readonly loss: number
  readonly validationLoss: number | null
}) => boolean | undefined

export interface FitOptions {
  readonly seed: number
  /** Rows set aside for early stopping, purged from `rows` by the caller; `null` where there are none. */
  readonly validation?: Int32Array | null
  readonly onProgress?: TrainingProgress
  /** Awaited between steps by a classifier that computes on this thread, which would hear of nothing otherwise. */
  readonly breathe?: () => Promise<void>
  /** Threads to train on, where a classifier can: the result has the same bytes whatever their number. Absent: as many as help. */
  readonly workers?: number
  /** Told, by a classifier that can, after each step all that its training may be resumed from, as plain data. */
  readonly onCheckpoint?: (checkpoint: unknown) => void
  /** What `onCheckpoint` was told, of a training with the same settings, seed and data. */
  readonly resume?: unknown
}

/** A kind of model with its settings, not fitted yet. */
export interface Classifier {
  readonly kind: string
  /** Plain data: what an artifact and a hash of the definition hold. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Rows that one prediction looks at, its own being the last: each must be whole (`windowEnds`). Absent: its own alone. */
  readonly window?: number
  /** Whether it looks at validation rows while it learns, so that some of the training rows are set aside for it. */
  readonly isWatched?: boolean
  /** @throws RangeError where the settings do not fit the data */
  fit(data: TrainingSet, options: FitOptions): FittedClassifier | Promise<FittedClassifier>
  /** Makes a fitted model of this kind from what its `toJSON` gave; klinelab's own are known without it. */
  fromJson?(json: unknown, where: string): FittedClassifier
}

/** A model that has learnt. */
export interface FittedClassifier {
  readonly kind: string
  /** Probabilities, `rows.length` × classes, row after row; of two classes only that of class 1 (one value a row). */
  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array
  /** Plain data from which it is made again, to the last bit. */
  toJSON(): unknown
}
