/** What holds for every step of preprocessing, and the steps that have no golden vectors. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clip, winsorize } from '../../src/preprocess/clip.ts'
import { impute } from '../../src/preprocess/impute.ts'
import type { FeatureMatrix, TrainingView } from '../../src/preprocess/matrix.ts'
import { minMaxScaler } from '../../src/preprocess/min-max-scaler.ts'
import { pipeline } from '../../src/preprocess/pipeline.ts'
import { quantiles } from '../../src/preprocess/quantile.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { standardScaler } from '../../src/preprocess/standard-scaler.ts'
import type { ColumnsJson, Transformer } from '../../src/preprocess/transform.ts'
import { transformFromJson } from '../../src/preprocess/transform-json.ts'
import { expectAlike } from './golden-vectors.ts'
import { matrixOf, viewOf } from './made-matrix.ts'

const STEPS: readonly (readonly [string, Transformer])[] = [
  ['robustScaler', robustScaler()],
  ['robustScaler with all', robustScaler({ quantiles: [0.1, 0.9], unitVariance: true, whenFlat: 'deviation' })],
  ['standardScaler', standardScaler()],
  ['minMaxScaler', minMaxScaler()],
  ['minMaxScaler that clips', minMaxScaler({ range: [-1, 1], clip: true })],
  ['winsorize', winsorize({ quantiles: [0.1, 0.9] })],
  ['clip', clip({ scales: 2 })],
  ['impute by median', impute({ by: 'median' })],
  ['impute by constant', impute({ by: 'constant', value: -3 })],
  ['impute by last', impute({ by: 'last' })],
  ['pipeline', pipeline([impute({ by: 'last' }), winsorize(), clip({ scales: 3 }), robustScaler()])],
  ['pipeline of nothing', pipeline([])],
]

const value = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(-0, 0, 1) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
)
/** Three columns, the first row of each known, so that there is always something to fit on. */
const columns = fc
  .integer({ min: 2, max: 30 })
  .chain((rows) =>
    fc
      .array(fc.array(value, { minLength: rows, maxLength: rows }), { minLength: 3, maxLength: 3 })
      .map((made) => made.map((column) => [1.5, ...column])),
  )

/** Bits, in which −0 and 0 differ and NaN is NaN. */
const bitsOf = (matrix: FeatureMatrix) => matrix.columns.map((column) => new BigUint64Array(column.buffer).join())

