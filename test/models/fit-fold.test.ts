import { describe, expect, test } from 'vitest'
import { logReturn, rsi } from '../../src/indicators/index.ts'
import { foldToJson } from '../../src/models/artifact.ts'
import type { TrainingSet } from '../../src/models/classifier.ts'
import { defineModel, type ModelDefinition } from '../../src/models/define-model.ts'
import { type EnsembleClassifier, ensemble } from '../../src/models/ensemble.ts'
import { type FittedFold, fitFold } from '../../src/models/fit-fold.ts'
import { foldsOf, groundOf } from '../../src/models/ground.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { lstm } from '../../src/models/recurrent/recurrent.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { classWeights } from '../../src/preprocess/class-weights.ts'
import { impute } from '../../src/preprocess/impute.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import { tripleBarrier } from '../../src/preprocess/label-triple-barrier.ts'
import type { FeatureMatrix, Labels } from '../../src/preprocess/matrix.ts'
import { TrainingView } from '../../src/preprocess/matrix.ts'
import { pipeline } from '../../src/preprocess/pipeline.ts'
import { randomOverSample } from '../../src/preprocess/rebalance.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { smote } from '../../src/preprocess/smote.ts'
import type { Fold } from '../../src/preprocess/split.ts'
import { purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { uniquenessWeights } from '../../src/preprocess/uniqueness.ts'
import { madeBars, withOtherFuture } from './made-bars.ts'
import { spyClassifier } from './spy-classifier.ts'

type Options = Parameters<typeof defineModel<2 | 3>>[0]

const define = (given: Partial<Options> = {}): ModelDefinition =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1), r3: logReturn(3), rsi: rsi(6) }),
    label: direction({ horizon: 3 }) as Options['label'],
    model: logisticRegression(),
    split: walkForward({ folds: 2 }),
    seed: 5,
    ...given,
  })

const textOf = (fold: FittedFold) => JSON.stringify(foldToJson(fold))
const tiny = { units: 4, window: 5, epochs: 2, batch: 32 }
const bars = madeBars({ rows: 400, gaps: [120, 333] })

describe('bars that come later', () => {
  test.each<[string, Partial<Options>]>([
    ['logistic regression', {}],
    [
      'barriers, shares of labels, weights of classes',
      {
        label: tripleBarrier({ up: 1, down: 1, horizon: 9, scale: 0.01 }),
        weights: 'uniqueness',
        rebalance: classWeights(),
      },
    ],
    ['boosted trees that stop early, calibrated', { model: gbdt({ trees: 8, minRows: 5 }), calibrate: 'platt' }],
    ['made-up rows', { model: gbdt({ trees: 8, minRows: 5 }), rebalance: smote({ neighbours: 2 }) }],
    [
      'a recurrent model, rolling, with an embargo',
      {
        model: lstm(tiny),
        split: walkForward({ folds: 2, mode: 'rolling', embargo: '6h' }),
        scale: pipeline([impute({ by: 'last' }), robustScaler()]),
      },
    ],
    ['a stack', { model: ensemble([logisticRegression(), gbdt({ trees: 4, minRows: 5 })], { vote: 'stacking' }) }],
  ])('than the first test bar change no bit of what is fitted: %s', async (_, given) => {
    const definition = define(given)
    const ground = groundOf(definition, bars)
    const folds = [...foldsOf(definition, ground)]
    const borders = folds.map((fold) => fold.borders)
    for (const [k, fold] of folds.entries()) {
      const changed = groundOf(definition, withOtherFuture(bars, fold.test[0]! + 1))
      const other = [...foldsOf(definition, changed, borders)][k]!
      const [first] = fold.test
      expect(changed.matrix.columns[0]!.slice(first! + 1)).not.toEqual(ground.matrix.columns[0]!.slice(first! + 1))
      expect(textOf(await fitFold(definition, other, {}))).toBe(textOf(await fitFold(definition, fold, {})))
    }
  })

  test('before and after the test: rows that are tested, and labels that look into it, may be anything', async () => {
    const definition = define({ split: purgedKFold({ folds: 3 }), model: gbdt({ trees: 5, minRows: 5 }) })
    const { matrix, labels } = groundOf(definition, bars)
    for (const fold of foldsOf(definition, { matrix, labels, bars })) {
      const isTrained = new Set(fold.train.rows)
      const poisoned: FeatureMatrix = {
        ...matrix,
        columns: matrix.columns.map((column) =>
          column.map((value, row) => (isTrained.has(row) ? value : 1e9 * Math.sin(row))),
        ),
      }
      const turned: Labels = { ...labels, y: labels.y.map((one, row) => (isTrained.has(row) ? one : 1 - one)) }
      const train = new TrainingView(poisoned, turned, fold.train.rows)
      expect(textOf(await fitFold(definition, { ...fold, train }, {}))).toBe(
        textOf(await fitFold(definition, fold, {})),
      )
    }
  })
})

