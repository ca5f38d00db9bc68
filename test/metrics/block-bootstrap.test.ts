import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import {
  type BootstrapOptions,
  blockBootstrap,
  defaultBlockLength,
  percentileInterval,
} from '../../src/metrics/block-bootstrap.ts'

function drawn(rows: number, options: BootstrapOptions): number[][] {
  const all: number[][] = []
  blockBootstrap(rows, options, (counts, k) => {
    expect(k).toBe(all.length)
    all.push([...counts])
  })
  return all
}

/** The same draws, written down block by block and row by row. */
function naive(
  rows: number,
  seed: number,
  blockLength: number,
  resamples: number,
  kind: 'circular' | 'moving',
): number[][] {
  const random = seededRandom(seed)
  return Array.from({ length: resamples }, () => {
    const counts = Array<number>(rows).fill(0)
    let taken = 0
    while (taken < rows) {
      const start = Math.floor(random() * (kind === 'circular' ? rows : rows - blockLength + 1))
      for (let k = 0; k < blockLength && taken < rows; k++, taken++) counts[(start + k) % rows]!++
    }
    return counts
  })
}

describe('block bootstrap', () => {
  test('draws what a loop over blocks and rows draws', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom('circular' as const, 'moving' as const),
        (rows, seed, length, kind) => {
          const blockLength = Math.min(length, rows - 1)
          const options = { seed, blockLength, kind, resamples: 5 }
          const found = drawn(rows, options)
          expect(found).toEqual(naive(rows, seed, blockLength, 5, kind))
          for (const counts of found) expect(counts.reduce((a, b) => a + b)).toBe(rows)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('one seed draws the same, another something else', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => drawn(50, { seed, resamples: 20 }))
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  test('circular blocks draw every row alike, moving ones the ends less', () => {
    const share = (kind: 'circular' | 'moving') => {
      const sums = Array<number>(20).fill(0)
      for (const counts of drawn(20, { seed: 3, blockLength: 5, kind, resamples: 20_000 }))
        for (const [row, count] of counts.entries()) sums[row]! += count / 20_000
      return sums
    }
    // four blocks a resample; each begins in any of 20 rows and takes 5, so a row is drawn once on average
    for (const mean of share('circular')) expect(mean).toBeCloseTo(1, 1)
    // 16 starts: the first row is in a block from 1 of them, one in the middle from 5
    const moving = share('moving')
    expect(moving[0]).toBeCloseTo(4 / 16, 1)
    expect(moving[10]).toBeCloseTo((4 * 5) / 16, 1)
  })

  test('tells how it drew', () => {
    expect(blockBootstrap(10, { seed: 1 }, () => {}).resamples).toBe(1000)
    expect(blockBootstrap(1000, { seed: 1, resamples: 2 }, () => {})).toEqual({
      kind: 'circular',
      blockLength: 10,
      resamples: 2,
    })
    expect(blockBootstrap(1000, { seed: 1, resamples: 2, blockLength: 7, kind: 'moving' }, () => {})).toEqual({
      kind: 'moving',
      blockLength: 7,
      resamples: 2,
    })
  })

  test.each([
    [{ blockLength: 0 }, 'bootstrap blockLength 0'],
    [{ blockLength: 2.5 }, 'bootstrap blockLength 2.5'],
    [{ resamples: 0 }, 'bootstrap resamples 0'],
    [{ blockLength: 10 }, '10 rows have no such blocks to choose from'],
    [{ span: 0 }, 'bootstrap span 0'],
  ])('%o is refused', (options, message) => {
    expect(() => drawn(10, { seed: 1, ...options })).toThrow(message)
  })
})

describe('the built-in block length', () => {
  // rows^(1/3); with a span of 24 (rows · 24² ÷ 6)^(1/3) = (rows · 96)^(1/3); never above a quarter of the rows
  test.each([
    [1000, 1, 10],
    [1001, 1, 11],
    [1000, 2, 10],
    [20_000, 24, 125],
    [40, 24, 10],
    [5, 1, 1],
    [2, 1, 1],
  ])('%i rows, labels over %i: %i', (rows, span, length) => {
    expect(defaultBlockLength(rows, span)).toBe(length)
  })

  test('is what Politis and White say of overlapping labels', () => {
    const [rows, span] = [5000, 12]
    // autocovariance 1 − |k| ÷ span: G = Σ |k| R(k), D = 4/3 (Σ R(k))²
    let [g, spectrum] = [0, 0]
    for (let k = -span; k <= span; k++) {
      const r = 1 - Math.abs(k) / span
      g += Math.abs(k) * r
      spectrum += r
    }
    const exact = Math.cbrt(((2 * g ** 2) / ((4 / 3) * spectrum ** 2)) * rows)
    expect(Math.abs(defaultBlockLength(rows, span) - exact)).toBeLessThan(1.5)
  })
})

describe('percentile interval', () => {
  const samples = Float64Array.from({ length: 101 }, (_, k) => 100 - k)
  test('ranks by hand', () => {
    // 0 … 100: rank 100 · 0.05 and 100 · 0.95
    expect(percentileInterval(samples, 0.9)).toEqual({ low: expect.closeTo(5, 9), high: expect.closeTo(95, 9) })
  })
  test('few that are missing are left out, more than a tail holds make it null', () => {
    const lacking = (count: number) =>
      percentileInterval(
        samples.map((value, k) => (k < count ? Number.NaN : value)),
        0.9,
      )
    // 101 · 5 % = 5.05; without the five highest, 0 … 95 are left
    expect(lacking(5)).toEqual({ low: expect.closeTo(95 * 0.05, 9), high: expect.closeTo(95 * 0.95, 9) })
    expect(lacking(6)).toBeNull()
    expect(percentileInterval(new Float64Array(0), 0.9)).toBeNull()
  })
  test('a level in percent is refused', () => {
    expect(() => percentileInterval(samples, 95)).toThrow('level 95: write a fraction')
  })

  /** AR(1) with autocorrelation 0.8; the deviation of its mean is √((1 + 0.8) ÷ (1 − 0.8)) = 3 times that of as many independent rows. */
  const series = (seed: number, n: number) => {
    const random = seededRandom(seed)
    const normal = () => Array.from({ length: 12 }, random).reduce((a, b) => a + b, -6)
    let value = normal() / 0.6
    return Array.from({ length: n }, () => (value = 0.8 * value + normal()))
  }
  test('blocks see that neighbours are alike: the interval holds the mean as often as it says, single rows far less', () => {
    const [n, trials] = [400, 150]
    const held = (blockLength: number) => {
      let count = 0
      for (let trial = 0; trial < trials; trial++) {
        const values = series(trial, n)
        const means = new Float64Array(200)
        blockBootstrap(n, { seed: trial, blockLength, resamples: 200 }, (counts, k) => {
          means[k] = counts.reduce((sum, weight, row) => sum + weight * values[row]!, 0) / n
        })
        const { low, high } = percentileInterval(means, 0.9)!
        if (low <= 0 && 0 <= high) count++
      }
      return count / trials
    }
    // single rows: an interval of a third of the width, ±1.645 ÷ 3 deviations, which hold 42 %
    expect(held(1)).toBeGreaterThan(0.3)
    expect(held(1)).toBeLessThan(0.55)
    expect(held(25)).toBeGreaterThan(0.78)
    expect(held(25)).toBeLessThan(0.96)
  })
})
