import type { Bars } from './bar.ts'
import type { Figure } from './findings.ts'
import type { Metrics, SeriesUsed } from './run.ts'

/** How a model did on rows that it has not learnt from: what `train` and `evaluate` write as run.json, and its report shows. */

interface Range {
  readonly low: number
  readonly high: number
}

/** Figures by key of `CLASSIFICATION_METRICS`; where one is `null`, `notes` says why. */
export interface Judged {
  readonly metrics: Metrics
  readonly notes: Readonly<Record<string, string>>
  /** `null` where too few resamples have the figure. */
  readonly intervals: Readonly<Record<string, Range | null>>
}

/** What is said without a model, judged the same way. */
export interface BaselineJudged extends Judged {
  /** By key; `null` where model or baseline lacks the figure or the interval. */
  readonly compared: Readonly<
    Record<string, { readonly isInside: boolean; readonly difference: Range | null; readonly isBetter: boolean } | null>
  >
}

/** Open times of a first and a last bar, UTC ms, both included. */
interface Span {
  readonly first: number
  readonly last: number
}

export interface LossStep {
  readonly loss: number
  readonly validationLoss: number | null
}

/** Rows learnt from, set aside to stop early or to calibrate, and left out by purging and embargo. */
export interface FoldRows {
  readonly learnt: number
  readonly validation: number
  readonly calibration: number
  readonly purged: number
  readonly embargoed: number
}

export interface FoldEvaluation extends Judged {
  /** From 1. */
  readonly fold: number
  readonly train: Span
  readonly test: readonly Span[]
  /** `test`: rows scored. */
  readonly rows: FoldRows & { readonly test: number }
  /** Training rows by class after rebalancing, weights counted. */
  readonly balance: readonly number[]
  /** By model that learns in epochs, or in trees with validation: of an ensemble one a member; empty where there is none. */
  readonly losses: readonly { readonly model: string; readonly steps: readonly LossStep[] }[]
}

/** Trades that a threshold would have brought; returns as fractions of each entry's notional. */
export interface ThresholdTrades {
  readonly trades: number
  readonly gross: Figure
  readonly expectancy: Figure
  readonly total: number
  readonly winRate: Figure
}

export interface ThresholdInMoney {
  readonly threshold: number
  /** All that p allows, however many are open, and one at a time. */
  readonly every: ThresholdTrades
  readonly single: ThresholdTrades
}

/** One curve a class: of two classes only that of class 1. */
interface Curve {
  readonly class: number
  readonly x: readonly number[]
  readonly y: readonly number[]
}

export interface SeriesEvaluation {
  readonly series: string
  readonly bars: number
  /** Rows that can be used, and the others by the first reason that applies. */
  readonly used: number
  readonly dropped: Readonly<Record<'lookback' | 'infinite' | 'missing' | 'label' | 'window', number>>
  readonly features: readonly {
    readonly name: string
    readonly missing: number
    readonly infinite: number
    readonly low: number | null
    readonly high: number | null
    /** How well it alone tells a class from the rest in training, at least 0.5. */
    readonly auc: number | null
    /** How much worse `importance.by` gets on test rows when it is shuffled: mean over folds, and of each fold. */
    readonly importance: { readonly mean: number; readonly folds: readonly (number | null)[] } | null
    /** Population stability index between each fold's training and test. */
    readonly drift: readonly Figure[]
  }[]
  /** What was found about features and labels, errors first. */
  readonly findings: readonly {
    readonly severity: 'error' | 'warning'
    readonly message: string
    readonly feature: string | null
    readonly fold: number | null
  }[]
  readonly folds: readonly FoldEvaluation[]
  /** All test rows together. */
  readonly pooled: Judged & {
    /** Rows that came × said, in the order of classes. */
    readonly confusion: readonly (readonly number[])[]
    readonly perClass: readonly {
      readonly support: number
      readonly precision: Figure
      readonly recall: Figure
      readonly f1: Figure
      readonly auc: Figure
      readonly prAuc: Figure
    }[]
    readonly baselines: Readonly<Record<'majority' | 'previousSign', BaselineJudged>>
    readonly blocks: { readonly kind: string; readonly blockLength: number; readonly resamples: number } | null
  }
  readonly curves: {
    /** x: false positive rate, y: true positive rate. */
    readonly roc: readonly Curve[]
    /** x: recall, y: precision. */
    readonly precisionRecall: readonly Curve[]
    /** What was said and what came, by bin of probability; of three classes of the class that was said. */
    readonly calibration: readonly {
      readonly low: number
      readonly high: number
      readonly weight: number
      readonly predicted: number
      readonly observed: number
    }[]
  }
  readonly money: {
    /** Of each side of a trade, as fractions of its notional. */
    readonly costs: { readonly fee: number; readonly slippage: number }
    readonly rows: readonly ThresholdInMoney[]
    /** Chosen on the rows that it is judged by: what it promises is too much. */
    readonly best: ThresholdInMoney | null
    readonly isEdgeGone: boolean
    readonly notes: Readonly<Record<string, string>>
  }
  /** What the importance of features is measured by: a key of the metrics; `null` where it could not be. */
  readonly importanceBy: 'auc' | 'logLoss' | null
  /** Plain sentences a reader must not miss: the edge is gone after costs, the result is within a baseline's interval, … */
  readonly verdicts: readonly string[]
}

