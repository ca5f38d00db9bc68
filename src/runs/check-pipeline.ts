import { seededRandom } from '../core/random.ts'
import { timeName } from '../core/time.ts'
import type { Classifier, FittedClassifier } from '../models/classifier.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import { fitFold } from '../models/fit-fold.ts'
import { type FeatureMatrix, TrainingView } from '../preprocess/matrix.ts'
import type { Rebalancer } from '../preprocess/rebalance.ts'
import type { Fold } from '../preprocess/split.ts'
import type { Transform } from '../preprocess/transform.ts'
import { difference, type Findings, firstDifference, type World } from './check-findings.ts'

type TrainingRows = ReturnType<Rebalancer['resample']>

/** What a fold has come to, and on the way to it. */
export interface Learnt {
  readonly fold: Fold
  /** What its definition calls the scaler. */
  readonly scaler: string
  readonly transform: Transform
  readonly model: FittedClassifier
  /** Rows that the scaler was fitted on, and what the classifier was given. */
  readonly rows: Int32Array
  readonly given: Int32Array
  readonly set: TrainingRows
}

/**
 * Fits a fold with the very code of a training, and keeps what the parts were given and returned.
 * @param isReal the model itself; else something quick takes its place, which says no more than what it is shown
 */
export async function learn(definition: ModelDefinition, fold: Fold, isReal = false): Promise<Learnt> {
  const { scale, rebalance, model } = definition
  let rows: Int32Array | null = null
  let resampled: { given: Int32Array; set: TrainingRows } | null = null
  const fitted = await fitFold(
    {
      ...definition,
      scale: {
        ...{ kind: scale.kind, settings: scale.settings },
        fit(train) {
          rows = train.rows
          return scale.fit(train)
        },
      },
      rebalance: {
        ...{ kind: rebalance.kind, settings: rebalance.settings },
        resample(train, options) {
          const set = rebalance.resample(train, options)
          resampled ??= { given: train.rows, set }
          return set
        },
      },
      model: isReal ? model : standIn(model),
    },
    fold,
    {},
  )
  return { fold, scaler: scale.kind, transform: fitted.transform, model: fitted.model, rows: rows!, ...resampled! }
}

/** Learns nothing, and says what the mean of the features at a bar comes to: the same where they are the same. */
function standIn({ window, isWatched }: Classifier): Classifier {
  const kind = 'stand-in'
  return {
    ...{ kind, settings: {}, window, isWatched },
    fit: ({ classes }) => ({
      kind,
      predictProba(columns, rows) {
        const width = classes === 2 ? 1 : 3
        const said = new Float64Array(rows.length * width)
        for (const [k, row] of rows.entries()) {
          let [sum, count] = [0, 0]
          for (const column of columns) if (!Number.isNaN(column[row]!)) [sum, count] = [sum + column[row]!, count + 1]
          const up = 1 / (1 + Math.exp(-3 * (count === 0 ? 0 : sum / count)))
          if (width === 1) said[k] = up
          else said.set([0.8 * (1 - up), 0.2, 0.8 * up], k * width)
        }
        return said
      },
      toJSON: () => ({ kind }),
    }),
  }
}

interface Compared {
  /** What findings call the model, and the fold, from 1. */
  readonly of: string
  readonly place: number
  readonly findings: Findings
  /** How the other one came about, as a sentence goes on. */
  readonly how: string
  readonly world: World | null
}

/** Whether what the scaler has learnt is the same to the bit, and what it makes of the rows known, too. */
export function compareScaling(
  whole: Learnt,
  other: Learnt,
  matrices: { readonly whole: FeatureMatrix; readonly other: FeatureMatrix; readonly known: number } | null,
  { of, place, findings, how, world }: Compared,
): boolean {
  findings.compared('scaling', of)
  const kind = whole.scaler
  const about = { part: 'scaling', of, name: kind, way: world?.way ?? null, cut: world?.cut ?? null } as const
  const last = whole.fold.train.matrix.openTime[whole.rows.at(-1)!]!
  const numbers = difference(whole.transform.toJSON(), other.transform.toJSON())
  if (numbers !== null) {
    findings.leak({
      ...{ ...about, at: last, whole: numbers.whole, other: numbers.other },
      text: `scaling of model ${of} (${kind}): ${numbers.path} of fold ${place}, whose last training bar is that of ${timeName(last)}, is ${numbers.whole}, and ${how} it is ${numbers.other}: it is fitted on more than the training part`,
    })
    return false
  }
  if (matrices === null) return true
  const [a, b] = [whole.transform.transform(matrices.whole), other.transform.transform(matrices.other)]
  for (const [k, name] of a.names.entries()) {
    const row = firstDifference(a.columns[k]!, b.columns[k]!, matrices.known)
    if (row < 0) continue
    const at = matrices.whole.openTime[row]!
    const [own, there] = [String(a.columns[k]![row]), String(b.columns[k]![row])]
    findings.leak({
      ...{ ...about, at, whole: own, other: there },
      text: `scaling of model ${of} (${kind}): it makes ${own} of feature "${name}" at the bar of ${timeName(at)} in fold ${place}, and ${how} ${there}`,
    })
    return false
  }
  return true
}

