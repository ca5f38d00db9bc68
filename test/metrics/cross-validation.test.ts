import { describe, expect, test } from 'vitest'
import type { CrossValidation } from '../../src/core/search.ts'
import { crossValidate } from '../../src/metrics/cross-validation.ts'
import { waysToHalve } from '../../src/metrics/half-splits.ts'
import { START } from './made-up.ts'
import { average, fineStarts, many, normals, sharpeOf, summaryOf } from './noise.ts'

function noise(seed: number, trials: number, days: number): number[][] {
  const normal = normals(seed)
  return many(trials, () => many(days, () => 0.01 * normal()))
}

/** Every choice of `count` of the numbers from `first` up to `end`, one by one. */
function choices(count: number, first: number, end: number): number[][] {
  if (count === 0) return [[]]
  if (first === end) return []
  const withFirst = choices(count - 1, first + 1, end).map((rest) => [first, ...rest])
  return [...withFirst, ...choices(count, first + 1, end)]
}

/** The paper's algorithm as it is told: matrices of daily returns, cut and joined, ratios from the returns themselves. */
function naive(matrix: readonly (readonly number[])[], blocks: number) {
  const days = matrix[0]!.length
  const fine = fineStarts(days)
  const starts = many(blocks + 1, (k) => fine[Math.floor((k * (fine.length - 1)) / blocks)]!)
  const pick = (chosen: readonly number[]) =>
    matrix.map((returns) => sharpeOf(chosen.flatMap((block) => returns.slice(starts[block], starts[block + 1]))))
  const splits = choices(blocks / 2, 0, blocks).map((chosen) => {
    const inside = pick(chosen)
    const outside = pick(many(blocks, (k) => k).filter((block) => !chosen.includes(block)))
    const best = inside.indexOf(Math.max(...inside))
    const rank = outside.filter((value) => value <= outside[best]!).length
    const omega = rank / (matrix.length + 1)
    return { inside: inside[best]!, outside: outside[best]!, logit: Math.log(omega / (1 - omega)) }
  })
  const year = Math.sqrt(365)
  const own = splits.map(({ inside }) => year * inside)
  const other = splits.map(({ outside }) => year * outside)
  const [x, y] = [average(own), average(other)]
  return {
    logits: splits.map(({ logit }) => logit),
    splits: splits.length,
    probability: average(splits.map(({ logit }) => (logit <= 1e-12 ? 1 : 0))),
    probabilityOfLoss: average(other.map((value) => (value < 0 ? 1 : 0))),
    meanInSample: x,
    meanOutOfSample: y,
    slope:
      average(own.map((value, k) => (value - x) * (other[k]! - y))) / average(own.map((value) => (value - x) ** 2)),
  }
}

const judged = (matrix: readonly (readonly number[])[]) => crossValidate(matrix.map((returns) => summaryOf(returns)))