/** run.json of a model. Fractions, UTC ms, quote currency. */
export interface EvaluationDocument {
  /** Name of the run folder. */
  readonly run: string
  /** Tells it from the document of a backtest. */
  readonly kind: 'model'
  /** What the module calls it. */
  readonly model: string
  readonly classes: 2 | 3
  /** Features, label, pipeline, model, split and seed, as plain data. */
  readonly definition: Readonly<Record<string, unknown>>
  readonly data: readonly SeriesUsed[]
  readonly engine: { readonly version: string }
  /** What p must reach to be said: judges accuracy and the like. */
  readonly threshold: number
  readonly costs: { readonly feeTaker: number; readonly slippageBps: number; readonly none: boolean }
  readonly seed: number
  readonly series: readonly SeriesEvaluation[]
  /** Sentences about the run as a whole. */
  readonly remarks: readonly string[]
  /** Where a training was stopped before its end; then folds may be missing, and no backtest takes this model unasked. */
  readonly stopped: { readonly series: string; readonly fold: number; readonly step: number } | null
  readonly reproduce: {
    readonly command: string
    /** What `evaluate` and `verify` do again; `null` for a model that was handed over as an object. */
    readonly request: RecordedTraining | null
    /** sha256 of the definition, of the module's code, and of the artifact with its fitted models. */
    readonly definition: string
    readonly code: string
    readonly artifact: string
    readonly versions: Readonly<Record<string, string>>
  }
}

/** All that decides a training and its evaluation besides code and data, with every default spelled out. */
export interface RecordedTraining {
  /** Path of the module from its project's root. */
  readonly module: string
  readonly model: string
  /** UTC ms; `null`: the whole stored range. */
  readonly from: number | null
  readonly to: number | null
  readonly threshold: number
  /** By venue. */
  readonly costs: Readonly<Record<string, { readonly feeTaker: number; readonly slippageBps: number }>>
  readonly noCosts: boolean
}

/** What a model said of the bars of a series, out of sample. */
export interface SeriesPredictions {
  readonly bars: Bars
  /** Probability of the class that is traded (1 of two, 2 of three) by row of the bars; NaN where no fold says anything. */
  readonly p: Float64Array
  /** Of three classes the probability of each, by name in their order. */
  readonly each?: Readonly<Record<'down' | 'timeOut' | 'up', Float64Array>> | null
  /** Fold by row of the bars, from 1; 0 where none. */
  readonly fold: Uint16Array
  /** Class that came; −1 where it is not known. */
  readonly y: Int8Array
}

/** What the report draws from, beside the document. One entry a series. */
export interface EvaluationResult {
  readonly document: EvaluationDocument
  readonly predictions: readonly SeriesPredictions[]
}
