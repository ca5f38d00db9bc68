import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { daily } from '../../src/metrics/daily.ts'
import { deepestFall, deepestRaised, findDrawdowns, underwater } from '../../src/metrics/drawdown.ts'
import { buyAndHoldEquity, computeMetrics, monthlyReturns } from '../../src/metrics/index.ts'
import { curve, DAY, HOUR, made, START } from './made-up.ts'

describe('daily', () => {
  test('an instant at midnight closes the day before', () => {
    const equity = curve([1100, 1210, 1331], { step: DAY })
    expect(daily(equity, equity.equity, START, 1000).equity).toEqual([1100, 1210, 1331])
  })

  test('of several instants of a day the last one counts; a day begun is a day', () => {
    const equity = curve([1, 2, 3, 4, 5], { step: 6 * HOUR })
    expect(daily(equity, equity.equity, START, 1).equity).toEqual([4, 5])
  })

  test('a run that begins inside a day has its first return from there', () => {
    const from = START + 18 * HOUR
    const equity = curve([1100, 1100, 2200], { from, step: 6 * HOUR })
    const { equity: ends, returns } = daily(equity, equity.equity, from, 1000)
    expect(ends).toEqual([1100, 2200])
    expect(returns[0]).toBeCloseTo(0.1, 14)
    expect(returns[1]).toBe(1)
  })

  test('a day without bars keeps the equity of the day before', () => {
    const equity = {
      length: 2,
      time: Float64Array.of(START + DAY, START + 4 * DAY),
      equity: Float64Array.of(1100, 2200),
    }
    expect(daily(equity, equity.equity, START, 1000).equity).toEqual([1100, 1100, 1100, 2200])
  })

  test('weekly bars are annualised as weeks: volatility is about √52 of a week, not √365', () => {
    const weeks = Array.from({ length: 520 }, (_, k) => (k % 2 === 0 ? 1020 : 1000))
    const { metrics } = computeMetrics(made({ equity: curve(weeks, { step: 7 * DAY }) }))
    // returns of ±2 % a week
    expect(metrics['volatility']! / (0.02 * Math.sqrt(365 / 7))).toBeCloseTo(1, 1)
  })
})

describe('drawdowns', () => {
  test('a peak touched again ends the fall, and a plateau is left at its last row', () => {
    const found = findDrawdowns(Float64Array.of(10, 12, 12, 9, 8, 12, 11), 10)
    expect(found).toEqual([
      { peakRow: 2, valleyRow: 4, endRow: 5, peak: 12, valley: 8 },
      { peakRow: 5, valleyRow: 6, endRow: -1, peak: 12, valley: 11 },
    ])
  })

  test('of equal lows the first is the valley', () => {
    expect(findDrawdowns(Float64Array.of(10, 8, 9, 8, 10), 10)).toEqual([
      { peakRow: 0, valleyRow: 1, endRow: 4, peak: 10, valley: 8 },
    ])
  })

  test('the start is a peak', () => {
    expect(findDrawdowns(Float64Array.of(9, 10), 10)).toEqual([
      { peakRow: -1, valleyRow: 0, endRow: 1, peak: 10, valley: 9 },
    ])
  })

  test('the deepest of a curve that gains on its way is that of the raised curve, row by row', () => {
    const walk = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 3000 })
    const rise = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), by: fc.nat(30) })
    fc.assert(
      fc.property(walk, fc.array(rise, { maxLength: 4 }), (moves, wanted) => {
        let at = 10_000
        const values = Float64Array.from(moves, (move) => {
          at += move
          return at
        })
        let gain = 0
        const rises = wanted
          .map((one) => ({ row: Math.floor(one.at * values.length), by: one.by }))
          .sort((a, b) => a.row - b.row)
          .map(({ row, by }) => {
            gain += by
            return { row, gain }
          })
        const raised = values.map((value, row) => value + (rises.findLast((one) => one.row <= row)?.gain ?? 0))
        const drawdowns = findDrawdowns(values, 10_000)
        expect(deepestRaised(values, drawdowns, rises)).toBe(deepestFall(findDrawdowns(raised, 10_000)))
      }),
      { numRuns: 300 },
    )
  })

  test('under water is measured from the highest equity so far, the start among them', () => {
    expect([...underwater(curve([8, 10, 16, 12]), 10)]).toEqual([-0.19999999999999996, 0, 0, -0.25])
  })
})

