import { describe, expect, test } from 'vitest'
import type { TrainingSet } from '../../src/models/classifier.ts'
import { LogisticRegression, logisticRegression } from '../../src/models/logistic-regression.ts'
import { testClassifier } from '../contracts/test-classifier.ts'
import { expectAlike, goldenCases, hasGolden } from '../preprocess/golden-vectors.ts'
import { farthest, madeTraining, repeated, trainingOf, upTo } from './made-training.ts'

testClassifier({
  name: 'logisticRegression',
  variants: [
    logisticRegression(),
    logisticRegression({ C: 0.01, intercept: false }),
    logisticRegression({ penalty: 'none' }),
  ],
  fromJson: LogisticRegression.fromJson,
  takesMissing: false,
  fields: ['classes', 'names', 'coefficients', 'intercepts', 'converged', 'separated'],
})

const learn = (data: TrainingSet, settings: Parameters<typeof logisticRegression>[0] = {}) =>
  logisticRegression(settings).fit(data, { seed: 1 }) as LogisticRegression

interface Golden {
  readonly params: { readonly C?: number; readonly penalty?: number; class_weight?: string; fit_intercept?: boolean }
  readonly X: readonly (readonly number[])[]
  readonly y: readonly number[]
  readonly coef: readonly number[]
  readonly intercept: number
  readonly proba_first10: readonly number[]
}

describe.skipIf(!hasGolden)("scikit-learn's numbers (golden/ml/logistic_regression.json)", () => {
  const cases = hasGolden ? goldenCases<Golden>('logistic_regression.json') : []
  test.each(cases.map((one) => ({ name: JSON.stringify(one.params), ...one })))('$name', (golden) => {
    const { C, penalty, class_weight, fit_intercept } = golden.params
    const ones = golden.y.filter((one) => one === 1).length
    // balanced: n ÷ (2 · rows of the class)
    const weights = class_weight && golden.y.map((one) => golden.y.length / 2 / (one ? ones : golden.y.length - ones))
    const columns = golden.X[0]!.map((_, j) => golden.X.map((row) => row[j]!))
    const data = trainingOf(columns, golden.y, 2, weights || null)
    const isBare = penalty !== undefined
    const fitted = learn(data, {
      ...(C !== undefined && { C }),
      ...(isBare && { penalty: 'none' as const }),
      ...(fit_intercept === false && { intercept: false }),
    })
    expect(fitted.converged).toBe(true)
    const tolerance = isBare ? 1e-4 : 1e-6
    expectAlike(fitted.coefficients[0]!, golden.coef, tolerance)
    expectAlike(fitted.intercepts, [golden.intercept], tolerance)
    expectAlike([...fitted.predictProba(data.columns, upTo(10))], golden.proba_first10, tolerance)
  })
})

/**
 * How far from flat ½·‖w‖² + C·Σ weight·log loss is at the fitted coefficients. The function is convex, so that a flat place is
 * its minimum, whoever found it.
 */
function slope(fitted: LogisticRegression, { columns, rows, y, weights, classes }: TrainingSet, C: number): number {
  const width = classes === 2 ? 1 : 3
  const p = fitted.predictProba(columns, rows)
  let most = 0
  for (let a = 0; a < width; a++) {
    const own = classes === 2 ? 1 : a
    const pull = (value: (row: number) => number) =>
      Array.from(rows).reduce(
        (sum, row, k) => sum + (weights?.[row] ?? 1) * (p[k * width + a]! - (y[row] === own ? 1 : 0)) * value(row),
        0,
      )
    for (const [j, column] of columns.entries())
      most = Math.max(most, Math.abs(C * pull((row) => column[row]!) + fitted.coefficients[a]![j]!))
    most = Math.max(most, Math.abs(C * pull(() => 1)))
  }
  return most / rows.length / C
}

