import type { Metrics } from '../core/run.ts'
import { BASELINES, type Baseline, majorityBaseline, previousSignBaseline } from './baselines.ts'
import {
  type Blocks,
  type BootstrapOptions,
  blockBootstrap,
  type ConfidenceInterval,
  percentileInterval,
  type Samples,
  sampleOf,
} from './block-bootstrap.ts'
import { type Classification, type ClassificationOptions, classificationMetrics, ScoredRows } from './classification.ts'
import type { Predictions } from './classification-input.ts'
import { CLASSIFICATION_METRICS } from './classification-table.ts'

/** What one fold's model said about its test rows, and what the baselines need to know. */
export interface FoldPredictions extends Predictions {
  /** `classShares` of the fold's training part. */
  readonly shares: readonly number[]
  /** Return of the bar that closed at each row's decision. */
  readonly previousReturns: Float64Array
}

export interface EvaluationOptions extends ClassificationOptions {
  /** Told after each fold, and after all of them together: resampling takes its time. */
  readonly onStep?: () => void
  /** How intervals are drawn; `level` is built in as 0.95. */
  readonly bootstrap: BootstrapOptions & { readonly level?: number }
}

type Intervals = Readonly<Record<string, ConfidenceInterval | null>>

/** A figure of the model beside that of a baseline. */
interface Comparison {
  /** The model's figure lies in the baseline's interval. */
  readonly isInside: boolean
  /** Of model − baseline, both resampled together. */
  readonly difference: ConfidenceInterval | null
  /**
   * The model is better, by a difference whose interval is beyond 0, and outside the baseline's, and its own interval is beyond
   * luck. The baseline's interval alone would not do: that of one that always says the same has no width for the AUC, and
   * anything lies outside.
   */
  readonly isBetter: boolean
}

interface BaselineResult {
  readonly metrics: Metrics
  readonly notes: Readonly<Record<string, string>>
  readonly intervals: Intervals
  /** By key; `null` where model or baseline lacks the figure or the interval. */
  readonly compared: Readonly<Record<string, Comparison | null>>
}

export interface Evaluation extends Classification {
  /** By key, of all figures for which one way is better; `null` where too few resamples have the figure. */
  readonly intervals: Intervals
  /** `null` where there are too few rows to resample. */
  readonly blocks: Blocks | null
  readonly baselines: Readonly<Record<Baseline, BaselineResult>>
}

const JUDGED = CLASSIFICATION_METRICS.filter(({ better }) => better !== null)

/**
 * Every figure of each fold and of all their test rows together, with block bootstrap intervals, beside both baselines. Pooled
 * rows are ranked together: their AUC also sees whether the folds' models mean the same by a probability.
 * @param folds in the order of time
 * @throws RangeError for folds of different classes, or none, and for what `classificationMetrics` refuses
 */
export function evaluateFolds(
  folds: readonly FoldPredictions[],
  options: EvaluationOptions,
): { readonly folds: readonly Evaluation[]; readonly pooled: Evaluation } {
  const { classes } = folds[0] ?? {}
  if (classes === undefined) throw new RangeError('there are no folds')
  if (folds.some((fold) => fold.classes !== classes))
    throw new RangeError('folds of 2 and of 3 classes: take one or the other')
  const said = folds.map((fold) => ({
    model: plain(fold),
    majority: majorityBaseline(fold, fold.shares),
    previousSign: previousSignBaseline(fold, fold.previousReturns),
  }))
  return {
    folds: said.map((one) => evaluate(one, options)),
    pooled: evaluate(
      {
        model: joined(said.map(({ model }) => model)),
        majority: joined(said.map(({ majority }) => majority)),
        previousSign: joined(said.map(({ previousSign }) => previousSign)),
      },
      options,
    ),
  }
}

type Said = Readonly<Record<'model' | Baseline, Predictions>>

