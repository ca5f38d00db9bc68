import { describe, expect, test } from 'vitest'
import type { BaselineJudged } from '../../src/core/evaluation.ts'
import { ended, judgedText, judgedWithRange, rangeText, standing } from '../../src/report/evaluation-format.ts'

describe('how a model stands to a baseline', () => {
  const of = (compared: BaselineJudged['compared'][string]) =>
    ({ metrics: {}, notes: {}, intervals: {}, compared: { auc: compared, logLoss: compared } }) as BaselineJudged
  const between = (low: number, high: number) => ({ low, high })

  test.each([
    ['better, and outside its interval', false, between(0.01, 0.05), true, 'better', 'better'],
    // of the AUC less is worse, of the log loss more is
    ['below in the whole interval', false, between(-0.05, -0.01), false, 'worse', 'even'],
    ['above in the whole interval', false, between(0.01, 0.05), false, 'even', 'worse'],
    ['outside, by nothing certain', false, between(-0.01, 0.05), false, 'even', 'even'],
    ['inside', true, between(-0.01, 0.05), false, 'inside', 'inside'],
    ['inside, without a difference', true, null, false, 'inside', 'inside'],
  ] as const)('%s', (_, isInside, difference, isBetter, auc, logLoss) => {
    const baseline = of({ isInside, difference, isBetter })
    expect([standing(baseline, 'auc'), standing(baseline, 'logLoss')]).toEqual([auc, logLoss])
  })

  test('what one of them lacks is not compared', () => {
    expect(standing(of(null), 'auc')).toBeNull()
    expect(standing(of(null), 'brier')).toBeNull()
  })
})

describe('figures of classes in words', () => {
  test('shares in percent, scores and losses as they are, rows as counts, nothing as a dash', () => {
    expect([judgedText('accuracy', 0.51234), judgedText('auc', 0.51234), judgedText('logLoss', 0.70123)]).toEqual([
      ...['51.23\u202f%', '0.5123', '0.7012'],
    ])
    expect([judgedText('mcc', -0.05), judgedText('rows', 12345), judgedText('auc', null)]).toEqual([
      ...['−0.0500', '12\u202f345', '–'],
    ])
    expect(rangeText('precision', { low: 0.4, high: 0.6 })).toBe('40.00\u202f% to 60.00\u202f%')
    expect(rangeText('auc', null)).toBe('')
  })

  test('a figure that is not there is a reason, as text', () => {
    const judged = { metrics: { auc: null }, notes: { auc: '<all> rows are of class 0' }, intervals: { auc: null } }
    expect(judgedWithRange(judged, 'auc')).toBe('– <span class="reason">&#60;all&#62; rows are of class 0</span>')
  })

  test('a sentence ends once', () => {
    expect(['Gone', 'Gone.', 'Gone!'].map(ended)).toEqual(['Gone.', 'Gone.', 'Gone!'])
  })
})
