import { describe, expect, test } from 'vitest'
import type { Overfitting, ReturnsSummary } from '../../src/core/search.ts'
import { judgeOverfitting } from '../../src/metrics/overfitting.ts'
import { expectedMaximumSharpe, probabilisticSharpe } from '../../src/metrics/sharpe-odds.ts'
import { START } from './made-up.ts'
import { average, many, normals, sharpeOf, summaryOf } from './noise.ts'

const YEAR = Math.sqrt(365)

function noise(seed: number, trials: number, days = 365, drift = 0): ReturnsSummary[] {
  const normal = normals(seed)
  return many(trials, () => summaryOf(many(days, () => drift + 0.01 * normal())))
}

const ratio = ({ mean, deviation }: ReturnsSummary) => mean / deviation
const bestOf = (trials: readonly ReturnsSummary[]) => trials.reduce((a, b) => (ratio(b) > ratio(a) ? b : a))
const listed = (trials: readonly (ReturnsSummary | null)[]) => trials.map((returns) => ({ returns }))

function judge(chosen: ReturnsSummary, trials: readonly (ReturnsSummary | null)[], more = {}): Overfitting {
  return judgeOverfitting(chosen, listed(trials), { trials: trials.length, ...more })
}

/** Figures that are null have a note, and no others. */
function expectNotes(found: Overfitting): void {
  const empty = Object.entries(found).filter(([, value]) => value === null)
  expect(Object.keys(found.notes).sort()).toEqual(empty.map(([key]) => key).sort())
}

