import { describe, expect, test } from 'vitest'
import { normalDistribution } from '../../src/core/normal-distribution.ts'
import { seededRandom } from '../../src/core/random.ts'
import {
  deflatedSharpe,
  expectedMaximumSharpe,
  minimumTrackRecord,
  probabilisticSharpe,
} from '../../src/metrics/sharpe-odds.ts'
import { many, normals, summaryOf } from './noise.ts'

/** What is observed of returns. */
function observed(returns: readonly number[]) {
  const { mean, deviation, skew, kurtosis } = summaryOf(returns)
  return { sharpe: mean / deviation, periods: returns.length, skew, kurtosis }
}

/** Four standard errors of a share of so many. */
const fourErrors = (share: number, of: number) => 4 * Math.sqrt((share * (1 - share)) / of)

describe('probabilistic Sharpe ratio', () => {
  // Bailey & López de Prado (2012), the hedge fund of 24 months with 0.458 a month (1.59 a year), skew −2.448, kurtosis 10.164
  const fund = { sharpe: 0.458, periods: 24, skew: -2.448, kurtosis: 10.164 - 3 }

  test('of the paper’s fund it is 0.982 were returns normal, 0.913 as they are', () => {
    expect(probabilisticSharpe({ ...fund, skew: 0, kurtosis: 0 })).toBeCloseTo(0.982, 3)
    expect(probabilisticSharpe(fund)).toBeCloseTo(0.913, 3)
  })

  test('is a half at the benchmark, however sure, and falls with it', () => {
    expect(probabilisticSharpe(fund, 0.458)).toBe(0.5)
    expect(probabilisticSharpe({ sharpe: 0.5, periods: 9, skew: 2.5, kurtosis: 4.25 }, 0.5)).toBe(0.5)
    const falling = [-0.5, 0, 0.3, 0.6].map((benchmark) => probabilisticSharpe(fund, benchmark))
    expect(falling).toEqual([...falling].sort((a, b) => b - a))
  })

  test('passes 0.95 in one of 20 where the true ratio is the benchmark, of normal returns', () => {
    const normal = normals(11)
    const runs = 2000
    const passed = many(runs, () => probabilisticSharpe(observed(many(250, () => 0.05 + normal())), 0.05) > 0.95)
    expect(Math.abs(passed.filter(Boolean).length / runs - 0.05)).toBeLessThan(fourErrors(0.05, runs))
  })

  test('passes 0.9 in one of 10 of returns that are skewed by 2, which without their skew would be one of 22', () => {
    const random = seededRandom(12)
    const runs = 1500
    // less an exponential number: mean 0.3, deviation 1, skew −2, kurtosis 9
    const passed = many(runs, () => {
      const returns = many(600, () => 0.3 + 1 + Math.log(1 - random()))
      return probabilisticSharpe(observed(returns), 0.3) > 0.9
    })
    expect(Math.abs(passed.filter(Boolean).length / runs - 0.1)).toBeLessThan(fourErrors(0.1, runs))
  })
})

describe('minimum track record', () => {
  const yearly = (a: number, periods: number) => a / Math.sqrt(periods)

  // Bailey & López de Prado (2012): years before an annual ratio of 2 is above 1 at 95 %, of daily, weekly and monthly returns
  test.each([
    [250, 0, 3, 2.73],
    [52, 0, 3, 2.83],
    [12, 0, 3, 3.24],
    [12, -0.72, 5.78, 4.99],
  ])(
    'of %d returns a year with skew %f and kurtosis %f takes the paper’s %f years',
    (periods, skew, kurtosis, years) => {
      const found = minimumTrackRecord(
        { sharpe: yearly(2, periods), periods: 1, skew, kurtosis: kurtosis - 3 },
        yearly(1, periods),
      )
      expect(found! / periods).toBeCloseTo(years, 2)
    },
  )

  test('is the length at which the probabilistic ratio reaches that confidence', () => {
    const one = { sharpe: 0.07, skew: -0.4, kurtosis: 3 }
    for (const confidence of [0.9, 0.95, 0.99]) {
      const periods = minimumTrackRecord({ ...one, periods: 5 }, 0.02, confidence)!
      expect(probabilisticSharpe({ ...one, periods }, 0.02)).toBeCloseTo(confidence, 12)
    }
  })

  test('is none at or below the benchmark', () => {
    const one = { sharpe: 0.02, periods: 100, skew: 0, kurtosis: 0 }
    expect([minimumTrackRecord(one, 0.02), minimumTrackRecord({ ...one, sharpe: -0.1 })]).toEqual([null, null])
  })
})