function evaluate(said: Said, { bootstrap, onStep, ...options }: EvaluationOptions): Evaluation {
  const { level = 0.95 } = bootstrap
  const samples = resample(said, options, bootstrap)
  const judged = classificationMetrics(said.model, options)
  const intervalsOf = (who: keyof Said) =>
    Object.fromEntries(JUDGED.map(({ key }) => [key, percentileInterval(samples.of[who][key]!, level)]))
  const own = intervalsOf('model')
  const against = (who: Baseline): BaselineResult => {
    const { metrics, notes } = classificationMetrics(said[who], ofBaseline(options))
    const intervals = intervalsOf(who)
    const compared = JUDGED.map(({ key, better }) => {
      const [ours, theirs, around] = [judged.metrics[key]!, metrics[key]!, intervals[key]!]
      if (ours === null || theirs === null || around === null) return [key, null]
      const isInside = around.low <= ours && ours <= around.high
      const other = samples.of[who][key]!
      const difference = percentileInterval(
        samples.of.model[key]!.map((value, k) => value - other[k]!),
        level,
      )
      const isBeyond = difference !== null && (better === 'higher' ? difference.low > 0 : difference.high < 0)
      const luck = luckOf(key, said.model.classes)
      const isSkilled = luck === null || (own[key] ?? around).low > luck
      return [key, { isInside, difference, isBetter: isBeyond && !isInside && isSkilled }]
    })
    return { metrics, notes, intervals, compared: Object.fromEntries(compared) }
  }
  const baselines = { majority: against('majority'), previousSign: against('previousSign') }
  onStep?.()
  return { ...judged, intervals: own, blocks: samples.blocks, baselines }
}

/**
 * What saying anything at random comes to, of figures for which that does not hang on the classes' shares. A baseline may do
 * worse over several folds: the shares of a training part can run against those of its test, and no skill is needed to beat that.
 */
function luckOf(key: string, classes: 2 | 3): number | null {
  if (key === 'auc' || key === 'aucWeighted') return 0.5
  if (key === 'balancedAccuracy' || key === 'macroRecall') return 1 / classes
  return key === 'mcc' ? 0 : null
}

/** A baseline says its class where it is the likelier one, whatever threshold the model has. */
function ofBaseline({ bins }: ClassificationOptions): ClassificationOptions {
  return { bins }
}

/** The figures of model and baselines under the same resamples. */
function resample(said: Said, options: ClassificationOptions, bootstrap: BootstrapOptions) {
  const rows = said.model.y.length
  const { resamples = 1000 } = bootstrap
  const who = ['model', ...BASELINES] as const
  const of = Object.fromEntries(
    who.map((one) => [
      one,
      Object.fromEntries(JUDGED.map(({ key }) => [key, new Float64Array(resamples).fill(Number.NaN)])),
    ]),
  ) as Record<keyof Said, Record<string, Samples>>
  if (rows < 2) return { of, blocks: null }
  const scored = who.map(
    (one) => [one, new ScoredRows(said[one], one === 'model' ? options : ofBaseline(options))] as const,
  )
  const { weights = null } = said.model
  const product = new Float64Array(rows)
  const blocks = blockBootstrap(rows, bootstrap, (counts, k) => {
    if (weights !== null) for (let row = 0; row < rows; row++) product[row] = counts[row]! * weights[row]!
    for (const [one, ready] of scored) {
      const { metrics } = weights === null ? ready.score(counts, true) : ready.score(product)
      for (const { key } of JUDGED) of[one][key]![k] = sampleOf(metrics[key]!)
    }
  })
  return { of, blocks }
}

function plain({ classes, y, p, weights = null }: Predictions): Predictions {
  return { classes, y, p, weights }
}

/** Rows of one fold after those of another. */
function joined(parts: readonly Predictions[]): Predictions {
  const { classes, isHard = false } = parts[0]!
  const rows = parts.reduce((sum, { y }) => sum + y.length, 0)
  const y = new Int8Array(rows)
  const p = new Float64Array(classes === 2 ? rows : 3 * rows)
  const weights = parts.some((part) => part.weights != null) ? new Float64Array(rows).fill(1) : null
  let from = 0
  for (const part of parts) {
    y.set(part.y, from)
    p.set(part.p, classes === 2 ? from : 3 * from)
    if (part.weights != null) weights!.set(part.weights, from)
    from += part.y.length
  }
  return { classes, y, p, weights, isHard }
}
