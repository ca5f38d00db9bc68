import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { histogram } from '../../src/report/histogram.ts'

describe('bins of a histogram', () => {
  test('hold every value between their edges, are few, and are 1, 2 or 5 of a power of ten wide', () => {
    // on a grid, a value is on an edge or far from it
    const grid = fc.integer({ min: -5000, max: 5000 }).map((n) => n / 1000)
    const values = fc.array(grid, { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(values, (list) => {
        const { first, width, counts } = histogram(list)
        const wanted = counts.map((_, k) => {
          const [from, to] = [(first + k) * width, (first + k + 1) * width]
          return list.filter((value) => value >= from - 1e-7 && value < to - 1e-7).length
        })
        expect(counts).toEqual(wanted)
        expect(counts.length).toBeLessThanOrEqual(42)
        expect(['1', '2', '5']).toContain(width.toExponential(0).split('e')[0])
      }),
    )
  })

  test('what stands on an edge is above it, though its division leaves a rest', () => {
    // 0.3 ÷ 0.1 is 2.9999999999999996
    const { first, width, counts } = histogram([0, 0.3, 3.9])
    expect(width).toBe(0.1)
    expect(first).toBe(0)
    expect(counts[3]).toBe(1)
    expect(counts[2]).toBe(0)
  })

  test('whole numbers are not cut finer than one', () => {
    expect(histogram([0, 1, 3], 1)).toEqual({ first: 0, width: 1, counts: [1, 1, 0, 1] })
    expect(histogram([4, 4], 1).counts).toEqual([2])
  })
})
