import { describe, expect, test } from 'vitest'
import { CLASSIFICATION_METRICS } from '../../src/metrics/classification-table.ts'
import { METRICS } from '../../src/metrics/table.ts'
import { findObjective, judge, objectives } from '../../src/search/objective.ts'

/** Of a run: what neither high nor low is better of. One that is new in the table has to be put on one side. */
const NEUTRAL =
  `start end duration startEquity buyAndHold exposure turnover beta recoveredDrawdowns activeDrawdowns activeRecovery
  activeRecoveryReturn activeRecoveryDuration maxRecoveryReturn avgRecoveryReturn avgRecoveryRatio trades openTrades openTradePnl
  longTrades shortTrades avgTradeDuration maxTradeDuration avgWinDuration avgLossDuration firstTrade lastTrade coverage
  overlapCoverage orders buyOrders sellOrders minOrderSize maxOrderSize avgOrderSize avgBuySize avgSellSize avgBuyPrice
  avgSellPrice minFee maxFee avgFee avgBuyFee avgSellFee`.split(/\s+/)

describe('what a search can be for', () => {
  test('every figure of a run is better high, better low, or neither', () => {
    const known = objectives('strategy').map(({ name }) => name)
    expect(new Set(known).size).toBe(known.length)
    expect([...known, ...NEUTRAL].sort()).toEqual(METRICS.map(({ key }) => key).sort())
  })

  test('of models, as their own table has it', () => {
    for (const { key, better } of CLASSIFICATION_METRICS)
      if (better === null) expect(() => findObjective(key, 'model')).toThrow(RangeError)
      else expect(findObjective(key, 'model').goal).toBe(better === 'higher' ? 'max' : 'min')
  })

  test.each([
    ['sharpe', 'max'],
    ['cagr', 'max'],
    ['valueAtRisk', 'max'],
    ['worstTrade', 'max'],
    ['avgLoss', 'max'],
    ['maxDrawdown', 'min'],
    ['volatility', 'min'],
    ['fees', 'min'],
    ['maxLossStreak', 'min'],
    ['kurtosis', 'min'],
  ] as const)('%s: %s', (name, goal) => {
    expect(findObjective(name, 'strategy')).toMatchObject({ name, goal })
  })

  test('another name is refused with the nearest', () => {
    const refusal = (name: string, subject: 'strategy' | 'model') => {
      try {
        return findObjective(name, subject).name
      } catch (error) {
        return error instanceof RangeError ? error.message : String(error)
      }
    }
    const names = objectives('strategy').map(({ name }) => name)
    expect(refusal('sharp', 'strategy')).toBe(
      `--objective sharp: there is no such figure (did you mean "sharpe"?); there are ${names.join(', ')}, or the path of a ` +
        'module that exports a function',
    )
    expect(refusal('start', 'strategy')).toBe(
      '--objective start: "Start" says what was tried, neither high nor low of it is better; take sharpe, or write a function ' +
        'that says what is better',
    )
    expect(refusal('rows', 'model')).toBe(
      '--objective rows: "Rows" says what was tried, neither high nor low of it is better; take logLoss, or write a function ' +
        'that says what is better',
    )
    expect(refusal('logLoss', 'strategy')).toBe(
      `--objective logLoss is a figure of a model; of a strategy there are ${names.join(', ')}`,
    )
    expect(refusal('toString', 'strategy')).toMatch(/^--objective toString: there is no such figure/)
  })
})

describe('what a function returned', () => {
  test('a finite number is an objective', () => {
    expect(judge('mine', 1.5)).toEqual({ objective: 1.5, reason: null })
    expect(Object.is(judge('mine', -0).objective, 0)).toBe(true)
  })

  test.each([
    [Number.NaN, 'NaN, not a finite number'],
    [Number.NEGATIVE_INFINITY, '-Infinity, not a finite number'],
    [undefined, 'undefined, not a finite number'],
    [null, 'null, not a finite number'],
    ['1.5', '"1.5", not a finite number'],
    ['x'.repeat(99), `"${'x'.repeat(60)}…", not a finite number`],
    [3n, '3n, not a finite number'],
    [true, 'true, not a finite number'],
    [[1, 2], 'a list of 2, not a finite number'],
    [{ valueOf: () => 3 }, 'an object, not a finite number'],
    [() => 3, 'a function, not a finite number'],
    [Promise.resolve(3), 'a promise; it must return the number itself'],
  ])('%o is none', (value, text) => {
    expect(judge('mine', value)).toEqual({ objective: null, reason: `objective mine returned ${text}` })
  })
})
