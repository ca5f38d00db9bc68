import type {
  EvaluationDocument,
  EvaluationResult,
  FoldEvaluation,
  SeriesEvaluation,
  SeriesPredictions,
} from '../../src/core/evaluation.ts'
import { type Random, seededRandom } from '../../src/core/random.ts'
import { parseSeries } from '../../src/core/series.ts'
import { classShares } from '../../src/metrics/baselines.ts'
import { calibrationCurve } from '../../src/metrics/calibration-error.ts'
import { type Evaluation, evaluateFolds, type FoldPredictions } from '../../src/metrics/classification-folds.ts'
import { populationStability } from '../../src/metrics/drift.ts'
import { precisionRecallCurve } from '../../src/metrics/precision-recall.ts'
import { rocAuc, rocCurve } from '../../src/metrics/roc.ts'
import { sweepThresholds } from '../../src/metrics/threshold-money.ts'

export interface MadeEvaluation {
  readonly classes?: 2 | 3
  readonly series?: readonly string[]
  readonly folds?: number
  readonly rows?: number
  /** How much of what decides a class the model sees, 0 … 1. */
  readonly skill?: number
  /** Names of features. */
  readonly features?: readonly string[]
  /** Steps of each training; 0: a model that does not learn in steps. */
  readonly steps?: number
  /** Fold whose test rows are all of one class, from 1; 0: none. */
  readonly oneClassFold?: number
  /** Trades that a best threshold needs. */
  readonly minTrades?: number
  readonly hasImportance?: boolean
  readonly change?: (document: EvaluationDocument) => EvaluationDocument
}

const HOUR = 3_600_000
const HORIZON = 12
const COSTS = { fee: 0.001, slippage: 0.0002 }
const HASH = '0123456789abcdef'.repeat(4)
const FEATURES = ['return1', 'return24', 'rsi', 'macd.histogram', 'atr', 'hour']

/**
 * An evaluation that no model was trained for: a seeded walk of prices, features that know a part of where it goes, and p that is
 * made of it. What is said of p are the figures of `metrics`.
 */
export function madeEvaluation(options: MadeEvaluation = {}): EvaluationResult {
  const { classes = 2, series = ['binance:BTCUSDT:1h'], change = (document) => document } = options
  const made = series.map((name, k) => madeSeries(name, classes, k, options))
  const document: EvaluationDocument = {
    run: 'direction-0123456789ab',
    kind: 'model',
    model: 'direction',
    classes,
    definition: {
      series,
      features: Object.fromEntries((options.features ?? FEATURES).map((name) => [name.split('.')[0]!, `${name}(14)`])),
      also: {},
      label: { kind: 'direction', settings: { horizon: HORIZON, threshold: 0, classes } },
      scale: { kind: 'robustScaler', settings: { withCentering: true } },
      rebalance: { kind: 'classWeights', settings: {} },
      model: { kind: 'ensemble', settings: { members: [{ kind: 'gbdt', settings: { trees: 100 } }], vote: 'mean' } },
      split: { kind: 'walkForward', settings: { folds: options.folds ?? 5, embargo: '2d' } },
      ...{ weights: 'equal', validation: 0.15, calibrate: 'none', calibration: 0.15, missing: 'drop', seed: 7 },
    },
    data: made.map(({ predictions: { bars } }, k) => ({
      series: series[k]!,
      rows: bars.length,
      from: bars.openTime[0]!,
      to: bars.openTime[bars.length - 1]! + HOUR,
      sha256: HASH,
      gaps: { count: 2, bars: 31 },
    })),
    engine: { version: '0.0.0' },
    threshold: 0.5,
    costs: { feeTaker: COSTS.fee, slippageBps: 2, none: false },
    seed: 7,
    series: made.map(({ one }) => one),
    remarks: ['Labels overlap: neighbouring rows say nearly the same.'],
    stopped: null,
    reproduce: {
      request: null,
      command: 'klinelab train strategies/ml-direction.ts --seed 7',
      definition: HASH.replace('0', 'd'),
      code: HASH.replace('0', 'c'),
      artifact: HASH.replace('0', 'a'),
      versions: { klinelab: '0.0.0', node: '24.0.0' },
    },
  }
  return { document: change(document), predictions: made.map(({ predictions }) => predictions) }
}