describe('judging a search', () => {
  test('of the paper’s example gives the paper’s figures, in annual ones of 365 days', () => {
    // Bailey & López de Prado (2014), "A numerical example", at 250 days a year: 2.5 of 1,250 days, skew −3, kurtosis 10, the
    // best of 100 with a variance of ½ a year
    const one = noise(1, 1, 1250)[0]!
    const day = 2.5 / Math.sqrt(250)
    const best = { ...one, mean: 0.01 * day, deviation: 0.01, skew: -3, kurtosis: 7 }
    // 100 ratios with that sample variance: half above, half below their mean
    const off = Math.sqrt((0.5 / 250) * (99 / 100))
    const trials = many(100, (k) => ({ ...one, deviation: 0.01, mean: 0.01 * (0.02 + (k < 50 ? off : -off)) }))
    const found = judge(best, trials, { crossValidate: false })
    expect(found.sharpe! / YEAR).toBeCloseTo(day, 12)
    expect(found.spread! / YEAR).toBeCloseTo(Math.sqrt(0.5 / 250), 12)
    expect(found.expectedMaximum! / YEAR).toBeCloseTo(0.1132, 4)
    expect(found.deflated).toBeCloseTo(0.9004, 4)
    expect(found).toMatchObject({ trials: 100, days: 1250 })
    // same block sums: one cluster, of which nothing is to be expected
    expect(found).toMatchObject({ effectiveTrials: 1, expectedMaximumEffective: 0 })
    expect(found.deflatedEffective).toBe(found.probabilistic)
  })

  test('records are as long as they must be for 95 %', () => {
    const trials = noise(2, 20, 365, 0.001)
    const best = bestOf(trials)
    const found = judge(best, trials, { crossValidate: false })
    const observed = { ...best, sharpe: ratio(best) }
    const odds = (periods: number, benchmark: number) => probabilisticSharpe({ ...observed, periods }, benchmark)
    expect(odds(found.minimumTrackRecord!, 0)).toBeCloseTo(0.95, 10)
    expect(odds(found.minimumTrackRecordDeflated!, found.expectedMaximum! / YEAR)).toBeCloseTo(0.95, 10)
    expect(found.minimumTrackRecordDeflated).toBeGreaterThan(found.minimumTrackRecord!)
  })

  test('the best of noise is luck', () => {
    const trials = noise(3, 200)
    const found = judge(bestOf(trials), trials, { trades: 80 })
    // as if alone it would pass: it is some 2.7 deviations above 0
    expect(found.probabilistic).toBeGreaterThan(0.95)
    expect(found.deflated).toBeLessThan(0.9)
    expect(found.effectiveTrials).toBe(200)
    expect(found.crossValidation!.probability).toBeGreaterThan(0.2)
    expect(found.tone).not.toBe('good')
    expectNotes(found)
  })

  test('one that is truly better is not', () => {
    const trials = [...noise(4, 199), ...noise(5, 1, 365, 0.005)]
    const found = judge(trials.at(-1)!, trials, { trades: 80 })
    expect(found.deflated).toBeGreaterThan(0.99)
    expect(found.crossValidation!.probability).toBeLessThan(0.01)
    expect(found).toMatchObject({ tone: 'good', notes: {} })
    expect(found.verdict).toMatch(
      /^It is more than the luck of the search: after 200 trials, .* probability of 9\d\u202f%\.$/,
    )
  })

  test('noise is called more than luck in less than one of 20 searches', () => {
    const normal = normals(6)
    const runs = 250
    let good = 0
    for (let run = 0; run < runs; run++) {
      const trials = many(10, () => summaryOf(many(100, () => normal())))
      const found = judge(bestOf(trials), trials, { crossValidate: false })
      if (found.deflated! > 0.95) good++
    }
    // one in 20 would be 12.5 ± 3.4
    expect(good).toBeLessThan(12.5)
  })

  test('more trials with the same ratios leave less', () => {
    const trials = noise(7, 50)
    const best = bestOf(trials)
    const after = [50, 100, 1000, 1e6].map(
      (count) => judgeOverfitting(best, listed(trials), { trials: count, crossValidate: false }).deflated!,
    )
    expect(after).toEqual([...after].sort((a, b) => b - a))
    expect(new Set(after).size).toBe(4)
  })

  test('trials that failed count, but neither for the spread nor for the effective number', () => {
    const trials = noise(8, 30)
    const best = bestOf(trials)
    const without = judge(best, trials)
    const withFailed = judge(best, [...trials, ...many(30, () => null)])
    expect(withFailed).toMatchObject({ trials: 60, spread: without.spread, effectiveTrials: without.effectiveTrials })
    expect(withFailed.expectedMaximum! / YEAR).toBeCloseTo(expectedMaximumSharpe(60, without.spread! / YEAR), 12)
    expect(withFailed.deflated).toBeLessThan(without.deflated!)
    expect(withFailed.crossValidation).toEqual(without.crossValidation)
  })

  test('the spread is that of ratios over trials that moved', () => {
    const trials = noise(9, 12)
    const still = summaryOf(many(365, () => 0))
    const ratios = trials.map(ratio)
    // deviation of ratios by another formula: mean ÷ sharpeOf
    const wanted = Math.abs(average(ratios) / sharpeOf(ratios))
    expect(judge(trials[0]!, trials).spread! / YEAR).toBeCloseTo(wanted, 12)
    const found = judge(trials[0]!, [...trials, still, still])
    expect(found.spread! / YEAR).toBeCloseTo(wanted, 12)
    expect(found).toMatchObject({ trials: 14, effectiveTrials: 13 })
    expect(found.crossValidation!.trials).toBe(13)
  })

  test('trials of other lengths spread as if they were as long, and are not cross-validated', () => {
    const [long, short] = [noise(10, 200, 400), noise(11, 200, 100)]
    const alone = judge(long[0]!, long, { crossValidate: false }).spread!
    const mixed = judge(long[0]!, [...long, ...short])
    // both are about 1 ÷ √400 a day; without the length it would be √(2.5) times as much
    expect(mixed.spread! / alone).toBeGreaterThan(0.85)
    expect(mixed.spread! / alone).toBeLessThan(1.15)
    expect(mixed.crossValidation!.trials).toBe(200)
    const elsewhere = summaryOf(
      many(400, (k) => 0.01 * Math.sin(k)),
      START - 86_400_000,
    )
    expect(judge(long[0]!, [...long, elsewhere]).crossValidation!.trials).toBe(200)
  })

  test('fewer trials than there are returns cannot have been counted', () => {
    const trials = noise(12, 3)
    for (const count of [2, 0, 3.5, Number.NaN])
      expect(() => judgeOverfitting(trials[0]!, listed(trials), { trials: count })).toThrow('count all of them')
    expect(judgeOverfitting(trials[0]!, listed(trials), { trials: 3 }).trials).toBe(3)
  })
})

