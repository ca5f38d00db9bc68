import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { expectationCone } from '../../src/metrics/expectation-cone.ts'

/** As many days up as down by 1 % to a hair, in an order that says nothing of the next. */
function coin(days: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  const all = Array.from({ length: days }, (_, k) => ({ up: k % 2 === 0, at: random() }))
  return Float64Array.from(
    all.sort((a, b) => a.at - b.at),
    ({ up }) => (up ? 0.01 : -0.01) * (1 + 1e-3 * (random() - 0.5)),
  )
}

/** Least number of ups in n throws whose probability of so many or fewer reaches q: the quantile of the binomial distribution. */
function upsAt(n: number, q: number): number {
  let [probability, sum] = [0.5 ** n, 0]
  for (let ups = 0; ; ups++) {
    sum += probability
    if (sum >= q) return ups
    probability *= (n - ups) / (ups + 1)
  }
}

describe('the cone of what days come to', () => {
  test('of days that are all alike is a line: what they compound to', () => {
    const { low, middle, high } = expectationCone(new Float64Array(60).fill(0.01), 40)
    for (const levels of [low, middle, high]) {
      expect(levels.length).toBe(41)
      for (const [day, level] of levels.entries()) expect(level).toBeCloseTo(1.01 ** day, 12)
    }
  })

  test('of a coin has the quantiles of the binomial distribution, to one throw', () => {
    const { low, middle, high, blockLength } = expectationCone(coin(1000, 7), 100)
    // blocks of what comes in no order change nothing
    expect(blockLength).toBeLessThan(5)
    const level = (ups: number) => 1.01 ** ups * 0.99 ** (100 - ups)
    for (const [found, q] of [
      [low, 0.05],
      [middle, 0.5],
      [high, 0.95],
    ] as const) {
      const ups = upsAt(100, q)
      expect(found[100]).toBeGreaterThanOrEqual(level(ups - 1))
      expect(found[100]).toBeLessThanOrEqual(level(ups + 1))
    }
    expect([upsAt(100, 0.05), upsAt(100, 0.5), upsAt(100, 0.95)]).toEqual([42, 50, 58])
  })

  test('reaches further than the days that it is drawn from, begins at 1, and is the same each time', () => {
    const returns = coin(50, 3)
    const cone = expectationCone(returns, 200)
    expect(cone.low.length).toBe(201)
    expect([cone.low[0], cone.middle[0], cone.high[0]]).toEqual([1, 1, 1])
    for (let day = 1; day <= 200; day++) {
      expect(cone.low[day]).toBeLessThanOrEqual(cone.middle[day]!)
      expect(cone.middle[day]).toBeLessThanOrEqual(cone.high[day]!)
    }
    expect(cone.high[200]! - cone.low[200]!).toBeGreaterThan(1.5 * (cone.high[50]! - cone.low[50]!))
    expect(expectationCone(returns, 200)).toEqual(cone)
    expect(expectationCone(returns, 200, 6).low).not.toEqual(cone.low)
  })

  test('keeps days together that come in stretches: it is wider than of the same days in any order', () => {
    const stretches = Float64Array.from({ length: 600 }, (_, k) => (Math.floor(k / 30) % 2 === 0 ? 0.01 : -0.01))
    const [together, apart] = [expectationCone(stretches, 60), expectationCone(coin(600, 1), 60)]
    expect(together.blockLength).toBeGreaterThan(5)
    expect(together.high[60]! - together.low[60]!).toBeGreaterThan(2 * (apart.high[60]! - apart.low[60]!))
  })
})
