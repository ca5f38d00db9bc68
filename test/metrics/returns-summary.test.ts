import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RETURN_BLOCKS } from '../../src/core/search.ts'
import { summarise } from '../../src/metrics/returns-summary.ts'
import { curve, DAY, HOUR, START } from './made-up.ts'
import { average, many, summaryOf, total } from './noise.ts'

describe('summary of returns', () => {
  test('of three days by hand', () => {
    // 100 → 110 → 99 → 118.8: +10 %, −10 %, +20 %
    const found = summarise(curve([110, 99, 118.8]), START, 100)!
    expect(found).toMatchObject({ from: START, days: 3 })
    // mean 0.2 ÷ 3; squares 0.01 + 0.01 + 0.04 less 3 × mean² are 0.14 ÷ 3, half of which is the variance
    expect(found.mean).toBeCloseTo(0.2 / 3, 14)
    expect(found.deviation).toBeCloseTo(Math.sqrt(0.14 / 6), 14)
    expect(found.sums.map((sum) => Math.round(sum * 1e12) / 1e12)).toEqual([0.1, -0.1, 0.2])
    expect(found.squares.map((sum) => Math.round(sum * 1e12) / 1e12)).toEqual([0.01, 0.01, 0.04])
    // deviations from the mean by 30: 1, −5, 4; Σd² 42, Σd³ −60, Σd⁴ 882
    expect(found.skew).toBeCloseTo(-60 / 3 / 14 ** 1.5, 12)
    expect(found.kurtosis).toBeCloseTo(882 / 3 / 14 ** 2 - 3, 12)
  })

  test('is its definition, whatever the days and the bars in them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 2, maxLength: 200 }),
        fc.constantFrom(1, 4, 24),
        (returns, perDay) => {
          let value = 1000
          const ends = returns.map((one) => (value *= 1 + one))
          // inside a day it wanders; only the last bar counts
          const bars = ends.flatMap((end) => [...many(perDay - 1, (k) => 500 + k), end])
          const found = summarise(curve(bars, { step: DAY / perDay }), START, 1000)!
          const wanted = summaryOf(returns)
          fc.pre(wanted.deviation > 1e-6)
          expect([found.from, found.days, found.sums.length]).toEqual([
            START,
            returns.length,
            Math.min(64, returns.length),
          ])
          for (const key of ['mean', 'deviation', 'skew', 'kurtosis'] as const)
            expect(Math.abs(found[key] - wanted[key])).toBeLessThan(1e-6 * (1 + Math.abs(wanted[key])))
          for (const key of ['sums', 'squares'] as const)
            for (const [k, sum] of found[key].entries()) expect(Math.abs(sum - wanted[key][k]!)).toBeLessThan(1e-11)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('blocks hold every day once, in order', () => {
    const returns = many(365, (k) => 0.0001 * (k + 1))
    let value = 1
    const { sums } = summarise(curve(returns.map((one) => (value *= 1 + one))), START, 1)!
    expect(sums).toHaveLength(RETURN_BLOCKS)
    // days 0 to 4: 5 × 365 ÷ 64 is 5.7
    expect(sums[0]).toBeCloseTo(0.0001 * (1 + 2 + 3 + 4 + 5), 12)
    // from 359 on: ⌊63 × 365 ÷ 64⌋
    expect(sums[63]).toBeCloseTo(0.0001 * (360 + 361 + 362 + 363 + 364 + 365), 12)
    expect(total(sums)).toBeCloseTo(365 * average(returns), 12)
  })

  test('begins at the midnight before, and a day without bars has no return', () => {
    const equity = curve([100, 100, 121], { from: START + 6 * HOUR, step: 20 * HOUR })
    const found = summarise(equity, START + 6 * HOUR, 110)!
    // bars end on 2 January 02:00 and 22:00, and on 3 January 18:00
    expect([found.from, found.days]).toEqual([START, 3])
    expect(found.sums[0]).toBe(0)
    expect(found.sums[1]).toBeCloseTo(100 / 110 - 1, 14)
    expect(found.sums[2]).toBeCloseTo(0.21, 14)
  })

  test('of equity that never moves has zeros, which JSON can hold', () => {
    const found = summarise(curve(many(40, () => 100)), START, 100)!
    expect(found).toMatchObject({ days: 40, mean: 0, deviation: 0, skew: 0, kurtosis: 0 })
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
    // the same gain each day, up to rounding
    expect(summarise(curve(many(40, (k) => 1.001 ** (k + 1))), START, 1)).toMatchObject({ deviation: 0, skew: 0 })
  })

  test('is none of less than two days, or of equity that fell to 0 or below', () => {
    expect(summarise(curve([101]), START, 100)).toBeNull()
    expect(summarise(curve([]), START, 100)).toBeNull()
    expect(summarise(curve([101, 99]), START, 100)).not.toBeNull()
    for (const ruin of [0, -5]) {
      expect(summarise(curve([101, ruin, 50]), START, 100)).toBeNull()
      expect(summarise(curve([101, ruin]), START, 100)).toBeNull()
      expect(summarise(curve([101, 99]), START, ruin)).toBeNull()
    }
  })
})
