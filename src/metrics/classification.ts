import type { Figure } from '../core/findings.ts'
import type { Metrics } from '../core/run.ts'
import { calibrationErrorOf } from './calibration-error.ts'
import {
  type ClassScores,
  type Confusion,
  classScores,
  confusionFigures,
  confusionOf,
  confusionOfScores,
} from './classification-confusion.ts'
import { checkPredictions, classesSaid, type Predictions } from './classification-input.ts'
import { lossesOf } from './classification-loss.ts'
import { Ranking } from './classification-ranking.ts'
import { CLASSIFICATION_METRICS } from './classification-table.ts'
import { Figures } from './figures.ts'
import { averagePrecisionOf } from './precision-recall.ts'
import { aucOf } from './roc.ts'

export interface ClassificationOptions {
  /** Of two classes, 1 is said where p is at or above it. Built in: 0.5. */
  readonly threshold?: number
  /** Bins of the calibration errors. Built in: 10. */
  readonly bins?: number
}

interface Areas {
  readonly auc: Figure
  readonly prAuc: Figure
}

/** One class against the rest. */
export interface ClassRow extends ClassScores, Areas {}

export interface Classification {
  /** Every figure of `CLASSIFICATION_METRICS`. */
  readonly metrics: Metrics
  /** Why a figure is `null`: its key → reason. */
  readonly notes: Readonly<Record<string, string>>
  readonly confusion: Confusion
  /** In the order of the classes. */
  readonly perClass: readonly ClassRow[]
}

const OF_PROBABILITIES = ['logLoss', 'brier', 'calibrationError', 'calibrationErrorMass'] as const
const NO_ROWS = 'there are no rows'
const NO_PROBABILITY = 'classes were said, and no probabilities'

/**
 * Every figure of `CLASSIFICATION_METRICS` for these rows. Where only one class came, figures that need two are `null`, with
 * the reason in `notes`.
 * @throws RangeError for lengths that differ, classes or probabilities out of range, negative weights
 */
export function classificationMetrics(predictions: Predictions, options: ClassificationOptions = {}): Classification {
  const { weights = null } = predictions
  const rows = new ScoredRows(predictions, options)
  return { ...rows.score(weights), perClass: rows.perClass(weights) }
}

/** Rows made ready to be scored under many weights: what a resample changes is only how often each row counts. */
export class ScoredRows {
  readonly #predictions: Predictions
  readonly #bins: number
  readonly #cells: Uint8Array
  /** Of two classes the place of the lowest score of which 1 is said. */
  readonly #from: number
  readonly #losses: ReturnType<typeof lossesOf>
  /** Of each class its rows by its probability; of two classes only the second's, of which the first's is the mirror. */
  readonly #rankings: readonly Ranking[]
  /** By the probability of what was said, for calibration; of two classes by that of class 1. */
  readonly #calibration: Ranking

  /** @throws RangeError as `classificationMetrics` */
  constructor(predictions: Predictions, { threshold = 0.5, bins = 10 }: ClassificationOptions = {}) {
    checkPredictions(predictions)
    const { classes, y, p } = predictions
    const said = classesSaid(predictions, threshold)
    this.#predictions = predictions
    this.#bins = bins
    this.#cells = Uint8Array.from(y, (came, row) => came * classes + said[row]!)
    this.#losses = lossesOf(predictions)
    const ranked = (scores: Float64Array, isOne: (row: number) => boolean) =>
      new Ranking(
        scores,
        Uint8Array.from(y, (_, row) => (isOne(row) ? 1 : 0)),
      )
    if (classes === 2) {
      this.#rankings = [ranked(p, (row) => y[row] === 1)]
      this.#calibration = this.#rankings[0]!
    } else {
      const column = (k: number) => Float64Array.from(y, (_, row) => p[3 * row + k]!)
      this.#rankings = [0, 1, 2].map((k) => ranked(column(k), (row) => y[row] === k))
      const top = Float64Array.from(y, (_, row) => Math.max(p[3 * row]!, p[3 * row + 1]!, p[3 * row + 2]!))
      this.#calibration = ranked(top, (row) => y[row] === said[row])
    }
    const [{ scores }] = this.#rankings as [Ranking]
    const from = scores.findIndex((score) => score >= threshold)
    this.#from = from < 0 ? scores.length : from
  }

