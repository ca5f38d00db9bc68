import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TrainingSet } from '../../src/models/classifier.ts'
import { classWeights } from '../../src/preprocess/class-weights.ts'
import type { TrainingView } from '../../src/preprocess/matrix.ts'
import {
  none,
  type Rebalancer,
  randomOverSample,
  randomUnderSample,
  sequenceRefusal,
} from '../../src/preprocess/rebalance.ts'
import { smote } from '../../src/preprocess/smote.ts'
import { goldenCases, hasGolden } from './golden-vectors.ts'
import { matrixOf, viewOf } from './made-matrix.ts'

const countsOf = ({ rows, y, classes }: Pick<TrainingSet, 'rows' | 'y' | 'classes'>) =>
  Array.from({ length: classes }, (_, one) => rows.filter((row) => y[row] === one).length)

/** A view whose matrix has one feature, the number of the row, and whose rows are all of them. */
function viewOfClasses(y: readonly number[], rows?: readonly number[]): TrainingView {
  const classes = Math.max(...y) === 2 ? 3 : 2
  return viewOf(matrixOf([y.map((_, row) => row)]), rows, y, classes)
}

interface WeightCase {
  readonly name: string
  readonly y: number[]
  readonly class_weight_balanced: number[]
  readonly sample_weight_balanced: number[]
  readonly sample_weight_custom_1_3: number[]
}

describe.skipIf(!hasGolden)("scikit-learn's class weights", () => {
  test.each(hasGolden ? goldenCases<WeightCase>('class_weight.json') : [])('$name', (golden) => {
    const train = viewOfClasses(golden.y)
    const { weights } = classWeights().resample(train, { seed: 1 })
    expect([...weights!]).toEqual(golden.sample_weight_balanced)
    const custom = train.labels.classes === 3 ? [1, 3, 2] : [1, 3]
    const { weights: own } = classWeights({ weights: custom }).resample(train, { seed: 1 })
    expect([...own!]).toEqual(golden.sample_weight_custom_1_3)
  })
})

interface CountCase {
  readonly sampling_strategy: 'auto' | number
  readonly y: number[]
  readonly over_n: number[]
  readonly under_n: number[]
}

describe.skipIf(!hasGolden)("imbalanced-learn's counts", () => {
  test.each(hasGolden ? goldenCases<CountCase>('random_resampling.json') : [])('$sampling_strategy', (golden) => {
    const ratio = golden.sampling_strategy === 'auto' ? 1 : golden.sampling_strategy
    const train = viewOfClasses(golden.y)
    expect(countsOf(randomOverSample({ ratio }).resample(train, { seed: 3 }))).toEqual(golden.over_n)
    expect(countsOf(randomUnderSample({ ratio }).resample(train, { seed: 3 }))).toEqual(golden.under_n)
  })
})

/** Two or three classes, two rows of each at least, and rows outside the training part. */
const labels = fc
  .constantFrom(2, 3)
  .chain((classes) =>
    fc
      .array(fc.integer({ min: -1, max: classes - 1 }), { minLength: 6, maxLength: 60 })
      .map((y) => [...y, ...Array.from({ length: 2 * classes }, (_, k) => k % classes)]),
  )
const trainingRows = (y: readonly number[]) => [...y.keys()].filter((row) => y[row]! >= 0 && row % 5 !== 1)

const KINDS: readonly (readonly [string, Rebalancer])[] = [
  ['none', none()],
  ['classWeights', classWeights()],
  ['randomOverSample', randomOverSample()],
  ['randomUnderSample', randomUnderSample()],
  ['smote', smote({ neighbours: 1 })],
]