describe.each(STEPS)('%s', (_, step) => {
  test('rows outside the training part never change a fit', () => {
    fc.assert(
      fc.property(columns, fc.array(value, { minLength: 40, maxLength: 40 }), (made, noise) => {
        const rows = made[0]!.map((_, k) => k).filter((k) => k % 3 !== 2)
        const fitted = step.fit(viewOf(matrixOf(made), rows))
        // the same training rows among other values, and with more rows behind them
        const changed = made.map((column, at) => [
          ...column.map((own, k) => (k % 3 === 2 ? noise[k + at]! : own)),
          ...noise.slice(0, 7),
        ])
        // what is known last flows out of the rows before, training or not: only such rows that come after it
        const isHeld = JSON.stringify(step.settings).includes('last')
        const other = isHeld ? made.map((column) => [...column, ...noise.slice(0, 7)]) : changed
        expect(JSON.stringify(step.fit(viewOf(matrixOf(other), rows)))).toBe(JSON.stringify(fitted))
      }),
      { numRuns: 60 },
    )
  })

  test('what it made JSON of makes the same bits, row by row too, and the matrix stays', () => {
    fc.assert(
      fc.property(columns, (made) => {
        const matrix = matrixOf(made)
        const before = bitsOf(matrix)
        const fitted = step.fit(viewOf(matrix))
        const given = fitted.transform(matrix)
        expect(bitsOf(matrix)).toEqual(before)
        const text = JSON.stringify(fitted)
        const again = transformFromJson(JSON.parse(text))
        expect(JSON.stringify(again)).toBe(text)
        expect(bitsOf(again.transform(matrix))).toEqual(bitsOf(given))
        const stream = again.stream()
        const rows = made[0]!.map((_, row) => [...stream(Float64Array.from(made, (column) => column[row]!))])
        expect(bitsOf(matrixOf(made.map((_, k) => rows.map((row) => row[k]!))))).toEqual(bitsOf(given))
      }),
      { numRuns: 60 },
    )
  })

  test('a row depends on no later one', () => {
    fc.assert(
      fc.property(columns, fc.nat(), (made, at) => {
        const cut = 1 + (at % made[0]!.length)
        const fitted = step.fit(viewOf(matrixOf(made)))
        const short = matrixOf(made.map((column) => column.slice(0, cut)))
        const whole = fitted.transform(matrixOf(made))
        const kept = { ...short, columns: whole.columns.map((column) => column.slice(0, cut)) }
        expect(bitsOf(fitted.transform(short))).toEqual(bitsOf(kept))
      }),
      { numRuns: 40 },
    )
  })

  test('other features are refused by name', () => {
    const matrix = matrixOf([
      [1, 2, 4],
      [3, 4, 9],
      [5, 6, 7],
    ])
    const fitted = step.fit(viewOf(matrix))
    expect(() => fitted.transform({ ...matrix, names: ['a', 'c', 'b'] })).toThrow(
      'feature 2 is "c", and it was fitted with "b" there; it takes a, b, c in this order',
    )
    expect(() =>
      fitted.transform(
        matrixOf([
          [1, 2, 4],
          [3, 4, 9],
        ]),
      ),
    ).toThrow('feature 3 is none')
  })

  test('nothing but a training view is fitted on', () => {
    const view = viewOf(matrixOf([[1, 2, 4]]))
    const { matrix, labels, rows } = view
    expect(() => step.fit({ matrix, labels, rows } as TrainingView)).toThrow('takes the training view of a fold')
    expect(() => step.fit(viewOf(matrix, []))).toThrow('no rows to fit on')
  })
})

describe('training rows after the transform', () => {
  const spread = fc
    .uniqueArray(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 5, maxLength: 60 })
    .map((values) => values.map((one) => one / 7))

  test('robust: median 0, quartiles 1 apart', () => {
    fc.assert(
      fc.property(spread, (values) => {
        const matrix = matrixOf([values])
        const made = robustScaler().fit(viewOf(matrix)).transform(matrix).columns[0]!
        const [a, b, c] = quantiles(made, [0.25, 0.5, 0.75]) as [number, number, number]
        expect(Math.abs(b)).toBeLessThan(1e-6)
        expect(Math.abs(c - a - 1)).toBeLessThan(1e-6)
      }),
    )
  })

  test('standard: mean 0, variance 1; min-max: from 0 to 1', () => {
    fc.assert(
      fc.property(spread, (values) => {
        const matrix = matrixOf([values])
        const standard = [...standardScaler().fit(viewOf(matrix)).transform(matrix).columns[0]!]
        const n = standard.length
        expect(Math.abs(standard.reduce((sum, one) => sum + one, 0) / n)).toBeLessThan(1e-6)
        expect(Math.abs(standard.reduce((sum, one) => sum + one * one, 0) / n - 1)).toBeLessThan(1e-6)
        const minMax = minMaxScaler().fit(viewOf(matrix)).transform(matrix).columns[0]!
        expect(Math.abs(Math.min(...minMax))).toBeLessThan(1e-9)
        expect(Math.abs(Math.max(...minMax) - 1)).toBeLessThan(1e-9)
      }),
    )
  })

  test('clipping behind the robust scaler holds what it made within so many scales', () => {
    fc.assert(
      fc.property(spread, (values) => {
        const matrix = matrixOf([values])
        const made = (step: Transformer) => [...step.fit(viewOf(matrix)).transform(matrix).columns[0]!]
        const clipped = made(pipeline([robustScaler(), clip({ scales: 0.75 })]))
        const free = made(robustScaler())
        for (const [k, one] of free.entries())
          expect(Math.abs(clipped[k]! - Math.max(-0.75, Math.min(one, 0.75)))).toBeLessThan(1e-6)
      }),
    )
  })
})

