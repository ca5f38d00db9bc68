import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { featureDrift, populationStability } from '../../src/metrics/drift.ts'

const psi = (train: readonly number[], test: readonly number[], bins = 10) =>
  populationStability(Float64Array.from(train), Float64Array.from(test), { bins })!
const upTo = (n: number, at: (k: number) => number = (k) => k) => Array.from({ length: n }, (_, k) => at(k))
/** Σ (b − a) ln (b ÷ a) of counts, half a row added to each. */
const index = (before: readonly number[], after: readonly number[]) => {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((a, b) => a + b) + counts.length / 2
    return counts.map((count) => (count + 0.5) / total)
  }
  const [a, b] = [shares(before), shares(after)]
  return a.reduce((sum, share, k) => sum + (b[k]! - share) * Math.log(b[k]! / share), 0)
}

describe('population stability', () => {
  test('by hand: quartiles of 1 … 8, closed above', () => {
    // cut at 2, 4 and 6
    expect(psi([1, 2, 3, 4, 5, 6, 7, 8], [0, 2, 2.5, 6, 9, 10], 4)).toBeCloseTo(index([2, 2, 2, 2], [2, 1, 1, 2]), 12)
  })

  test('of a sample with itself it is 0, in any order', () => {
    const value = fc.oneof(
      fc.double({ noDefaultInfinity: true }),
      fc.constantFrom(0, 1, Number.NaN, Number.POSITIVE_INFINITY),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 12 }), (values, bins) => {
        expect(psi(values, values.toReversed(), bins)).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  test('is never below 0, and the same through any rising map', () => {
    const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(values, values, fc.integer({ min: 2, max: 12 }), (train, test, bins) => {
        const found = psi(train, test, bins)
        expect(found).toBeGreaterThanOrEqual(0)
        const map = (value: number) => Math.exp(value / 3) - 7
        expect(psi(train.map(map), test.map(map), bins)).toBe(found)
      }),
      { numRuns: 300 },
    )
  })

  test('equal parts: without ties each bin has as many training rows', () => {
    // all test rows in the lowest of ten bins of ten
    expect(
      psi(
        upTo(100),
        upTo(100, () => -1),
      ),
    ).toBeCloseTo(index(Array(10).fill(10), [100, ...Array(9).fill(0)]), 12)
  })

  test('a value on which quantiles fall has a bin of its own: a spike that goes is seen', () => {
    // 60 zeros between 20 below and 20 above: bins at −11, −1, 0, 10 of hundred
    const train = upTo(100, (k) => (k < 20 ? k - 20 : k < 80 ? 0 : k - 79))
    const test = train.map((value) => (value === 0 ? 0.5 : value))
    // below −11: 10, to −1: 10, to 0 without it: 0, 0 itself: 60, to 10: 10, above: 10
    expect(psi(train, test)).toBeCloseTo(index([10, 10, 60, 10, 10], [10, 10, 0, 70, 10]), 12)
  })

  test('a constant that moves either way is seen, one that stays is none', () => {
    for (const bins of [2, 10]) {
      const constant = upTo(50, () => 4.2)
      expect(psi(constant, constant, bins)).toBe(0)
      for (const other of [4.1, 4.3])
        expect(
          psi(
            constant,
            upTo(50, () => other),
            bins,
          ),
        ).toBeCloseTo(index([50, 0], [0, 50]), 12)
    }
  })

  test('missing values are a bin', () => {
    const train = upTo(100)
    const test = train.map((value) => (value < 50 ? Number.NaN : value))
    // a half that goes missing: 50 rows leave the five lower bins
    const [five, none] = [Array<number>(5).fill(10), Array<number>(5).fill(0)]
    expect(psi(train, test)).toBeCloseTo(index([...five, ...five, 0], [...none, ...five, 50]), 12)
    // and that come back: the bins are those of what was known
    expect(psi(test, train)).toBeCloseTo(
      index([...Array<number>(10).fill(5), 50], [55, ...Array<number>(9).fill(5), 0]),
      12,
    )
    const unknown = upTo(5, () => Number.NaN)
    expect(psi(unknown, unknown)).toBe(0)
  })

  test('of two samples of one distribution it is about (bins − 1) × (1 ÷ n + 1 ÷ m); of one that moved by a deviation it is much', () => {
    const random = seededRandom(11)
    const normal = (n: number, mean = 0) => upTo(n, () => upTo(12, random).reduce((a, b) => a + b, -6 + mean))
    const trials = 60
    const found = upTo(trials, () => psi(normal(600), normal(300))).reduce((a, b) => a + b) / trials
    const expected = 9 * (1 / 600 + 1 / 300)
    expect(found / expected).toBeGreaterThan(0.8)
    expect(found / expected).toBeLessThan(1.2)
    // of two normal distributions Jeffreys' divergence is the square of the distance: 1, a little less in bins
    const moved = psi(normal(5000), normal(5000, 1))
    expect(moved).toBeGreaterThan(0.8)
    expect(moved).toBeLessThan(1.05)
  })

  test('is null without rows; fewer than two bins are refused', () => {
    expect(populationStability(new Float64Array(0), Float64Array.of(1))).toBeNull()
    expect(populationStability(Float64Array.of(1), new Float64Array(0))).toBeNull()
    expect(() => psi([1], [1], 1)).toThrow('1 bins: write a whole number, at least 2')
  })
})

describe('drift of features', () => {
  const columns = [
    Float64Array.from(upTo(200)),
    Float64Array.from(upTo(200, (k) => (k * 7919) % 200)),
    Float64Array.from(upTo(200, (k) => (k % 4 === 0 ? Number.NaN : k % 10))),
  ]
  const rows = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, k) => from + k)
  const parts = { train: rows(0, 150), test: rows(150, 200) }

  test('compares the rows that are handed in, feature by feature', () => {
    const found = featureDrift(['clock', 'noise', 'gappy'], columns, parts)
    expect(found.map(({ name, level }) => [name, level])).toEqual([['clock', 'much'], ['noise', 'none'], ['gappy', 'none']]) // biome-ignore format: rows
    expect(found[0]!.psi).toBe(
      psi(
        upTo(150),
        upTo(50, (k) => 150 + k),
      ),
    )
    // of 150 rows 38 are divisible by 4, of the last 50 twelve
    expect(found[2]!.missing).toEqual({ train: 38 / 150, test: 12 / 50 })
  })

  test('without rows there is none', () => {
    expect(featureDrift(['clock'], columns.slice(0, 1), { train: rows(0, 10), test: rows(0, 0) })).toEqual([
      { name: 'clock', psi: null, level: null, missing: { train: 0, test: null } },
    ])
  })

  test('names and columns must agree', () => {
    expect(() => featureDrift(['clock'], columns, parts)).toThrow('1 names for 3 columns')
  })
})
