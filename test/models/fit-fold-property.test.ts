/** What a fold learns from, for any labels, gaps, folds, shares and windows: row by row against the rule, written out naively. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logReturn } from '../../src/indicators/index.ts'
import type { Classifier } from '../../src/models/classifier.ts'
import { defineModel, type ModelDefinition } from '../../src/models/define-model.ts'
import { fitFold } from '../../src/models/fit-fold.ts'
import { classWeights } from '../../src/preprocess/class-weights.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import type { FeatureMatrix, Labels } from '../../src/preprocess/matrix.ts'
import { none } from '../../src/preprocess/rebalance.ts'
import type { Fold, Splitter } from '../../src/preprocess/split.ts'
import { combinatorialPurged, purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import type { Transformer } from '../../src/preprocess/transform.ts'

const HOUR = 3_600_000

interface Scene {
  readonly matrix: FeatureMatrix
  readonly labels: Labels
  readonly window: number
  readonly isWatched: boolean
  readonly validation: number
  readonly calibration: number | null
  readonly isBalanced: boolean
  readonly isUnique: boolean
  readonly splitter: Splitter
}

const anyScene: fc.Arbitrary<Scene> = fc
  .record({
    cells: fc.array(
      fc.record({
        isMissing: fc.integer({ min: 0, max: 19 }).map((x) => x === 0),
        y: fc.constantFrom(-1, 0, 0, 0, 1, 1, 1),
        length: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 1, max: 5 }) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
        ),
        gap: fc.integer({ min: 0, max: 24 }).map((x) => (x === 0 ? 3 : 0)),
      }),
      { minLength: 40, maxLength: 160 },
    ),
    window: fc.constantFrom(1, 1, 2, 3, 5),
    isWatched: fc.boolean(),
    validation: fc.constantFrom(0.1, 0.15, 0.3, 0.45),
    calibration: fc.constantFrom(null, 0.1, 0.2, 0.4),
    isBalanced: fc.boolean(),
    isUnique: fc.boolean(),
    splitter: fc.oneof(
      fc.integer({ min: 1, max: 4 }).map((folds) => walkForward({ folds, embargo: 2 })),
      fc.integer({ min: 1, max: 4 }).map((folds) => walkForward({ folds, mode: 'rolling', trainBars: 30 })),
      fc.integer({ min: 2, max: 5 }).map((folds) => purgedKFold({ folds, embargo: '3h' })),
      fc.constant(combinatorialPurged({ groups: 4, testGroups: 2 })),
    ),
  })
  .map(({ cells, ...rest }) => {
    const n = cells.length
    let time = Date.UTC(2024, 0, 1)
    const openTime = Float64Array.from(cells, ({ gap }) => {
      time += (1 + gap) * HOUR
      return time
    })
    const ends = cells.map(({ y, length }, row) => (y < 0 || row + length >= n ? -1 : row + length))
    return {
      ...rest,
      matrix: {
        names: ['a', 'b'],
        rows: n,
        columns: [
          Float64Array.from({ length: n }, (_, row) => Math.sin(row)),
          Float64Array.from(cells, ({ isMissing }, row) => (isMissing ? Number.NaN : row)),
        ],
        openTime,
      },
      labels: {
        classes: 2,
        y: Int8Array.from(cells, ({ y }, row) => (ends[row]! < 0 ? -1 : y)),
        end: Int32Array.from(ends),
      },
    }
  })

/** Everything that was told to anybody. */
interface Told {
  scaled: number[]
  learnt: number[]
  validation: number[] | null
  weights: Float64Array | null
  asked: number[] | null
}