test('the same seed gives the same bytes, another one others', async () => {
  const model = ensemble([gbdt({ trees: 4, rowFraction: 0.5, minRows: 5 }), lstm(tiny)])
  const texts = []
  for (const seed of [5, 5, 6]) {
    const definition = define({ model, seed, rebalance: randomOverSample() })
    const [fold] = foldsOf(definition, groundOf(definition, bars))
    texts.push(textOf(await fitFold(definition, fold!, {})))
  }
  expect(texts[1]).toBe(texts[0])
  expect(texts[2]).not.toBe(texts[0])
})

test('rows that are drawn are drawn from the seed', async () => {
  const drawn = []
  for (const seed of [5, 5, 6]) {
    const spy = spyClassifier()
    const definition = define({ model: spy, seed, rebalance: randomOverSample() })
    await fitFold(definition, firstFold(definition, scene(240)), {})
    drawn.push([...spy.taught[0]!.data.rows])
  }
  expect(drawn[1]).toEqual(drawn[0])
  expect(drawn[2]).not.toEqual(drawn[0])
})

test('parts of a stack are rebalanced and weighed by themselves, what stands on top learns from the rows as they are', async () => {
  const spy = spyClassifier()
  const joined: TrainingSet[] = []
  const whole = ensemble([spy], { vote: 'stacking' })
  const model: EnsembleClassifier = {
    ...whole,
    join(fitted, data, evidence) {
      joined.push(data)
      return whole.join(fitted, data, evidence)
    },
  }
  const definition = define({ model, rebalance: classWeights(), weights: 'uniqueness' })
  const { matrix, labels } = scene(240)
  // labels of four bars: each bar is looked at by four of them
  const end = labels.end.map((own, row) => (own < 0 ? -1 : Math.min(239, row + 4)))
  const fold = firstFold(definition, { matrix, labels: { ...labels, end } })
  const fitted = await fitFold(definition, fold, {})
  const sets = spy.taught.map(({ data }) => data)
  const counts = sets.map(({ rows }) => rows.length)
  expect(counts.length).toBe(4)
  expect(counts[3]).toBe(fitted.rows.learnt)
  expect(Math.max(...counts.slice(0, 3))).toBeLessThan(counts[3]!)
  for (const { rows, weights, y } of sets) {
    const view = new TrainingView(matrix, { ...labels, end }, rows)
    const unique = uniquenessWeights(view)
    const size = (one: number) => rows.filter((row) => y[row] === one).length
    for (const row of rows) expect(weights![row]).toBeCloseTo((unique[row]! * rows.length) / 2 / size(y[row]!), 12)
  }
  const [top] = joined as [TrainingSet]
  const unique = uniquenessWeights(new TrainingView(matrix, { ...labels, end }, sets[3]!.rows))
  expect([...top.rows]).toEqual([...sets[3]!.rows])
  expect(top.weights).toEqual(unique)
})

/** Rows of two features, of which the first tells the class, with every third of class 1. */
function scene(rows: number, given: { readonly holes?: readonly number[]; readonly lead?: number } = {}) {
  const { holes = [], lead = 0 } = given
  const y = Int8Array.from({ length: rows }, (_, row) => (row + 1 < rows ? (row % 3 === 0 ? 1 : 0) : -1))
  const a = Float64Array.from(y, (one, row) => one + 0.8 * Math.sin(row))
  const b = Float64Array.from(y, (_, row) => (row < lead || holes.includes(row) ? Number.NaN : Math.cos(row)))
  const matrix: FeatureMatrix = {
    names: ['a', 'b'],
    rows,
    columns: [a, b],
    openTime: Float64Array.from({ length: rows }, (_, row) => row * 3_600_000),
  }
  const labels: Labels = { classes: 2, y, end: Int32Array.from(y, (one, row) => (one < 0 ? -1 : row + 1)) }
  return { matrix, labels }
}