describe('the minimum', () => {
  test.each([
    { classes: 2, rows: 300, C: 1 },
    { classes: 2, rows: 300, C: 0.001 },
    { classes: 3, rows: 300, C: 1 },
    { classes: 3, rows: 300, C: 0.01 },
    // with many rows it starts from a part of them
    { classes: 2, rows: 25_000, C: 0.5 },
    { classes: 3, rows: 25_000, C: 0.5 },
  ] as const)('is flat: $classes classes, $rows rows, C = $C', ({ classes, rows, C }) => {
    // five features and an intercept do not fill fours; weights from 0.5 to 2
    const data = madeTraining({ rows, features: 5, classes })
    const weighted = { ...data, weights: Float64Array.from(data.y, (_, row) => 0.5 + (row % 4) / 2) }
    const fitted = learn(weighted, { C })
    expect(fitted.converged).toBe(true)
    expect(slope(fitted, weighted, C)).toBeLessThan(1e-8)
    if (classes === 2) return
    for (const j of [0, 1, 2, 3, 4])
      expect(fitted.coefficients.reduce((sum, own) => sum + own[j]!, 0)).toBeCloseTo(0, 10)
    expect(fitted.intercepts.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 10)
  })

  test('a weight is as many rows', () => {
    for (const classes of [2, 3] as const) {
      const data = madeTraining({ rows: 200, classes })
      const times = Array.from({ length: 200 }, (_, row) => row % 4)
      const weighted = learn({ ...data, weights: Float64Array.from(times) })
      const counted = learn(repeated(data, times))
      expect(farthest(weighted.coefficients.flat(), counted.coefficients.flat())).toBeLessThan(1e-8)
      expect(farthest(weighted.intercepts, counted.intercepts)).toBeLessThan(1e-8)
    }
  })

  test('without a penalty, neither unit nor origin of a feature matters', () => {
    const data = madeTraining({ rows: 500 })
    const moved = {
      ...data,
      columns: data.columns.map((column, j) => column.map((x) => 50_000 + x * 10 ** (3 * j - 4))),
    }
    const [one, other] = [learn(data, { penalty: 'none' }), learn(moved, { penalty: 'none' })]
    expect(
      farthest(one.predictProba(data.columns, data.rows), other.predictProba(moved.columns, data.rows)),
    ).toBeLessThan(1e-5)
    expect([one.separated, other.separated]).toEqual([false, false])
  })

  test('a constant feature and a copy change no probability, with a penalty or without', () => {
    const data = madeTraining({ rows: 300, features: 2 })
    const twice = trainingOf([...data.columns, data.columns[0]!, new Float64Array(300).fill(3)], data.y)
    const bare = learn(data, { penalty: 'none' })
    const odd = learn(twice, { penalty: 'none' })
    expect(odd.converged).toBe(true)
    expect(odd.separated).toBe(false)
    expect(
      farthest(bare.predictProba(data.columns, data.rows), odd.predictProba(twice.columns, data.rows)),
    ).toBeLessThan(1e-7)
    // with a penalty, two copies share what one has, at half its cost
    const ridged = learn(twice)
    expect(ridged.coefficients[0]![2]).toBeCloseTo(ridged.coefficients[0]![0]!, 8)
    expect(ridged.coefficients[0]![3]).toBeCloseTo(0, 12)
    expect(slope(ridged, twice, 1)).toBeLessThan(1e-8)
  })
})

describe('rows that can be told apart without fail', () => {
  const told = trainingOf([[-3, -2, -1, 1, 2, 3]], [0, 0, 0, 1, 1, 1])

  test('have no best coefficients without a penalty: C = 1 is taken, and the model says so', () => {
    const fitted = learn(told, { penalty: 'none' })
    expect(fitted.separated).toBe(true)
    expect(fitted.converged).toBe(true)
    expect(fitted.coefficients).toEqual(learn(told, { C: 1 }).coefficients)
    const p = fitted.predictProba(told.columns, told.rows)
    expect([...p].sort((a, b) => a - b)).toEqual([...p])
    expect(learn(told, { C: 1 }).separated).toBe(false)
  })

  test('also where only some can: a mark that only one class bears', () => {
    const data = madeTraining({ rows: 400, features: 2 })
    const mark = Float64Array.from(data.y, (one, row) => (one === 1 && row % 5 === 0 ? 1 : 0))
    expect(mark.filter((one) => one === 1).length).toBeGreaterThan(10)
    const marked = trainingOf([...data.columns, mark], data.y)
    const fitted = learn(marked, { penalty: 'none' })
    expect(fitted.separated).toBe(true)
    expect(slope(fitted, marked, 1)).toBeLessThan(1e-8)
    expect(learn(data, { penalty: 'none' }).separated).toBe(false)
  })

  test('three classes along one line, and a penalty so weak that steps must be halved', () => {
    const three = trainingOf([[-9, -8, -7, 0, 1, 2, 30, 31, 32]], [0, 0, 0, 1, 1, 1, 2, 2, 2], 3)
    expect(learn(three, { penalty: 'none' }).separated).toBe(true)
    const weak = learn(three, { C: 1e6 })
    expect(weak.converged).toBe(true)
    expect(slope(weak, three, 1e6)).toBeLessThan(1e-8)
  })
})

test('a missing value has no probability, and is refused in training', () => {
  const data = madeTraining({ rows: 100 })
  const holed = { ...data, columns: data.columns.with(1, data.columns[1]!.with(3, Number.NaN)) }
  expect(() => learn(holed)).toThrow(/"b" is NaN in training row 3/)
  expect(learn(data).predictProba(holed.columns, Int32Array.of(3))).toEqual(Float64Array.of(Number.NaN))
})

test('progress is told after each step, and ends the training where it is', () => {
  const data = madeTraining({ rows: 100 })
  const losses: number[] = []
  logisticRegression().fit(data, { seed: 1, onProgress: ({ loss }) => losses.push(loss) > 0 })
  expect(losses.length).toBeGreaterThan(2)
  expect([...losses].sort((a, b) => b - a)).toEqual(losses)
  const stopped = logisticRegression().fit(data, { seed: 1, onProgress: () => false }) as LogisticRegression
  expect(stopped.converged).toBe(false)
  expect(stopped.coefficients[0]!.every(Number.isFinite)).toBe(true)
})

test('settings that make no sense are refused by name', () => {
  expect(() => logisticRegression({ C: 0 })).toThrow(/C is 0/)
  expect(() => logisticRegression({ penalty: 'l1' as 'l2' })).toThrow(/penalty is "l1"/)
  expect(() => logisticRegression({ maxIterations: 0.5 })).toThrow(/maxIterations is 0.5/)
  expect(() => logisticRegression({ intercept: 1 as unknown as boolean })).toThrow(/intercept is 1/)
  expect(() => logisticRegression({ c: 1 } as object)).toThrow(/unknown setting "c"/)
})
