import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ReturnsSummary } from '../../src/core/search.ts'
import { judgeOverfitting } from '../../src/metrics/overfitting.ts'
import { appendTrials, readLedger } from '../../src/search/ledger.ts'
import type { TrialEntry } from '../../src/search/ledger-line.ts'
import { bestByName, judgeTrial } from '../../src/search/ledger-verdict.ts'
import { scratch } from '../cli/klinelab.ts'
import { madeReturns, madeTrial } from './made-trials.ts'

function ledgerOf(...entries: readonly TrialEntry[]) {
  const file = join(scratch(), 'ledger.jsonl')
  appendTrials(file, entries)
  return readLedger(file)
}

const daily = (k: number) => ({ returns: madeReturns(k) })
const sharpeOf = (k: number) => (madeReturns(k).mean / madeReturns(k).deviation) * Math.sqrt(365)

describe('the verdict of a ledger', () => {
  test('of lines of one trial a finished one holds before one that was pruned, that before a failed one, then the last', () => {
    const [done, pruned, failed] = [
      madeTrial(1, { ...daily(1), at: 1 }),
      madeTrial(1, { returns: madeReturns(3, 365), status: 'pruned', at: 2 }),
      madeTrial(1, { returns: null, status: 'failed', at: 3 }),
    ]
    const last = madeTrial(1, { ...daily(2), at: 4 })
    const read = (...entries: readonly TrialEntry[]) => judgeTrial(ledgerOf(...entries), entries[0]!)
    for (const [held, ...entries] of [
      [done, done, pruned, failed],
      [done, failed, done, pruned],
      [pruned, pruned, failed],
      [pruned, failed, pruned],
      [last, done, failed, last],
      [last, done, pruned, last, failed],
    ] as const) {
      const { first, trials, failed: count, compared } = read(...entries)
      expect([first, trials, count, compared]).toEqual([held.at, 1, 0, 1])
    }
    // none of the repeats takes the best away
    const others = [madeTrial(2, daily(4)), { ...done, status: 'failed', returns: null }] as const
    const ledger = ledgerOf({ ...done, returns: { ...madeReturns(1), mean: 1 } }, ...others)
    expect(judgeTrial(ledger, 'best').chosen!.id).toBe(done.id)
    expect(bestByName(ledger)[0]!.best!.id).toBe(done.id)
  })

  test('counts each trial once, whatever it was of, and the last line of it holds', () => {
    const entries = [
      madeTrial(1, { ...daily(1), verb: 'demo' }),
      madeTrial(2, { ...daily(2), status: 'failed', returns: null }),
      madeTrial(3, { ...daily(3), name: 'rotation', series: ['a:B:1h', 'a:C:1h'] }),
      madeTrial(4, { verb: 'model', name: 'direction' }),
      madeTrial(1, { ...daily(1), verb: 'backtest', at: Date.UTC(2027, 0, 1) }),
    ]
    const verdict = judgeTrial(ledgerOf(...entries), entries[0]!)
    expect(verdict).toMatchObject({
      ...{ lines: 5, trials: 4, failed: 1, compared: 2, unreadable: 0 },
      ...{ first: entries[1]!.at, last: Date.UTC(2027, 0, 1), view: { name: null, series: null } },
      chosen: { id: entries[0]!.id, verb: 'backtest', trades: 40 },
    })
    expect(verdict.byName).toEqual([
      { name: 'sma-cross', trials: 2 },
      { name: 'rotation', trials: 1 },
      { name: 'direction', trials: 1 },
    ])
    expect(verdict.byVerb.map(({ verb, trials }) => `${verb} ${trials}`).sort()).toEqual([
      'backtest 1',
      'model 1',
      'sweep 2',
    ])
    expect(verdict.chosen!.sharpe).toBeCloseTo(sharpeOf(1), 9)
  })

  test('is what judging the returns themselves comes to, but for their rounding', () => {
    const numbers = Array.from({ length: 40 }, (_, k) => k)
    const ledger = ledgerOf(...numbers.map((k) => madeTrial(k, daily(k))))
    const best = numbers.reduce((a, b) => (sharpeOf(b) > sharpeOf(a) ? b : a))
    const { overfitting, chosen } = judgeTrial(ledger, 'best')
    expect(chosen!.params['fast']).toBe(best)
    const exact = judgeOverfitting(madeReturns(best), numbers.map(daily), { trials: 40, trades: 40 })
    for (const key of ['sharpe', 'expectedMaximum', 'deflated', 'effectiveTrials', 'minimumTrackRecord'] as const)
      expect([key, overfitting![key]]).toEqual([key, exact[key] === null ? null : expect.closeTo(exact[key], 6)])
    expect(overfitting!.crossValidation!.probability).toBeCloseTo(exact.crossValidation!.probability, 2)
    expect(overfitting!.crossValidation!.trials).toBe(40)
  })

  test('is to the bit what judging comes to that takes the returns of each line by themselves', () => {
    const kinds: ((returns: ReturnsSummary) => ReturnsSummary | null)[] = [
      (one) => one,
      () => null,
      (one) => ({ ...one, deviation: 0, sums: one.sums.map(() => 0), squares: one.squares.map(() => 0) }),
    ]
    // of days fewer than blocks, and more; some did the same as others
    const entries = Array.from({ length: 120 }, (_, k) =>
      madeTrial(k, { returns: kinds[k % 7 < 3 ? k % 7 : 0]!(madeReturns(k % 90, [366, 41, 64][k % 3])) }),
    )
    const ledger = ledgerOf(...entries)
    for (const number of [0, 3, 4, 5]) {
      const { overfitting } = judgeTrial(ledger, entries[number]!)
      const alone = ledger.entries.map(({ returns }) => ({ returns }))
      expect(overfitting).toEqual(judgeOverfitting(alone[number]!.returns!, alone, { trials: 120, trades: 40 }))
      expect(overfitting!.crossValidation!.trials).toBeGreaterThan(20)
    }
  })

  test('a trial that is not in the ledger is counted with it, and one that is there not twice', () => {
    const ledger = ledgerOf(madeTrial(1, daily(1)), madeTrial(2, daily(2)))
    expect(judgeTrial(ledger, madeTrial(3, daily(3)))).toMatchObject({ lines: 2, trials: 3, compared: 3 })
    const known = judgeTrial(ledger, madeTrial(2, daily(2)))
    expect(known).toMatchObject({ trials: 2, compared: 2 })
    // its own returns, rounded, are the same as those of its line
    expect(judgeTrial(ledgerOf(madeTrial(1, daily(1))), madeTrial(2, daily(2))).overfitting).toEqual(known.overfitting)
  })

  test('trials over other days, without returns or given up are counted and not compared', () => {
    const entries = [
      madeTrial(1, daily(1)),
      madeTrial(2, { returns: madeReturns(2, 365) }),
      madeTrial(3, { returns: { ...madeReturns(3), from: 0 } }),
      madeTrial(4),
    ]
    const { overfitting, trials, compared } = judgeTrial(ledgerOf(...entries), entries[0]!)
    expect([trials, compared, overfitting!.trials]).toEqual([4, 1, 4])
  })

  test('the best was not pruned, and has a Sharpe ratio', () => {
    const up = { ...madeReturns(5), mean: 1 }
    const ledger = ledgerOf(madeTrial(1, { returns: up, status: 'pruned' }), madeTrial(2, daily(2)), madeTrial(3))
    expect(judgeTrial(ledger, 'best').chosen!.params['fast']).toBe(2)
    expect(judgeTrial(ledgerOf(madeTrial(3)), 'best')).toMatchObject({ chosen: null, overfitting: null, trials: 1 })
    expect(judgeTrial(ledgerOf(), 'best')).toMatchObject({ chosen: null, trials: 0, first: null, last: null })
  })

  test('a model has no daily returns: it is counted, and nothing is said of its luck', () => {
    const model = madeTrial(1, { verb: 'model', trades: null })
    expect(judgeTrial(ledgerOf(model, madeTrial(2, daily(2))), model)).toMatchObject({
      ...{ trials: 2, compared: 0, overfitting: null },
      chosen: { verb: 'model', sharpe: null },
    })
  })

  test('narrowed, it says so and counts less', () => {
    const ledger = ledgerOf(
      madeTrial(1, daily(1)),
      madeTrial(2, { ...daily(2), name: 'other' }),
      madeTrial(3, { ...daily(3), series: ['a:B:1h', 'a:C:1h'] }),
    )
    expect(judgeTrial(ledger, 'best', { name: 'other' })).toMatchObject({
      ...{ trials: 1, view: { name: 'other', series: null } },
      overfitting: { trials: 1 },
    })
    expect(judgeTrial(ledger, 'best', { series: 'a:C:1h' })).toMatchObject({ trials: 1, view: { series: 'a:C:1h' } })
    expect(judgeTrial(ledger, 'best', { name: 'none' }).trials).toBe(0)
  })
})

test('by name: how much was tried, when last, and the best of each', () => {
  const ledger = ledgerOf(
    madeTrial(1, { ...daily(1), name: 'one', at: 5 }),
    madeTrial(2, { ...daily(2), name: 'two', at: 7 }),
    madeTrial(3, { ...daily(3), name: 'two', at: 6 }),
    madeTrial(3, { ...daily(3), name: 'two', at: 6 }),
    madeTrial(4, { name: 'three', at: 8 }),
  )
  const best = sharpeOf(2) > sharpeOf(3) ? 2 : 3
  expect(bestByName(ledger)).toMatchObject([
    { name: 'two', trials: 2, last: 7, best: { params: { fast: best } } },
    { name: 'one', trials: 1, last: 5, best: { params: { fast: 1 } } },
    { name: 'three', trials: 1, last: 8, best: null },
  ])
})
