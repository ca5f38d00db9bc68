/** What a feature matrix and its labels look like before anything is learnt from them: plain data. */
export interface FeatureTable {
  readonly rows: number
  /** Rows that can be learnt from or scored. */
  readonly used: number
  /** The others by reason, each row by the first that applies: together with `used` they are all. */
  readonly dropped: Readonly<Record<DropReason, number>>
  readonly features: readonly FeatureRow[]
  readonly folds: readonly FoldBalance[]
  /** Errors first. */
  readonly findings: readonly Finding[]
}

/** `lookback`: too early. `infinite`, `missing`: of any feature. `label`: none is known. */
export type DropReason = 'lookback' | 'infinite' | 'missing' | 'label'

export interface FeatureRow {
  readonly name: string
  /** Of the rows after the lookback: NaN, infinite, and finite values. */
  readonly missing: number
  readonly infinite: number
  readonly known: number
  /** Smallest and largest finite value; `null` where there is none. */
  readonly low: number | null
  readonly high: number | null
  /**
   * How well the feature alone tells a class from the rest, in the training rows of the fold in which it does best: an AUC,
   * turned to be at least 0.5; `null` where no fold has enough rows of two classes.
   */
  readonly auc: number | null
}

/** How many rows of each class a part of a fold has. */
export interface FoldBalance {
  /** From 1. */
  readonly fold: number
  readonly part: 'train' | 'test'
  readonly rows: number
  readonly counts: readonly number[]
}

export interface Finding {
  /** An `error` would break a training or make it mean nothing. */
  readonly severity: 'error' | 'warning'
  readonly problem:
    | 'nothing'
    | 'infinite'
    | 'missing'
    | 'constant'
    | 'duplicate'
    | 'near-duplicate'
    | 'leak'
    | 'one-class'
    | 'imbalance'
  readonly feature: string | null
  readonly fold: number | null
  readonly message: string
}