describe('limits by hand', () => {
  // 0 to 10: the quantile q is 10·q
  const values = Array.from({ length: 11 }, (_, k) => k)
  const train = viewOf(matrixOf([values]))
  const later = matrixOf([[-100, 0, 5, 9.5, 100, Number.NaN]])

  test('winsorising', () => {
    const fitted = winsorize({ quantiles: [0.1, 0.9] }).fit(train)
    expect([...fitted.transform(later).columns[0]!]).toEqual([1, 1, 5, 9, 9, Number.NaN])
  })

  test('clipping: median 5, scale 5, so twice the scale is −5 to 15', () => {
    const fitted = clip({ scales: 2 }).fit(train)
    expect([...fitted.transform(later).columns[0]!]).toEqual([-5, 0, 5, 9.5, 15, Number.NaN])
  })
})

describe('imputation by hand', () => {
  const nan = Number.NaN
  const matrix = matrixOf([
    [nan, 1, nan, nan, 4, nan, 100],
    [nan, nan, 2, 4, 6, 8, nan],
  ])
  // the last row is no training row: medians are those of 1 4 and of 2 4 6 8
  const train = viewOf(matrix, [0, 1, 2, 3, 4, 5])
  const made = (step: Transformer) =>
    step
      .fit(train)
      .transform(matrix)
      .columns.map((column) => [...column])

  test('by a constant', () => {
    expect(made(impute({ by: 'constant', value: 0 }))).toEqual([
      [0, 1, 0, 0, 4, 0, 100],
      [0, 0, 2, 4, 6, 8, 0],
    ])
  })

  test('by the median of the training rows', () => {
    expect(made(impute({ by: 'median' }))).toEqual([
      [2.5, 1, 2.5, 2.5, 4, 2.5, 100],
      [5, 5, 2, 4, 6, 8, 5],
    ])
  })

  test('by the last known value; before the first one nothing is known', () => {
    expect(made(impute({ by: 'last' }))).toEqual([
      [nan, 1, 1, 1, 4, 4, 100],
      [nan, nan, 2, 4, 6, 8, 8],
    ])
  })
})

describe('a pipeline', () => {
  test('fits each step on what the ones before it made', () => {
    // winsorised at the quartiles 2 and 6 of 0 2 4 6 100, then from 0 to 1
    const matrix = matrixOf([[0, 2, 4, 6, 100]])
    const fitted = pipeline([winsorize({ quantiles: [0.25, 0.75] }), minMaxScaler()]).fit(viewOf(matrix))
    expect([...fitted.transform(matrix).columns[0]!]).toEqual([0, 0, 0.5, 1, 1])
  })

  test('tells its steps and their settings', () => {
    expect(pipeline([clip({ scales: 3 }), standardScaler()]).settings).toEqual({
      steps: [
        { kind: 'clip', settings: { scales: 3 } },
        { kind: 'standard-scaler', settings: {} },
      ],
    })
  })
})

