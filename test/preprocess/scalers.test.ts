import { describe, expect, test } from 'vitest'
import { minMaxScaler } from '../../src/preprocess/min-max-scaler.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { standardScaler } from '../../src/preprocess/standard-scaler.ts'
import type { ColumnsJson, Transform } from '../../src/preprocess/transform.ts'
import { expectAlike, goldenCases, hasGolden } from './golden-vectors.ts'
import { matrixOf, matrixOfRows, rowsOf, viewOf } from './made-matrix.ts'

const numbersOf = (fitted: Transform) => (fitted.toJSON() as ColumnsJson).numbers

interface RobustCase {
  readonly name: string
  readonly params: {
    readonly with_centering?: boolean
    readonly with_scaling?: boolean
    readonly quantile_range?: readonly [number, number]
    readonly unit_variance?: boolean
  }
  readonly X: number[][]
  readonly center_: number[] | number
  readonly scale_: number[] | number
  readonly X_test: number[][]
  readonly transformed: number[][]
}

describe.skipIf(!hasGolden)("scikit-learn's RobustScaler", () => {
  const cases = hasGolden ? goldenCases<RobustCase>('robust_scaler.json') : []
  test.each(cases)('$name $params', ({ params, X, center_, scale_, X_test, transformed }) => {
    const { with_centering = true, with_scaling = true, quantile_range = [25, 75], unit_variance = false } = params
    const fitted = robustScaler({
      center: with_centering,
      scale: with_scaling,
      quantiles: [quantile_range[0] / 100, quantile_range[1] / 100],
      unitVariance: unit_variance,
    }).fit(viewOf(matrixOfRows(X)))
    const { center, scale } = numbersOf(fitted)
    const plain = (value: number) => Array.from(X[0]!, () => value)
    expectAlike(center!, Array.isArray(center_) ? center_ : plain(0))
    expectAlike(scale!, Array.isArray(scale_) ? scale_ : plain(1))
    expectAlike(rowsOf(fitted.transform(matrixOfRows(X_test))).flat(), transformed.flat())
  })
})

interface OtherCase {
  readonly name: string
  readonly X: number[][]
  readonly X_test: number[][]
  readonly std_mean_: number[]
  readonly std_scale_: number[]
  readonly std_transformed: number[][]
  readonly mm_min_: number[]
  readonly mm_scale_: number[]
  readonly mm_transformed: number[][]
  readonly 'mm_clip_-1_1': number[][]
}

describe.skipIf(!hasGolden)("scikit-learn's StandardScaler and MinMaxScaler", () => {
  test.each(hasGolden ? goldenCases<OtherCase>('scalers.json') : [])('$name', (golden) => {
    const train = viewOf(matrixOfRows(golden.X))
    const later = matrixOfRows(golden.X_test)
    const standard = standardScaler().fit(train)
    expectAlike(numbersOf(standard).center!, golden.std_mean_)
    expectAlike(numbersOf(standard).scale!, golden.std_scale_)
    expectAlike(rowsOf(standard.transform(later)).flat(), golden.std_transformed.flat())

    const minMax = minMaxScaler().fit(train)
    expectAlike(numbersOf(minMax).factor!, golden.mm_scale_)
    expectAlike(numbersOf(minMax).offset!, golden.mm_min_)
    expectAlike(rowsOf(minMax.transform(later)).flat(), golden.mm_transformed.flat())

    const held = minMaxScaler({ range: [-1, 1], clip: true }).fit(train)
    expectAlike(rowsOf(held.transform(later)).flat(), golden['mm_clip_-1_1'].flat())
  })
})

describe('robust scaler by hand', () => {
  // sorted 1 2 4 8 100: median 4, q25 = 2, q75 = 8, so 100 becomes (100 − 4) / 6 = 16
  const values = [100, 1, 8, 2, 4]

  test('median and quartiles', () => {
    const fitted = robustScaler().fit(viewOf(matrixOf([values])))
    expect([...fitted.transform(matrixOf([values])).columns[0]!]).toEqual([16, -0.5, 4 / 6, -2 / 6, 0])
  })

  test('a feature that is mostly 0: divided by 1, or by its standard deviation where asked', () => {
    const spiky = viewOf(matrixOf([[0, 0, 0, 0, 0, 0, 0, 0, 0, 10]]))
    expect(numbersOf(robustScaler().fit(spiky)).scale).toEqual([1])
    // mean 1, squares 9 · 1 + 81 = 90, variance 9
    expect(numbersOf(robustScaler({ whenFlat: 'deviation' }).fit(spiky)).scale).toEqual([3])
    // one with a spread is divided by it: 8 − 2 here, its deviation is 38.6
    expect(numbersOf(robustScaler({ whenFlat: 'deviation' }).fit(viewOf(matrixOf([values])))).scale).toEqual([6])
    // a constant has no deviation either
    const constant = viewOf(matrixOf([[5, 5, 5]]))
    expect(numbersOf(robustScaler({ whenFlat: 'deviation' }).fit(constant)).scale).toEqual([1])
  })

  test('NaN are left out of the fit and stay NaN', () => {
    const fitted = robustScaler().fit(viewOf(matrixOf([[Number.NaN, ...values]])))
    expect([...fitted.transform(matrixOf([[Number.NaN, 10]])).columns[0]!]).toEqual([Number.NaN, 1])
  })
})

test('ten epsilons of spread, 2.2e-15, are the least that counts', () => {
  // quartiles of 0 a b are a/2 and (a + b)/2, their distance b/2
  const scales = (b: number) => numbersOf(robustScaler().fit(viewOf(matrixOf([[0, b / 2, b]])))).scale![0]!
  expect(scales(4.4e-15)).toBe(1)
  expectAlike([scales(4.6e-15)], [2.3e-15])
})

describe('standard scaler by hand', () => {
  const scaleOf = (values: readonly number[]) => numbersOf(standardScaler().fit(viewOf(matrixOf([values])))).scale![0]!

  test('a variance no larger than rounding makes of a constant counts as none', () => {
    // ten values about 1e8, half of them one unit in the last place above: a deviation of 7.5e-9, and scikit-learn's bound
    // is n · mean · ε = 10 · 1e8 · 2.2e-16 = 2.2e-7
    const digit = 2 ** -26
    expect(scaleOf(Array.from({ length: 10 }, (_, k) => 1e8 + (k % 2) * digit))).toBe(1)
    // forty units are 6e-7, a deviation of 3e-7
    expectAlike([scaleOf(Array.from({ length: 10 }, (_, k) => 1e8 + (k % 2) * 40 * digit))], [20 * digit])
  })

  test('the rounding of a mean over many rows does not get into the variance', () => {
    // half of the values 2^-17 above 30000.1, exactly, so the deviation is 2^-18 whatever comes out as the mean
    const values = Array.from({ length: 400_000 }, (_, k) => 30000.1 + (k % 2) * 2 ** -17)
    expectAlike([scaleOf(values) ** 2], [2 ** -36], 1e-9)
  })
})
