import type { Figure } from './findings.ts'
import type { EquityColumns, Metrics, RecordedRequest, SeriesUsed } from './run.ts'

/** What a search tries, and what came of it: what `sweep` and `walk-forward` write as run.json, and their reports show. */

type Value = number | string | boolean

export type Params = Readonly<Record<string, Value>>

/** One parameter that a search varies. */
export type Dimension =
  /** Listed values, in the order in which they were written. */
  | { readonly name: string; readonly kind: 'list'; readonly values: readonly Value[] }
  /** From `from` to `to`, both included. `step` is `null` where all numbers between, of `int` all whole ones, may be tried. */
  | {
      readonly name: string
      readonly kind: 'int' | 'num'
      readonly from: number
      readonly to: number
      readonly step: number | null
      /** Tried evenly on a logarithmic scale. */
      readonly isLog: boolean
    }

export type SearchMethod = 'grid' | 'random' | 'sobol' | 'tpe'

/** One set of parameters to be tried. */
export interface Trial {
  /** From 1, in the order of the search, whoever computes it when. */
  readonly number: number
  /** The searched parameters only. */
  readonly params: Params
  /** Open of the first bar and close of the last, UTC ms, where they are not those of the search. */
  readonly range?: TimeRange
  /** Whether it is given up after a part of its range, by what it has come to there. */
  readonly prune?: {
    /** Part of the range that is run first. */
    readonly share: number
    /** The objective that it needs there to go on; `null`: nothing is asked for. */
    readonly atLeast: Figure
  }
}

export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** How many parts a run's days are laid into: the more, the better two runs can be told apart. */
export const RETURN_BLOCKS = 64

/** A run's daily returns in little: enough to judge its Sharpe ratio, to tell which runs are alike, and to halve them. */
export interface ReturnsSummary {
  /** UTC midnight before the first day, ms. */
  readonly from: number
  readonly days: number
  /** Of daily returns: mean, sample deviation, skew and excess kurtosis as `metrics/statistics.ts` reckons them. */
  readonly mean: number
  readonly deviation: number
  readonly skew: number
  readonly kurtosis: number
  /**
   * Sums of daily returns, and of their squares, by block: block k of B has days ⌊k × days ÷ B⌋ to ⌊(k + 1) × days ÷ B⌋;
   * B is RETURN_BLOCKS, or the number of days where they are fewer.
   */
  readonly sums: readonly number[]
  readonly squares: readonly number[]
}

/** The same with numbers in an array of any kind: what judges trials takes either. */
export interface ReturnsInLittle extends Omit<ReturnsSummary, 'sums' | 'squares'> {
  readonly sums: ArrayLike<number>
  readonly squares: ArrayLike<number>
}

/** What became of a trial. */
export interface TrialOutcome {
  readonly number: number
  /** `pruned`: given up after a part of the data; its figures are of that part. `failed`: it threw; `reason` says what. */
  readonly status: 'done' | 'pruned' | 'failed'
  /** What the search is for; `null` where there is none, and `reason` says why. */
  readonly objective: Figure
  /** The same after the part of the data that pruning looks at; absent where nothing is pruned. */
  readonly early?: Figure
  readonly reason: string | null
  /** Figures by key of `METRICS`, or of a model by key of `CLASSIFICATION_METRICS`; empty where it failed. */
  readonly metrics: Metrics
  /** `null` where there are no daily returns: it failed, ran for less than two days, or is a model. */
  readonly returns: ReturnsSummary | null
}

/** What bars that no trial saw said of one set of a model's settings. */
export interface HeldOut {
  readonly objective: Figure
  /** Why there is no objective. */
  readonly reason: string | null
  /** By key of `CLASSIFICATION_METRICS`; empty where nothing could be learnt. */
  readonly metrics: Metrics
  /** Rows that the model learnt from, of all series. */
  readonly learnt: number
  /** Training rows left out because their labels reach into what is held out, or lie nearer to it than the embargo. */
  readonly purged: number
}