describe.each(KINDS)('%s', (kind, rebalancer) => {
  const balanced = (y: readonly number[]) => {
    const rows = trainingRows(y)
    const counts = [...new Set(y)].filter((one) => one >= 0).map((one) => rows.filter((row) => y[row] === one).length)
    return { rows, isFit: counts.every((count) => count > 1) }
  }

  test('same seed, same rows; only training rows, ascending; every row outside them could be another', () => {
    fc.assert(
      fc.property(labels, fc.nat(), (y, seed) => {
        const { rows, isFit } = balanced(y)
        fc.pre(isFit)
        const made = rebalancer.resample(viewOfClasses(y, rows), { seed })
        expect(rebalancer.resample(viewOfClasses(y, rows), { seed })).toEqual(made)
        expect([...made.rows]).toEqual([...made.rows].sort((a, b) => a - b))
        for (const row of made.rows) if (row < y.length) expect(rows).toContain(row)
        const others = y.map((one, row) => (rows.includes(row) ? one : one === 0 ? 1 : 0))
        const again = rebalancer.resample(viewOfClasses(others, rows), { seed })
        expect(again.rows).toEqual(made.rows)
        expect(again.weights).toEqual(made.weights)
        expect(again.columns).toEqual(made.columns)
      }),
      { numRuns: 100 },
    )
  })

  test('classes weigh alike afterwards', () => {
    fc.assert(
      fc.property(labels, fc.nat(), (y, seed) => {
        const { rows, isFit } = balanced(y)
        fc.pre(isFit)
        const made: TrainingSet = rebalancer.resample(viewOfClasses(y, rows), { seed })
        const sums = new Array<number>(made.classes).fill(0)
        for (const row of made.rows) sums[made.y[row]!]! += made.weights === null ? 1 : made.weights[row]!
        const before = countsOf({ rows: Int32Array.from(rows), y: Int8Array.from(y), classes: made.classes })
        if (kind === 'none') expect(sums).toEqual(before)
        else for (const sum of sums) expect(sum).toBeCloseTo(sums[0]!, 9)
        const total = { classWeights: rows.length, randomUnderSample: Math.min(...before) * before.length }
        const want = kind in total ? total[kind as keyof typeof total] : undefined
        if (want !== undefined) expect(sums.reduce((a, b) => a + b, 0)).toBeCloseTo(want, 9)
        else if (kind !== 'none') expect(sums[0]).toBe(Math.max(...before))
      }),
      { numRuns: 100 },
    )
  })

  test('nothing but a training view is taken', () => {
    expect(() => rebalancer.resample({ rows: Int32Array.of(0) } as TrainingView, { seed: 1 })).toThrow(TypeError)
  })

  test('one class is refused, except where nothing is asked for', () => {
    const one = () => rebalancer.resample(viewOfClasses([1, 1, 1, 0], [0, 1, 2]), { seed: 1 })
    if (kind === 'none') return expect([...one().rows]).toEqual([0, 1, 2])
    expect(one).toThrow('all 3 training rows are of class 1')
    expect(() => rebalancer.resample(viewOfClasses([1, 0], []), { seed: 1 })).toThrow('there are no training rows')
  })
})

