import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buy, close } from '../../src/core/order.ts'
import { equalRisk, kelly, volatilityTarget } from '../../src/engine/index.ts'
import { play, type Row } from './scene.ts'

describe('volatilityTarget', () => {
  test('is target over volatility, at most the cap', () => {
    expect(volatilityTarget({ target: 0.2, volatility: 0.8 })).toBe(0.25)
    expect(volatilityTarget({ target: 0.2, volatility: 0.1 })).toBe(1)
    expect(volatilityTarget({ target: 0.2, volatility: 0.1, cap: 3 })).toBe(2)
  })
  test.each([Number.NaN, 0, -1, Number.POSITIVE_INFINITY])('is nothing where the volatility is %d', (volatility) =>
    expect(volatilityTarget({ target: 0.2, volatility })).toBe(0),
  )
  test.each([
    { target: 0, volatility: 1 },
    { target: Number.NaN, volatility: 1 },
    { target: 1, volatility: 1, cap: -1 },
  ])('%j is refused', (of) => expect(() => volatilityTarget(of)).toThrow(RangeError))
})

describe('kelly', () => {
  /** 60 of 100 won 2 on average, 40 lost 1: b = 2, f = 0.6 − 0.4 ÷ 2 = 0.4. */
  const record = { trades: 100, wins: 60, grossProfit: 120, grossLoss: 40 }
  test('is p − (1 − p) ÷ b, its share, its cap', () => {
    expect(kelly(record, { cap: 1, until: 0.1 })).toBeCloseTo(0.4, 12)
    expect(kelly(record, { cap: 1, until: 0.1, share: 0.5 })).toBeCloseTo(0.2, 12)
    expect(kelly(record, { cap: 0.25, until: 0.1 })).toBe(0.25)
  })
  test('maximises the mean of log growth', () => {
    const f = kelly(record, { cap: 1, until: 0.1 })
    const growth = (x: number) => 0.6 * Math.log(1 + 2 * x) + 0.4 * Math.log(1 - x)
    for (const off of [-0.01, 0.01]) expect(growth(f)).toBeGreaterThan(growth(f + off))
  })
  test('a losing record is not traded; a few trades say nothing; without a loss it is the cap', () => {
    expect(kelly({ trades: 100, wins: 30, grossProfit: 30, grossLoss: 70 }, { cap: 1, until: 0.1 })).toBe(0)
    expect(kelly({ trades: 100, wins: 0, grossProfit: 0, grossLoss: 70 }, { cap: 1, until: 0.1 })).toBe(0)
    expect(kelly({ ...record, trades: 29, wins: 29, grossLoss: 0 }, { cap: 1, until: 0.1 })).toBe(0.1)
    expect(kelly({ trades: 30, wins: 30, grossProfit: 9, grossLoss: 0 }, { cap: 0.5, until: 0.1 })).toBe(0.5)
  })
  test.each([
    { cap: 0, until: 0.1 },
    { cap: 1, until: 0 },
    { cap: 1, until: 0.1, share: -1 },
    { cap: 1, until: 0.1, least: 1 },
  ])('%j is refused', (of) => expect(() => kelly(record, of)).toThrow(RangeError))

  test('takes the account of a strategy, which counts what has been closed', () => {
    const seen: unknown[] = []
    const look = ({ account: { trades, wins, grossProfit, grossLoss } }: { account: never }) => {
      seen.push([trades, wins, grossProfit, grossLoss])
    }
    const rows: Row[] = [100, 100, 110, 110, 105, 105, 105].map((price) => [price, price, price, price])
    play({
      rows,
      decide: {
        0: () => buy({ qty: 1 }),
        1: () => close(),
        2: (context) => {
          look(context as never)
          return buy({ qty: 2 })
        },
        3: () => close(),
        5: (context) => look(context as never),
      },
    })
    expect(seen).toEqual([
      [1, 1, 10, 0],
      [2, 1, 10, 10],
    ])
  })
})

describe('equalRisk', () => {
  test('weights by 1 ÷ volatility', () => {
    expect(equalRisk({ BTCUSDT: 0.02, ETHUSDT: 0.04 })).toEqual({ BTCUSDT: 50 / 75, ETHUSDT: 25 / 75 })
    expect(equalRisk({ A: 0.1, B: Number.NaN, C: 0.1, D: 0 }, { total: 2 })).toEqual({ A: 1, B: 0, C: 1, D: 0 })
    expect(equalRisk({ A: Number.NaN })).toEqual({ A: 0 })
    expect(() => equalRisk({ A: 1 }, { total: 0 })).toThrow(RangeError)
  })
  test('every symbol contributes the same, together the total', () => {
    const volatility = fc.double({ min: 0.001, max: 5, noNaN: true })
    fc.assert(
      fc.property(fc.array(volatility, { minLength: 1, maxLength: 20 }), (values) => {
        const weights = Object.values(equalRisk(Object.fromEntries(values.map((value, k) => [`S${k}`, value]))))
        expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9)
        for (const [k, weight] of weights.entries())
          expect(weight * values[k]!).toBeCloseTo(weights[0]! * values[0]!, 9)
      }),
    )
  })
})