/** A line of the table: a trial and what became of it. */
export interface TrialRow {
  /** From 1, the best first; `null` without an objective. */
  readonly rank: number | null
  readonly trial: number
  readonly params: Params
  readonly status: TrialOutcome['status']
  readonly objective: Figure
  readonly reason: string | null
  /** Those of the figures that the table shows. */
  readonly metrics: Metrics
}

/** The best trial beside its neighbours: a peak that stands alone is luck more often than a plateau. */
export interface Plateau {
  /** `grid`: trials one step away in one or more parameters; `nearest`: the nearest by distance in the unit cube. */
  readonly kind: 'grid' | 'nearest'
  readonly trial: number
  readonly peak: Figure
  readonly neighbours: readonly number[]
  /** How many of the neighbours saw all the data and have an objective; the others count as worse than these. */
  readonly finished: number
  /** Other trials that come to exactly the same as the best, and how many of its neighbours are among them. */
  readonly ties: { readonly trials: number; readonly neighbours: number }
  /** Of all neighbours' objective; `null` where it would be that of one that was not finished. */
  readonly median: Figure
  readonly worst: Figure
  /**
   * Share of the peak, over the median of all finished trials, that the median of its neighbours keeps; at 1 it is flat. `null`
   * where fewer than two neighbours, or no more than half of them, were finished.
   */
  readonly kept: Figure
  /** Per parameter: neighbours that differ in it alone, in its order, the peak among them. */
  readonly along: readonly {
    readonly name: string
    readonly points: readonly { readonly value: Value; readonly trial: number; readonly objective: Figure }[]
  }[]
}

/** The objective over two parameters, whatever the others are. */
export interface HeatMap {
  readonly x: string
  readonly y: string
  /** Values, or ranges of them where there are too many: labels in order. */
  readonly columns: readonly string[]
  readonly rows: readonly string[]
  /** One entry a cell with trials in it. */
  readonly cells: readonly {
    readonly column: number
    readonly row: number
    readonly trials: number
    readonly best: Figure
    readonly median: Figure
  }[]
}

/**
 * What a Sharpe ratio is worth after so many trials. Sharpe ratios are annual (× √365); probabilities are fractions. Where a
 * figure is `null`, `notes` says why by its key.
 */
export interface Overfitting {
  /** Distinct trials that were counted, failed ones too. */
  readonly trials: number
  /** How many of them are unlike one another, by clusters of correlated returns. */
  readonly effectiveTrials: Figure
  readonly days: number
  readonly sharpe: Figure
  /** Probability that the true Sharpe ratio is above 0, as if nothing else had been tried. */
  readonly probabilistic: Figure
  /** Deviation of Sharpe ratios over trials. */
  readonly spread: Figure
  /** Sharpe ratio that the best of so many trials without any skill would be expected to show: of all, and of the effective number. */
  readonly expectedMaximum: Figure
  readonly expectedMaximumEffective: Figure
  /** Probability that the true Sharpe ratio is above 0 after all trials were counted: of all, and of the effective number. */
  readonly deflated: Figure
  readonly deflatedEffective: Figure
  /** Days needed before a Sharpe ratio like this one is above 0 at 95 %: as if alone, and above `expectedMaximum`. */
  readonly minimumTrackRecord: Figure
  readonly minimumTrackRecordDeflated: Figure
  /** By combinatorially symmetric cross-validation; `null` where fewer than two trials or too few days can be compared. */
  readonly crossValidation: CrossValidation | null
  readonly notes: Readonly<Record<string, string>>
  /** One sentence for a person. */
  readonly verdict: string
  readonly tone: 'good' | 'bad' | 'unclear'
}