describe('monthly returns', () => {
  test('each month is measured from the end of the month before, the first from the start', () => {
    // 31 days of January at 1100, 29 of February at 1210, one day of March at 605
    const values = [...Array<number>(31).fill(1100), ...Array<number>(29).fill(1210), 605]
    const [row] = monthlyReturns(curve(values), 1000)
    expect(row!.year).toBe(2024)
    expect(row!.months.map((value) => value && Number(value.toFixed(12)))).toEqual([
      0.1,
      0.1,
      -0.5,
      ...Array(9).fill(null),
    ])
    expect(row!.total).toBeCloseTo(-0.395, 12)
  })

  test('a year begins where the last one ended; a month without bars has no return', () => {
    const time = Float64Array.of(Date.UTC(2023, 11, 15), Date.UTC(2024, 0, 1), Date.UTC(2024, 2, 10))
    const values = Float64Array.of(1500, 2000, 3000)
    const equity = { length: 3, time, equity: values, cash: values, exposure: values }
    const rows = monthlyReturns(equity, 1000)
    // midnight of 1 January closes December
    expect(rows.map(({ year, total }) => ({ year, total }))).toEqual([
      { year: 2023, total: 1 },
      { year: 2024, total: 0.5 },
    ])
    expect(rows[0]!.months[11]).toBe(1)
    expect(rows[1]!.months.slice(0, 4)).toEqual([null, null, 0.5, null])
  })

  test('nothing grows from debt', () => {
    const values = [...Array<number>(31).fill(-100), 50]
    const [row] = monthlyReturns(curve(values), 1000)
    expect(row!.months.slice(0, 2)).toEqual([-1.1, null])
    expect(row!.total).toBeCloseTo(-0.95, 12)
  })
})

describe('buy and hold', () => {
  const bars = (symbol: string, opens: readonly number[], closes: readonly number[], first = START): Bars => ({
    series: { venue: 'binance', symbol, interval: '1h' },
    priceDecimals: 2,
    length: opens.length,
    openTime: Float64Array.from(opens, (_, k) => first + k * HOUR),
    open: Float64Array.from(opens),
    high: Float64Array.from(opens, (open, k) => Math.max(open, closes[k]!)),
    low: Float64Array.from(opens, (open, k) => Math.min(open, closes[k]!)),
    close: Float64Array.from(closes),
    volume: Float64Array.from(opens, () => 1),
  })
  const instants = curve([0, 0, 0], { step: HOUR })

  test('buys at the first open with slippage and fee, and marks at the closes', () => {
    const series = { bars: bars('A', [100, 110, 120], [110, 120, 90]), feeTaker: 0.001, slippageBps: 50 }
    // 1000 buys 1000 ÷ (100 × 1.005 × 1.001)
    const units = 1000 / (100 * 1.005 * 1.001)
    const held = buyAndHoldEquity([series], START, 1000, instants)
    expect(held[0]).toBeCloseTo(units * 110, 9)
    expect(held[1]).toBeCloseTo(units * 120, 9)
    expect(held[2]).toBeCloseTo(units * 90, 9)
  })

  test('several series get equal parts; one that begins later waits in cash, one without a bar keeps its close', () => {
    const free = { feeTaker: 0, slippageBps: 0 }
    const a = { bars: bars('A', [100], [150]), ...free }
    const b = { bars: bars('B', [10, 20], [20, 40], START + HOUR), ...free }
    // 500 in each: A is worth 750 from its only close on; B waits, buys 50 at 10
    expect([...buyAndHoldEquity([a, b], START, 1000, instants)]).toEqual([750 + 500, 750 + 1000, 750 + 2000])
  })

  test('a series whose first bar of the range comes late waits in cash, warm-up bars or not', () => {
    const all = bars('A', [50, 100], [60, 120], START - HOUR)
    // the second bar opens two hours after the first one
    const late: Bars = { ...all, openTime: Float64Array.of(START - HOUR, START + HOUR) }
    const held = buyAndHoldEquity([{ bars: late, feeTaker: 0, slippageBps: 0 }], START, 1000, instants)
    expect([...held]).toEqual([1000, 1200, 1200])
  })

  test('warm-up bars before the range are not bought', () => {
    const series = { bars: bars('A', [50, 100, 100], [60, 100, 120], START - HOUR), feeTaker: 0, slippageBps: 0 }
    expect([...buyAndHoldEquity([series], START, 1000, curve([0, 0], { step: HOUR }))]).toEqual([1000, 1200])
  })
})
