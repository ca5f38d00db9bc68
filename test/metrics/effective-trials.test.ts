import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReturnsSummary } from '../../src/core/search.ts'
import { effectiveTrials } from '../../src/metrics/effective-trials.ts'
import { lineOf, readLine, type WrittenTrial } from '../../src/search/ledger-line.ts'
import { madeTrial } from '../search/made-trials.ts'
import { START } from './made-up.ts'
import { many, normals, summaryOf } from './noise.ts'

const DAYS = 256

function noise(seed: number, count: number, days = DAYS): number[][] {
  const normal = normals(seed)
  return many(count, () => many(days, () => 0.01 * normal()))
}

/** Trials of families: each correlates with its family's own returns by `likeness`. */
function family(seed: number, own: readonly number[], count: number, likeness: number): ReturnsSummary[] {
  return noise(seed, count, own.length).map((other) =>
    summaryOf(other.map((value, k) => likeness * own[k]! + Math.sqrt(1 - likeness ** 2) * value)),
  )
}

/** Cheap ones: sums only are drawn. */
function drawn(seed: number, count: number, centre?: readonly number[]): ReturnsSummary[] {
  const normal = normals(seed)
  const one = summaryOf(many(DAYS, () => normal()))
  return many(count, () => ({
    ...one,
    sums: many(64, (k) => (centre === undefined ? normal() : centre[k]! + 0.1 * normal())),
  }))
}

/** A grid of 200 moving-average crossings over prices that walk at random, each day's return of each. */
function crossings(seed: number): ReturnsSummary[] {
  const normal = normals(seed)
  const prices = [100]
  while (prices.length < 1000) prices.push(prices.at(-1)! * Math.exp(0.0003 + 0.03 * normal()))
  const averageAt = (day: number, period: number) =>
    prices.slice(day - period + 1, day + 1).reduce((sum, price) => sum + price, 0) / period
  const move = (day: number) => prices[day + 1]! / prices[day]! - 1
  return many(10, (k) => 1 + k).flatMap((fast) =>
    many(20, (k) => 11 + 2 * k).map((slow) =>
      summaryOf(
        many(700, (k) => {
          const day = 250 + k
          return averageAt(day, fast) > averageAt(day, slow) ? move(day) : -move(day)
        }),
      ),
    ),
  )
}