/** Bailey, Borwein, López de Prado, Zhu (2015). */
export interface CrossValidation {
  /** Share of splits in which the best half-sample trial falls below the median of all in the other half. */
  readonly probability: number
  readonly blocks: number
  readonly splits: number
  readonly trials: number
  /** Share of splits in which the chosen trial loses in the other half. */
  readonly probabilityOfLoss: number
  /** Of the chosen trial's annual Sharpe ratio in the other half on that in its own: slope, and mean of both. */
  readonly slope: Figure
  readonly meanInSample: number
  readonly meanOutOfSample: number
  /** Histogram of logits ln(ω ÷ (1 − ω)), where ω is the relative rank in the other half. */
  readonly logits: readonly { readonly low: number; readonly high: number; readonly splits: number }[]
}

/** All that decides a search besides code and data, with every default spelled out, is `request` of RunDocument's kind. */
export interface SearchRequest {
  readonly dimensions: readonly Dimension[]
  readonly where: string | null
  readonly method: SearchMethod
  /** Trials asked for; of a grid as many as it has. */
  readonly trials: number
  readonly objective: { readonly name: string; readonly goal: 'max' | 'min' }
  readonly seed: number
  /** Share of the data after which trials below the median of earlier ones there are given up; `null`: none are. */
  readonly prune: number | null
  /** Trials proposed at once, from what all earlier ones came to. */
  readonly batch: number
}

/** What a search of a strategy is made again from: all that decides it besides code and data, every default spelled out. */
export interface RecordedSearch {
  /** What all its trials have in common; its `set` is of what is not searched. */
  readonly backtest: RecordedRequest
  /** What is searched, as `--set` has it; the same however it was written. */
  readonly set: readonly string[]
  readonly where: string | null
  readonly method: SearchMethod
  /** `null`: all that a grid has. */
  readonly trials: number | null
  /** Key of a figure, or path of a module from its project's root. */
  readonly objective: string
  readonly goal: 'max' | 'min'
  readonly seed: number
  readonly prune: number | null
}

/** What a search of a model's settings is made again from. */
export interface RecordedModelSearch extends Omit<RecordedSearch, 'backtest' | 'prune'> {
  /** Path of its module from its project's root, and the model's name in it. */
  readonly module: string
  readonly model: string
  /** Series of the model that it was searched on, in its order. */
  readonly data: readonly string[]
  /** Open time of the first bar and close of the last, UTC ms. */
  readonly from: number
  readonly to: number
  /** Share of the time, the newest, that no trial saw. */
  readonly holdout: number
  /** Settings that all trials had in place of the module's. */
  readonly fixed: Params
}

export interface RecordedWalkForward extends RecordedSearch {
  readonly plan: WalkForwardDocument['plan']
}

/** What documents of searches have in common. */
interface SearchDocument {
  readonly run: string
  /** Of strategy or model. */
  readonly name: string
  readonly search: SearchRequest
  /** Parameters that were not searched, as all trials had them. */
  readonly fixed: Params
  readonly data: readonly SeriesUsed[]
  /** Open time of the first bar and close of the last, UTC ms, and bars before them. */
  readonly range: { readonly from: number; readonly to: number; readonly warmup: number }
  readonly engine: { readonly version: string; readonly bars: number }
  readonly costs: {
    readonly feeMaker: number
    readonly feeTaker: number
    readonly slippageBps: number
    readonly none: boolean
  }
  /** Of a model, which trades nothing, costs and cash are 0 and the quote is empty. */
  readonly quote: string
  readonly cash: number
  readonly remarks: readonly string[]
  /** Why a figure is null: `trial.key` → reason, of the rows that are shown. */
  readonly notes: Readonly<Record<string, string>>
  readonly reproduce: {
    readonly command: string
    readonly request: unknown
    readonly code: string
    readonly inputs: Readonly<Record<string, string>>
    readonly versions: Readonly<Record<string, string>>
  }
}

