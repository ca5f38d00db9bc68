import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extremeRows, priceBand } from '../../src/report/downsample.ts'

const columns = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 3000 })

describe('downsampling', () => {
  test('whatever the column, its lowest and highest row, its first and last are kept, in order, and no more than two a pixel', () => {
    fc.assert(
      fc.property(columns, fc.integer({ min: 1, max: 200 }), (list, buckets) => {
        const values = Float64Array.from(list)
        const rows = extremeRows(values, buckets)
        const kept = rows.map((row) => values[row]!)
        expect(Math.min(...kept)).toBe(Math.min(...list))
        expect(Math.max(...kept)).toBe(Math.max(...list))
        expect([rows[0], rows.at(-1)]).toEqual([0, list.length - 1])
        expect(rows.every((row, k) => k === 0 || row > rows[k - 1]!)).toBe(true)
        expect(rows.length).toBeLessThanOrEqual(Math.max(2 * buckets + 2, Math.min(list.length, 2 * buckets)))
      }),
    )
  })

  test('a spike of one row in half a million survives at its own time', () => {
    const values = new Float64Array(525_600).fill(100)
    values[300_007] = 5
    values[300_009] = 500
    const rows = extremeRows(values, 1100)
    expect(rows).toContain(300_007)
    expect(rows).toContain(300_009)
  })

  test('a row without a value hides none that has one', () => {
    const values = Float64Array.from([Number.NaN, Number.NaN, 3, 1, Number.NaN, 7, 2, 2, 2, 2])
    const kept = extremeRows(values, 2).map((row) => values[row])
    expect(kept).toEqual(expect.arrayContaining([1, 7]))
  })

  test('every bar lies within the band of its pixel, and the band is no wider than its bars', () => {
    fc.assert(
      fc.property(columns, fc.integer({ min: 1, max: 50 }), (list, buckets) => {
        const low = Float64Array.from(list)
        const high = low.map((value) => value + 1)
        const band = priceBand({ length: list.length, low, high, close: low }, buckets)
        for (const [k, first] of band.rows.entries()) {
          const end = band.rows[k + 1] ?? list.length
          expect(band.low[k]).toBe(Math.min(...low.subarray(first, end)))
          expect(band.high[k]).toBe(Math.max(...high.subarray(first, end)))
          expect(band.close[k]).toBe(low[end - 1])
        }
      }),
    )
  })
})
