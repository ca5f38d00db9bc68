import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TrainingView } from '../../src/preprocess/matrix.ts'
import { uniquenessWeights } from '../../src/preprocess/uniqueness.ts'
import { endingOn, horizonOf, rowsOf } from './made-rows.ts'

const view = (ends: readonly number[], rows?: readonly number[]) =>
  new TrainingView(
    rowsOf(ends.length),
    endingOn(ends),
    Int32Array.from(rows ?? ends.flatMap((end, row) => (end < 0 ? [] : [row]))),
  )

test('computed by hand', () => {
  // bars looked at: row 0: 1 2 3, row 1: 2 3, row 2: 3, row 4: 5 6
  // labels on bar 1: 1, on 2: 2, on 3: 3, on 5 and 6: 1
  const weights = uniquenessWeights(view([3, 3, 3, -1, 6, -1, -1]))
  expect([...weights]).toEqual([
    expect.closeTo((1 + 1 / 2 + 1 / 3) / 3, 15),
    expect.closeTo((1 / 2 + 1 / 3) / 2, 15),
    expect.closeTo(1 / 3, 15),
    0,
    1,
    0,
    0,
  ])
})

test('labels that do not overlap are unique', () => {
  expect([...uniquenessWeights(view([1, 2, 3, 4, 5, 5].map((end, row) => (row < 5 ? end : -1))))]).toEqual([
    1, 1, 1, 1, 1, 0,
  ])
})

test('labels of h bars on every row are unique to an h-th, but at the ends', () => {
  const [n, h] = [400, 24]
  const labels = horizonOf(n, h)
  const rows = Int32Array.from({ length: n - h }, (_, row) => row)
  const weights = uniquenessWeights(new TrainingView(rowsOf(n), labels, rows))
  for (let row = h; row < n - 3 * h; row++) expect(weights[row]).toBeCloseTo(1 / h, 12)
  expect(weights[0]).toBeGreaterThan(1 / h)
})

test('labels outside the view do not count', () => {
  // without row 1 the others overlap less
  expect([...uniquenessWeights(view([3, 3, 3, -1], [0, 2]))]).toEqual([expect.closeTo(2.5 / 3, 15), 0, 0.5, 0])
})

test('any labels: as counted bar by bar', () => {
  const anyEnds = fc
    .array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 120 })
    .map((lengths) =>
      lengths.map((length, row) => (length === 0 || row + length >= lengths.length ? -1 : row + length)),
    )
  fc.assert(
    fc.property(anyEnds, (ends) => {
      const weights = uniquenessWeights(view(ends))
      for (const [row, end] of ends.entries()) {
        let sum = 0
        for (let bar = row + 1; bar <= end; bar++)
          sum += 1 / ends.filter((other, from) => from < bar && bar <= other).length
        const expected = end < 0 ? 0 : sum / (end - row)
        expect(Math.abs(weights[row]! - expected)).toBeLessThan(1e-12)
        expect(weights[row]).toBeLessThanOrEqual(1)
      }
    }),
    { numRuns: 200 },
  )
})

test('the work does not grow with the horizon', () => {
  const n = 200_000
  const rows = Int32Array.from({ length: n / 2 }, (_, row) => row)
  const half = new TrainingView(rowsOf(n), horizonOf(n, n / 2 - 1), rows)
  // a bar is looked at by up to 100,000 labels: 10^10 steps bar by bar
  const weights = uniquenessWeights(half)
  // row 0: bars 1 … h are looked at by 1 … h labels: the harmonic number of h, ln h + γ + 1 ÷ 2h, ÷ h
  const h = n / 2 - 1
  expect(weights[0]).toBeCloseTo((Math.log(h) + 0.5772156649015329 + 1 / (2 * h)) / h, 14)
})