function spies(window: number, isWatched: boolean): { told: Told; model: Classifier; scale: Transformer } {
  const told: Told = { scaled: [], learnt: [], validation: null, weights: null, asked: null }
  const model: Classifier = {
    kind: 'spy',
    settings: {},
    window,
    isWatched,
    fit({ rows, weights }, { validation = null }) {
      told.learnt = [...rows]
      told.validation = validation && [...validation]
      told.weights = weights
      return {
        kind: 'spy',
        predictProba(_, asked) {
          told.asked = [...asked]
          return Float64Array.from(asked, (row) => 0.3 + 0.4 * Math.sin(row) ** 2)
        },
        toJSON: () => null,
      }
    },
  }
  const scale: Transformer = {
    kind: 'spy',
    settings: {},
    fit(view) {
      told.scaled = [...view.rows]
      const { names } = view.matrix
      return {
        kind: 'spy',
        names,
        transform: (m) => m,
        stream: () => (row) => row,
        toJSON: () => ({ kind: 'spy', names, numbers: {} }),
      }
    },
  }
  return { told, model, scale }
}

function definitionOf(scene: Scene, model: Classifier, scale: Transformer): ModelDefinition {
  return defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1) }),
    label: direction({ horizon: 1 }),
    model,
    scale,
    validation: scene.validation,
    calibrate: scene.calibration === null ? 'none' : 'platt',
    calibration: scene.calibration ?? 0.15,
    rebalance: scene.isBalanced ? classWeights() : none(),
    weights: scene.isUnique ? 'uniqueness' : 'equal',
    split: scene.splitter,
  })
}

/** Rows whose window lies in the same rows, without a bar missing and without a NaN. */
function withWindow({ matrix: { openTime, columns }, window }: Scene, rows: readonly number[]): number[] {
  const own = new Set(rows)
  return rows.filter((row) => {
    for (let back = 0; back < window; back++) {
      const one = row - back
      if (!own.has(one) || columns.some((column) => Number.isNaN(column[one]!))) return false
      if (back > 0 && openTime[one + 1]! - openTime[one]! !== HOUR) return false
    }
    return true
  })
}

/** The rule: the newest rows calibrate, those before stop early, each part without labels that look beyond its end. */
function partsNaively(scene: Scene, train: readonly number[]) {
  const { end } = scene.labels
  const cal = scene.calibration === null ? 0 : Math.round(scene.calibration * train.length)
  const val = scene.isWatched ? Math.round(scene.validation * train.length) : 0
  const borders = [0, train.length - cal - val, train.length - cal, train.length]
  const [learn, stop, bend] = [0, 1, 2].map((part) => {
    const next = train[borders[part + 1]!]
    return train.slice(borders[part]!, borders[part + 1]!).filter((row) => next === undefined || end[row]! <= next)
  }) as [number[], number[], number[]]
  return { learn, stop, bend, purged: train.length - learn.length - stop.length - bend.length }
}

const uniqueNaively = ({ labels: { end } }: Scene, rows: readonly number[]) => {
  const looks = (row: number, bar: number) => bar > row && bar <= end[row]!
  return new Map(
    rows.map((row) => {
      let sum = 0
      for (let bar = row + 1; bar <= end[row]!; bar++) sum += 1 / rows.filter((other) => looks(other, bar)).length
      return [row, sum / (end[row]! - row)]
    }),
  )
}

function weightsNaively(scene: Scene, learnt: readonly number[]): (row: number) => number {
  const { y } = scene.labels
  const unique = scene.isUnique ? uniqueNaively(scene, learnt) : null
  const count = (one: number) => learnt.filter((row) => y[row] === one).length
  return (row) => (unique?.get(row) ?? 1) * (scene.isBalanced ? learnt.length / (2 * count(y[row]!)) : 1)
}

/** Distinct classes of rows. */
const classesOf = ({ labels: { y } }: Scene, rows: readonly number[]) => new Set(rows.map((row) => y[row])).size

