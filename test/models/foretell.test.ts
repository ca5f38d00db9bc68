import { describe, expect, test } from 'vitest'
import { logReturn, rsi } from '../../src/indicators/index.ts'
import type { FittedClassifier } from '../../src/models/classifier.ts'
import { defineModel, type ModelDefinition } from '../../src/models/define-model.ts'
import { ensemble } from '../../src/models/ensemble.ts'
import { type FittedFold, fitFold } from '../../src/models/fit-fold.ts'
import { type FoldModel, forecastColumns, foretell, sayableRows } from '../../src/models/foretell.ts'
import { foldsOf, groundOf } from '../../src/models/ground.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { lstm } from '../../src/models/recurrent/recurrent.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import type { FeatureMatrix } from '../../src/preprocess/matrix.ts'
import { pipeline } from '../../src/preprocess/pipeline.ts'
import { combinatorialPurged, purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { matrixOf } from '../preprocess/made-matrix.ts'
import { madeBars } from './made-bars.ts'

type Options = Parameters<typeof defineModel<2 | 3>>[0]

const HOUR = 3_600_000
const bars = madeBars({ rows: 320, gaps: [70, 200, 203] })

const define = (given: Partial<Options> = {}): ModelDefinition =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1), rsi: rsi(6) }),
    label: direction({ horizon: 3 }) as Options['label'],
    model: logisticRegression(),
    split: walkForward({ folds: 3 }),
    ...given,
  })

async function trained(definition: ModelDefinition, own = bars) {
  const ground = groundOf(definition, own)
  const folds = [...foldsOf(definition, ground)]
  const fitted: FittedFold[] = []
  for (const fold of folds) fitted.push(await fitFold(definition, fold, {}))
  return { ...ground, folds, fitted }
}

/** What the first fold that is tested on a row says of it, asked for this row alone; `null` where none is, or it lacks something. */
function naively(
  { model: { window = 1 } }: ModelDefinition,
  { columns, openTime }: FeatureMatrix,
  fitted: readonly FoldModel[],
  row: number,
): { fold: number; p: Float64Array } | null {
  const k = fitted.findIndex(({ borders }) =>
    borders.test.some(({ first, last }) => first <= openTime[row]! && openTime[row]! <= last),
  )
  if (k < 0) return null
  const { transform, model } = fitted[k]!
  const all = { names: transform.names, rows: openTime.length, columns, openTime }
  const scaled = transform.transform(all).columns
  for (let one = row; one > row - window; one--) {
    if (one < 0 || scaled.some((column) => Number.isNaN(column[one]!))) return null
    if (one < row && openTime[one + 1]! - openTime[one]! !== HOUR) return null
  }
  return { fold: k + 1, p: model.predictProba(scaled, Int32Array.of(row)) }
}

const tiny = { units: 3, window: 6, epochs: 1 }

describe('each row is foretold by the fold that is tested on it, as if it were asked for alone', () => {
  test.each<[string, Partial<Options>]>([
    ['logistic regression', {}],
    [
      'three classes, calibrated',
      { label: direction({ horizon: 3, threshold: 0.002, classes: 3 }), calibrate: 'platt' },
    ],
    ['windows', { model: lstm(tiny) }],
    ['windows of three classes', { model: lstm(tiny), label: direction({ horizon: 3, threshold: 0.002, classes: 3 }) }],
    [
      'rolling folds, an ensemble',
      {
        model: ensemble([gbdt({ trees: 4, minRows: 5 }), lstm(tiny)]),
        split: walkForward({ folds: 2, mode: 'rolling', embargo: 5 }),
      },
    ],
    ['folds of which each row is in one', { split: purgedKFold({ folds: 4 }) }],
    ['folds that overlap', { split: combinatorialPurged({ groups: 4, testGroups: 2 }) }],
  ])('%s', async (_, given) => {
    const definition = define(given)
    const { matrix, fitted, folds } = await trained(definition)
    const { p, fold } = foretell(definition, matrix, fitted)
    const width = definition.label.classes === 2 ? 1 : 3
    expect([p.length, fold.length]).toEqual([matrix.rows * width, matrix.rows])
    let said = 0
    for (let row = 0; row < matrix.rows; row++) {
      const own = p.subarray(row * width, (row + 1) * width)
      const expected = naively(definition, matrix, fitted, row)
      expect(fold[row]).toBe(expected?.fold ?? 0)
      expect([...own]).toEqual(expected === null ? Array(width).fill(Number.NaN) : [...expected.p])
      if (expected === null) continue
      said++
      // out of sample: its fold has not learnt from it
      expect([...folds[fold[row]! - 1]!.train.rows]).not.toContain(row)
    }
    expect(said).toBeGreaterThan(130)
  })
})