/** Whether the rebalanced training set is the same: its rows, their classes and weights, and what was made up. */
export function compareRebalancing(
  whole: Learnt,
  other: Learnt,
  { of, place, findings, how, world }: Compared,
): boolean {
  findings.compared('rebalancing', of)
  const { matrix } = whole.fold.train
  const said = difference(plainSet(whole), plainSet(other))
  const stranger = strangerOf(whole)
  if (said === null && stranger === null) return true
  const at = matrix.openTime[stranger ?? whole.given.at(-1)!]!
  const about = { part: 'rebalancing', of, name: 'training set', at } as const
  if (stranger !== null)
    findings.leak({
      ...{ ...about, way: null, cut: null, whole: `learnt from in fold ${place}`, other: 'no training bar of it' },
      text: `rebalancing of model ${of}: fold ${place} is given the bar of ${timeName(at)} to learn from, which is not in its training part: it is rebalanced before it is split`,
    })
  else
    findings.leak({
      ...{ ...about, way: world?.way ?? null, cut: world?.cut ?? null, whole: said!.whole, other: said!.other },
      text: `rebalancing of model ${of}: ${said!.path} of the training set of fold ${place}, whose last bar is that of ${timeName(at)}, is ${said!.whole}, and ${how} it is ${said!.other}`,
    })
  return false
}

/** A row of the matrix that the classifier was to learn from, and that is not of the training part. */
function strangerOf({ fold, given, set }: Learnt): number | null {
  const isGiven = new Set(given)
  return set.rows.find((row) => row < fold.train.matrix.rows && !isGiven.has(row)) ?? null
}

/** The set by itself: rows that were made up come after those of the matrix, of which other worlds have fewer. */
function plainSet({ fold, set }: Learnt) {
  const n = fold.train.matrix.rows
  const rows = Array.from(set.rows, (row) => (row < n ? row : `made up ${row - n}`))
  const madeUp = set.rows.filter((row) => row >= n)
  return {
    rows,
    classes: Array.from(set.rows, (row) => set.y[row]!),
    weights: set.weights === null ? null : Array.from(set.rows, (row) => set.weights![row]!),
    values: set.columns.map((column) => Array.from(madeUp, (row) => column[row]!)),
  }
}

/** Whether a fitted model is the same to the bit. */
export function compareModel(whole: Learnt, other: Learnt, { of, place, findings, how, world }: Compared): boolean {
  findings.compared('model', of)
  const plain = ({ model }: Learnt): unknown => JSON.parse(JSON.stringify(model) ?? 'null')
  const found = difference(plain(whole), plain(other))
  if (found === null) return true
  const at = whole.fold.train.matrix.openTime[whole.rows.at(-1)!]!
  findings.leak({
    ...{ part: 'model', of, name: whole.model.kind, at, way: world?.way ?? null, cut: world?.cut ?? null },
    ...{ whole: found.whole, other: found.other },
    text: `model ${of} (${whole.model.kind}): ${found.path} of fold ${place}, whose last training bar is that of ${timeName(at)}, is ${found.whole}, and ${how} it is ${found.other}: it learns from more than the training part`,
  })
  return false
}

/**
 * The same fold with everything else than its training rows another: features and classes change places or are made up. What is
 * not known stays so, and where steps may carry values from row to row only what comes after the training is touched.
 * @param rows that stay
 */
export function besideTraining(fold: Fold, rows: Int32Array, way: 'shuffled' | 'poisoned', isCarried: boolean): Fold {
  const { matrix, labels } = fold.train
  const isKept = new Uint8Array(matrix.rows)
  for (const row of rows) isKept[row] = 1
  const random = seededRandom(1)
  const last = rows.at(-1)!
  const others = Array.from(isKept.keys()).filter((row) => isKept[row] === 0)
  const change = <T extends Float64Array | Int8Array>(
    from: T,
    free: readonly number[],
    draw: (value: number) => number,
  ): T => {
    const to = from.slice() as T
    if (way === 'poisoned') for (const row of free) to[row] = draw(from[row]!)
    else
      for (let k = free.length - 1; k > 0; k--) {
        const [row, other] = [free[k]!, free[Math.floor(random() * (k + 1))]!]
        const value = to[row]!
        to[row] = to[other]!
        to[other] = value
      }
    return to
  }
  const columns = matrix.columns.map((column) => {
    const free = others.filter((row) => !Number.isNaN(column[row]!) && (!isCarried || row > last))
    return change(column, free, (value) => (value + 1) * (2 + random()))
  })
  const labelled = others.filter((row) => labels.y[row]! >= 0)
  const y = change(labels.y, labelled, () => Math.floor(random() * labels.classes))
  const train = new TrainingView({ ...matrix, columns }, { ...labels, y }, fold.train.rows)
  return { ...fold, train }
}