function firstFold(definition: ModelDefinition, { matrix, labels }: ReturnType<typeof scene>): Fold {
  const [fold] = definition.split.split(matrix, labels, { missing: definition.missing })
  return fold!
}

test('made-up rows lie behind the real ones, for learning only, and what stops it early are real rows', async () => {
  for (const weights of ['equal', 'uniqueness'] as const) {
    const model = spyClassifier({ isWatched: true })
    const definition = define({ model, rebalance: smote({ neighbours: 2 }), weights })
    const own = scene(240)
    const fold = firstFold(definition, own)
    const fitted = await fitFold(definition, fold, {})
    const [{ data, options }] = model.taught as [(typeof model.taught)[number]]
    const { learnt, validation } = fitted.rows
    const [minority, majority] = [1, 0].map(
      (one) => [...data.rows].filter((row) => row < 240 && data.y[row] === one).length,
    )
    expect(data.columns.map(({ length }) => length)).toEqual([240 + majority! - minority!, 240 + majority! - minority!])
    expect(data.y.length).toBe(data.columns[0]!.length)
    expect(data.rows.length).toBe(2 * majority!)
    expect(learnt).toBe(minority! + majority!)
    expect(options.validation!.length).toBe(validation)
    expect(Math.max(...options.validation!)).toBeLessThan(fold.test[0]!)
    expect(Math.min(...options.validation!)).toBeGreaterThan(Math.max(...[...data.rows].filter((row) => row < 240)))
    for (const row of options.validation!) expect(data.y[row]).toBe(own.labels.y[row])
    // each label has a bar of its own, and a made-up row lies between two of weight 1
    expect(data.weights === null).toBe(weights === 'equal')
    for (const row of [...data.rows, ...options.validation!]) expect(data.weights?.[row] ?? 1).toBe(1)
    expect(fitted.balance).toEqual([majority, majority])
  }
})

test('a model that stops early learns from made-up rows as from others', async () => {
  const definition = define({ model: gbdt({ trees: 30, minRows: 5 }), rebalance: smote(), weights: 'uniqueness' })
  const { losses, model } = await fitFold(definition, firstFold(definition, scene(300)), {})
  expect(losses[0]!.steps.every(({ validationLoss }) => validationLoss! > 0)).toBe(true)
  expect(model.predictProba(scene(300).matrix.columns, Int32Array.of(0, 1))[0]).toBeGreaterThan(0.5)
})

describe('rows that lack a value', () => {
  const own = scene(240, { holes: [40, 41, 60], lead: 10 })

  const learn = async (given: Partial<Options>) => {
    const spy = spyClassifier()
    const definition = define({ model: spy, ...given })
    await fitFold(definition, firstFold(definition, own), {})
    return spy.taught[0]!.data
  }

  test('are left out', async () => {
    const { rows } = await learn({})
    expect(rows[0]).toBe(10)
    for (const row of [40, 41, 60]) expect(rows).not.toContain(row)
    expect(rows).toContain(42)
  })

  test('are kept for a step that imputes, from where every feature has had a value on', async () => {
    const scale = pipeline([impute({ by: 'last' })])
    const { rows, columns } = await learn({ scale })
    expect([...rows]).toEqual(Array.from({ length: rows.length }, (_, k) => 10 + k))
    expect([...rows].at(-1)).toBeGreaterThan(60)
    expect([40, 41, 60].map((row) => columns[1]![row])).toEqual([39, 39, 59].map((row) => own.matrix.columns[1]![row]))
  })

  test('once imputed do not break a window', async () => {
    const { rows } = await learn({ scale: pipeline([impute({ by: 'last' })]) })
    const spy = spyClassifier({ window: 3 })
    const definition = define({ model: spy, scale: pipeline([impute({ by: 'last' })]) })
    await fitFold(definition, firstFold(definition, own), {})
    expect([...spy.taught[0]!.data.rows]).toEqual([...rows.slice(2)])
  })

  test('are kept as they are for a model that can deal with them', async () => {
    const { rows, columns } = await learn({ missing: 'keep' })
    expect([40, 41, 60].every((row) => rows.includes(row) && Number.isNaN(columns[1]![row]))).toBe(true)
    const definition = define({ model: gbdt({ trees: 5, minRows: 5 }), missing: 'keep' })
    const { model, rows: counts } = await fitFold(definition, firstFold(definition, own), {})
    expect(counts.learnt + counts.validation).toBeGreaterThan(70)
    expect(model.predictProba(own.matrix.columns, Int32Array.of(40, 60)).every((p) => p > 0 && p < 1)).toBe(true)
  })

  test('and are refused by name by one that cannot', async () => {
    const definition = define({ missing: 'keep' })
    await expect(fitFold(definition, firstFold(definition, own), {})).rejects.toThrow(/"b" is NaN in training row 40/)
  })
})

