import type { SeriesEvaluation } from '../core/evaluation.ts'
import { seriesName } from '../core/series.ts'
import { classShares } from '../metrics/baselines.ts'
import { calibrationCurve } from '../metrics/calibration-error.ts'
import { evaluateFolds, type FoldPredictions } from '../metrics/classification-folds.ts'
import { featureDrift } from '../metrics/drift.ts'
import { precisionRecallCurve } from '../metrics/precision-recall.ts'
import { rocAuc, rocCurve } from '../metrics/roc.ts'
import { type SideCosts, sweepThresholds } from '../metrics/threshold-money.ts'
import type { BarLabels } from '../preprocess/labels.ts'
import type { FeatureMatrix } from '../preprocess/matrix.ts'
import type { Fold } from '../preprocess/split.ts'
import type { FeatureTable } from '../preprocess/validate-table.ts'
import type { ModelDefinition } from './define-model.ts'
import { verdictsOf } from './evaluation-verdicts.ts'
import type { FittedFold } from './fit-fold.ts'
import { type Forecast, foretell, type Said, saidOf } from './foretell.ts'
import type { Ground } from './ground.ts'
import { testImportance } from './test-importance.ts'

export interface EvaluateOptions {
  readonly costs: SideCosts
  /** What p must reach to be said, of two classes. */
  readonly threshold: number
  /** Resamples of the block bootstrap; built in: 1000, of more than 50,000 rows fewer, at least 200. */
  readonly resamples?: number
  /** Told how much of it is done. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Most points of a curve: more cannot be seen, and would only make the report large. */
const POINTS = 400

/** A fold beside what was learnt of it. */
interface Pair {
  readonly fold: Fold
  readonly fitted: FittedFold
  /** Rows of the test part of which it says something. */
  readonly rows: Int32Array
}

/**
 * How the fitted folds do on their test rows, in figures and in money.
 * @param parts folds of the definition, one a fitted fold, in the same order; the forecast, where it is known already
 * @throws RangeError where no fold has a row to be judged by
 */
export function evaluateSeries(
  definition: ModelDefinition,
  ground: Ground,
  table: FeatureTable,
  parts: { readonly folds: readonly Fold[]; readonly fitted: readonly FittedFold[]; readonly forecast?: Forecast },
  options: EvaluateOptions,
): { readonly evaluation: SeriesEvaluation; readonly forecast: Forecast } {
  const { matrix, labels, bars } = ground
  const forecast = parts.forecast ?? foretell(definition, matrix, parts.fitted)
  const pairs = parts.fitted.map((fitted, k): Pair => {
    const fold = parts.folds[k]!
    return { fold, fitted, rows: fold.test.filter((row) => forecast.fold[row] === k + 1) }
  })
  const scored = pairs.filter(({ rows }) => rows.length > 0)
  if (scored.length === 0)
    throw new RangeError('no fold has a test row with a label and a whole window: take more bars')
  let done = 0
  const onStep = () => options.onProgress?.(++done, scored.length + 1 + pairs.length)
  const { folds, pooled } = evaluateFolds(
    scored.map((pair) => predictionsOf(pair, ground, forecast)),
    {
      threshold: options.threshold,
      onStep,
      bootstrap: {
        seed: definition.seed,
        span: labelSpan(ground),
        resamples: options.resamples ?? resamplesFor(scored),
      },
    },
  )
  const judged = new Map(scored.map((pair, k) => [pair, folds[k]!]))
  const rows = Int32Array.from(scored.flatMap((pair) => [...pair.rows])).sort()
  const said = saidOf(rows, ground.labels, forecast)
  const importance = testImportance(definition, ground, pairs, onStep)
  // a row may be tested in several folds
  const unsaid = new Set(pairs.flatMap(({ fold }) => [...fold.test])).size - rows.length
  const evaluation: Omit<SeriesEvaluation, 'verdicts'> = {
    series: seriesName(bars.series),
    bars: bars.length,
    used: table.used - unsaid,
    dropped: { ...table.dropped, window: unsaid },
    features: featuresOf(table, matrix, pairs, importance.features),
    findings: table.findings.map(({ severity, message, feature, fold }) => ({ severity, message, feature, fold })),
    folds: pairs.map((pair, k) => foldOf(pair, k, judged.get(pair) ?? null)),
    pooled: pooledOf(pooled),
    curves: curvesOf(said, labels.classes),
    money: moneyOf(said, rows, labels, options.costs, pooled),
    importanceBy: importance.by,
  }
  return { evaluation: { ...evaluation, verdicts: verdictsOf(evaluation) }, forecast }
}

/** Resamples that the intervals are read off, fewer where there are so many rows that they would take minutes. */
function resamplesFor(scored: readonly Pair[]): number {
  const rows = scored.reduce((sum, pair) => sum + pair.rows.length, 0)
  return Math.max(200, Math.min(1000, Math.round(5e7 / rows)))
}

/** Rows that a label spans, from its own to the one that ends it, on average. */
function labelSpan({ labels: { y, end } }: Ground): number {
  let [sum, count] = [0, 0]
  for (let row = 0; row < y.length; row++)
    if (y[row]! >= 0) {
      sum += end[row]! - row
      count++
    }
  return count > 0 ? Math.max(1, Math.round(sum / count)) : 1
}

/** What each threshold would have brought. */
function moneyOf(
  { y, p }: Said,
  rows: Int32Array,
  { classes, returns, end }: BarLabels,
  costs: SideCosts,
  { intervals }: Judged,
): SeriesEvaluation['money'] {
  const own = traded(p, classes)
  const chances = {
    rows,
    p: own,
    returns: Float64Array.from(rows, (row) => returns[row]!),
    end: Int32Array.from(rows, (row) => end[row]!),
  }
  // of three classes the interval is that of the mean over them
  const auc = { auc: rocAuc(y, own, { positive: classes - 1 }), aucLow: intervals['auc']?.low ?? null }
  return { costs, ...sweepThresholds(chances, { costs, ...auc }) }
}

function featuresOf(
  table: FeatureTable,
  { names, columns }: FeatureMatrix,
  pairs: readonly Pair[],
  importance: ReturnType<typeof testImportance>['features'],
): SeriesEvaluation['features'] {
  const drift = pairs.map(({ fold }) => featureDrift(names, columns, { train: fold.train.rows, test: fold.test }))
  return table.features.map(({ name, missing, infinite, low, high, auc }, f) => ({
    ...{ name, missing, infinite, low, high, auc },
    importance: importance?.[f] ?? null,
    drift: drift.map((fold) => fold[f]!.psi),
  }))
}

function pooledOf({
  metrics,
  notes,
  intervals,
  blocks,
  confusion,
  perClass,
  baselines,
}: Judged): SeriesEvaluation['pooled'] {
  return {
    ...{ metrics, notes, intervals, blocks, confusion, baselines },
    perClass: perClass.map(({ support, precision, recall, f1, auc, prAuc }) => ({
      ...{ support, precision, recall, f1, auc, prAuc },
    })),
  }
}

/** Probability of the class that is traded. */
function traded(p: Float64Array, classes: 2 | 3): Float64Array {
  return classes === 2 ? p : Float64Array.from({ length: p.length / 3 }, (_, k) => p[3 * k + 2]!)
}

function predictionsOf({ fold, rows }: Pair, ground: Ground, forecast: Forecast): FoldPredictions {
  const { labels, bars } = ground
  const { close, open } = bars
  return {
    classes: labels.classes,
    ...saidOf(rows, ground.labels, forecast),
    shares: classShares(labels.y, fold.train.rows, labels.classes),
    // of the very first bar only its own move is known
    previousReturns: Float64Array.from(rows, (row) => close[row]! / (row > 0 ? close[row - 1]! : open[row]!) - 1),
  }
}

type Judged = ReturnType<typeof evaluateFolds>['pooled']

function foldOf({ fold, fitted, rows }: Pair, k: number, judged: Judged | null): SeriesEvaluation['folds'][number] {
  return {
    fold: k + 1,
    train: fitted.borders.train,
    test: fitted.borders.test,
    rows: { ...fitted.rows, test: rows.length },
    balance: fitted.balance,
    losses: fitted.losses.filter(({ steps }) => steps.length > 1),
    metrics: judged?.metrics ?? {},
    notes: judged?.notes ?? { rows: `none of ${fold.test.length} test rows has a label and a whole window` },
    intervals: judged?.intervals ?? {},
  }
}

function curvesOf({ y, p }: Said, classes: 2 | 3): SeriesEvaluation['curves'] {
  const ones = classes === 2 ? [1] : [0, 1, 2]
  const of = (one: number) =>
    classes === 2 ? p : Float64Array.from({ length: y.length }, (_, row) => p[3 * row + one]!)
  const roc = ones.flatMap((one) => {
    const curve = rocCurve(y, of(one), { positive: one, most: POINTS })
    return curve === null ? [] : [{ class: one, x: [...curve.fpr], y: [...curve.tpr] }]
  })
  const precisionRecall = ones.flatMap((one) => {
    const curve = precisionRecallCurve(y, of(one), { positive: one, most: POINTS })
    return curve === null ? [] : [{ class: one, x: [...curve.recall], y: [...curve.precision] }]
  })
  return { roc, precisionRecall, calibration: calibrationCurve(...reliability(y, p, classes)) }
}

/** Of three classes, whether the likeliest one came, by its probability. */
function reliability(y: Int8Array, p: Float64Array, classes: 2 | 3): [Int8Array, Float64Array] {
  if (classes === 2) return [y, p]
  const best = Int8Array.from(y, (_, row) => {
    const at = 3 * row
    const lower = p[at + 1]! > p[at]! ? 1 : 0
    return p[at + 2]! > p[at + lower]! ? 2 : lower
  })
  return [
    Int8Array.from(y, (came, row) => (came === best[row] ? 1 : 0)),
    Float64Array.from(best, (one, row) => p[3 * row + one]!),
  ]
}