describe('too little to say', () => {
  const LITTLE = [
    'probabilistic',
    'deflated',
    'deflatedEffective',
    'minimumTrackRecord',
    'minimumTrackRecordDeflated',
  ] as const

  test('of 29 days, or of 9 trades: no number, but the reason', () => {
    const short = noise(20, 5, 29)
    const found = judge(short[0]!, short)
    for (const key of LITTLE)
      expect([found[key], found.notes[key]]).toEqual([null, '29 days: too few to say, at least 30 are needed'])
    expect(found.crossValidation).toBeNull()
    expect(found.tone).toBe('unclear')
    expect(found.verdict).toBe('29 days: too few to tell skill from luck, at least 30 are needed.')
    expectNotes(found)
    const enough = noise(21, 5, 30)
    expect(judge(enough[0]!, enough, { trades: 10 }).deflated).not.toBeNull()
    const few = judge(enough[0]!, enough, { trades: 9 })
    expect(few.notes['deflated']).toBe('9 closed trades: too few to say, at least 10 are needed')
    expect(few.crossValidation).not.toBeNull()
    expectNotes(few)
    expect(judge(enough[0]!, enough, { trades: 1 }).verdict).toContain('1 closed trade:')
  })

  test('of one trial: nothing was chosen, so nothing is deflated', () => {
    const [one] = noise(22, 1, 365, 0.003)
    const found = judge(one!, [one!], { trades: 50 })
    expect(found.probabilistic).toBeGreaterThan(0.95)
    expect(found).toMatchObject({
      deflated: null,
      expectedMaximum: null,
      effectiveTrials: 1,
      crossValidation: null,
      tone: 'good',
    })
    expect(found.notes['deflated']).toBe('only one trial was made: nothing was chosen')
    expect(found.verdict).toMatch(
      /^The only trial: its true Sharpe ratio is above 0 with a probability of 9\d\u202f%\.$/,
    )
    expectNotes(found)
    const short = summaryOf(many(20, (k) => 0.01 * Math.sin(k)))
    expect(judge(short, [short]).notes).toMatchObject({
      deflated: 'only one trial was made: nothing was chosen',
      probabilistic: '20 days: too few to say, at least 30 are needed',
    })
    const weak = noise(24, 1, 60, 0.001)[0]!
    expect(judge(weak, [weak])).toMatchObject({ tone: ratio(weak) > 0 ? 'unclear' : 'bad' })
  })

  test('of the stitched curve of a walk-forward: what it was not chosen from, and never good news', () => {
    const [one] = noise(22, 1, 365, 0.003)
    const listed = [{ returns: one! }]
    const alone = judgeOverfitting(one!, listed, { trials: 1, trades: 50 })
    const found = judgeOverfitting(one!, listed, { trials: 1, trades: 50, isOutOfSample: true })
    expect(alone.tone).toBe('good')
    expect(found.tone).toBe('unclear')
    expect(found.verdict).toBe(
      `Not chosen from others within this walk-forward: its true Sharpe ratio is above 0 with a probability of ${Math.floor(100 * alone.probabilistic!)}\u202f%, before whatever else was tried.`,
    )
    expect(found.notes['deflated']).toBe('not chosen from others within this walk-forward')
    expect(Object.values(found.notes).concat(found.verdict).join()).not.toContain('only')
    const figures = (all: Overfitting) => ({ ...all, tone: '', verdict: '', notes: Object.keys(all.notes) })
    expect(figures(found)).toEqual(figures(alone))
    expectNotes(found)
    const weak = summaryOf(many(60, (k) => 0.001 + 0.03 * Math.sin(k)))
    expect(judgeOverfitting(weak, [{ returns: weak }], { trials: 1, isOutOfSample: true }).verdict).toMatch(
      /^Not chosen .* too little to rule out luck\.$/,
    )
    expect(() => judgeOverfitting(one!, listed, { trials: 2, isOutOfSample: true })).toThrow('is judged alone')
  })

  test('of a trial that never moved, or where no other has returns', () => {
    const still = summaryOf(many(100, () => 0))
    const [one] = noise(23, 1, 100, 0.001)
    const found = judge(still, [still, one!])
    expect(found).toMatchObject({ sharpe: null, probabilistic: null, tone: 'unclear' })
    expect(found.verdict).toBe('Its equity never moved: there is nothing to judge.')
    expectNotes(found)
    const alone = judge(one!, [one!, null, null])
    expect(alone).toMatchObject({ trials: 3, effectiveTrials: 1, spread: null, deflated: null, tone: 'unclear' })
    expect(alone.verdict).toContain(
      'chosen from 3 trials, but what that is worth cannot be said: fewer than two trials have a Sharpe ratio',
    )
    expectNotes(alone)
    const none = judge(one!, [null, null])
    expect(none.effectiveTrials).toBeNull()
    expectNotes(none)
  })
})