describe('by hand', () => {
  const y = [0, 0, 0, 0, 0, 0, 1, 1]

  test('over-sampling keeps every row and repeats rows of the smaller class only', () => {
    const { rows } = randomOverSample().resample(viewOfClasses(y), { seed: 5 })
    expect([...rows.slice(0, 6)]).toEqual([0, 1, 2, 3, 4, 5])
    expect([...new Set(rows.slice(6))].sort()).toEqual([6, 7])
    expect(rows).toHaveLength(12)
  })

  test('under-sampling takes no row twice, and another seed takes others', () => {
    const taken = [1, 2, 3, 4, 5, 6].map((seed) => [...randomUnderSample().resample(viewOfClasses(y), { seed }).rows])
    for (const rows of taken) {
      expect(new Set(rows).size).toBe(4)
      expect(rows.slice(2)).toEqual([6, 7])
    }
    expect(new Set(taken.map(String)).size).toBeGreaterThan(2)
  })

  test('every row is drawn about as often', () => {
    const often = new Array<number>(6).fill(0)
    for (let seed = 0; seed < 3000; seed++)
      for (const row of randomUnderSample().resample(viewOfClasses(y), { seed }).rows) if (row < 6) often[row]!++
    // 2 of 6 in 3000 draws: 1000 each, standard deviation √(3000 · 1/3 · 2/3) = 26
    for (const count of often) expect(Math.abs(count - 1000)).toBeLessThan(5 * 26)
  })

  test('what is as balanced as the ratio asks is left as it is', () => {
    const all = [0, 1, 2, 3, 4, 5, 6, 7]
    for (const one of [randomOverSample, randomUnderSample])
      expect([...one({ ratio: 0.25 }).resample(viewOfClasses(y), { seed: 1 }).rows]).toEqual(all)
  })

  test('counts are cut, not rounded: 7 · 0.5 − 1 = 2.5 rows more, 1 / 0.4 = 2.5 are kept', () => {
    const train = viewOfClasses([0, 0, 0, 0, 0, 0, 0, 1])
    expect(countsOf(randomOverSample({ ratio: 0.5 }).resample(train, { seed: 1 }))).toEqual([7, 3])
    expect(countsOf(randomUnderSample({ ratio: 0.4 }).resample(train, { seed: 1 }))).toEqual([2, 1])
  })

  test('a class without training rows counts as none', () => {
    const train = viewOfClasses([0, 2, 2, 2, 1], [0, 1, 2, 3])
    // 4 / (2 · 1) and 4 / (2 · 3)
    expect([...classWeights().resample(train, { seed: 1 }).weights!]).toEqual([2, 4 / 6, 4 / 6, 4 / 6, 0])
    expect(countsOf(randomUnderSample().resample(train, { seed: 1 }))).toEqual([1, 0, 1])
    expect(countsOf(randomOverSample().resample(train, { seed: 1 }))).toEqual([3, 0, 3])
  })

  test('weights of the rows: multiplied by those of the class, else handed on', () => {
    const weights = Float64Array.of(1, 0.5, 0.25)
    const train = viewOfClasses([0, 0, 1])
    // 3 / (2 · 2) and 3 / (2 · 1)
    expect([...classWeights().resample(train, { seed: 1, weights }).weights!]).toEqual([0.75, 0.375, 0.375])
    expect(randomOverSample().resample(train, { seed: 1, weights }).weights).toBe(weights)
    expect(none().resample(train, { seed: 1, weights }).weights).toBe(weights)
  })
})

describe('refused', () => {
  const three = viewOfClasses([0, 0, 0, 1, 1, 2])
  const calls: readonly (readonly [string, () => unknown])[] = [
    ['unknown setting "ration" (did you mean "ratio"?)', () => randomOverSample({ ration: 1 } as object)],
    ['randomUnderSample: ratio is 0: write a number above 0, at most 1', () => randomUnderSample({ ratio: 0 })],
    ['ratio is 2', () => randomOverSample({ ratio: 2 })],
    ['weights is "auto": write "balanced", or a number', () => classWeights({ weights: 'auto' as 'balanced' })],
    ['weights is [0,0]', () => classWeights({ weights: [0, 0] })],
    ['weights is [1,-1]', () => classWeights({ weights: [1, -1] })],
    [
      'classWeights: 2 weights, and the label has 3 classes',
      () => classWeights({ weights: [1, 2] }).resample(three, { seed: 1 }),
    ],
    [
      'randomOverSample: a ratio of 0.5 is of two classes, and there are 3',
      () => randomOverSample({ ratio: 0.5 }).resample(three, { seed: 1 }),
    ],
    [
      'randomUnderSample: a ratio of 0.5 is of two classes',
      () => randomUnderSample({ ratio: 0.5 }).resample(three, { seed: 1 }),
    ],
    ['none: 1 weights for the 6 rows', () => none().resample(three, { seed: 1, weights: Float64Array.of(1) })],
  ]
  test.each(calls)('%s', (text, call) => {
    expect(call).toThrow(text)
  })
})

test('models that read sequences are kept from SMOTE, with the reason, and from nothing else', () => {
  expect(sequenceRefusal(smote())).toMatch(/smote\(\) makes rows .* at no time.*classWeights\(\)/)
  for (const one of [none(), classWeights(), randomOverSample(), randomUnderSample()])
    expect(sequenceRefusal(one)).toBe(null)
})