  /**
   * @param weights one a row; `null`: all weigh 1
   * @param areWhole whole numbers, as how often a row was drawn: of two classes all figures but the losses are then read off the
   *   sums by score, which are exact
   */
  score(weights: Float64Array | null, areWhole = weights === null): Omit<Classification, 'perClass'> {
    const { classes, isHard = false } = this.#predictions
    const isWeighed = areWhole && classes === 2
    if (isWeighed) this.#calibration.weigh(weights, areWhole)
    const confusion = isWeighed
      ? confusionOfScores(this.#calibration, this.#from)
      : confusionOf(this.#cells, weights, classes)
    const supports = confusion.map((row) => row.reduce((sum, weight) => sum + weight, 0))
    const total = supports.reduce((sum, support) => sum + support, 0)
    const figures = new Figures()
    figures.set('rows', this.#cells.length)
    if (total === 0) {
      for (const { key } of CLASSIFICATION_METRICS) if (key !== 'rows') figures.set(key, null, NO_ROWS)
      return { metrics: figures.metrics, notes: figures.notes, confusion }
    }
    figures.set('upperShare', supports[classes - 1]! / total)
    const came = supports.flatMap((support, k) => (support > 0 ? [k] : []))
    const oneClass = came.length === 1 ? `all rows are of class ${came[0]}` : null
    confusionFigures(figures, confusion, oneClass)
    const missing = supports.indexOf(0)
    if (oneClass === null && missing < 0)
      areaFigures(
        figures,
        this.#areas(weights, isWeighed),
        supports.map((support) => support / total),
      )
    else figures.none(['auc', 'aucWeighted', 'prAuc'], oneClass ?? `class ${missing} never came`)
    if (isHard) figures.none(OF_PROBABILITIES, NO_PROBABILITY)
    else {
      const { logLoss, brier } = this.#losses.mean(weights, total)
      figures.set('logLoss', logLoss)
      figures.set('brier', brier)
      if (!isWeighed && (classes === 3 || missing >= 0)) this.#calibration.weigh(weights)
      figures.set('calibrationError', calibrationErrorOf(this.#calibration, this.#bins, 'width'))
      figures.set('calibrationErrorMass', calibrationErrorOf(this.#calibration, this.#bins, 'mass'))
    }
    return { metrics: figures.metrics, notes: figures.notes, confusion }
  }

  /** Of each class against the rest. */
  perClass(weights: Float64Array | null): readonly ClassRow[] {
    const areas = this.#areas(weights)
    if (areas.length === 1) areas.unshift({ auc: areas[0]!.auc, prAuc: averagePrecisionOf(this.#rankings[0]!, true) })
    const confusion = confusionOf(this.#cells, weights, this.#predictions.classes)
    return classScores(confusion).map((scores, k) => ({ ...scores, ...areas[k]! }))
  }

  #areas(weights: Float64Array | null, isWeighed = false): Areas[] {
    return this.#rankings.map((ranking) => {
      if (!isWeighed) ranking.weigh(weights)
      return { auc: aucOf(ranking), prAuc: averagePrecisionOf(ranking) }
    })
  }
}

/** Of two classes the areas of the second, of three their mean over each against the rest; all of them came. */
function areaFigures(figures: Figures, areas: readonly Areas[], shares: readonly number[]): void {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  const aucs = areas.map(({ auc }) => auc!)
  const auc = total(aucs) / aucs.length
  figures.set('auc', auc)
  figures.set('aucWeighted', areas.length === 1 ? auc : total(aucs.map((one, k) => one * shares[k]!)))
  figures.set('prAuc', total(areas.map(({ prAuc }) => prAuc!)) / areas.length)
}
