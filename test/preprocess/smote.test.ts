import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { interpolate, nearestOf, smote } from '../../src/preprocess/smote.ts'
import { NearestNeighbours } from '../../src/preprocess/smote-neighbours.ts'
import { expectAlike, goldenCases, hasGolden } from './golden-vectors.ts'
import { matrixOf, matrixOfRows, viewOf } from './made-matrix.ts'

interface Case {
  readonly k: number
  readonly sampling_strategy: 'auto' | number
  readonly X: number[][]
  readonly y: number[]
  readonly n_new: number
  readonly 'neighbours_of_minority(excl_self)': number[][]
  readonly draws: { readonly base_row: number[]; readonly neighbour_col: number[]; readonly step: number[] }
  readonly X_new: number[][]
  readonly y_new: number[]
}

describe.skipIf(!hasGolden)("imbalanced-learn's SMOTE", () => {
  // the last case is an error message
  const cases = hasGolden ? goldenCases<Case>('smote.json').filter(({ draws }) => draws !== undefined) : []
  test.each(cases)('$k neighbours, $sampling_strategy', (golden) => {
    const matrix = matrixOfRows(golden.X)
    const minority = Int32Array.from([...golden.y.keys()].filter((row) => golden.y[row] === 1))
    const nearest = nearestOf(matrix, minority, golden.k)
    expect([...minority.keys()].map((place) => [...nearest(place)])).toEqual(
      golden['neighbours_of_minority(excl_self)'],
    )

    const { base_row, neighbour_col, step } = golden.draws
    const made = matrix.columns.map((column) => Float64Array.of(...column, ...new Array<number>(golden.n_new).fill(0)))
    const draws = {
      base: Int32Array.from(base_row),
      neighbour: Int32Array.from(neighbour_col),
      step: Float64Array.from(step),
    }
    interpolate(made, minority, nearest, draws, matrix.rows)
    for (const [k, column] of made.entries())
      expectAlike(
        [...column.slice(matrix.rows)],
        golden.X_new.map((row) => row[k]!),
      )

    const ratio = golden.sampling_strategy === 'auto' ? 1 : golden.sampling_strategy
    const own = smote({ neighbours: golden.k, ratio }).resample(viewOf(matrix, undefined, golden.y), { seed: 42 })
    expect([...own.y.slice(matrix.rows)]).toEqual(golden.y_new)
    expect([...own.rows]).toEqual([...golden.y, ...golden.y_new].map((_, row) => row))
    for (const column of own.columns) expect(column).toHaveLength(matrix.rows + golden.n_new)
  })
})

