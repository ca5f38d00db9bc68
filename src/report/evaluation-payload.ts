import type { SeriesEvaluation, SeriesPredictions } from '../core/evaluation.ts'
import { type Line, lineOf, PIXELS } from './account-lines.ts'
import { priceBand } from './downsample.ts'
import { type Block, classNames } from './evaluation-block.ts'
import { chartedFeatures, DRIFT_LEVELS, driftedFeatures } from './evaluation-features.ts'
import { learntModels } from './evaluation-losses.ts'
import { ENOUGH } from './evaluation-money.ts'
import type { SpreadOfP } from './evaluation-spread.ts'
import { packTimes, rounded } from './pack.ts'

/** Points a curve keeps. */
const POINTS = 400
/** Steps of a training that a line of loss keeps. */
const STEPS = 400

function ends(range: { readonly low: number; readonly high: number } | null | undefined) {
  return range ? { low: range.low, high: range.high } : null
}

/** What the page's charts are drawn from; `spreads` in the order of blocks. */
export function evaluationPayload(blocks: readonly Block[], spreads: readonly (SpreadOfP | null)[]) {
  const document = blocks[0]?.document
  return {
    digits: 2,
    classes: document === undefined ? [] : classNames(document),
    threshold: document?.threshold ?? 0.5,
    enough: ENOUGH,
    driftLevels: DRIFT_LEVELS,
    series: blocks.map(({ one, predictions, tail }, k) => ({
      tail,
      roc: one.curves.roc.map(thinned),
      pr: one.curves.precisionRecall.map(thinned),
      shares: sharesOf(one),
      calibration: one.curves.calibration.map(({ low, high, weight, predicted, observed }) => ({
        ...{ low: short(low), high: short(high), weight, predicted: short(predicted), observed: short(observed) },
      })),
      spread: spreads[k] === null ? null : { bins: spreads[k]!.bins, own: spreads[k]!.own },
      money: moneyOf(one),
      folds: one.folds.map(({ fold, metrics, intervals }) => ({
        fold,
        auc: metrics['auc'] ?? null,
        range: ends(intervals['auc']),
      })),
      losses: learntModels(one.folds).map(({ folds }) =>
        folds.map(({ fold, steps }) => {
          const kept = spreadOver(steps.length, STEPS)
          return {
            fold,
            step: kept.map((at) => at + 1),
            loss: kept.map((at) => short(steps[at]!.loss)),
            validation: kept.map((at) => shortOrNull(steps[at]!.validationLoss)),
          }
        }),
      ),
      importance: chartedFeatures(one.features).map(({ name, importance }) => ({
        name,
        mean: short(importance!.mean),
        folds: importance!.folds.map(shortOrNull),
      })),
      drift: driftedFeatures(one.features).map(({ name, drift }) => ({ name, folds: drift.map(shortOrNull) })),
      ...(predictions === null ? { price: null, said: [] } : saidOf(predictions)),
    })),
  }
}

function short(value: number): number {
  return Number(value.toPrecision(6))
}

function shortOrNull(value: number | null): number | null {
  return value === null ? null : short(value)
}

/** How often each class came: what guessing its precision gets. */
function sharesOf({ pooled }: SeriesEvaluation): number[] {
  const total = pooled.perClass.reduce((sum, { support }) => sum + support, 0)
  return pooled.perClass.map(({ support }) => (total > 0 ? short(support / total) : 0))
}

/** At most `most` of `length` places, the first and the last among them, evenly. */
function spreadOver(length: number, most: number): number[] {
  const count = Math.min(length, most)
  return Array.from({ length: count }, (_, k) => (count < 2 ? 0 : Math.round((k * (length - 1)) / (count - 1))))
}

function thinned(curve: SeriesEvaluation['curves']['roc'][number]) {
  const kept = spreadOver(curve.x.length, POINTS)
  const some = (values: readonly number[]) =>
    rounded(
      kept.map((at) => values[at]!),
      5,
    )
  return { class: curve.class, x: some(curve.x), y: some(curve.y) }
}

function moneyOf({ money: { rows, best } }: SeriesEvaluation) {
  return {
    threshold: rows.map(({ threshold }) => short(threshold)),
    gross: rows.map(({ every }) => shortOrNull(every.gross)),
    every: rows.map(({ every }) => shortOrNull(every.expectancy)),
    single: rows.map(({ single }) => shortOrNull(single.expectancy)),
    everyTrades: rows.map(({ every }) => every.trades),
    singleTrades: rows.map(({ single }) => single.trades),
    best: best === null ? null : short(best.threshold),
  }
}

/** The price and what was said of it: of each stretch that one fold speaks of, a line of its own. */
function saidOf({ bars, p, fold }: SeriesPredictions) {
  const band = priceBand(bars, PIXELS)
  const stretches = stretchesOf(fold, Math.ceil(fold.length / PIXELS))
  return {
    price: {
      t: packTimes(band.rows.map((row) => bars.openTime[row]!)),
      low: band.low,
      high: band.high,
      close: band.close,
    },
    said: stretches.map(({ fold: of, from, to }) => {
      const pixels = Math.max(2, Math.ceil((PIXELS * (to - from)) / fold.length))
      const line: Line = lineOf(bars.openTime.subarray(from, to), p.subarray(from, to), 4, pixels)
      return { fold: of, from: bars.openTime[from]!, to: bars.openTime[to - 1]!, ...line }
    }),
  }
}

/** Rows of one fold after another; rows of none between them, fewer than a pixel has, do not part them. */
function stretchesOf(fold: Uint16Array, pixel: number): { fold: number; from: number; to: number }[] {
  const stretches: { fold: number; from: number; to: number }[] = []
  for (let row = 0; row < fold.length; row++) {
    const of = fold[row]!
    if (of === 0) continue
    const last = stretches.at(-1)
    if (last !== undefined && last.fold === of && row - last.to <= pixel) last.to = row + 1
    else stretches.push({ fold: of, from: row, to: row + 1 })
  }
  return stretches
}
