import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { populationStability } from '../../src/metrics/drift.ts'
import { FeatureBaseline } from '../../src/metrics/feature-baseline.ts'
import { hitBand } from '../../src/metrics/hit-band.ts'
import { compounded, returnBand } from '../../src/metrics/return-band.ts'
import { meanInterval, studentReach } from '../../src/metrics/student.ts'

/** Normal draws (Box & Muller). */
function normal(n: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  return Float64Array.from(
    { length: n },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  )
}

describe('band of wins', () => {
  /** P(k wins of n): binomials over Jeffreys' posterior, by p = sin² x in small steps. */
  function shares(wins: number, trades: number, n: number): number[] {
    const STEPS = 20_000
    const sums = new Array<number>(n + 1).fill(0)
    for (let step = 0; step < STEPS; step++) {
      const p = Math.sin(((step + 0.5) / STEPS) * (Math.PI / 2)) ** 2
      const weight = p ** wins * (1 - p) ** (trades - wins)
      let choose = 1
      for (let k = 0; k <= n; k++) {
        sums[k]! += weight * choose * p ** k * (1 - p) ** (n - k)
        choose *= (n - k) / (k + 1)
      }
    }
    const all = sums.reduce((a, b) => a + b)
    return sums.map((sum) => sum / all)
  }

  test.each([
    [6, 10, 12, 0.9],
    [0, 0, 5, 0.5],
    [33, 40, 30, 0.99],
    [0, 25, 20, 0.95],
  ])('%i of %i, the next %i at %d: no more outside than was said, and one more would be', (wins, trades, n, level) => {
    const { low, high } = hitBand({ wins, trades }, n, level)
    const p = shares(wins, trades, n)
    const sum = (from: number, to: number) => p.slice(from, to).reduce((a, b) => a + b, 0)
    const tail = (1 - level) / 2
    expect(sum(0, low)).toBeLessThanOrEqual(tail)
    expect(sum(0, low + 1)).toBeGreaterThan(tail)
    expect(sum(high + 1, n + 1)).toBeLessThanOrEqual(tail)
    expect(sum(high, n + 1)).toBeGreaterThan(tail)
  })

  test('of thousands of trades is the normal one', () => {
    const { low, high } = hitBand({ wins: 40_000, trades: 80_000 }, 5_000, 0.99)
    // √(n p q (1 + n ÷ m)) × 2.5758 around the half
    const reach = 2.5758 * Math.sqrt(5_000 / 4) * Math.sqrt(1 + 5_000 / 80_000)
    expect(Math.abs(low - (2_500 - reach))).toBeLessThan(2)
    expect(Math.abs(high - (2_500 + reach))).toBeLessThan(2)
  })

  test('refuses what is no count', () => {
    expect(() => hitBand({ wins: 3, trades: 2 }, 1, 0.9)).toThrow('3 wins of 2 trades')
    expect(() => hitBand({ wins: 1, trades: 2 }, 1.5, 0.9)).toThrow('next 1.5')
  })
})

describe('band of returns', () => {
  test('of days that are all alike is one number', () => {
    const { low, high } = returnBand(new Float64Array(40).fill(0.01), 7, { level: 0.99, seed: 1 })
    expect(low).toBeCloseTo(1.01 ** 7 - 1, 12)
    expect(high).toBe(low)
  })

  test('of independent days is as wide as the root of their number', () => {
    const returns = normal(1_000, 3).map((z) => 0.0005 + 0.01 * z)
    const { low, high } = returnBand(returns, 16, { level: 0.99, seed: 1 })
    // logarithms: mean μ − σ² ÷ 2 a day, deviation σ × √16
    const [center, reach] = [16 * (0.0005 - 0.00005), 2.5758 * 0.01 * 4]
    // a thousand days know their own mean to 0.0003, and 4000 draws their ends to a twentieth
    expect(Math.abs(Math.log1p(low) - (center - reach))).toBeLessThan(0.15 * reach)
    expect(Math.abs(Math.log1p(high) - (center + reach))).toBeLessThan(0.15 * reach)
  })

  test('of days that come in runs is wider than their deviation says, and the same seed draws the same', () => {
    const returns = Float64Array.from({ length: 600 }, (_, day) => (Math.floor(day / 15) % 2 === 0 ? 0.01 : -0.01))
    const band = returnBand(returns, 10, { level: 0.9, seed: 4 })
    // independent: 1.645 × 0.01 × √10 = 0.052; half of all stretches of ten days lie within one run, which makes 0.1
    expect(band.high).toBeGreaterThan(0.09)
    expect(returnBand(returns, 10, { level: 0.9, seed: 4 })).toEqual(band)
    expect(compounded([0.1, -0.5])).toBeCloseTo(1.1 * 0.5 - 1, 12)
  })
})