/** Why nothing can be learnt, as an error must say it; `null` where it can. */
function obstacle(scene: Scene, parts: ReturnType<typeof partsNaively>): RegExp | null {
  const { learn, stop, bend } = parts
  const [val, cal] = [scene.isWatched, scene.calibration !== null]
  if (learn.length === 0) return /none are left to learn from/
  if (val && stop.length === 0) return /none are left to stop early by \(validation\)/
  if (cal && bend.length === 0) return /none are left to calibrate by \(calibration\)/
  const whole = (rows: readonly number[]) => withWindow(scene, rows)
  if (whole(learn).length === 0) return /rows to learn from has a window of \d bars/
  if (val && whole(stop).length === 0) return /rows set aside to stop early has a window of \d bars/
  if (cal && whole(bend).length === 0) return /rows set aside to calibrate has a window of \d bars/
  if (scene.isBalanced && classesOf(scene, whole(learn)) < 2) return /classWeights: all \d+ training rows are of class/
  if (cal && classesOf(scene, whole(bend)) < 2) return /calibrate: none of the \d+ training rows is of class/
  return null
}

async function checkFold(scene: Scene, fold: Fold): Promise<boolean> {
  const { told, model, scale } = spies(scene.window, scene.isWatched)
  const { y, end } = scene.labels
  const train = [...fold.train.rows]
  const parts = partsNaively(scene, train)
  const expected = obstacle(scene, parts)
  const fitting = fitFold(definitionOf(scene, model, scale), fold, {})
  if (expected !== null) {
    await expect(fitting).rejects.toThrow(RangeError)
    await expect(fitting).rejects.toThrow(expected)
    return false
  }
  const fitted = await fitting
  // nothing but training rows, the scaler's, the model's, those to stop by and those to calibrate by
  expect(told.scaled).toEqual(parts.learn)
  expect(told.learnt).toEqual(withWindow(scene, parts.learn))
  expect(told.validation).toEqual(scene.isWatched ? withWindow(scene, parts.stop) : null)
  expect(told.asked).toEqual(scene.calibration === null ? null : withWindow(scene, parts.bend))
  expect(fitted.rows).toEqual({
    learnt: told.learnt.length,
    validation: told.validation?.length ?? 0,
    calibration: told.asked?.length ?? 0,
    purged: fold.purged + parts.purged,
    embargoed: fold.embargoed,
  })
  const inTest = (row: number) => fold.ranges.some(([from, to]) => row >= from && row < to)
  const used = [told.scaled, told.validation ?? [], told.asked ?? []]
  for (const [k, rows] of used.entries()) {
    const later = used.slice(k + 1).flat()
    const next = later.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...later)
    for (const row of rows) {
      expect(inTest(row)).toBe(false)
      expect(end[row]).toBeLessThanOrEqual(next)
    }
  }
  // a row weighs as its class and its neighbours have it; one to stop by what those of its class do on average
  const weigh = weightsNaively(scene, told.learnt)
  const own = (one: number) => told.learnt.filter((row) => y[row] === one)
  const sum = (one: number) => own(one).reduce((all, row) => all + weigh(row), 0)
  if (!scene.isBalanced && !scene.isUnique) expect(told.weights).toBeNull()
  else {
    for (const row of told.learnt) expect(told.weights![row]).toBeCloseTo(weigh(row), 12)
    for (const row of told.validation ?? []) {
      const one = y[row]!
      expect(told.weights![row]).toBeCloseTo(own(one).length > 0 ? sum(one) / own(one).length : 1, 12)
    }
  }
  expect(fitted.balance.length).toBe(2)
  for (const one of [0, 1]) expect(fitted.balance[one]).toBeCloseTo(sum(one), 9)
  return true
}

test('a fold learns from its training part only, each of its slices before the next, with whole windows', async () => {
  let [done, all] = [0, 0]
  await fc.assert(
    fc.asyncProperty(anyScene, async (scene) => {
      let folds: readonly Fold[]
      try {
        folds = [...scene.splitter.split(scene.matrix, scene.labels)]
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        return
      }
      for (const fold of folds) {
        all++
        if (await checkFold(scene, fold)) done++
      }
    }),
    { numRuns: 250 },
  )
  expect(all).toBeGreaterThan(400)
  expect(done / all).toBeGreaterThan(0.4)
})