const shuffled = <T>(values: readonly T[], seed: number) => {
  const normal = normals(seed)
  return values
    .map((value) => ({ value, at: normal() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}

describe('effective number of trials', () => {
  test('of copies is 1, also where they are larger or smaller', () => {
    const [own] = noise(1, 1)
    expect(effectiveTrials(many(100, () => summaryOf(own!)))).toBe(1)
    expect(effectiveTrials(many(100, (k) => summaryOf(own!.map((value) => value * (1 + k)))))).toBe(1)
    expect(effectiveTrials([])).toBe(0)
  })

  test('of independent trials is their number', () => {
    for (const count of [2, 50, 500]) {
      const found = effectiveTrials(noise(count, count).map((returns) => summaryOf(returns)))
      expect(found).toBeGreaterThanOrEqual(0.99 * count)
      expect(found).toBeLessThanOrEqual(count)
    }
  })

  test('of families is their number, however many are in each', () => {
    const owns = noise(3, 20)
    const trials = owns.flatMap((own, k) => family(100 + k, own, 1 + 3 * k, 0.97))
    expect(effectiveTrials(trials)).toBe(20)
  })

  test('trials are alike above a correlation of √½, and mirror images never', () => {
    const [own] = noise(5, 1)
    expect(effectiveTrials([summaryOf(own!), summaryOf(own!.map((value) => -value))])).toBe(2)
    // sums that correlate by exactly the cosine of an angle: two vectors of mean 0 that stand upright on one another
    const [a, b] = [many(64, (k) => [1, -1, 1, -1][k % 4]!), many(64, (k) => [1, 1, -1, -1][k % 4]!)]
    const pair = (degrees: number) => {
      const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
      const one = summaryOf(own!)
      return effectiveTrials([
        { ...one, sums: a },
        { ...one, sums: a.map((value, k) => 7 + 3 * (cos * value + sin * b[k]!)) },
      ])
    }
    expect([44, 46, 134, 180].map(pair)).toEqual([1, 2, 2, 2])
  })

  test('trials of other days are never alike; those that never moved are, of each stretch', () => {
    const [own] = noise(6, 1)
    const still = many(DAYS, () => 0)
    const here = [summaryOf(own!), summaryOf(still), summaryOf(still)]
    expect(effectiveTrials(here)).toBe(2)
    expect(effectiveTrials([...here, summaryOf(own!, START + 86_400_000)])).toBe(3)
    expect(effectiveTrials([...here, summaryOf(own!.slice(1)), summaryOf(still.slice(1))])).toBe(4)
    // a constant gain is no movement either, up to rounding
    const steady = summaryOf(many(DAYS, () => 0.001))
    expect(effectiveTrials([steady, summaryOf(still), ...here])).toBe(2)
    expect(effectiveTrials([{ ...steady, sums: steady.sums.map((sum) => -sum) }, steady])).toBe(1)
  })

  test('does not hang on the order of trials, sampled or not', () => {
    const owns = noise(7, 30)
    const some = owns.flatMap((own, k) => family(200 + k, own, 5, 0.8))
    const sampled = [...some, ...drawn(8, 2200)]
    for (const trials of [some, sampled]) {
      const found = effectiveTrials(trials)
      expect(effectiveTrials(shuffled(trials, 1))).toBe(found)
      expect(effectiveTrials([...trials].reverse())).toBe(found)
    }
  })

  describe('of a grid of crossings hangs on no last bit', () => {
    const grids = many(4, (seed) => crossings(40 + seed)).map((trials) => ({ trials, found: effectiveTrials(trials) }))

    test.each(grids)('of skew and kurtosis: $found', ({ trials, found }) => {
      expect(found).toBeGreaterThan(4)
      expect(found).toBeLessThan(200)
      for (const by of [1e-12, -1e-12, 1e-9])
        expect(
          effectiveTrials(trials.map((one) => ({ ...one, skew: one.skew + by, kurtosis: one.kurtosis - by }))),
        ).toBe(found)
    })

    test.each(grids)('of sums: $found', ({ trials, found }) => {
      for (const by of [1e-15, 3e-15])
        expect(
          effectiveTrials(
            trials.map((one) => ({ ...one, sums: one.sums.map((sum, k) => sum * (1 + (k % 2 ? by : -by))) })),
          ),
        ).toBe(found)
    })

    test.each(grids)('as a line of the ledger has it: $found', ({ trials, found }) => {
      const read = trials.map((returns, k) => {
        const line = readLine(lineOf(madeTrial(k, { returns })).trimEnd()) as WrittenTrial
        return line.returns!
      })
      expect(read.some(({ sums }, k) => sums.some((sum, at) => sum !== trials[k]!.sums[at]))).toBe(true)
      expect(effectiveTrials(read)).toBe(found)
    })

    test('nor where a sample is compared', () => {
      const trials = many(12, (seed) => crossings(60 + seed)).flat()
      const found = effectiveTrials(trials)
      const read = trials.map(
        (returns, k) => (readLine(lineOf(madeTrial(k, { returns })).trimEnd()) as WrittenTrial).returns!,
      )
      expect(effectiveTrials(trials.map((one) => ({ ...one, skew: one.skew + 1e-12 })))).toBe(found)
      expect(effectiveTrials(read)).toBe(found)
    })
  })

  test('clusters are led by the highest Sharpe ratio', () => {
    // three in a row, neighbours alike and the ends not: a middle that leads takes both, an end leaves the other alone
    const [a, b] = [many(64, (k) => [1, -1, 1, -1][k % 4]!), many(64, (k) => [1, 1, -1, -1][k % 4]!)]
    const one = summaryOf(noise(9, 1)[0]!)
    const at = (degrees: number, mean: number): ReturnsSummary => {
      const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
      return { ...one, mean, sums: a.map((value, k) => cos * value + sin * b[k]!) }
    }
    for (const more of [0.001, 0.002, 0.003]) {
      expect(effectiveTrials([at(0, 0), at(40, more), at(80, -more)])).toBe(1)
      expect(effectiveTrials([at(0, more), at(40, 0), at(80, -more)])).toBe(2)
    }
  })

  test('never passes the number of trials, and each trial adds one at most', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(-1, 0, 1, 2), { minLength: 4, maxLength: 4 }), { maxLength: 60 }),
        (rows) => {
          const found = effectiveTrials(rows.map((row) => summaryOf(row)))
          expect(found).toBeLessThanOrEqual(new Set(rows.map(String)).size)
          expect(found).toBeGreaterThanOrEqual(Math.min(1, rows.length))
        },
      ),
      { numRuns: 300 },
    )
  })

  describe('of more than are compared', () => {
    test('families are all met', () => {
      const centres = drawn(20, 100).map(({ sums }) => sums)
      const trials = centres.flatMap((centre, k) => drawn(300 + k, 60, centre))
      expect(effectiveTrials(trials)).toBe(100)
    })

    test('trials that all differ are all counted', () => {
      const found = effectiveTrials(drawn(21, 6000))
      expect(found).toBeGreaterThanOrEqual(0.99 * 6000)
      expect(found).toBeLessThanOrEqual(6000)
    })

    test('rare ones beside a large family are counted within the error of a sample', () => {
      const centre = drawn(22, 1)[0]!.sums
      const trials = [...drawn(23, 4000, centre), ...drawn(24, 400)]
      // 2,000 of 4,400 are compared: of 400 single ones 182 are met, with a deviation of √(400 × 0.4545 × 0.5455) at most,
      // and each stands for 1 ÷ 0.4545
      const error = Math.sqrt(400 * 0.4545 * 0.5455) / 0.4545
      expect(Math.abs(effectiveTrials(trials) - 401)).toBeLessThan(4 * error)
    })

    test('pairs are counted as pairs', () => {
      const trials = drawn(27, 3000).flatMap(({ sums }, k) => drawn(5000 + k, 2, sums))
      // of 3,000 pairs a third of the trials are compared: some 1,333 pairs are met once and 333 twice. What is said moves by 6 for
      // each more that is met twice, whose number has a deviation of √(3000 × (1 ÷ 3)² × (2 ÷ 3)²)
      expect(Math.abs(effectiveTrials(trials) - 3000)).toBeLessThan(4 * 6 * Math.sqrt(3000 * (1 / 9) * (4 / 9)))
    })

    test('a stretch that is small beside the others is met too', () => {
      const centre = drawn(28, 1)[0]!.sums
      const trials = many(50, (k) => ({ ...drawn(6000 + k, 1)[0]!, days: DAYS + 1 + k }))
      expect(effectiveTrials([...drawn(29, 4000, centre), ...trials])).toBe(51)
    })

    test('copies do not crowd out the others: they are one before any is chosen', () => {
      const [one] = drawn(25, 1)
      const trials = [...many(50_000, () => one!), ...drawn(26, 300)]
      expect(effectiveTrials(trials)).toBe(301)
    })

    test('stretches share what is compared', () => {
      const trials = many(300, (k) => drawn(400 + k, 20).map((one) => ({ ...one, days: DAYS + k }))).flat()
      const found = effectiveTrials(trials)
      expect(found).toBeGreaterThanOrEqual(0.99 * 6000)
      expect(found).toBeLessThanOrEqual(6000)
    })
  })
})