describe('nearest neighbours', () => {
  /** Numbers of all other points, nearest first. */
  const byDistance = (points: readonly (readonly number[])[], self: number) => {
    const far = points.map((other) => other.reduce((sum, value, d) => sum + (value - points[self]![d]!) ** 2, 0))
    return [...points.keys()].filter((at) => at !== self).sort((a, b) => far[a]! - far[b]! || a - b)
  }

  test('of many points', () => {
    const random = seededRandom(4)
    // near a line in the plane, so that one axis is split again and again; many neighbours, so that they lie in several leaves
    const points = Array.from({ length: 1500 }, () => [random(), random() / 20])
    const tree = new NearestNeighbours(Float64Array.from(points.flat()), 2)
    for (let self = 0; self < points.length; self += 7)
      expect([...tree.of(self, 60)]).toEqual(byDistance(points, self).slice(0, 60))
  })

  test('are those that looking at all of them finds, ties and all', () => {
    // few different coordinates, so that many are as near; more points than fit into a few leaves
    const point = fc.tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 3 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
    )
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 8, maxLength: 200, size: 'max' }),
        fc.boolean(),
        fc.integer({ min: 1, max: 7 }),
        (points, isPlane, k) => {
          const flat = points.map(([a, b, c]) => [a, b, isPlane ? 0 : c])
          const tree = new NearestNeighbours(Float64Array.from(flat.flat()), 3)
          for (const self of flat.keys()) {
            const expected = byDistance(flat, self).slice(0, k)
            expect([...tree.of(self, k)]).toEqual(expected)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('made-up rows', () => {
  // 40 rows of class 0 about (0, 0), 12 of class 1 about (5, 5), a few rows that are not trained on
  const random = seededRandom(9)
  const y = Array.from({ length: 60 }, (_, row) => (row < 40 ? 0 : 1))
  const matrix = matrixOf([y.map((one) => 5 * one + random()), y.map((one) => 5 * one + random())])
  const rows = [...y.keys()].slice(0, 52)
  const train = viewOf(matrix, rows, y)

  test('lie on the line between two training rows of their class, behind the matrix', () => {
    const made = smote().resample(train, { seed: 1 })
    expect(made.rows).toHaveLength(80)
    expect([...made.rows.slice(52)]).toEqual(Array.from({ length: 28 }, (_, k) => 60 + k))
    const at = (row: number) => made.columns.map((column) => column[row]!) as [number, number]
    for (let row = 60; row < 88; row++) {
      expect(made.y[row]).toBe(1)
      const [x, z] = at(row)
      const isBetween = (a: number, b: number) => {
        const [[ax, az], [bx, bz]] = [at(a), at(b)]
        const isOnLine = Math.abs((bx - ax) * (z - az) - (bz - az) * (x - ax)) < 1e-12
        return isOnLine && Math.min(ax, bx) <= x && x <= Math.max(ax, bx)
      }
      const own = rows.filter((one) => y[one] === 1)
      expect(own.some((a) => own.some((b) => a !== b && isBetween(a, b)))).toBe(true)
    }
    // the matrix itself and what it holds are left as they were
    expect(matrix.columns[0]).toHaveLength(60)
    for (const [k, column] of made.columns.entries()) expect(column.slice(0, 60)).toEqual(matrix.columns[k])
  })

  test('another seed makes others', () => {
    const [a, b] = [1, 2].map((seed) => smote().resample(train, { seed }).columns[0]!.slice(60))
    expect(a).not.toEqual(b)
  })

  test('weigh between the rows they come from, by the same step', () => {
    // a weight that is the first feature itself must come out as it does
    const { columns, weights } = smote().resample(train, { seed: 3, weights: matrix.columns[0]! })
    expect(weights).toEqual(columns[0])
  })

  test('of three classes, each of the smaller ones grows', () => {
    const classes = Array.from({ length: 30 }, (_, row) => (row < 15 ? 0 : row < 21 ? 1 : 2))
    const three = viewOf(matrixOf([classes.map(() => random())]), undefined, classes, 3)
    const made = smote({ neighbours: 3 }).resample(three, { seed: 1 })
    expect([0, 1, 2].map((one) => made.rows.filter((row) => made.y[row] === one).length)).toEqual([15, 15, 15])
  })

  test('need more rows of the class than neighbours', () => {
    const few = viewOf(matrix, rows.slice(0, 45), y)
    expect(() => smote().resample(few, { seed: 1 })).toThrow(
      'smote({ neighbours: 5 }): class 1 has 5 training rows, and each needs 5 others of its class: lower neighbours',
    )
    expect(smote({ neighbours: 4 }).resample(few, { seed: 1 }).rows).toHaveLength(80)
  })

  test('need known features, in the training rows of that class', () => {
    const column = Float64Array.from(matrix.columns[0]!)
    column[55] = Number.NaN
    expect(smote().resample(viewOf({ ...matrix, columns: [column, column] }, rows, y), { seed: 1 }).rows).toHaveLength(
      80,
    )
    column[45] = Number.NaN
    expect(() => smote().resample(viewOf({ ...matrix, columns: [column, column] }, rows, y), { seed: 1 })).toThrow(
      'smote: feature "a" is NaN in training row 45: impute or drop it first',
    )
  })

  test.each([0, 1.5])('%d neighbours are refused', (neighbours) => {
    expect(() => smote({ neighbours })).toThrow(`neighbours is ${neighbours}: write a whole number above 0`)
  })
})
