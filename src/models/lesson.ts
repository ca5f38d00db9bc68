import type { FeatureMatrix } from '../preprocess/matrix.ts'
import type { FittedClassifier, TrainingSet } from './classifier.ts'

/** A step of a training: of a model that is one of an ensemble, which one. */
export interface TrainingStep {
  /** Kind of the model, of a member with its place: `lstm`, `2 gru`. */
  readonly model: string
  readonly done: number
  readonly total: number
  readonly loss: number
  readonly validationLoss: number | null
}

/** Who looks on while a model learns. */
export interface TrainingWatch {
  readonly workers?: number
  /** Awaited between steps, so that a signal to stop is heard. */
  readonly breathe?: () => Promise<void>
  /** Returning false asks to stop after this step and keep the best so far; nothing further is begun then. */
  readonly onStep?: (step: TrainingStep) => boolean | undefined
  /** What a training that was cut off goes on from, by the name of the model within its fold. */
  readonly checkpoints?: {
    read(model: string): unknown
    write(model: string, checkpoint: unknown): void
  }
}

/** Losses by epoch, or by tree, of one model. */
export interface LossCurve {
  readonly model: string
  readonly steps: readonly { readonly loss: number; readonly validationLoss: number | null }[]
}

export interface Learnt {
  readonly model: FittedClassifier
  readonly losses: readonly LossCurve[]
  /** Steps done when it was asked to stop; `null` where it went on to its end. */
  readonly stoppedAt: number | null
}

/** What a model learns from. */
export interface Lesson {
  /** Scaled. */
  readonly matrix: FeatureMatrix
  /** Row at whose close each row's label is known. */
  readonly end: Int32Array
  /** Rows to learn from, ascending, each once and with a whole window. */
  readonly rows: Int32Array
  /** The training set of some of these rows, rebalanced. */
  readonly prepare: (rows: Int32Array) => TrainingSet
  /** The same rows as they are: what stands on top of members learns from them. */
  readonly plain: TrainingSet
  readonly validation: Int32Array | null
  readonly seed: number
}
