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
  const baseline = (one: 0 | 1) => ({
    compared: { auc: against(beats[one]), logLoss: one === 0 ? against(isLossBetter) : null },
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
  const rank = 'AUC 0.600 [0.551, 0.649] on 1234 bars that it has not learnt from'

  test('better than both baselines', () => {
    expect(sentences({})[0]).toBe(
      `${rank}: better than always saying the commonest class and than saying the last bar’s sign again.`,
    )
    expect(sentences({}).length).toBe(2)
  })

  test.each<[Case['beats'], string]>([
    [[true, false], 'saying the last bar’s sign again'],
    [[true, null], 'saying the last bar’s sign again'],
    [[false, true], 'always saying the commonest class'],
    [[null, true], 'always saying the commonest class'],
    [[false, false], 'always saying the commonest class'],
    [[null, null], 'always saying the commonest class'],
  ])('not told apart from a baseline: better than both is %j', (beats, which) => {
    expect(sentences({ beats })[0]).toBe(`${rank}: not told apart from ${which}; whatever follows may be luck.`)
  })

  test('without an interval', () => {
    expect(sentences({ around: null })[0]).toMatch(/^AUC 0\.600 on 1234 bars that/)
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
      'No threshold with enough trades gains after 0.30 % a round trip: the best loses 0.21 % a trade.',
    )
    expect(money({ best: best(0) })).toMatch(/the best loses 0\.00 % a trade\.$/)
  })

  test('the best of them gains, with hindsight', () => {
    expect(money({})).toBe(
      'With hindsight the best threshold, p ≥ 0.612, gains 0.40 % a trade after costs over 40 trades, one at a time; picked on the bars it is judged by, so expect less.',
    )
  })
})
