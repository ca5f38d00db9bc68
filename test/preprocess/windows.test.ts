import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY } from '../../src/core/interval.ts'
import { windowEnds } from '../../src/preprocess/windows.ts'
import { matrixOf, START } from './made-matrix.ts'

const HOUR = 3_600_000
const nan = Number.NaN
const ends = (...given: Parameters<typeof windowEnds>) => [...windowEnds(...given)]
const rows = (...list: number[]) => Int32Array.from(list)

describe('by hand', () => {
  test('a window needs all of its rows', () => {
    expect(ends(matrixOf([[1, 2, 3, 4, 5]]), rows(0, 1, 2, 3, 4), 3)).toEqual([2, 3, 4])
    expect(ends(matrixOf([[1, 2, 3, 4, 5]]), rows(0, 1, 2, 3, 4), 1)).toEqual([0, 1, 2, 3, 4])
    expect(ends(matrixOf([[1, 2, 3, 4, 5]]), rows(0, 1, 2, 3, 4), 6)).toEqual([])
    expect(ends(matrixOf([[1, 2]]), rows(), 1)).toEqual([])
  })

  test('none goes over an unknown value, of whatever feature', () => {
    const matrix = matrixOf([
      [1, nan, 3, 4, 5, 6, 7],
      [1, 2, 3, 4, nan, 6, 7],
    ])
    // whole rows: 0 | 2 3 | 5 6
    expect(ends(matrix, rows(0, 1, 2, 3, 4, 5, 6), 2)).toEqual([3, 6])
  })

  test('none goes over a missing bar', () => {
    const times = [0, 1, 2, 5, 6, 7].map((hour) => START + hour * HOUR)
    expect(ends(matrixOf([[1, 2, 3, 4, 5, 6]], times), rows(0, 1, 2, 3, 4, 5), 2)).toEqual([1, 2, 4, 5])
  })

  test('months are no gaps, a month left out is one', () => {
    const times = [0, 1, 2, 3, 5, 6].map((month) => Date.UTC(2024, month, 1))
    // from 29 to 31 days apart; May is missing
    expect(ends(matrixOf([[1, 2, 3, 4, 5, 6]], times), rows(0, 1, 2, 3, 4, 5), 2)).toEqual([1, 2, 3, 5])
    const weeks = [0, 1, 2, 4].map((week) => START + 7 * week * DAY)
    expect(ends(matrixOf([[1, 2, 3, 4]], weeks), rows(0, 1, 2, 3), 2)).toEqual([1, 2])
  })

  test('training windows lie inside the training rows: none goes over a test block between them', () => {
    const matrix = matrixOf([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]])
    // 3 to 5 are tested
    expect(ends(matrix, rows(0, 1, 2, 6, 7, 8, 9), 3)).toEqual([2, 8, 9])
    expect(ends(matrix, rows(3, 4, 5), 3)).toEqual([5])
  })

  test('a prediction may look back over whatever is past, but not over gaps and unknown values', () => {
    const matrix = matrixOf([[nan, 1, 2, 3, 4, 5]])
    expect(ends(matrix, rows(3, 4, 5), 3, { reach: 'data' })).toEqual([3, 4, 5])
    expect(ends(matrix, rows(2, 3, 4, 5), 3, { reach: 'data' })).toEqual([3, 4, 5])
    const times = [0, 1, 2, 4, 5, 6].map((hour) => START + hour * HOUR)
    expect(ends(matrixOf([[0, 1, 2, 3, 4, 5]], times), rows(3, 4, 5), 3, { reach: 'data' })).toEqual([5])
  })

  test('a row that stands twice ends two windows', () => {
    expect(ends(matrixOf([[0, 1, 2]]), rows(0, 1, 1, 2), 2)).toEqual([1, 1, 2])
  })

  test.each([0, -1, 1.5, nan])('a length of %d is refused', (length) => {
    expect(() => windowEnds(matrixOf([[1, 2]]), rows(0, 1), length)).toThrow(`a window of ${length} rows`)
  })
})

test('are those whose every row was looked at', () => {
  const cell = fc.oneof({ weight: 12, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(nan) })
  const bar = fc.record({
    skipped: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(2) }),
    a: cell,
    b: cell,
    isGiven: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  })
  fc.assert(
    fc.property(
      fc.array(bar, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('rows', 'data') as fc.Arbitrary<'rows' | 'data'>,
      (bars, length, reach) => {
        let time = START
        const times = bars.map(({ skipped }) => (time += HOUR * (1 + skipped)))
        // two more hours, so that the interval is known
        times.push(time + HOUR, time + 2 * HOUR)
        const filled = [...bars, { a: 1, b: 1, isGiven: false }, { a: 1, b: 1, isGiven: false }]
        const matrix = matrixOf([filled.map(({ a }) => a), filled.map(({ b }) => b)], times)
        const given = filled.flatMap(({ isGiven }, row) => (isGiven ? [row] : []))
        const expected = given.filter((end) => {
          for (let row = end - length + 1; row <= end; row++) {
            if (row < 0 || Number.isNaN(filled[row]!.a) || Number.isNaN(filled[row]!.b)) return false
            if (reach === 'rows' && !filled[row]!.isGiven) return false
            if (row < end && times[row + 1]! - times[row]! !== HOUR) return false
          }
          return true
        })
        expect(ends(matrix, Int32Array.from(given), length, { reach })).toEqual(expected)
      },
    ),
    { numRuns: 500 },
  )
})