describe('refused', () => {
  type Loose = (settings?: unknown) => Transformer
  const calls: readonly (readonly [() => unknown, string])[] = [
    [
      () => (robustScaler as Loose)({ centre: true }),
      'unknown setting "centre" (did you mean "center"?); known: quantiles',
    ],
    [() => (standardScaler as Loose)({ ddof: 1 }), 'standardScaler: unknown setting "ddof"'],
    [() => (winsorize as Loose)({ quantile: [0, 1] }), 'did you mean "quantiles"?'],
    [() => (clip as Loose)(3), 'clip: settings are an object such as {"scales":10}, not 3'],
    [
      () => robustScaler({ quantiles: [25, 75] }),
      'quantiles is [25,75]: write two rising fractions such as [0.25, 0.75]',
    ],
    [() => robustScaler({ quantiles: [0.75, 0.25] }), 'two rising fractions'],
    [
      () => robustScaler({ quantiles: [0, 0.75], unitVariance: true }),
      'fractions above 0 and below 1 with unitVariance',
    ],
    [() => (robustScaler as Loose)({ center: 'yes' }), 'center is "yes": write true or false'],
    [() => (robustScaler as Loose)({ whenFlat: 'std' }), 'whenFlat is "std": write "one" or "deviation"'],
    [() => minMaxScaler({ range: [1, 0] }), 'range is [1,0]: write two rising numbers'],
    [() => clip({ scales: 0 }), 'scales is 0: write a number above 0'],
    [() => (impute as Loose)({}), 'write "constant", "median" or "last"'],
    [() => impute({ by: 'constant' }), 'value is null: write the constant, such as 0'],
    [() => impute({ by: 'median', value: 3 }), 'value is 3: write none with by: "median"'],
    [() => pipeline([robustScaler as unknown as Transformer]), 'step 1 is a function; call it: robustScaler()'],
    [() => pipeline(robustScaler() as unknown as Transformer[]), 'pipeline takes a list of steps'],
  ]
  test.each(calls.map(([call, text]) => [text, call] as const))('%s', (text, call) => {
    expect(call).toThrow(TypeError)
    expect(call).toThrow(text)
  })

  test('an infinite value in the training rows, with feature and bar; not one outside them', () => {
    const matrix = matrixOf([
      [1, 2, 3],
      [4, Number.NEGATIVE_INFINITY, 6],
    ])
    expect(() => robustScaler().fit(viewOf(matrix))).toThrow('feature "b" is -Infinity at the bar of 2024-01-01T01:00')
    expect(
      (
        robustScaler()
          .fit(viewOf(matrix, [0, 2]))
          .toJSON() as ColumnsJson
      ).numbers.center,
    ).toEqual([2, 5])
  })

  test('a feature of which nothing is known in the training rows', () => {
    const matrix = matrixOf([
      [1, 2, 3],
      [Number.NaN, Number.NaN, 6],
    ])
    expect(() => standardScaler().fit(viewOf(matrix, [0, 1]))).toThrow(
      'feature "b" has no value in the 2 training rows',
    )
  })

  const json = JSON.parse(JSON.stringify(robustScaler().fit(viewOf(matrixOf([[1, 2, 4]]))))) as ColumnsJson
  test.each<readonly [unknown, string]>([
    [null, 'model.json: is null, not a fitted step'],
    [{ ...json, kind: 'scales' }, 'unknown kind "scales" (did you mean "scale"?)'],
    [{ ...json, names: 'a' }, 'names are "a"'],
    [{ ...json, numbers: { center: [1] } }, 'numbers.scale is undefined, not 1 finite numbers'],
    [{ ...json, numbers: { center: [1, 2], scale: [1] } }, 'numbers.center is [1,2], not 1 finite numbers'],
    [{ ...json, numbers: { center: [null], scale: [1] } }, 'numbers.center is [null]'],
    [{ kind: 'pipeline', names: ['b'], steps: [json] }, 'steps[0] takes a, the pipeline b'],
    [{ kind: 'pipeline', names: ['a'], steps: [{ ...json, kind: 1 }] }, 'model.json.steps[0]: unknown kind 1'],
  ])('damaged JSON %#', (damaged, text) => {
    expect(() => transformFromJson(damaged, 'model.json')).toThrow(text)
  })
})

test('scaled values are those of the formula, to the last bit', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]
  // sorted 1 1 2 3 3 4 5 5 5 6 9: median 4, q25 = (2 + 3) / 2, q75 = 5
  const fitted = robustScaler().fit(viewOf(matrixOf([values])))
  expectAlike(
    [...fitted.transform(matrixOf([values])).columns[0]!],
    values.map((x) => (x - 4) / 2.5),
  )
})
