import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { BinnedRows } from '../../src/models/trees/binned-rows.ts'
import { binFinder, drawPlaces, featureBins, missingBin, samplePlaces } from '../../src/models/trees/bins.ts'
import { bestSplit, sumsOf } from '../../src/models/trees/split.ts'
import { TreeHistograms } from '../../src/models/trees/tree-histograms.ts'
import { upTo } from './made-training.ts'

const binsOf = (values: readonly number[], most = 255) =>
  featureBins(Float64Array.from(values), upTo(values.length), upTo(values.length), most, 'a')

/** Prices, small counts, and numbers next to each other. */
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(1, 1 + Number.EPSILON, 1 - Number.EPSILON / 2, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
  fc.constant(Number.NaN),
)

describe('bins', () => {
  test('a value is in the bin after as many edges as lie below it, one that was never seen too', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 12 }), (values, most) => {
        const bins = binsOf(values, most)
        const find = binFinder(bins)
        for (const one of [...values, -Infinity, Infinity, 0, 2.5, ...bins.edges]) {
          const expected = Number.isNaN(one) ? missingBin(bins) : bins.edges.filter((edge) => edge < one).length
          expect(find(one)).toBe(expected)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('no more than asked for; one for each value where they are few, and edges never on the upper one', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 12 }), (values, most) => {
        const { edges, hasMissing } = binsOf(values, most)
        const distinct = [...new Set(values.filter((one) => !Number.isNaN(one)).map((one) => one + 0))].sort(
          (a, b) => a - b,
        )
        expect(hasMissing).toBe(values.some(Number.isNaN))
        const room = hasMissing ? most - 1 : most
        expect(edges.length + 1).toBeLessThanOrEqual(room)
        expect([...edges]).toEqual([...new Set(edges)].sort((a, b) => a - b))
        if (distinct.length > room) return
        expect(edges.length).toBe(Math.max(0, distinct.length - 1))
        for (const [k, edge] of edges.entries()) {
          expect(edge).toBeGreaterThanOrEqual(distinct[k]!)
          expect(edge).toBeLessThan(distinct[k + 1]!)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('of many values each bin holds its share, and a value that alone is more has one to itself', () => {
    const random = seededRandom(3)
    // half of the rows are 0, in the middle of the others
    const values = Array.from({ length: 20_000 }, (_, k) => (k % 2 === 0 ? 0 : random() - 0.5))
    const bins = binsOf(values, 101)
    const counts = new Array<number>(bins.edges.length + 1).fill(0)
    for (const one of values) counts[binFinder(bins)(one)]! += 1
    expect(counts.length).toBe(101)
    const zero = binFinder(bins)(0)
    expect(counts[zero]).toBe(10_000)
    // the other 10,000 rows in 100 bins, of which the one before the lone value is cut short by it
    const rest = counts.filter((_, bin) => bin !== zero && bin !== zero - 1)
    expect(counts[zero - 1]).toBeLessThanOrEqual(105)
    expect(Math.max(...rest)).toBeLessThanOrEqual(105)
    expect(Math.min(...rest)).toBeGreaterThanOrEqual(95)
  })

  test('edges of many rows come from a part of them, the same whenever the seed is', () => {
    const [one, again, other] = [samplePlaces(5_000, 1, 500), samplePlaces(5_000, 1, 500), samplePlaces(5_000, 2, 500)]
    expect(one).toEqual(again)
    expect(one).not.toEqual(other)
    expect(one.length).toBe(500)
    expect(one.every((place, k) => place < 5_000 && (k === 0 || place > one[k - 1]!))).toBe(true)
    expect(samplePlaces(400, 1, 500)).toEqual(upTo(400))
    // each place is as likely as any other: of 2,000 draws of 2 of 5, 800 ± 5 · √(2,000 · 0.4 · 0.6) have it
    const times = new Array<number>(5).fill(0)
    const random = seededRandom(9)
    for (let k = 0; k < 2_000; k++) for (const place of drawPlaces(new Int32Array(2), 5, random)) times[place]! += 1
    for (const count of times) expect(Math.abs(count - 800)).toBeLessThan(5 * Math.sqrt(2_000 * 0.4 * 0.6))
  })
})

describe('histograms', () => {
  const random = seededRandom(5)
  const rows = 3_000
  const columns = Array.from({ length: 6 }, (_, f) =>
    Float64Array.from({ length: rows }, () => (random() < 0.1 ? Number.NaN : Math.floor(random() * 10 ** (f % 4)))),
  )
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const binned = BinnedRows.learn(columns, upTo(rows), names, 64, 1)
  const pairs = Float32Array.from({ length: 2 * rows }, (_, k) => (k % 2 === 0 ? random() - 0.5 : random() / 4))
  const order = upTo(rows).filter((row) => row % 3 !== 0)

  const plain = (f: number, from: number, to: number) => {
    const sums = Array.from({ length: binned.binCounts[f]! }, () => ({ g: 0, h: 0, n: 0 }))
    const find = binFinder(binned.features[f]!)
    for (const row of order.subarray(from, to)) {
      const bin = sums[find(columns[f]![row]!)]!
      bin.g += pairs[2 * row]!
      bin.h += pairs[2 * row + 1]!
      bin.n += 1
    }
    return sums
  }

  test.each([
    [0, order.length],
    [100, 1_700],
    [7, 8],
  ])('of rows %i to %i: counts exact, sums to 1e-9', (from, to) => {
    const histograms = new TreeHistograms(binned, order)
    histograms.begin(order.length, [pairs], upTo(6))
    const node = histograms.sums(histograms.count(from, to))
    for (let f = 0; f < 6; f++)
      for (const [bin, { g, h, n }] of plain(f, from, to).entries()) {
        const found = sumsOf(node, f, bin, bin + 1)
        expect(found.rows).toBe(n)
        expect(found.gradients[0]).toBeCloseTo(g, 9)
        expect(found.hessian).toBeCloseTo(h, 9)
      }
  })

  test('a child that is the parent less its sibling is as if it had been counted', () => {
    const histograms = new TreeHistograms(binned, order)
    histograms.begin(order.length, [pairs], upTo(6))
    for (const middle of [300, 1_200, order.length - 1]) {
      const parent = histograms.count(0, order.length)
      const children = histograms.children(parent, 0, middle, order.length)
      for (const [c, [from, to]] of (
        [
          [0, middle],
          [middle, order.length],
        ] as const
      ).entries())
        for (let f = 0; f < 6; f++)
          for (const [bin, { g, h, n }] of plain(f, from, to).entries()) {
            const found = sumsOf(histograms.sums(children[c]!), f, bin, bin + 1)
            expect(found.rows).toBe(n)
            expect(found.gradients[0]).toBeCloseTo(g, 9)
            expect(found.hessian).toBeCloseTo(h, 9)
          }
    }
  })

  test('a second channel has its own gradients, and only the features asked for are split', () => {
    const other = pairs.map((one, k) => (k % 2 === 0 ? -2 * one : one))
    const histograms = new TreeHistograms(binned, order)
    histograms.begin(order.length, [pairs, other], Int32Array.of(1, 5))
    const node = histograms.sums(histograms.count(0, order.length))
    const total = sumsOf(node, 5, 0, binned.binCounts[5]!)
    expect(total.rows).toBe(order.length)
    expect(total.gradients[1]).toBeCloseTo(-2 * total.gradients[0], 9)
    const limits = { minRows: 1, minHessian: 1e-3, worth: (g: number, _: number, h: number) => (g * g) / h }
    const split = bestSplit(node, binned.features, Int32Array.of(1), total, limits)
    expect(split?.feature).toBe(1)
  })
})
