import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { type FeatureMatrix, TrainingView } from '../../src/preprocess/matrix.ts'
import { validateFeatures } from '../../src/preprocess/validate.ts'
import { areaUnderCurve } from '../../src/preprocess/validate-folds.ts'
import { sampleOf } from '../../src/preprocess/validate-sample.ts'
import type { Finding } from '../../src/preprocess/validate-table.ts'
import { expectAlike, goldenCases, hasGolden } from './golden-vectors.ts'
import { labelsOf, matrixOf } from './made-matrix.ts'

const nan = Number.NaN
const ROWS = 400
const random = seededRandom(3)
const noise = () => Array.from({ length: ROWS }, random)
/** By row; −1 in the last four, whose label nobody knows yet. */
const Y = Array.from({ length: ROWS }, (_, row) => (row < ROWS - 4 ? Number(random() < 0.5) : -1))
const rowsFrom = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, k) => from + k)

interface Scene {
  readonly columns: readonly (readonly number[])[]
  readonly y?: readonly number[]
  readonly classes?: 2 | 3
  readonly lookback?: number
  readonly isImputed?: boolean
  /** [training from, to, test from, to] */
  readonly folds?: readonly (readonly [number, number, number, number])[]
}

function looked({ columns, y = Y, classes = 2, folds = [[0, 200, 250, 390]], ...options }: Scene) {
  const matrix = matrixOf(columns)
  const labels = labelsOf(y, classes)
  return validateFeatures(matrix, labels, {
    ...options,
    folds: folds.map(([from, to, testFrom, testTo]) => ({
      train: new TrainingView(matrix, labels, rowsFrom(from, to)),
      test: rowsFrom(testFrom, testTo),
    })),
  })
}
const told = (findings: readonly Finding[]) =>
  findings.map(({ severity, problem, feature }) => [severity, problem, feature])

