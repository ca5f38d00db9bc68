import { logReturn } from '../../src/indicators/index.ts'
import type { Classifier, FittedClassifier } from '../../src/models/classifier.ts'
import { defineModel, type ModelDefinition } from '../../src/models/define-model.ts'
import { type EvaluateOptions, evaluateSeries } from '../../src/models/evaluate-series.ts'
import type { FittedFold } from '../../src/models/fit-fold.ts'
import { foldsOf, type Ground } from '../../src/models/ground.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import type { BarLabels } from '../../src/preprocess/labels.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { validateFeatures } from '../../src/preprocess/validate.ts'
import { madeBars } from './made-bars.ts'

export type Options = Parameters<typeof defineModel<2 | 3>>[0]

export const ROWS = 400
export const COSTS = { fee: 0.001, slippage: 0.0002 }
export const SWEEP: EvaluateOptions = { costs: COSTS, threshold: 0.55, resamples: 60 }

interface SceneOptions extends Partial<Options> {
  readonly classes?: 2 | 3
  readonly gaps?: readonly number[]
  /** Changes the classes that came. */
  readonly came?: (y: Int8Array) => Int8Array
  readonly window?: number
}

/** What a model of these settings would be: it is never fitted. */
function reader(window: number): Classifier {
  return {
    kind: 'reader',
    settings: {},
    window,
    fit: () => {
      throw new Error('is never fitted')
    },
  }
}

/** Probabilities that are features themselves: of class 1, or of each of three; the last feature is looked at by nobody. */
function reading(classes: 2 | 3): FittedClassifier {
  return {
    kind: 'reader',
    predictProba: (columns, rows) =>
      Float64Array.from(
        [...rows].flatMap((row) => (classes === 2 ? [columns[0]![row]!] : [0, 1, 2].map((k) => columns[k]![row]!))),
      ),
    toJSON: () => null,
  }
}

/** Features that know a part of what is to come, as probabilities, beside one that knows nothing. */
function columnsOf({ y }: BarLabels, classes: 2 | 3): Float64Array[] {
  const noise = (row: number, k: number) => Math.abs(Math.sin(12.9898 * row + 78.233 * k) * 43758.5453) % 1
  const raw = Array.from({ length: classes }, (_, one) =>
    Float64Array.from(y, (came, row) => 0.3 + noise(row, one) + (came === one ? 0.4 : 0)),
  )
  const shares = raw.map((column) =>
    column.map((value, row) => value / raw.reduce((sum, other) => sum + other[row]!, 0)),
  )
  return [...(classes === 2 ? shares.slice(1) : shares), Float64Array.from(y, (_, row) => noise(row, 9))]
}

/** Bars, labels and folds that nothing was fitted on: the probabilities are columns. */
export function sceneOf(given: SceneOptions = {}) {
  const { classes = 2, gaps = [], came, window = 1, ...options } = given
  const definition: ModelDefinition = defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1) }),
    label: direction({ horizon: 4, threshold: 0.002, classes }) as Options['label'],
    split: walkForward({ folds: 3 }),
    seed: 3,
    model: reader(window),
    ...options,
  })
  const bars = madeBars({ rows: ROWS, gaps })
  const labels = definition.label.label(bars)
  const known = { ...labels, y: came?.(labels.y) ?? labels.y }
  const columns = columnsOf(known, classes)
  const names = [...columns.slice(1).map((_, k) => `p${k}`), 'unused']
  const ground: Ground = { bars, labels: known, matrix: { names, rows: ROWS, columns, openTime: bars.openTime } }
  const folds = [...foldsOf(definition, ground)]
  const identity: FittedFold['transform'] = {
    kind: 'pipeline',
    names,
    transform: (matrix) => matrix,
    stream: () => (row) => row,
    toJSON: () => ({ kind: 'pipeline', names, steps: [] }),
  }
  const fitted = folds.map(
    ({ borders }, k): FittedFold => ({
      borders,
      transform: identity,
      model: reading(classes),
      rows: { learnt: 10 + k, validation: 1, calibration: 2, purged: 3, embargoed: 4 },
      balance: [5, 6],
      losses: [
        { model: 'one', steps: [{ loss: 0.5, validationLoss: null }] },
        {
          model: 'two',
          steps: [
            { loss: 0.6, validationLoss: 0.7 },
            { loss: 0.5, validationLoss: 0.6 },
          ],
        },
      ],
      stoppedAt: null,
    }),
  )
  return { definition, ground, folds, fitted }
}

type Scene = ReturnType<typeof sceneOf>

export function judge({ definition, ground, folds, fitted }: Scene, options = SWEEP) {
  const table = validateFeatures(ground.matrix, ground.labels, { folds })
  return evaluateSeries(definition, ground, table, { folds, fitted }, options)
}