describe('too few rows', () => {
  const learnFrom = (rows: number, given: Partial<Options>) => {
    const definition = define({ split: walkForward({ folds: 1 }), ...given })
    return fitFold(definition, firstFold(definition, scene(rows)), {})
  }

  test('none left to stop early by, or to calibrate by', async () => {
    await expect(learnFrom(7, { model: spyClassifier({ isWatched: true }) })).rejects.toThrow(
      /^of 3 training rows none are left to stop early by \(validation\), 0 overlap what comes next: take more bars, fewer folds or a shorter horizon$/,
    )
    await expect(learnFrom(7, { calibrate: 'platt' })).rejects.toThrow(
      /^of 3 training rows none are left to calibrate by \(calibration\)/,
    )
  })

  test('all of them overlap what comes next', async () => {
    const { matrix, labels } = scene(60)
    // rows 0 to 29 are learnt from; what is known on row 29 all the same is not known when the newest of them begin
    const end = labels.end.map((own) => (own < 0 ? -1 : Math.max(own, 29)))
    const long: Labels = { ...labels, end }
    const definition = define({ split: walkForward({ folds: 1 }), model: spyClassifier({ isWatched: true }) })
    const fold = firstFold(definition, { matrix, labels: long })
    await expect(fitFold(definition, fold, {})).rejects.toThrow(
      /training rows none are left to learn from, \d+ overlap/,
    )
  })

  test('not one whole window', async () => {
    await expect(learnFrom(40, { model: spyClassifier({ window: 30 }) })).rejects.toThrow(
      /^none of 20 rows to learn from has a window of 30 bars without a gap: take a shorter window or more bars$/,
    )
    await expect(learnFrom(80, { model: spyClassifier({ window: 8, isWatched: true }) })).rejects.toThrow(
      /^none of 6 rows set aside to stop early has a window of 8/,
    )
    await expect(learnFrom(80, { model: spyClassifier({ window: 8 }), calibrate: 'platt' })).rejects.toThrow(
      /^none of 6 rows set aside to calibrate has a window of 8/,
    )
  })
})

test('what a fold has come to: counts, losses, where it was stopped, a curve on top', async () => {
  const spy = spyClassifier({ isWatched: true, steps: 4 })
  const definition = define({ model: spy, calibrate: 'platt', validation: 0.2, calibration: 0.3 })
  const fold = firstFold(definition, scene(240))
  // 81 rows: the newest 24 calibrate, 16 stop early, 41 are learnt from; labels end on the next row, so none overlap
  expect(fold.train.rows.length).toBe(81)
  const told: unknown[] = []
  const fitted = await fitFold(definition, fold, { workers: 2, onStep: (step) => void told.push(step) })
  expect(fitted.rows).toEqual({ learnt: 41, validation: 16, calibration: 24, purged: 0, embargoed: 0 })
  expect(fitted.stoppedAt).toBeNull()
  expect(fitted.losses).toEqual([
    { model: 'spy', steps: [1, 2, 3, 4].map((done) => ({ loss: 1 / done, validationLoss: 2 / done })) },
  ])
  expect(told).toEqual(
    [1, 2, 3, 4].map((done) => ({ model: 'spy', done, total: 4, loss: 1 / done, validationLoss: 2 / done })),
  )
  expect(spy.taught[0]!.options.workers).toBe(2)
  expect(fitted.model.kind).toBe('calibrated')
  expect(fitted.borders).toBe(fold.borders)
  expect(fitted.transform.names).toEqual(['a', 'b'])
  const stopped = await fitFold(definition, fold, { onStep: ({ done }) => done < 3 })
  expect(stopped.stoppedAt).toBe(3)
  expect(stopped.model.kind).toBe('calibrated')
})