function madeSeries(name: string, classes: 2 | 3, k: number, options: MadeEvaluation) {
  const { folds = 5, rows = 4000, oneClassFold = 0, hasImportance = true, steps = 40, minTrades = 30 } = options
  const random = seededRandom(11 + k)
  const { bars, signal, y, returns } = walk(name, rows, classes, options.skill ?? 0.3, random)
  const { p, all } = probabilities(signal, classes, random)
  const fold = new Uint16Array(rows)
  const start = Math.floor(rows / 3)
  const each = Math.floor((rows - start) / folds)
  const parts = Array.from({ length: folds }, (_, n) => {
    const from = start + n * each
    const to = n === folds - 1 ? rows : from + each
    if (oneClassFold === n + 1) y.fill(0, from, to - HORIZON)
    fold.fill(n + 1, from, to)
    const known = to - HORIZON
    const train = Int32Array.from({ length: from - HORIZON - 100 }, (_, row) => row + 100)
    const test = Int32Array.from({ length: known - from }, (_, row) => row + from)
    return { from, to, train, test }
  })
  const said = parts.map(
    ({ train, test }): FoldPredictions => ({
      classes,
      y: Int8Array.from(test, (row) => y[row]!),
      p:
        classes === 2
          ? Float64Array.from(test, (row) => p[row]!)
          : Float64Array.from(Array.from(test).flatMap((row) => all(row))),
      shares: classShares(y, train, classes),
      previousReturns: Float64Array.from(test, (row) => bars.close[row]! / bars.open[row]! - 1),
    }),
  )
  const evaluated = evaluateFolds(said, { bootstrap: { seed: 7, resamples: 120, span: HORIZON } })
  const names = options.features ?? FEATURES
  const columns = names.map((_, n) =>
    Float64Array.from(signal, (value, row) => value * (1 - n / names.length) + random() + (row / rows) * n * 0.1),
  )
  const tested = parts.flatMap(({ test }) => Array.from(test))
  const own = classes - 1
  const pick = (column: ArrayLike<number>) => Float64Array.from(tested, (row) => column[row]!)
  const labels = Int8Array.from(tested, (row) => y[row]!)
  const ofClass = (of: number) => (classes === 2 ? pick(p) : Float64Array.from(tested, (row) => all(row)[of]!))
  const curveClasses = classes === 2 ? [1] : [0, 1, 2]
  const { pooled } = evaluated
  const money = sweepThresholds(
    {
      rows: Int32Array.from(tested),
      p: pick(p),
      returns: pick(returns),
      end: Int32Array.from(tested, (row) => row + HORIZON),
    },
    { costs: COSTS, auc: pooled.metrics['auc'] ?? null, minTrades },
  )
  const one: SeriesEvaluation = {
    series: name,
    bars: rows,
    used: rows - 100 - HORIZON,
    dropped: { lookback: 100, infinite: 0, missing: 0, label: HORIZON, window: 0 },
    features: names.map((feature, n) => ({
      name: feature,
      missing: n,
      infinite: 0,
      low: Math.min(...columns[n]!),
      high: Math.max(...columns[n]!),
      auc: aucAlone(y, columns[n]!, parts[0]!.train, own),
      importance: hasImportance ? importanceOf(n, folds, oneClassFold, random) : null,
      drift: parts.map(({ train, test }) => populationStability(at(columns[n]!, train), at(columns[n]!, test))),
    })),
    findings: [
      {
        severity: 'warning',
        message: 'rsi and macd.histogram are nearly the same (correlation 0.998)',
        feature: names[2] ?? null,
        fold: null,
      },
      { severity: 'warning', message: 'one class is 4 times as common as another', feature: null, fold: 2 },
    ],
    folds: evaluated.folds.map((judged, n) => foldOf(judged, n, parts[n]!, bars.openTime, said[n]!, steps, random)),
    pooled: {
      ...judgedOf(pooled),
      confusion: pooled.confusion,
      perClass: pooled.perClass.map(({ support, precision, recall, f1, auc, prAuc }) => ({
        support,
        precision,
        recall,
        f1,
        auc,
        prAuc,
      })),
      baselines: {
        majority: { ...judgedOf(pooled.baselines.majority), compared: pooled.baselines.majority.compared },
        previousSign: { ...judgedOf(pooled.baselines.previousSign), compared: pooled.baselines.previousSign.compared },
      },
      blocks: pooled.blocks,
    },
    curves: {
      roc: curveClasses.flatMap((of) => {
        const curve = rocCurve(labels, ofClass(of), { positive: of, most: 600 })
        return curve === null ? [] : [{ class: of, x: Array.from(curve.fpr), y: Array.from(curve.tpr) }]
      }),
      precisionRecall: curveClasses.flatMap((of) => {
        const curve = precisionRecallCurve(labels, ofClass(of), { positive: of, most: 600 })
        return curve === null ? [] : [{ class: of, x: Array.from(curve.recall), y: Array.from(curve.precision) }]
      }),
      calibration: classes === 2 ? calibrationCurve(labels, pick(p)) : calibrationOfSaid(labels, tested.map(all)),
    },
    money: { costs: COSTS, rows: money.rows, best: money.best, isEdgeGone: money.isEdgeGone, notes: money.notes },
    importanceBy: hasImportance ? 'auc' : null,
    verdicts: [
      pooled.baselines.majority.compared['auc']?.isBetter === true
        ? 'It tells classes apart better than the commonest class'
        : 'The result is within the interval of the commonest class',
      (money.best?.single.expectancy ?? 0) > 0
        ? 'The best threshold earns its costs.'
        : 'No threshold earns its costs.',
    ],
  }
  const predictions: SeriesPredictions = {
    bars,
    p: p.map((value, row) => (fold[row]! > 0 ? value : Number.NaN)),
    fold,
    y,
  }
  return { one, predictions }
}