test('bars whose label is not known yet are foretold, up to the newest', async () => {
  const definition = define()
  const { matrix, labels, fitted } = await trained(definition)
  const { p, fold } = foretell(definition, matrix, fitted)
  expect([...labels.y.subarray(-3)]).toEqual([-1, -1, -1])
  expect([...fold.subarray(-3)]).toEqual([3, 3, 3])
  expect(p.subarray(-3).every((one) => one > 0 && one < 1)).toBe(true)
})

test('a window may reach back before the test, into what was learnt from, and not over a gap', async () => {
  const definition = define({ model: lstm(tiny) })
  const { matrix, fitted, folds } = await trained(definition)
  const { fold } = foretell(definition, matrix, fitted)
  for (const [k, { ranges }] of folds.entries()) expect(fold[ranges[0]![0]]).toBe(k + 1)
  // five bars have to come after the gap before row 200, and after the one before row 203
  const around = [...fold.subarray(198, 210)].map((one) => one > 0)
  expect(around).toEqual([true, true, ...Array(8).fill(false), true, true])
})

describe('in the sample', () => {
  test.each<[string, Partial<Options>]>([
    ['single rows', {}],
    ['three classes of windows', { model: lstm(tiny), label: direction({ horizon: 3, threshold: 0.002, classes: 3 }) }],
  ])('bars before the first test are foretold by the first fold, and marked by no fold: %s', async (_, given) => {
    const definition = define(given)
    const { matrix, fitted, folds } = await trained(definition)
    const [first] = folds[0]!.ranges[0]!
    const width = definition.label.classes === 2 ? 1 : 3
    const [honest, all] = [foretell(definition, matrix, fitted), foretell(definition, matrix, fitted, true)]
    expect(all.fold).toEqual(honest.fold)
    expect(all.p.subarray(first * width)).toEqual(honest.p.subarray(first * width))
    expect(honest.p.subarray(0, first * width).every(Number.isNaN)).toBe(true)
    const whole = [
      { ...fitted[0]!, borders: { ...fitted[0]!.borders, test: [{ first: 0, last: matrix.openTime[first - 1]! }] } },
    ]
    const { p } = foretell(definition, matrix, whole)
    expect(all.p.subarray(0, first * width)).toEqual(p.subarray(0, first * width))
    expect(p.subarray(0, first * width).filter((one) => one > 0).length).toBeGreaterThan(50 * width)
  })
})

/** A fold that says what stands in the first column. */
function reading(first: number, last: number, by = 1): FoldModel {
  const model: FittedClassifier = {
    kind: 'reading',
    predictProba: (columns, rows) => Float64Array.from(rows, (row) => columns[0]![row]! * by),
    toJSON: () => null,
  }
  const transform: FoldModel['transform'] = {
    kind: 'pipeline',
    names: ['a', 'b'],
    transform: (matrix) => matrix,
    stream: () => (row) => row,
    toJSON: () => ({ kind: 'pipeline', names: ['a', 'b'], steps: [] }),
  }
  const hour = (row: number) => Date.UTC(2024, 0, 1) + row * HOUR
  return {
    borders: { train: { first: 0, last: 0 }, test: [{ first: hour(first), last: hour(last) }] },
    transform,
    model,
  }
}

