import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../../src/core/random.ts'
import { stationaryBlockLength } from '../../src/metrics/block-length.ts'
import { computeMetrics } from '../../src/metrics/index.ts'
import { luckOfDays } from '../../src/metrics/monte-carlo-days.ts'
import { drawStationary } from '../../src/metrics/stationary-bootstrap.ts'
import { made } from './made-up.ts'
import { scattered } from './scattered.ts'

/** Box & Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** x[k] = rho × x[k − 1] + noise, from its stationary state on. */
function autoregressive(n: number, rho: number, random: Random, mean = 0, deviation = 1): Float64Array {
  let value = normal(random) / Math.sqrt(1 - rho ** 2)
  return Float64Array.from({ length: n }, () => {
    value = rho * value + normal(random)
    return mean + deviation * value
  })
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

describe('the stationary bootstrap', () => {
  const n = 5000
  const rows = Float64Array.from({ length: n }, (_, k) => k)
  const blocksOf = (meanLength: number) => {
    const random = seededRandom(21)
    const drawn = new Float64Array(n)
    const lengths: number[] = []
    for (let draw = 0; draw < 20; draw++) {
      drawStationary(drawn, rows, meanLength, random)
      let length = 1
      for (let k = 1; k < n; k++) {
        if (drawn[k] === (drawn[k - 1]! + 1) % n) {
          length++
        } else {
          lengths.push(length)
          length = 1
        }
      }
    }
    return lengths
  }
  test('has blocks of geometric lengths with the mean that was asked for', () => {
    const lengths = blocksOf(8)
    const count = lengths.length
    const mean = lengths.reduce((a, b) => a + b) / count
    // deviation of a geometric length: √(1 − p) ÷ p
    expect(Math.abs(mean - 8)).toBeLessThan((5 * Math.sqrt(7 / 8) * 8) / Math.sqrt(count))
    for (const beyond of [1, 2, 5, 10, 20, 40]) {
      const share = lengths.filter((length) => length > beyond).length / count
      const expected = (7 / 8) ** beyond
      expect(Math.abs(share - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / count))
    }
  })
  test('goes on at the start where a block passes the end', () => {
    // 7 of 8 of what follows the last row go on, and 1 in 20 of the others begin there
    const random = seededRandom(22)
    const few = Float64Array.from({ length: 20 }, (_, k) => k)
    const drawn = new Float64Array(20)
    let [lasts, firsts] = [0, 0]
    for (let draw = 0; draw < 4000; draw++) {
      drawStationary(drawn, few, 8, random)
      for (let k = 1; k < 20; k++) {
        if (drawn[k - 1] !== 19) continue
        lasts++
        if (drawn[k] === 0) firsts++
      }
    }
    const share = 7 / 8 + 1 / 8 / 20
    expect(Math.abs(firsts / lasts - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / lasts))
  })
  test('draws one by one at a mean of 1, all rows alike', () => {
    const random = seededRandom(5)
    const few = Float64Array.from({ length: 10 }, (_, k) => k)
    const [counts, drawn] = [new Float64Array(10), new Float64Array(10)]
    let inOrder = 0
    for (let draw = 0; draw < 2000; draw++) {
      drawStationary(drawn, few, 1, random)
      for (const row of drawn) counts[row]!++
      for (let k = 1; k < 10; k++) if (drawn[k] === (drawn[k - 1]! + 1) % 10) inOrder++
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9))
    expect(Math.abs(inOrder - 1800)).toBeLessThan(5 * Math.sqrt(18_000 * 0.1 * 0.9))
  })
})

describe('the mean block length', () => {
  test.each([
    [0.3, 4000],
    [0.5, 4000],
    [0.7, 4000],
  ])('of x = %d x + noise, %d values, is near (2 ρ ÷ (1 − ρ²))^(2/3) × n^(1/3)', (rho, n) => {
    const random = seededRandom(3)
    const found = Array.from({ length: 41 }, () => stationaryBlockLength(autoregressive(n, rho, random)))
    const ideal = ((2 * rho) / (1 - rho ** 2)) ** (2 / 3) * Math.cbrt(n)
    expect(median(found) / ideal).toBeGreaterThan(0.85)
    expect(median(found) / ideal).toBeLessThan(1.15)
  })
  test.each([
    [200, 0.7, 1, 8.855580965693058],
    [365, 0.3, 2, 2.5194867179925824],
    [1000, 0.5, 3, 13.31237153652541],
    [50, 0.9, 4, 6.9401613853126385],
    [365, 0, 5, 2.7258375241960446],
    [365, -0.4, 6, 4.305390764945149],
  ])(
    'of %i values with rho %d is that of optimal_block_length of Python’s arch 8.0.0, seed %i',
    (n, rho, seed, golden) => {
      const random = seededRandom(seed)
      let value = 0
      const values = Float64Array.from({ length: n }, () => {
        value = rho * value + random() - 0.5
        return value
      })
      expect(stationaryBlockLength(values)).toBeCloseTo(golden, 9)
    },
  )
  test('of noise is short, of what never differs 1, of a trend no longer than min(3 √n, n ÷ 3)', () => {
    const random = seededRandom(4)
    const found = Array.from({ length: 101 }, () => stationaryBlockLength(autoregressive(365, 0, random)))
    expect(median(found)).toBeLessThan(3)
    expect(stationaryBlockLength(new Float64Array(50).fill(0.25))).toBe(1)
    expect(stationaryBlockLength(Float64Array.from({ length: 60 }, (_, k) => k))).toBeLessThanOrEqual(20)
  })
})

