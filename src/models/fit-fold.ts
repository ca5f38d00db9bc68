import type { FoldRows } from '../core/evaluation.ts'
import { type FeatureMatrix, TrainingView } from '../preprocess/matrix.ts'
import type { Fold, FoldBorders } from '../preprocess/split.ts'
import { readEmbargo } from '../preprocess/split-embargo.ts'
import { testBlock, trainingRows } from '../preprocess/split-rows.ts'
import type { Transform } from '../preprocess/transform.ts'
import { uniquenessWeights } from '../preprocess/uniqueness.ts'
import { windowEnds } from '../preprocess/windows.ts'
import { calibrate } from './calibration.ts'
import type { FittedClassifier, TrainingSet } from './classifier.ts'
import type { ModelDefinition } from './define-model.ts'
import { fitClassifier } from './fit-classifier.ts'
import type { LossCurve, TrainingWatch } from './lesson.ts'

/** What a fold has come to: a scaler and a model, and what they were fitted on. */
export interface FittedFold {
  readonly borders: FoldBorders
  readonly transform: Transform
  readonly model: FittedClassifier
  readonly rows: FoldRows
  /** Weight of the training rows by class, after rebalancing. */
  readonly balance: readonly number[]
  readonly losses: readonly LossCurve[]
  /** Steps done when the training was asked to stop; `null` where it went on to its end. */
  readonly stoppedAt: number | null
}

/** Rows of a fold's training part by what they are for, in the order of time and purged from one another. */
interface Parts {
  readonly learn: Int32Array
  readonly validation: Int32Array | null
  readonly calibration: Int32Array | null
  readonly purged: number
}

/**
 * Fits a model on the training part of a fold, and on nothing else: scaler, windows, rebalancing and classifier in this order.
 * @throws RangeError where nothing can be learnt from what there is
 */
export async function fitFold(
  definition: ModelDefinition,
  { borders, train, purged, embargoed }: Fold,
  watch: TrainingWatch,
): Promise<FittedFold> {
  const { matrix, labels } = train
  const window = definition.model.window ?? 1
  const parts = partsOf(definition, train)
  const view = new TrainingView(matrix, labels, parts.learn)
  const transform = definition.scale.fit(view)
  const scaled = transform.transform(matrix)
  const whole = (rows: Int32Array, what: string) => wholeWindows(scaled, rows, window, what)
  const rows = whole(parts.learn, 'to learn from')
  const validation = parts.validation && whole(parts.validation, 'set aside to stop early')
  const calibration = parts.calibration && whole(parts.calibration, 'set aside to calibrate')
  const { seed } = definition
  const prepared = (own: Int32Array): TrainingSet => {
    const train = new TrainingView(scaled, labels, own)
    return weighed(definition.rebalance.resample(train, { seed, weights: weightsOf(definition, train) }), validation)
  }
  // members of an ensemble learn from one set: what it costs to make is paid once
  const all = prepared(rows)
  const prepare = (own: Int32Array) => (own === rows ? all : prepared(own))
  const { names, columns } = scaled
  const weights = weightsOf(definition, new TrainingView(scaled, labels, rows))
  const plain: TrainingSet = { names, columns, rows, y: labels.y, classes: labels.classes, weights }
  const lesson = { matrix: scaled, end: labels.end, rows, prepare, plain, validation, seed }
  const { model, losses, stoppedAt } = await fitClassifier(definition.model, lesson, watch)
  const { calibrate: method } = definition
  return {
    borders,
    transform,
    model:
      method === 'none' || calibration === null
        ? model
        : calibrate(model, method, { ...plain, rows: calibration, weights: null }),
    rows: {
      learnt: rows.length,
      validation: validation?.length ?? 0,
      calibration: calibration?.length ?? 0,
      purged: purged + parts.purged,
      embargoed,
    },
    balance: balanceOf(all),
    losses,
    stoppedAt,
  }
}

/** By row, of rows to learn from among one another; `null`: all weigh 1. */
function weightsOf({ weights }: ModelDefinition, train: TrainingView): Float64Array | null {
  return weights === 'uniqueness' ? uniquenessWeights(train) : null
}

/**
 * The newest training rows are set aside, first those to calibrate by, then those to stop early by; what is learnt from ends
 * before either begins.
 * @throws RangeError where that leaves nothing
 */
function partsOf(
  { model, validation, calibrate: method, calibration }: ModelDefinition,
  { matrix, labels, rows }: TrainingView,
): Parts {
  const aside = { validation: model.isWatched ? validation : 0, calibration: method === 'none' ? 0 : calibration }
  const counts = [aside.validation, aside.calibration].map((share) => Math.round(share * rows.length))
  const learnt = rows.length - counts[0]! - counts[1]!
  const cuts = [0, learnt, learnt + counts[0]!, rows.length]
  const distance = { side: 'before', embargo: readEmbargo('defineModel', 0) } as const
  let purged = 0
  // each part loses the rows whose labels end in the next one
  const [learn, stop, bend] = [0, 1, 2].map((part) => {
    const [from, to] = [cuts[part]!, cuts[part + 1]!]
    if (to === rows.length || from === to) return rows.subarray(from, to)
    const next = testBlock(rows, labels.end, to, rows.length)
    const kept = trainingRows(rows, [from, to], labels.end, [next], matrix.openTime, distance)
    purged += to - from - kept.rows.length
    return kept.rows
  }) as [Int32Array, Int32Array, Int32Array]
  for (const [part, wanted, what] of [
    [learn, 1, 'to learn from'],
    [stop, aside.validation, 'to stop early by (validation)'],
    [bend, aside.calibration, 'to calibrate by (calibration)'],
  ] as const)
    if (wanted > 0 && part.length === 0)
      throw new RangeError(
        `of ${rows.length} training rows none are left ${what}, ${purged} overlap what comes next: take more bars, fewer folds or a shorter horizon`,
      )
  return {
    learn,
    validation: aside.validation > 0 ? stop : null,
    calibration: aside.calibration > 0 ? bend : null,
    purged,
  }
}

/** @throws RangeError where no window is whole */
function wholeWindows(matrix: FeatureMatrix, rows: Int32Array, window: number, what: string): Int32Array {
  if (window === 1) return rows
  const ends = windowEnds(matrix, rows, window)
  if (ends.length === 0)
    throw new RangeError(
      `none of ${rows.length} rows ${what} has a window of ${window} bars without a gap: take a shorter window or more bars`,
    )
  return ends
}

/**
 * Weights are given for training rows only: a validation row weighs what a training row of its class does on average, so that
 * it is judged by what is learnt.
 */
function weighed(set: TrainingSet, validation: Int32Array | null): TrainingSet {
  if (set.weights === null || validation === null) return set
  const sums = balanceOf(set)
  const counts = new Array<number>(set.classes).fill(0)
  for (const row of set.rows) counts[set.y[row]!]! += 1
  const weights = set.weights.slice()
  for (const row of validation) {
    const one = set.y[row]!
    weights[row] = counts[one]! > 0 ? sums[one]! / counts[one]! : 1
  }
  return { ...set, weights }
}

function balanceOf({ rows, y, classes, weights }: TrainingSet): readonly number[] {
  const sums = new Array<number>(classes).fill(0)
  for (const row of rows) sums[y[row]!]! += weights === null ? 1 : weights[row]!
  return sums
}