test('an honest matrix: nothing is found, every row but those without a label is used', () => {
  const table = looked({ columns: [noise(), noise(), noise()] })
  expect(table.findings).toEqual([])
  expect([table.rows, table.used]).toEqual([ROWS, ROWS - 4])
  expect(table.dropped).toEqual({ lookback: 0, infinite: 0, missing: 0, label: 4 })
  expect(table.features.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  for (const { auc } of table.features) expect(auc! >= 0.5 && auc! < 0.65).toBe(true)
})

test('the balance of the classes in both parts of each fold', () => {
  const y = Y.map((_, row) => (row < 6 ? 0 : row < 20 ? 1 : row % 2))
  const { folds } = looked({
    columns: [noise()],
    y,
    folds: [
      [0, 20, 20, 30],
      [0, 100, 100, 101],
    ],
  })
  expect(folds).toEqual([
    { fold: 1, part: 'train', rows: 20, counts: [6, 14] },
    { fold: 1, part: 'test', rows: 10, counts: [5, 5] },
    { fold: 2, part: 'train', rows: 100, counts: [46, 54] },
    { fold: 2, part: 'test', rows: 1, counts: [1, 0] },
  ])
})

describe('rows that are dropped, by the first reason', () => {
  const columns = [noise(), noise()]
  // a knows its first value in row 3, b in row 1
  for (const row of [0, 1, 2]) columns[0]![row] = nan
  columns[1]![0] = nan
  columns[0]![10] = nan
  columns[1]![10] = Number.POSITIVE_INFINITY
  columns[1]![11] = nan
  columns[0]![12] = Number.NEGATIVE_INFINITY
  columns[1]![12] = nan
  columns[1]![ROWS - 1] = nan

  test('the lookback is over when every feature has had a value', () => {
    const table = looked({ columns, folds: [[13, 200, 250, 390]] })
    // rows 10 and 12 are infinite before they are unknown; the last one is unknown before it is without a label
    expect(table.dropped).toEqual({ lookback: 3, infinite: 2, missing: 2, label: 3 })
    expect(table.used).toBe(ROWS - 10)
    expect(table.features.map(({ missing, infinite, known }) => [missing, infinite, known])).toEqual([
      [1, 1, ROWS - 5],
      [3, 1, ROWS - 7],
    ])
    expect(told(table.findings)).toEqual([
      ['error', 'infinite', 'a'],
      ['error', 'infinite', 'b'],
      ['warning', 'missing', 'a'],
      ['warning', 'missing', 'b'],
    ])
    expect(table.findings[1]!.message).toContain('"b" is infinite in 1 rows, first at the bar of 2024-01-01T10:00')
    expect(table.findings[3]!.message).toContain(
      'NaN in 3 of 397 rows after the lookback, first at the bar of 2024-01-01T11:00: these rows are dropped',
    )
  })

  test('a lookback that is told: what is unknown after it is missing', () => {
    const table = looked({ columns, lookback: 1, folds: [[13, 200, 250, 390]] })
    expect(table.dropped).toEqual({ lookback: 1, infinite: 2, missing: 4, label: 3 })
  })

  test('where a step fills them, unknown values are counted and not dropped', () => {
    const table = looked({ columns, isImputed: true, folds: [[13, 200, 250, 390]] })
    expect(table.dropped).toEqual({ lookback: 3, infinite: 2, missing: 0, label: 4 })
    expect(table.findings.at(-1)!.message).toContain('they are filled')
  })

  test('smallest and largest value after the lookback', () => {
    const column = Y.map((_, row) => (row === 0 ? 1e9 : row === 7 ? Number.NEGATIVE_INFINITY : row % 50))
    const [feature] = looked({ columns: [column], lookback: 1 }).features
    expect([feature!.low, feature!.high]).toEqual([0, 49])
  })
})

describe('features that tell nothing', () => {
  test('a constant one is a warning; one that is constant but for rows that are not used, too', () => {
    const almost = Y.map((one) => (one < 0 ? 8 : 7))
    const table = looked({ columns: [noise(), almost] })
    expect(told(table.findings)).toEqual([['warning', 'constant', 'b']])
    expect(table.findings[0]!.message).toContain('"b" is 7 in every row that is used')
  })

  test('all of them constant is an error', () => {
    const table = looked({ columns: [Y.map(() => 1), Y.map(() => 2)] })
    expect(told(table.findings)[0]).toEqual(['error', 'constant', null])
    expect(table.findings[0]!.message).toBe('all 2 features are constant: there is nothing to learn from')
  })

  test('one that is never known leaves nothing', () => {
    const table = looked({ columns: [noise(), Y.map(() => nan)] })
    expect(told(table.findings).slice(0, 2)).toEqual([
      ['error', 'missing', 'b'],
      ['error', 'nothing', null],
    ])
    expect(table.findings[1]!.message).toContain('no row of 400 is left: 400 lie before the lookback is over')
  })

  test('a lookback beyond the data, and labels that nobody knows', () => {
    expect(looked({ columns: [noise()], lookback: 1000, folds: [] }).findings[0]!.problem).toBe('nothing')
    const table = looked({ columns: [noise()], y: Y.map(() => -1) })
    expect(table.findings[0]!.message).toContain('400 no label')
  })
})

describe('features that tell the same', () => {
  const first = noise()

  test('once more, scaled and turned, and with a little noise on top', () => {
    const table = looked({
      columns: [
        first,
        [...first],
        first.map((value) => -3 * value + 100),
        // uniform noise of 1 % of its width: r² = 1 / (1 + 1e-4), r = 0.99995
        first.map((value) => value + 0.01 * random()),
        // of 2 %: r = 1 / √(1 + 4e-4) = 0.9998, below 0.9999
        first.map((value) => value + 0.02 * random()),
      ],
    })
    expect(told(table.findings)).toEqual([
      ['warning', 'duplicate', 'b'],
      ['warning', 'near-duplicate', 'c'],
      ['warning', 'near-duplicate', 'c'],
      ['warning', 'near-duplicate', 'd'],
      ['warning', 'near-duplicate', 'd'],
      ['warning', 'near-duplicate', 'd'],
    ])
    expect(table.findings[0]!.message).toBe('feature "b" is "a" once more: leave one of them out')
    expect(table.findings[1]!.message).toContain('feature "c" is nearly "a" (correlation -1.000000)')
  })

  test('what is the same only where rows are dropped is not', () => {
    const other = noise()
    const second = first.map((value, row) => (row === 20 ? nan : row < 10 ? value : other[row]!))
    const table = looked({ columns: [first, second], folds: [[30, 200, 250, 390]] })
    expect(told(table.findings)).toEqual([['warning', 'missing', 'b']])
  })
})

describe('features that know too much', () => {
  /**
   * The class, wrong in one of so many rows, and a little noise. Both right: in order; one wrong: alike, a half; both wrong:
   * out of order. With a share e of errors the AUC is (1 − e)² + e · (1 − e) = 1 − e.
   */
  const knowing = (y: readonly number[], wrong: number) =>
    y.map((one, row) => (row % wrong === 0 ? 1 - one : one) + 0.2 * random())

  test('are named, with fold and AUC', () => {
    // 1 − 1/40 = 0.975
    const table = looked({
      columns: [noise(), knowing(Y, 40)],
      folds: [
        [0, 200, 250, 390],
        [0, 300, 350, 390],
      ],
    })
    expect(told(table.findings)).toEqual([
      ['warning', 'leak', 'b'],
      ['warning', 'leak', 'b'],
    ])
    expect(table.findings.map(({ fold }) => fold)).toEqual([1, 2])
    expect(table.findings[0]!.message).toMatch(
      /feature "b" alone tells class 1 .* of fold 1 with an AUC of 0\.9[5-9]\d/,
    )
  })

  test('a good feature is not accused', () => {
    // 1 − 1/6 = 0.83
    const table = looked({ columns: [noise(), knowing(Y, 6)] })
    expect(table.findings).toEqual([])
    expect(table.features[1]!.auc!).toBeGreaterThan(0.78)
  })

  test('one that is turned round knows as much', () => {
    const table = looked({ columns: [noise(), knowing(Y, 40).map((value) => -value)] })
    expect(told(table.findings)).toEqual([['warning', 'leak', 'b']])
  })

  test('unknown values are left out', () => {
    const known = knowing(Y, 40).map((value, row) => (row % 3 === 1 ? nan : value))
    const table = looked({ columns: [noise(), known], isImputed: true })
    expect(told(table.findings)).toContainEqual(['warning', 'leak', 'b'])
    expect(table.features[1]!.auc!).toBeLessThan(1)
  })

  test('only training rows are looked at', () => {
    const known = knowing(Y, 40)
    const clean = noise()
    const table = looked({ columns: [noise(), known.map((value, row) => (row < 200 ? clean[row]! : value))] })
    expect(table.findings).toEqual([])
  })

  test.each([0, 1, 2])('of three classes each against the rest: %d', (known) => {
    const y = Y.map((_, row) => row % 3)
    // high in that class only, or low: it tells the two others from one another no better than chance
    const high = y.map((one) => (one === known ? 1 : 0) + 0.5 * random())
    const table = looked({ columns: [noise(), high, high.map((value) => -value + random() / 9)], y, classes: 3 })
    expect(told(table.findings)).toEqual([
      ['warning', 'leak', 'b'],
      ['warning', 'leak', 'c'],
    ])
    for (const { message } of table.findings) expect(message).toContain(`tells class ${known} from the rest`)
  })

  test('with few rows of a class, chance accuses nobody', () => {
    const y = Y.map((_, row) => Number(row % 10 === 0))
    // 20 of class 1 in the training part
    const table = looked({ columns: [noise(), y.map((one) => one + random() / 2)], y })
    expect(table.findings.filter(({ problem }) => problem === 'leak')).toEqual([])
    expect(table.features[1]!.auc).toBe(null)
  })
})

describe('classes of a fold', () => {
  test('one only in the training part is an error, in the test part a warning', () => {
    const y = Y.map((_, row) => (row < 100 ? 1 : row < 300 ? row % 2 : 0))
    const table = looked({
      columns: [noise()],
      y,
      folds: [
        [0, 100, 110, 200],
        [100, 300, 300, 390],
      ],
    })
    expect(table.findings.map(({ severity, problem, fold }) => [severity, problem, fold])).toEqual([
      ['error', 'one-class', 1],
      ['warning', 'one-class', 2],
    ])
    expect(table.findings[0]!.message).toContain('the training part has rows of class 1 only (100)')
    expect(table.findings[1]!.message).toContain('its AUC and the like do not exist')
  })

  test('a rare one in the training part is a warning', () => {
    const y = Y.map((_, row) => Number(row % 11 === 0))
    const table = looked({ columns: [noise()], y, folds: [[0, 220, 250, 390]] })
    expect(told(table.findings)).toEqual([['warning', 'imbalance', null]])
    // 220 / 11
    expect(table.findings[0]!.message).toContain('fold 1: the training part has 20 rows of class 1 among 220')
    // one in ten is not rare
    const tenth = looked({
      columns: [noise()],
      y: Y.map((_, row) => Number(row % 10 === 0)),
      folds: [[0, 200, 250, 390]],
    })
    expect(tenth.findings).toEqual([])
  })

  test('a test part without a labelled row', () => {
    const table = looked({ columns: [noise()], folds: [[0, 200, 396, 400]] })
    expect(table.findings[0]!.message).toBe('fold 1: the test part has no rows with a label')
  })
})

describe('what does not fit together is refused', () => {
  const matrix = matrixOf([
    [1, 2, 3],
    [4, 5, 6],
  ])
  const labels = labelsOf([0, 1, 0])
  const cases: readonly (readonly [string, FeatureMatrix])[] = [
    ['of 3 rows and 1 features: there are 2 columns', { ...matrix, names: ['a'] }],
    ['there is nothing to learn from', { ...matrix, names: [], columns: [] }],
    ['"b" has 2 values', { ...matrix, columns: [matrix.columns[0]!, Float64Array.of(1, 2)] }],
    ['there are 2 times', { ...matrix, openTime: Float64Array.of(1, 2) }],
    ['the time of row 2 is not after', { ...matrix, openTime: Float64Array.of(1, 2, 2) }],
  ]
  test.each(cases)('%s', (text, wrong) => {
    expect(() => validateFeatures(wrong, labels, { folds: [] })).toThrow(text)
  })
  test('labels', () => {
    expect(() => validateFeatures(matrix, labelsOf([0, 1]), { folds: [] })).toThrow('there are labels for 2')
  })
})

interface AucCase {
  readonly name: string
  readonly y_true: number[]
  readonly score: number[]
  readonly sample_weight: number[] | number
  readonly roc_auc: number
}

test.skipIf(!hasGolden)("area under the curve: scikit-learn's, ties and all", () => {
  const cases = goldenCases<AucCase>('metrics_binary.json').filter(
    ({ sample_weight, roc_auc }) => !Array.isArray(sample_weight) && !Number.isNaN(roc_auc),
  )
  expect(cases.length).toBeGreaterThan(8)
  for (const { y_true, score, roc_auc } of cases) {
    const of = (one: number) => Float64Array.from(score.filter((_, k) => y_true[k] === one))
    expectAlike([areaUnderCurve(of(1), of(0))], [roc_auc])
  }
})

test('a sample of many rows: from all over, none twice, the hours of the day alike, the same each time', () => {
  const rows = rowsFrom(1000, 1000 + 24 * 20_000)
  const sample = sampleOf(rows)
  expect(sample).toHaveLength(20_000)
  expect(sampleOf(rows)).toEqual(sample)
  const hours = new Array<number>(24).fill(0)
  for (const [k, row] of sample.entries()) {
    expect(Math.floor((row - 1000) / 24)).toBe(k)
    hours[row % 24]!++
  }
  // 20,000 / 24 = 833, standard deviation 28
  for (const count of hours) expect(Math.abs(count - 833)).toBeLessThan(5 * 29)
  expect(sampleOf(rowsFrom(0, 20_000))).toEqual(rowsFrom(0, 20_000))
})