describe('luck of days', () => {
  const ofSeed = (seed: number, n = 150) => autoregressive(n, 0, seededRandom(scattered(seed)), 0.002, 0.02)

  test('shows the run’s own figures as the table of figures has them', () => {
    const returns = ofSeed(1)
    let value = 1000
    const values = [...returns].map((one) => (value *= 1 + one))
    const { metrics } = computeMetrics(made({ values, riskFree: 0.04 }))
    const luck = luckOfDays(returns, 0.04, 1)
    expect(luck.sharpe!.observed).toBeCloseTo(metrics['sharpe']!, 9)
    expect(luck.totalReturn.observed).toBeCloseTo(metrics['totalReturn']!, 9)
    expect(luck.maxDrawdown.observed).toBeCloseTo(metrics['maxDrawdown']!, 9)
  })

  test('covers Sharpe ratio and return of a known process at its level', () => {
    const runs = 250
    const covered = { sharpe: 0, sharpe95: 0, totalReturn: 0 }
    const within = ({ low, high }: { low: number; high: number }, truth: number) =>
      low <= truth && truth <= high ? 1 : 0
    const truth = (0.002 / 0.02) * Math.sqrt(365)
    // ln(1 + r) of the normal r is 0.002 − 0.02² ÷ 2 on the mean but for terms of the fourth order
    const grown = Math.exp(150 * (0.002 - (0.02 ** 2 + 0.002 ** 2) / 2)) - 1
    for (let seed = 1; seed <= runs; seed++) {
      const luck = luckOfDays(ofSeed(1000 + seed), 0, seed)
      covered.sharpe += within(luck.sharpe!.within90, truth)
      covered.sharpe95 += within(luck.sharpe!.within95, truth)
      covered.totalReturn += within(luck.totalReturn.within90, grown)
    }
    const error = (level: number) => Math.sqrt((level * (1 - level)) / runs)
    expect(Math.abs(covered.sharpe / runs - 0.9)).toBeLessThan(3 * error(0.9))
    expect(Math.abs(covered.sharpe95 / runs - 0.95)).toBeLessThan(3 * error(0.95))
    expect(Math.abs(covered.totalReturn / runs - 0.9)).toBeLessThan(3 * error(0.9))
  })

  test('covers where days hang together, as draws one by one do not', () => {
    const runs = 300
    const rho = 0.4
    let covered = 0
    let alone = 0
    for (let seed = 1; seed <= runs; seed++) {
      const returns = autoregressive(365, rho, seededRandom(scattered(5000 + seed)), 0, 0.01)
      const { totalReturn } = luckOfDays(returns, 0, seed)
      const truth = Math.exp((-365 * (0.01 ** 2 / (1 - rho ** 2))) / 2) - 1
      if (totalReturn.within90.low <= truth && truth <= totalReturn.within90.high) covered++
      const deviation = Math.sqrt(returns.reduce((sum, one) => sum + one ** 2, 0) / 365)
      const logEnd = Math.log(1 + totalReturn.observed)
      if (Math.abs(logEnd - Math.log(1 + truth)) < 1.645 * deviation * Math.sqrt(365)) alone++
    }
    expect(covered / runs).toBeGreaterThan(0.82)
    expect(alone / runs).toBeLessThan(0.77)
  })

  test('the same days and seed give the same bytes', () => {
    expect(JSON.stringify(luckOfDays(ofSeed(1), 0, 7))).toBe(JSON.stringify(luckOfDays(ofSeed(1), 0, 7)))
    expect(JSON.stringify(luckOfDays(ofSeed(1), 0, 8))).not.toBe(JSON.stringify(luckOfDays(ofSeed(1), 0, 7)))
  })
})
