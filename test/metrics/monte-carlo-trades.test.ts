import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { resamplesFor, spreadOf } from '../../src/metrics/monte-carlo-spread.ts'
import { luckOfTrades, shuffle, wayOf } from '../../src/metrics/monte-carlo-trades.ts'
import { orders } from './orders.ts'

const RETURNS = Float64Array.of(0.1, -0.2, 0.05, -0.08, 0.3)

/** Deepest fall by the definition: of every pair of a value and a later one. */
function fallOf(returns: readonly number[]): number {
  const values = [1]
  for (const one of returns) values.push(values.at(-1)! * (1 + one))
  let most = 0
  for (let a = 0; a < values.length; a++)
    for (let b = a; b < values.length; b++) most = Math.max(most, 1 - values[b]! / values[a]!)
  return most
}

describe('where draws lie', () => {
  test('by ranks: 0 to 100', () => {
    const samples = Float64Array.from({ length: 101 }, (_, k) => (k * 37) % 101)
    expect(spreadOf(7, samples)).toEqual({
      ...{ observed: 7, median: 50 },
      within90: { low: expect.closeTo(5, 9), high: expect.closeTo(95, 9) },
      within95: { low: expect.closeTo(2.5, 9), high: expect.closeTo(97.5, 9) },
    })
  })
  test('is not told where one of them, or the run, has no figure', () => {
    expect(spreadOf(1, Float64Array.of(1, Number.NaN, 2))).toBeNull()
    expect(spreadOf(Number.NaN, Float64Array.of(1, 2))).toBeNull()
  })
  test.each([
    [1, 499],
    [1000, 200],
    [1e9, 99],
  ])('draws of %d steps: %i of a budget of 200 000', (steps, count) => {
    expect(resamplesFor(steps, 200_000)).toBe(count)
  })
})

describe('the way of returns', () => {
  test('by hand: 1.1, 0.55, 0.66', () => {
    const { totalReturn, maxDrawdown } = wayOf(Float64Array.of(0.1, -0.5, 0.2))
    expect(totalReturn).toBeCloseTo(-0.34, 12)
    expect(maxDrawdown).toBeCloseTo(0.5, 12)
  })
  test('falls as deep as the deepest of all pairs', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.9, max: 2, noNaN: true }), { maxLength: 20 }), (returns) => {
        expect(wayOf(Float64Array.from(returns)).maxDrawdown).toBeCloseTo(fallOf(returns), 9)
      }),
    )
  })
})

describe('a shuffle', () => {
  test('keeps every return, and so the end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.5, max: 1, noNaN: true }), { minLength: 1 }),
        fc.nat(),
        (given, seed) => {
          const before = Float64Array.from(given)
          const after = before.slice()
          shuffle(after, seededRandom(seed))
          expect([...after].sort((a, b) => a - b)).toEqual([...before].sort((a, b) => a - b))
          const end = 1 + wayOf(before).totalReturn
          expect((1 + wayOf(after).totalReturn) / end).toBeCloseTo(1, 9)
        },
      ),
    )
  })
  test('has all orders alike', () => {
    const counts = new Map<string, number>()
    const random = seededRandom(11)
    const draws = 24_000
    for (let k = 0; k < draws; k++) {
      const values = Int32Array.of(1, 2, 3, 4)
      shuffle(values, random)
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // each binomial, 1 of 24: five standard errors
    const error = Math.sqrt(draws * (1 / 24) * (23 / 24))
    for (const count of counts.values()) expect(Math.abs(count - draws / 24)).toBeLessThan(5 * error)
  })
})

describe('luck of trades', () => {
  const luck = luckOfTrades(RETURNS, 3)
  test('falls in shuffled orders as in all orders there are', () => {
    const all = orders([...RETURNS])
      .map(fallOf)
      .sort((a, b) => a - b)
    expect(all).toHaveLength(120)
    const own = fallOf([...RETURNS])
    const asDeep = all.filter((fall) => fall >= own - 1e-12).length / 120
    const { shuffle: shuffled, resamples } = luck
    expect(resamples).toBe(499)
    expect(shuffled.maxDrawdown.observed).toBeCloseTo(own, 12)
    expect(Math.abs(shuffled.asDeep - asDeep)).toBeLessThan(4 * Math.sqrt((asDeep * (1 - asDeep)) / resamples))
    // the median of draws lies between quantiles of all orders, four standard errors of a rank apart
    const wide = 4 * Math.sqrt(0.25 / resamples)
    expect(shuffled.maxDrawdown.median).toBeGreaterThanOrEqual(all[Math.floor((0.5 - wide) * 120)]! - 1e-12)
    expect(shuffled.maxDrawdown.median).toBeLessThanOrEqual(all[Math.ceil((0.5 + wide) * 120)]! + 1e-12)
    expect(shuffled.maxDrawdown.within95.low).toBeGreaterThanOrEqual(all[0]! - 1e-12)
    expect(shuffled.maxDrawdown.within95.high).toBeLessThanOrEqual(all.at(-1)! + 1e-12)
  })
  test('draws with replacement lose as often as the binomial distribution says', () => {
    // 12 trades, half +10 %, half −8 %: 1.1^k × 0.92^(12 − k) is below 1 up to k = 5
    const returns = Float64Array.from({ length: 12 }, (_, k) => (k % 2 === 0 ? 0.1 : -0.08))
    const choose = (k: number) => {
      let ways = 1
      for (let n = 0; n < k; n++) ways = (ways * (12 - n)) / (n + 1)
      return ways
    }
    const losing = [0, 1, 2, 3, 4, 5].reduce((sum, k) => sum + choose(k), 0) / 2 ** 12
    const { bootstrap, resamples } = luckOfTrades(returns, 5)
    expect(1.1 ** 5 * 0.92 ** 7).toBeLessThan(1)
    expect(1.1 ** 6 * 0.92 ** 6).toBeGreaterThan(1)
    expect(Math.abs(bootstrap.losing - losing)).toBeLessThan(4 * Math.sqrt((losing * (1 - losing)) / resamples))
    expect(bootstrap.totalReturn.observed).toBeCloseTo(1.1 ** 6 * 0.92 ** 6 - 1, 12)
    expect(bootstrap.totalReturn.median).toBeCloseTo(1.1 ** 6 * 0.92 ** 6 - 1, 12)
  })
  test('the same trades and seed give the same bytes, another seed others', () => {
    expect(JSON.stringify(luckOfTrades(RETURNS, 3))).toBe(JSON.stringify(luck))
    expect(JSON.stringify(luckOfTrades(RETURNS, 4))).not.toBe(JSON.stringify(luck))
  })
  test('many trades are drawn less often', () => {
    expect(luckOfTrades(new Float64Array(20_000).fill(0.001), 1).resamples).toBe(99)
  })
})
