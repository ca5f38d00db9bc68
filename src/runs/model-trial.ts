import { type Bars, lastClosedBy } from '../core/bar.ts'
import type { Figure } from '../core/findings.ts'
import { closeTimeOf } from '../core/interval.ts'
import { otherFuture } from '../core/other-future.ts'
import type { Metrics } from '../core/run.ts'
import type { HeldOut, Params, TimeRange, Trial, TrialOutcome } from '../core/search.ts'
import { seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { classificationMetrics } from '../metrics/classification.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import { type FittedFold, fitFold } from '../models/fit-fold.ts'
import { foreignCode } from '../models/foreign-code.ts'
import { type Forecast, foretell, judgedRows, saidOf } from '../models/foretell.ts'
import { foldsOf, type Ground, groundOf } from '../models/ground.ts'
import type { TrainingWatch } from '../models/lesson.ts'
import { varied } from '../models/vary-definition.ts'
import type { BarLabels } from '../preprocess/labels.ts'
import { type FeatureMatrix, TrainingView } from '../preprocess/matrix.ts'
import type { Fold } from '../preprocess/split.ts'
import { findObjective } from '../search/objective.ts'
import { type SeriesGround, withFolds } from './grounds.ts'
import type { NamedModel } from './load-strategy.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'
import { UsageError, usage } from './usage-error.ts'

export interface ModelSearch {
  readonly model: NamedModel
  /** All bars of the search, one a series of the model, in its order. They are copied, never changed. */
  readonly bars: readonly Bars[]
  /** A key of `CLASSIFICATION_METRICS`. Built in: `logLoss`. */
  readonly objective?: string
  /** Share of the time, the newest, that no trial sees. Built in: 0.25. */
  readonly holdout?: number
}

export interface ModelTrials {
  /** Open time of the first bar that is held out and close of the last one, UTC ms. */
  readonly heldOut: TimeRange
  /** Never rejects: what a trial cannot do is its reason. One after another: a classifier may hold its thread to itself. */
  run(trial: Trial): Promise<TrialOutcome>
  /**
   * Fits on the whole development part and judges on the held-out end. For the one that was chosen, and once: a second look
   * makes a validation part of it.
   */
  judgeHeldOut(params: Params, watch?: Pick<TrainingWatch, 'breathe'>): Promise<HeldOut>
}

/** Sets of labels and folds that are kept: grids mostly change one after the other. */
const KEPT = 8

/**
 * Trials of a search over a model's settings. The bars are cut once, at one instant for all series. Trials see only what was
 * closed by then: features, labels, scaler, early stopping and calibration have nothing else, and a label that is decided
 * later is not known. The definition's own splitter lays its purged folds there, and these are what a trial is judged on: the
 * figure over all their test rows together. Of several series it is the mean of theirs, since each is a model of its own.
 *
 * An outcome depends on the bars, the definition and the parameters alone, whatever ran before on the same thread.
 * @throws UsageError for an objective or a share that is none, and where the cut leaves a series nothing on one side
 */
export function modelTrials({
  model,
  bars,
  objective = SEARCH_DEFAULTS.modelObjective,
  holdout = SEARCH_DEFAULTS.holdout,
}: ModelSearch): ModelTrials {
  const { name: key } = usage(() => findObjective(objective, 'model'))
  const cut = cutOf(model, bars, holdout)
  const grounds = developmentGrounds(model, bars, cut)
  const firstAfter = ({ openTime, series }: Bars) => openTime[lastClosedBy(openTime, series.interval, cut) + 1]!
  return {
    heldOut: {
      from: Math.min(...bars.map(firstAfter)),
      to: Math.max(...bars.map(lastClose)),
    },
    async run({ number, params }) {
      try {
        const definition = varied(model.definition, params)
        const judged: Judged[] = []
        for (const { ground, folds } of grounds(definition)) {
          const fitted: FittedFold[] = []
          for (const fold of folds) fitted.push(await fitFold(definition, fold, { workers: 1 }))
          judged.push(judge(ground.labels, foretell(definition, ground.matrix, fitted)))
        }
        return { number, status: 'done', ...meanOf(judged, key, definition), returns: null }
      } catch (error) {
        return { number, status: 'failed', objective: null, reason: textOf(error), metrics: {}, returns: null }
      }
    },
    async judgeHeldOut(params, watch = {}) {
      let [learnt, purged] = [0, 0]
      try {
        const definition = varied(model.definition, params)
        const judged: Judged[] = []
        for (const [s, development] of grounds(definition).entries()) {
          const whole = groundOf(definition, ownCopy(bars[s]!))
          const fold = heldOutFold(definition, development, whole)
          const fitted = await fitFold(definition, fold, { ...watch, workers: 1 })
          learnt += fitted.rows.learnt
          purged += fitted.rows.purged + fitted.rows.embargoed
          judged.push(judge(whole.labels, foretell(definition, whole.matrix, [fitted])))
        }
        return { ...meanOf(judged, key, definition), learnt, purged }
      } catch (error) {
        return { objective: null, reason: textOf(error), metrics: {}, learnt, purged }
      }
    },
  }
}

/** A model on some of its series. */
export function onSeries({ name, definition }: NamedModel, series: readonly string[]): NamedModel {
  return { name, definition: { ...definition, series } }
}

/** The instant after which nothing is known, so that the share of the time that all series have in common lies behind it. */
function cutOf({ name, definition }: NamedModel, bars: readonly Bars[], holdout: number): number {
  const known = bars.map(({ series }) => seriesName(series))
  if (known.join(' ') !== definition.series.join(' '))
    throw new UsageError(`model ${name} learns from ${definition.series.join(', ')}, not from ${known.join(', ')}`)
  if (!(holdout > 0 && holdout < 1))
    throw new UsageError(
      `--holdout ${holdout}: write the share of the time that no trial sees, such as ${SEARCH_DEFAULTS.holdout}`,
    )
  const from = Math.max(...bars.map(({ openTime }) => openTime[0] ?? Number.POSITIVE_INFINITY))
  const to = Math.min(...bars.map((own) => (own.length > 0 ? lastClose(own) : Number.NEGATIVE_INFINITY)))
  if (!(from < to))
    throw new UsageError(`model ${name}: ${known.join(', ')} have no time in common: search with one of them at a time`)
  const cut = to - holdout * (to - from)
  const empty = bars.findIndex((own) => !(closeTimeOf(own.openTime[0]!, own.series.interval) <= cut))
  if (empty >= 0)
    throw new UsageError(
      `model ${name}, ${known[empty]}: a holdout of ${holdout} of ${timeName(from)} to ${timeName(to)} leaves no bar to learn from: take a smaller one or more bars`,
    )
  return cut
}

function lastClose({ openTime, length, series }: Bars): number {
  return closeTimeOf(openTime[length - 1]!, series.interval)
}

/** Nothing that a part of one's own does to them is seen by anybody else. */
function ownCopy(bars: Bars): Bars {
  return otherFuture(bars, 'cut off', Number.POSITIVE_INFINITY, 0)
}

/**
 * Features, labels and folds of the development part, by definition. Features are the same for all trials, labels and folds for
 * those with the same label and splitter: they are made once. Parts that are not klinelab's own might change what they are
 * handed, so theirs are made anew each time.
 */
function developmentGrounds({ name, definition: first }: NamedModel, bars: readonly Bars[], cut: number) {
  const development = () => bars.map((own) => otherFuture(own, 'cut off', cut, 0))
  const isOwn = foreignCode(first) === null
  let known: readonly { readonly bars: Bars; readonly matrix: FeatureMatrix }[] | null = null
  const kept = new Map<string, readonly SeriesGround[]>()
  return (definition: ModelDefinition): readonly SeriesGround[] => {
    const named = { name, definition }
    const grounded = () => development().map((own) => groundOf(definition, own))
    if (!isOwn) return withFolds(named, grounded())
    const { label, split, missing } = definition
    const plain = [label, split].map(({ kind, settings }) => ({ kind, settings }))
    const called = JSON.stringify([plain, missing])
    const before = kept.get(called)
    if (before !== undefined) return before
    known ??= grounded().map(({ bars: own, matrix }) => ({ bars: own, matrix }))
    const grounds = known.map((own): Ground => ({ ...own, labels: definition.label.label(own.bars) }))
    const made = withFolds(named, grounds)
    if (kept.size === KEPT) kept.delete(kept.keys().next().value!)
    kept.set(called, made)
    return made
  }
}

/**
 * One fold more: learns from all of the development part that its labels and the splitter's embargo leave, and is tested on
 * what is held out. What it is fitted on ends with the development part, so that not even a classifier that looks where it
 * was not asked to finds anything there.
 * @throws RangeError where nothing is left to learn from
 */
function heldOutFold(definition: ModelDefinition, { ground, folds }: SeriesGround, whole: Ground): Fold {
  const { matrix, labels } = ground
  const { openTime } = whole.matrix
  const train = { first: openTime[0]!, last: openTime[matrix.rows - 1]! }
  const borders = { train, test: [{ first: openTime[matrix.rows]!, last: openTime.at(-1)! }] }
  const [fold] = foldsOf(definition, whole, [borders])
  const known = fold!.train.rows.filter((row) => row < matrix.rows && labels.y[row]! >= 0)
  const isRolling = definition.split.settings['mode'] === 'rolling'
  const rows = isRolling ? known.slice(-folds.at(-1)!.train.rows.length) : known
  if (rows.length === 0)
    throw new RangeError(
      `nothing is left to learn from before what is held out from ${timeName(borders.test[0]!.first)} on: take a smaller holdout, or a shorter embargo or horizon`,
    )
  const purged = fold!.purged + fold!.train.rows.length - known.length
  return { ...fold!, borders, purged, train: new TrainingView(matrix, labels, rows) }
}

interface Judged {
  readonly metrics: Metrics
  readonly notes: Readonly<Record<string, string>>
}

function judge(labels: BarLabels, forecast: Forecast): Judged {
  const rows = judgedRows(labels, forecast)
  return classificationMetrics({ classes: labels.classes, ...saidOf(rows, labels, forecast) })
}

/** Each series is a model of its own, and all of them count alike; rows are added up. */
function meanOf(judged: readonly Judged[], objective: string, { series }: ModelDefinition) {
  const metrics: Record<string, Figure> = {}
  for (const key of Object.keys(judged[0]!.metrics)) {
    const values = judged.map((one) => one.metrics[key] ?? null)
    const sum = values.some((value) => value === null) ? null : values.reduce<number>((all, value) => all + value!, 0)
    metrics[key] = sum === null || key === 'rows' ? sum : sum / judged.length
  }
  const lacking = judged.findIndex((one) => (one.metrics[objective] ?? null) === null)
  const of = judged.length > 1 ? `${series[lacking]}: ` : ''
  const reason = lacking < 0 ? null : `no ${objective}: ${of}${judged[lacking]!.notes[objective]}`
  return { objective: metrics[objective] ?? null, reason, metrics }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