describe('deflated Sharpe ratio', () => {
  // Bailey & López de Prado (2014), "A numerical example": the best of 100, annual ratio 2.5 of 1,250 days at 250 a year,
  // deviation of annual ratios √½, skew −3, kurtosis 10
  const spread = Math.sqrt(1 / 2 / 250)
  const best = { sharpe: 2.5 / Math.sqrt(250), periods: 1250, skew: -3, kurtosis: 10 - 3 }

  test('of the paper’s example: a maximum of 0.1132 a day is expected, and 0.9004 is left', () => {
    expect(expectedMaximumSharpe(100, spread)).toBeCloseTo(0.1132, 4)
    expect(deflatedSharpe(best, 100, spread)).toBeCloseTo(0.9004, 4)
  })

  test('of the paper’s example with 46 trials, and with 88 of normal returns, it is 0.9505', () => {
    expect(deflatedSharpe(best, 46, spread)).toBeCloseTo(0.9505, 4)
    expect(deflatedSharpe({ ...best, skew: 0, kurtosis: 0 }, 88, spread)).toBeCloseTo(0.9505, 4)
  })

  test('of one trial is the probabilistic one', () => {
    expect(expectedMaximumSharpe(1, spread)).toBe(0)
    expect(deflatedSharpe(best, 1, spread)).toBe(probabilisticSharpe(best))
    expect(() => expectedMaximumSharpe(0, spread)).toThrow('0 trials')
  })

  test('the expected maximum is that of so many normal draws', () => {
    const normal = normals(13)
    // the paper’s formula is an approximation, too low by 4 % of a deviation for five trials, by less for more
    for (const [trials, off] of [
      [5, 0.045],
      [20, 0.02],
      [200, 0.015],
    ] as const) {
      const runs = 200_000 / trials
      const maxima = many(runs, () => Math.max(...many(trials, normal)))
      const mean = maxima.reduce((sum, value) => sum + value, 0) / runs
      const error = Math.sqrt(maxima.reduce((sum, value) => sum + (value - mean) ** 2, 0) / runs / runs)
      expect(Math.abs(expectedMaximumSharpe(trials, 1) - mean)).toBeLessThan(off + 4 * error)
    }
  })

  test('the best of noise passes 0.95 as seldom as it must, and never in more than one of 20 searches', () => {
    const normal = normals(14)
    const days = 365
    const deviation = 1 / Math.sqrt(days - 1)
    for (const trials of [1, 2, 5, 10]) {
      const runs = 20_000
      let passed = 0
      for (let run = 0; run < runs; run++) {
        const sharpe = deviation * Math.max(...many(trials, normal))
        if (deflatedSharpe({ sharpe, periods: days, skew: 0, kurtosis: 0 }, trials, deviation) > 0.95) passed++
      }
      // all trials below the expected maximum and 1.645 more, by the paper’s formula written out by hand for these numbers
      const maximum = { 1: 0, 2: 0.519755, 5: 1.192594, 10: 1.574598 }[trials]!
      const share = 1 - normalDistribution(maximum + 1.6448536) ** trials
      expect(share).toBeLessThanOrEqual(0.0500001)
      expect(Math.abs(passed / runs - share)).toBeLessThan(fourErrors(share, runs) + 0.001)
    }
  })
})