/** Whether the class that was said came, by its probability. */
function calibrationOfSaid(labels: Int8Array, p: readonly (readonly number[])[]) {
  const top = Float64Array.from(p, (row) => Math.max(...row))
  return calibrationCurve(
    Int8Array.from(p, (row, k) => (row[labels[k]!] === top[k] ? 1 : 0)),
    top,
  )
}

/** A price whose next 12 bars are known in part to a hidden signal. */
function walk(name: string, rows: number, classes: 2 | 3, skill: number, random: Random) {
  const column = () => new Float64Array(rows)
  const [openTime, open, high, low, close, volume] = [column(), column(), column(), column(), column(), column()]
  let price = 30_000
  for (let row = 0; row < rows; row++) {
    openTime[row] = Date.UTC(2023, 0, 1) + row * HOUR
    open[row] = price
    price *= 1 + (random() + random() - 1) * 0.01
    close[row] = price
    high[row] = Math.max(open[row]!, price) * (1 + random() * 0.002)
    low[row] = Math.min(open[row]!, price) * (1 - random() * 0.002)
    volume[row] = 1
  }
  const bars = { series: parseSeries(name), length: rows, priceDecimals: 2, openTime, open, high, low, close, volume }
  const [y, returns, signal] = [new Int8Array(rows).fill(-1), column().fill(Number.NaN), column()]
  for (let row = 0; row < rows; row++) {
    const isKnown = row + HORIZON < rows
    if (isKnown) {
      const gain = close[row + HORIZON]! / open[row + 1]! - 1
      returns[row] = gain
      y[row] = classes === 2 ? (gain > 0 ? 1 : 0) : gain > 0.008 ? 2 : gain < -0.008 ? 0 : 1
    }
    signal[row] = skill * 40 * (isKnown ? returns[row]! : 0) + (1 - skill) * (random() + random() + random() - 1.5)
  }
  return { bars, signal, y, returns }
}

function probabilities(signal: Float64Array, classes: 2 | 3, random: Random) {
  const up = signal.map((value) => 1 / (1 + Math.exp(-value * 0.8)))
  if (classes === 2) return { p: up, all: (row: number) => [1 - up[row]!, up[row]!] }
  const middle = signal.map(() => 0.3 + 0.1 * random())
  const all = (row: number) => [(1 - up[row]!) * (1 - middle[row]!), middle[row]!, up[row]! * (1 - middle[row]!)]
  return { p: signal.map((_, row) => all(row)[2]!), all }
}

function at(column: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => column[row]!)
}

function aucAlone(y: Int8Array, column: Float64Array, rows: Int32Array, positive: number) {
  const auc = rocAuc(
    Int8Array.from(rows, (row) => y[row]!),
    at(column, rows),
    { positive },
  )
  return auc === null ? null : Math.max(auc, 1 - auc)
}

function importanceOf(n: number, folds: number, without: number, random: Random) {
  const each = Array.from({ length: folds }, (_, k) =>
    k + 1 === without ? null : 0.03 / (n + 1) - 0.004 + 0.01 * (random() - 0.5),
  )
  const known = each.filter((value) => value !== null)
  if (known.length === 0) return null
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, folds: each }
}

function judgedOf({ metrics, notes, intervals }: Pick<Evaluation, 'metrics' | 'notes' | 'intervals'>) {
  return { metrics, notes, intervals }
}

function foldOf(
  judged: Evaluation,
  n: number,
  { from, to, train, test }: { from: number; to: number; train: Int32Array; test: Int32Array },
  openTime: Float64Array,
  said: FoldPredictions,
  steps: number,
  random: Random,
): FoldEvaluation {
  const learnt = Math.floor(train.length * 0.85)
  const loss = (k: number, floor: number) => floor + 0.04 * Math.exp(-k / 12) + 0.001 * random()
  return {
    ...judgedOf(judged),
    fold: n + 1,
    train: { first: openTime[0]!, last: openTime[from - 1]! },
    test: [{ first: openTime[from]!, last: openTime[to - 1]! }],
    rows: {
      learnt,
      validation: train.length - learnt,
      calibration: 0,
      purged: HORIZON,
      embargoed: 48,
      test: test.length,
    },
    balance: said.shares.map((share) => Math.round(share * learnt)),
    losses:
      steps === 0
        ? []
        : ['lstm', 'gbdt'].map((model, m) => ({
            model,
            steps: Array.from({ length: steps + 7 * n }, (_, k) => ({
              loss: loss(k, 0.66) - k * 0.0006,
              validationLoss: m === 1 ? null : loss(k, 0.68) + Math.max(0, k - 20) * 0.0003,
            })),
          })),
  }
}
