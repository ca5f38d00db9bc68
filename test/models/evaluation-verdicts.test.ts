import { describe, expect, test } from 'vitest'
import type { SeriesEvaluation, ThresholdInMoney } from '../../src/core/evaluation.ts'
import { verdictsOf } from '../../src/models/evaluation-verdicts.ts'

interface Case {
  readonly auc?: number | null
  readonly around?: { readonly low: number; readonly high: number } | null
  readonly notes?: Readonly<Record<string, string>>
  /** Whether it is better than each baseline, by AUC; `null`: cannot be told. */
  readonly beats?: readonly [majority: boolean | null, previousSign: boolean | null]
  readonly isLossBetter?: boolean | null
  readonly money?: Partial<SeriesEvaluation['money']>
}

const trades = (expectancy: number | null, count = 40) => ({
  trades: count,
  gross: 0.01,
  expectancy,
  total: 1,
  winRate: 0.5,
})
const best = (expectancy: number): ThresholdInMoney => ({
  threshold: 0.61234,
  every: trades(0.5, 99),
  single: trades(expectancy),
})

/** The sentences of an evaluation of which only what they hang on is made up. */
function sentences(given: Case): readonly string[] {
  const {
    auc = 0.6,
    around = { low: 0.5512, high: 0.6488 },
    notes = {},
    beats = [true, true],
    isLossBetter = true,
  } = given
  const against = (isBetter: boolean | null) =>
    isBetter === null ? null : { isInside: !isBetter, difference: null, isBetter }
  const difference =
    isLossBetter === null ? null : isLossBetter ? { low: -0.02, high: -0.001 } : { low: -0.02, high: 0 }
  const loss = isLossBetter === null ? null : { isInside: true, difference, isBetter: false }
  const baseline = (one: 0 | 1) => ({
    intervals: { auc: one === 0 ? { low: 0.4, high: 0.6123 } : { low: 0.5, high: 0.7 } },
    compared: { auc: against(beats[one]), logLoss: one === 0 ? loss : null },
  })
  return verdictsOf({
    pooled: {
      metrics: { auc, rows: 1234 },
      notes,
      intervals: { auc: around },
      baselines: { majority: baseline(0), previousSign: baseline(1) },
    },
    money: {
      costs: { fee: 0.001, slippage: 0.0005 },
      rows: [],
      best: best(0.004),
      isEdgeGone: false,
      notes: {},
      ...given.money,
    },
  } as unknown as Omit<SeriesEvaluation, 'verdicts'>)
}

describe('how it ranks', () => {
  const rank = 'AUC 0.600 [0.551, 0.649] on 1,234 test bars'

  test('better than both baselines', () => {
    expect(sentences({})[0]).toBe(
      `${rank}: better than always saying the commonest class and than saying the last bar’s sign again.`,
    )
    expect(sentences({}).length).toBe(2)
  })

  test.each<[Case['beats'], string]>([
    [[true, false], 'within the interval of saying the last bar’s sign again, [0.500, 0.700]'],
    [[true, null], 'not told apart from saying the last bar’s sign again'],
    [[false, true], 'within the interval of always saying the commonest class, [0.400, 0.612]'],
    [[null, true], 'not told apart from always saying the commonest class'],
    [[false, false], 'within the interval of always saying the commonest class, [0.400, 0.612]'],
    [[null, null], 'not told apart from always saying the commonest class'],
  ])('not better than a baseline: better than both is %j', (beats, which) => {
    expect(sentences({ beats })[0]).toBe(`${rank}: ${which}; whatever follows may be luck.`)
  })

  test('an interval that holds one half is told as chance, whatever the baselines do', () => {
    expect(sentences({ beats: [false, false], around: { low: 0.5, high: 0.7 } })[0]).toBe(
      'AUC 0.600 [0.500, 0.700] on 1,234 test bars: not told apart from chance, which is 0.5; whatever follows may be luck.',
    )
  })

  test('without an interval', () => {
    expect(sentences({ around: null })[0]).toMatch(/^AUC 0\.600 on 1,234 test bars/)
  })

  test('without an AUC, with the reason', () => {
    expect(sentences({ auc: null, notes: { auc: 'only one class came' } })[0]).toBe(
      'There is no AUC: only one class came.',
    )
    expect(sentences({ auc: null, isLossBetter: false })).toEqual([
      'There is no AUC: it cannot be computed.',
      expect.stringMatching(/^With hindsight/),
    ])
  })

  test('probabilities that are no closer than the shares of the classes', () => {
    const sentence =
      'Its probabilities are no closer to what came than the classes’ shares in the training part, by log loss.'
    expect(sentences({ isLossBetter: false })[1]).toBe(sentence)
    for (const isLossBetter of [true, null]) expect(sentences({ isLossBetter })).not.toContain(sentence)
  })
})

describe('what is left in money', () => {
  const money = (given: Case['money']) => sentences({ money: given }).at(-1)

  test('the edge is gone: 2 × (0.1 % + 0.05 %) a round trip', () => {
    expect(money({ isEdgeGone: true })).toBe(
      'The ranking is good and the edge is gone after costs: no threshold with enough trades gains once 0.30 % a round trip is paid.',
    )
    expect(money({ isEdgeGone: true, best: null })).toMatch(/edge is gone/)
  })

  test('too few trades to judge', () => {
    expect(money({ best: null, notes: { best: 'no threshold has 30 trades, one at a time' } })).toBe(
      'In money it cannot be judged: no threshold has 30 trades, one at a time.',
    )
  })

  test('no threshold gains', () => {
    expect(money({ best: best(-0.00214) })).toBe(
      'No threshold with enough trades gains after 0.30 % a round trip: that which loses least, p ≥ 0.612, loses 0.21 % a trade over 40.',
    )
    expect(money({ best: best(0) })).toMatch(/loses least, p ≥ 0\.612, loses 0\.00 % a trade over 40\.$/)
  })

  test('the best of them gains, with hindsight', () => {
    expect(money({})).toBe(
      'With hindsight the best threshold, p ≥ 0.612, gains 0.40 % a trade after costs over 40 trades, one at a time; picked on the bars it is judged by, so expect less.',
    )
  })
})