/** run.json of `sweep`. */
export interface SweepDocument extends SearchDocument {
  readonly kind: 'sweep'
  readonly subject: 'strategy' | 'model'
  readonly trials: {
    readonly all: number
    readonly done: number
    readonly pruned: number
    readonly failed: number
    /** Sets of parameters that `where` or the strategy's own bounds left out. */
    readonly excluded: number
  }
  /**
   * The best trial, with the command that runs it alone; `null` where none has an objective. Of a model, `edit` is what has to
   * be written into its definition before that command, such as `model.trees = 120`, a setting a line.
   */
  readonly best: (TrialRow & { readonly command: string; readonly edit: string | null }) | null
  /** Of a model: the best trial judged once, after the search, on the newest bars. Open of the first and close of the last. */
  readonly heldOut: (TimeRange & HeldOut) | null
  /** The best rows, and others evenly by rank where there are too many; all are in trials.csv. */
  readonly table: readonly TrialRow[]
  /** Objectives of all finished trials: least, quartiles, most; `null` without any. */
  readonly spread: {
    readonly low: number
    readonly q1: number
    readonly median: number
    readonly q3: number
    readonly high: number
  } | null
  readonly plateau: Plateau | null
  readonly maps: readonly HeatMap[]
  /** Of this search by itself. What the project's ledger says beside it is no part of the run: it grows with every trial. */
  readonly overfitting: Overfitting | null
}

/** One step of a walk-forward: what was chosen on one stretch, and what it did on the next. */
export interface WalkForwardWindow {
  /** From 1. */
  readonly window: number
  /** Open of the first bar and close of the last, UTC ms. */
  readonly train: { readonly from: number; readonly to: number }
  readonly test: { readonly from: number; readonly to: number }
  readonly trials: number
  readonly failed: number
  /** `null` where no trial had an objective: nothing was traded. */
  readonly chosen: Params | null
  readonly reason: string | null
  readonly inSample: { readonly objective: Figure; readonly metrics: Metrics } | null
  readonly outOfSample: {
    readonly objective: Figure
    readonly metrics: Metrics
    readonly startEquity: number
    readonly endEquity: number
  } | null
  /** The backtest that makes its test again, to the last digit; `null` where nothing was traded, or no file has the strategy. */
  readonly command: string | null
}

/** run.json of `walk-forward`. */
export interface WalkForwardDocument extends SearchDocument {
  readonly kind: 'walk-forward'
  readonly plan: {
    readonly kind: 'rolling' | 'anchored'
    /** As they were written, such as `180d`. */
    readonly train: string
    readonly test: string
    readonly embargo: string
  }
  readonly windows: readonly WalkForwardWindow[]
  /** Of the stitched equity: what would have been earned. */
  readonly metrics: Metrics
  /** Mean over windows of the chosen trials' figures on what they were chosen on. */
  readonly inSample: Metrics
  /** Annual return of the stitched test stretches ÷ annual return of the training stretches they were chosen on (Pardo 2008). */
  readonly efficiency: Figure
  /** Share of windows whose test made money. */
  readonly profitable: Figure
  readonly stability: readonly {
    readonly name: string
    /** Chosen values, window by window; `null` where none was. */
    readonly values: readonly (Value | null)[]
    /** Share of steps at which the value stayed as it was. */
    readonly kept: Figure
    /** Of numbers: mean step ÷ width of what was searched; 0 never moved. Chance moves one of n values (n + 1) ÷ 3n. */
    readonly movement: Figure
  }[]
  /** What buy and hold made over the same stretches, by the same formulas as far as they need no trades. */
  readonly peer: Metrics
  readonly overfitting: Overfitting | null
}

/** What the reports draw from, beside the documents. */
export interface SweepResult {
  readonly document: SweepDocument
  /** All trials, by number. */
  readonly outcomes: readonly TrialOutcome[]
  readonly trials: readonly Trial[]
}

export interface WalkForwardResult {
  readonly document: WalkForwardDocument
  /** Test stretches end to end; between them nothing is held. */
  readonly equity: EquityColumns
  /** Buy and hold on the same instants. */
  readonly benchmark: Float64Array | null
}