describe('interval of a mean', () => {
  // of printed tables: Student's t, two-sided
  test.each([
    [1, 0.95, 12.706],
    [2, 0.99, 9.925],
    [3, 0.9, 2.353],
    [9, 0.99, 3.25],
    [10, 0.95, 2.228],
    [30, 0.99, 2.75],
    [120, 0.99, 2.617],
  ])('%i degrees of freedom, %d', (degrees, level, reach) => {
    expect(studentReach(degrees, level)).toBeCloseTo(reach, 3)
  })

  test('by hand: 1, 2, 3, 4', () => {
    const { mean, low, high } = meanInterval([1, 2, 3, 4], 0.9)
    // deviation √(5 ÷ 3), three degrees of freedom: 2.353
    expect(mean).toBe(2.5)
    expect(high - mean).toBeCloseTo((2.353 * Math.sqrt(5 / 3)) / 2, 3)
    expect(mean - low).toBeCloseTo(high - mean, 12)
  })
})

describe('a feature beside its training part', () => {
  test('its index is that of the population, and rows like it stay below the threshold', () => {
    const train = normal(5_000, 1)
    const live = normal(400, 2)
    const { psi, threshold } = new FeatureBaseline(train).judge(live)
    expect(psi).toBe(populationStability(train, live))
    expect(threshold).toBe(0.25)
    expect(psi).toBeLessThan(0.25)
  })

  test('rows that have moved by a deviation are above it', () => {
    const { psi, threshold } = new FeatureBaseline(normal(5_000, 1)).judge(normal(400, 2).map((z) => z + 1))
    // Jeffreys' divergence of two normals is the square of their distance, 1; deciles see less of it
    expect(psi).toBeGreaterThan(0.7)
    expect(psi).toBeLessThan(1.2)
    expect(psi).toBeGreaterThan(threshold)
  })

  test('where weeks of the training part are far from the rest, so may live ones be', () => {
    // a slow wave under noise as high: no stretch of 400 rows sees more than a fifth of it
    const noise = normal(8_000, 5)
    const wave = noise.map((z, row) => z / 2 + Math.sin((2 * Math.PI * row) / 2_000))
    const baseline = new FeatureBaseline(wave)
    const { psi, threshold } = baseline.judge(wave.subarray(7_600))
    expect(psi).toBeGreaterThan(0.25)
    expect(threshold).toBeGreaterThan(psi!)
    expect(baseline.judge(wave.subarray(7_600).map((value) => value + 4)).psi).toBeGreaterThan(threshold)
  })

  test('the threshold by hand: half as much again as the farthest of 40 stretches, each beside the rest', () => {
    // a flag in one stretch: rows 600 … 699 of 1000, where two bins remain, 0 and 1
    const flag = Float64Array.from({ length: 1_000 }, (_, row) => (row >= 600 && row < 700 ? 1 : 0))
    const of = (zeros: number, ones: number) => [(zeros + 0.5) / (zeros + ones + 1), (ones + 0.5) / (zeros + ones + 1)]
    const starts = Array.from({ length: 40 }, (_, k) => Math.round((900 * k) / 39))
    const far = starts.map((from) => {
      const ones = Math.max(0, Math.min(from + 100, 700) - Math.max(from, 600))
      const [a, b] = [of(800 + ones, 100 - ones), of(100 - ones, ones)]
      return a.reduce((sum, share, k) => sum + (b[k]! - share) * Math.log(b[k]! / share), 0)
    })
    expect(new FeatureBaseline(flag).judge(flag.subarray(0, 100)).threshold).toBeCloseTo(1.5 * Math.max(...far), 10)
  })

  test('a level that leaves all that was learnt from has drifted, however far its own stretches are from one another', () => {
    // of a rising price each stretch is as far from the rest as can be
    const rising = Float64Array.from({ length: 4_000 }, (_, row) => 100 + row / 100)
    const baseline = new FeatureBaseline(rising)
    const above = baseline.judge(Float64Array.from({ length: 400 }, (_, row) => 141 + row / 100))
    expect(above).toMatchObject({ threshold: 0.25, beyond: 1 })
    expect(above.psi).toBeGreaterThan(0.25)
    expect(baseline.judge(Float64Array.from({ length: 400 }, () => 99))).toMatchObject({ threshold: 0.25, beyond: 1 })
    // where half of the rows are known its own stretches speak: 139.99 is the greatest
    const half = baseline.judge(Float64Array.from({ length: 400 }, (_, row) => 138 + row / 100))
    expect(half.beyond).toBe(0.5)
    expect(half.threshold).toBeGreaterThan(half.psi!)
    expect(baseline.judge(Float64Array.from({ length: 400 }, () => Number.NaN)).beyond).toBe(0)
  })

  test('is held against a quarter of its rows at most, and says nothing of none', () => {
    const baseline = new FeatureBaseline(normal(1_001, 1))
    expect(baseline.most).toBe(250)
    expect(baseline.judge(new Float64Array()).psi).toBeNull()
  })
})