describe('values that are not known', () => {
  const none = Number.NaN
  const matrix = matrixOf([
    [none, 0.1, 0.2, none, 0.4, 0.5, 0.6],
    [none, none, 0.2, 0.3, none, 0.5, 0.6],
  ])

  test('are said nothing of, or asked about all the same once each feature has had a value', () => {
    const rows = (missing: 'drop' | 'keep', window = 1) => {
      const model = { ...gbdt(), window }
      return [
        ...sayableRows(define({ missing, model }), matrix, [
          [0, 4],
          [4, 7],
        ]),
      ]
    }
    expect(rows('drop')).toEqual([2, 5, 6])
    expect(rows('keep')).toEqual([2, 3, 4, 5, 6])
    // a window is whole or none
    expect([rows('drop', 2), rows('keep', 2)]).toEqual([[6], [6]])
    expect([...sayableRows(define(), matrix, [[3, 6]])]).toEqual([5])
  })

  test('of a fold that answers NaN another one may speak, else none has', () => {
    const definition = define({ missing: 'keep', scale: pipeline([]) })
    const alone = foretell(definition, matrix, [reading(0, 6)])
    expect([...alone.p]).toEqual([none, none, 0.2, none, 0.4, 0.5, 0.6])
    expect([...alone.fold]).toEqual([0, 0, 1, 0, 1, 1, 1])
    const sayer = {
      ...reading(3, 5),
      model: {
        ...reading(0, 0).model,
        predictProba: (_: unknown, rows: Int32Array) => new Float64Array(rows.length).fill(0.9),
      },
    }
    const both = foretell(definition, matrix, [reading(0, 4), sayer])
    expect([...both.p]).toEqual([none, none, 0.2, 0.9, 0.4, 0.9, none])
    expect([...both.fold]).toEqual([0, 0, 1, 2, 1, 2, 0])
  })
})

test('of three classes a row is skipped where they are NaN, and no other', () => {
  const definition = define({ label: direction({ horizon: 3, classes: 3 }), missing: 'keep', scale: pipeline([]) })
  const none = Number.NaN
  const predictProba = () => Float64Array.of(0.1, 0.2, 0.7, none, none, none, 0.3, 0.3, 0.4, 0.2, 0.2, 0.6)
  const fold = { ...reading(0, 3), model: { ...reading(0, 3).model, predictProba } }
  const said = foretell(definition, matrixOf([[1, 2, 3, 4]]), [fold])
  expect([...said.fold]).toEqual([1, 0, 1, 1])
  expect([...said.p]).toEqual([...predictProba()])
})

test('folds are found by their dates in bars that begin or end elsewhere', async () => {
  const definition = define()
  const { matrix, fitted } = await trained(definition)
  const whole = foretell(definition, matrix, fitted)
  const cut = (from: number, to: number): FeatureMatrix => ({
    ...matrix,
    rows: to - from,
    columns: matrix.columns.map((column) => column.slice(from, to)),
    openTime: matrix.openTime.slice(from, to),
  })
  for (const [from, to] of [
    [0, 180],
    [150, 320],
    [150, 180],
  ] as const) {
    const part = foretell(definition, cut(from, to), fitted)
    expect(part.p).toEqual(whole.p.slice(from, to))
    expect(part.fold).toEqual(whole.fold.slice(from, to))
  }
})

test('columns by the names that a strategy reads', () => {
  const fold = Uint16Array.of(1, 1)
  expect(forecastColumns({ p: Float64Array.of(0.3, 0.6), fold }, 2)).toEqual({ p: Float64Array.of(0.3, 0.6) })
  const three = forecastColumns({ p: Float64Array.of(0.1, 0.2, 0.7, Number.NaN, Number.NaN, Number.NaN), fold }, 3)
  expect(three).toEqual({
    p: Float64Array.of(0.7, Number.NaN),
    down: Float64Array.of(0.1, Number.NaN),
    timeOut: Float64Array.of(0.2, Number.NaN),
    up: Float64Array.of(0.7, Number.NaN),
  })
})