describe('verdicts', () => {
  /** Two by two alike, with ratios that spread as asked, at 365 days. */
  function search(sharpe: number, spread: number, count: number, extra: Partial<ReturnsSummary> = {}) {
    const trials = noise(30, count)
    const off = spread * Math.sqrt((count - 1) / count)
    const spreads = trials.map((one, k) => ({
      ...one,
      deviation: 0.01,
      mean: (0.01 * (k % 2 === 0 ? off : -off)) / YEAR,
    }))
    return {
      best: { ...trials[0]!, deviation: 0.01, mean: (0.01 * sharpe) / YEAR, skew: 0, kurtosis: 0, ...extra },
      trials: spreads,
    }
  }

  test('a ratio that is not above 0 is no question of luck', () => {
    const { best, trials } = search(-0.5, 1, 10)
    const found = judge(best, trials, { crossValidate: false })
    expect(found).toMatchObject({ tone: 'bad', minimumTrackRecord: null })
    expect(found.verdict).toBe('Its Sharpe ratio of −0.50 is not above 0: luck has nothing to explain.')
    expect(found.notes['minimumTrackRecord']).toBe('the Sharpe ratio is not above 0: no record would do')
  })

  test('a ratio below the expected maximum is luck', () => {
    const { best, trials } = search(1.5, 1, 100)
    const found = judge(best, trials, { crossValidate: false })
    // (1 − γ) Z⁻¹(0.99) + γ Z⁻¹(1 − 0.01 ÷ e) = 0.4228 × 2.3263 + 0.5772 × 2.6801
    expect(found.expectedMaximum).toBeCloseTo(2.5306, 3)
    expect(found.tone).toBe('bad')
    expect(found.verdict).toBe(
      'Luck explains it: the best of 100 trials without any skill would be expected to show a Sharpe ratio of 2.53, and this one shows 1.50.',
    )
    expect(found.notes['minimumTrackRecordDeflated']).toContain('not above what luck alone would show')
  })

  test('one that is above, by less than its error, cannot be told from it', () => {
    const { best, trials } = search(3, 1, 100)
    const found = judge(best, trials, { crossValidate: false })
    // (3 − 2.5306) ÷ √365 × √364 ÷ √(1 + 3² ÷ 365 ÷ 2) = 0.4659: Φ = 0.679
    expect(found.deflated).toBeCloseTo(0.679, 3)
    expect(found.tone).toBe('unclear')
    expect(found.verdict).toBe(
      'It cannot be told from luck: after 100 trials, its true Sharpe ratio is above 0 with a probability of 67\u202f%.',
    )
  })

  test('one that passes only where trials that are alike are one hangs on how they are counted', () => {
    const { best, trials } = search(2.6, 1, 400)
    // below the 2.99 that the best of 400 is expected to show, and 2.6 deviations above 0
    const alike = trials.map((one) => ({ ...one, sums: trials[0]!.sums }))
    const found = judge(best, alike, { crossValidate: false })
    expect(found).toMatchObject({ tone: 'unclear', effectiveTrials: 1 })
    expect(found.verdict).toMatch(
      /^It hangs on how trials are counted: after 400 trials, .* of \d\d\u202f%; with those that are alike counted once, 1 trial, of 99\u202f%\.$/,
    )
  })

  test('one that passes while what is best on half of the days is not on the other is in doubt', () => {
    // the chosen one is far better, and the others are such that the halves contradict one another
    const trials = many(6, (k) =>
      summaryOf(
        many(64, (day) => (day >> 4 === k % 4 ? 0.01 : -0.01) + (day % 2 === 0 ? 0.002 : -0.002) * (1 + k / 9)),
      ),
    )
    const best = { ...trials[0]!, mean: 0.01, deviation: 0.01, skew: 0, kurtosis: 0 }
    const found = judge(best, trials, { trades: 50 })
    expect(found.deflated).toBeGreaterThan(0.95)
    expect(found.crossValidation!.probability).toBeGreaterThan(0.5)
    expect(found.tone).toBe('unclear')
    expect(found.verdict).toMatch(
      /; but what is best on half of the days falls below the median on the other half in \d+\u202f% of the splits\.$/,
    )
  })
})