describe('cross-validation of overfitting', () => {
  test('of 16 blocks there are 12,870 splits, as in the paper', () => {
    // Bailey et al. (2017), section 3: S = 16 (where 12,780 is printed); and the other even numbers by Pascal's triangle
    expect([4, 6, 8, 10, 12, 14, 16].map(waysToHalve)).toEqual([6, 20, 70, 252, 924, 3432, 12_870])
    expect(judged(noise(1, 2, 32))).toMatchObject({ blocks: 16, splits: 12_870, trials: 2 })
  })

  // days: fewest; a block more or less than whole; more than 64, so that blocks hold several days
  test.each([
    [3, 8, 4],
    [4, 9, 4],
    [7, 17, 8],
    [5, 25, 12],
    [2, 131, 16],
  ])('of %d trials over %d days in %d blocks is what the paper’s algorithm says', (trials, days, blocks) => {
    const matrix = noise(days, trials, days)
    const found = judged(matrix)!
    const wanted = naive(matrix, blocks)
    expect(found).toMatchObject({ blocks, splits: wanted.splits, trials })
    expect(found.probability).toBe(wanted.probability)
    expect(found.probabilityOfLoss).toBe(wanted.probabilityOfLoss)
    for (const key of ['meanInSample', 'meanOutOfSample', 'slope'] as const)
      expect(Math.abs(found[key]! - wanted[key])).toBeLessThan(1e-9 * (1 + Math.abs(wanted[key])))
    expect(found.logits.map(({ splits }) => splits)).toEqual(
      found.logits.map(
        ({ low, high }, k) =>
          wanted.logits.filter((logit) => logit > (k === 0 ? -99 : low + 1e-12) && logit <= high + 1e-12).length,
      ),
    )
  })

  test('bars of the histogram join, hold every split, and those up to 0 are the overfitted', () => {
    for (const trials of [2, 3, 10]) {
      const found = judged(noise(trials, trials, 60))!
      expect(found.logits).toHaveLength(20)
      for (const [k, bar] of found.logits.entries()) if (k > 0) expect(bar.low).toBe(found.logits[k - 1]!.high)
      const upTo = (end: number) =>
        found.logits.filter(({ high }) => high <= end).reduce((sum, { splits }) => sum + splits, 0)
      expect(upTo(99)).toBe(found.splits)
      expect(upTo(0)).toBe(Math.round(found.probability * found.splits))
      expect(found.logits[9]!.high).toBe(0)
    }
  })

  test('noise falls below the median half the time, over many matrices', () => {
    const found = many(100, (seed) => judged(noise(1000 + seed, 8, 64))!.probability)
    const error = Math.sqrt(average(found.map((value) => (value - average(found)) ** 2)) / found.length)
    expect(error).toBeLessThan(0.04)
    expect(Math.abs(average(found) - 0.5)).toBeLessThan(4 * error)
  })

  test('one that is truly better among noise is found in both halves', () => {
    const matrix = noise(77, 50, 365)
    const lucky = judged(matrix)!
    const skilled = judged([...matrix.slice(1), matrix[0]!.map((value) => value + 0.005)])!
    // an annual ratio of 9.6 where half a year of noise shows 3.2 at best: 2.25 deviations of √2
    expect(skilled.probability).toBeLessThan(0.01)
    expect(skilled.meanOutOfSample).toBeGreaterThan(7)
    expect(lucky.probability).toBeGreaterThan(0.2)
    expect(lucky.meanOutOfSample).toBeLessThan(2)
  })

  test('what wins one half by losing the other always is always overfitted', () => {
    // each trial earns in its own blocks alone and loses as much in the others
    const matrix = choices(2, 0, 4).map((own) =>
      many(8, (day) => (own.includes(day >> 1) ? 0.01 : -0.01) + (day % 2 === 0 ? 0.001 : -0.001)),
    )
    const found = judged(matrix)!
    expect(found).toMatchObject({ blocks: 4, splits: 6, probability: 1, probabilityOfLoss: 1, trials: 6 })
    // by hand: ±0.01 a day with a deviation of 0.001 × √(4 ÷ 3)
    expect(found.meanInSample).toBeCloseTo((10 / Math.sqrt(4 / 3)) * Math.sqrt(365), 6)
    expect(found.meanOutOfSample).toBeCloseTo(-found.meanInSample, 6)
    // one ratio in all halves: no line goes through it
    expect(found.slope).toBeNull()
    expect(found.logits[0]).toMatchObject({ splits: 6 })
  })

  describe('in doubt', () => {
    const still = many(32, () => 0)

    test('trials that did the same are one, and one alone cannot be judged', () => {
      const [a, b] = noise(5, 2, 32)
      expect(judged([a!, a!, a!])).toBeNull()
      expect(judged([still, still])).toBeNull()
      expect(judged([a!, b!, a!, still, b!, still])).toEqual(judged([a!, b!, still]))
      expect(judged([])).toBeNull()
      expect(judged([a!])).toBeNull()
    })

    test('of equal trials in one half the worse in the other is chosen, in whatever order', () => {
      // two blocks of four are the same of both; in the others one gains more
      const plus = [0.01, 0.02, 0.01, 0.02]
      const a = [...plus, 0.02, 0.03, 0.02, 0.03]
      const b = [...plus, 0.01, 0.03, 0.01, 0.03]
      for (const matrix of [
        [a, b],
        [b, a],
      ]) {
        const found = judged(matrix)!
        expect(found).toMatchObject({ blocks: 4, splits: 6 })
        // the first half chooses b, which is worse in the second; the second chooses a, which ranks below its equal in the
        // first; the four others choose a, which is better there too
        expect(found.probability).toBe(2 / 6)
      }
    })

    test('a half without spread is worth 0, whatever it earned', () => {
      // gains the same each day, so that no half has a spread; the other has one, and earns
      const steady = many(32, () => 0.01)
      const noisy = many(32, (day) => (day % 2 === 0 ? 0.03 : -0.01))
      expect(judged([steady, noisy])).toMatchObject({ probability: 0, probabilityOfLoss: 0 })
      // beside one that loses, standing still is best everywhere, and loses nothing
      const losing = noisy.map((value) => -value)
      const found = judged([still, losing])
      expect(found).toMatchObject({
        probability: 0,
        probabilityOfLoss: 0,
        meanInSample: 0,
        meanOutOfSample: 0,
        slope: null,
      })
      expect(judged([still, losing, noisy])).toMatchObject({ probability: 0 })
    })

    test('too few days are not halved', () => {
      expect(judged(noise(6, 4, 7))).toBeNull()
      expect(judged(noise(6, 4, 8))).toMatchObject({ blocks: 4, splits: 6 })
      expect(judged(noise(6, 4, 31))).toMatchObject({ blocks: 14 })
    })

    test('trials of other days are refused', () => {
      const [a, b] = noise(7, 2, 40)
      expect(() => crossValidate([summaryOf(a!), summaryOf(b!.slice(1))])).toThrow('of 40 and of 39 days')
      expect(() => crossValidate([summaryOf(a!), summaryOf(b!, START + 86_400_000)])).toThrow('cannot be compared')
    })
  })

  test('does not hang on the order of trials', () => {
    const matrix = [...noise(8, 6, 40), many(40, () => 0)]
    expect(judged([...matrix].reverse())).toEqual(judged(matrix))
  })

  test('so many trials are split fewer ways', () => {
    const one = summaryOf(noise(9, 1, 64)[0]!)
    const normal = normals(10)
    const blocks = (trials: number) =>
      crossValidate(many(trials, () => ({ ...one, sums: one.sums.map(() => 0.001 * normal()) })))!
    const found: CrossValidation = blocks(2000)
    expect(found).toMatchObject({ blocks: 14, splits: 3432, trials: 2000 })
    expect(blocks(7000)).toMatchObject({ blocks: 12, splits: 924, trials: 7000 })
  })
})
