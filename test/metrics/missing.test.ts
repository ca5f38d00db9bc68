import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { computeMetrics, METRICS } from '../../src/metrics/index.ts'
import type { PerformanceInput } from '../../src/metrics/performance-input.ts'
import { curve, DAY, fill, HOUR, made, START, trade } from './made-up.ts'

/** key → why it is null. */
const missing = (input: PerformanceInput) => computeMetrics(input).notes
const flat = [1000, 1000, 1000]

describe('a figure that cannot be computed is null and says why', () => {
  test('no trade', () => {
    const { metrics, notes } = computeMetrics(made({ values: flat }))
    for (const key of [
      'winRate',
      'profitFactor',
      'expectancy',
      'avgTrade',
      'bestTrade',
      'avgWinDuration',
      'lastTrade',
      'sqn',
      'kelly',
    ])
      expect({ key, value: metrics[key], note: notes[key] }).toEqual({ key, value: null, note: 'no trade was closed' })
    expect(notes).toMatchObject({
      minOrderSize: 'no order was filled',
      avgBuyPrice: 'nothing was bought',
      avgSellFee: 'nothing was sold',
    })
    expect(metrics).toMatchObject({
      trades: 0,
      openTrades: 0,
      longTrades: 0,
      maxWinStreak: 0,
      coverage: 0,
      orders: 0,
      fees: 0,
    })
    expect(notes).toMatchObject({
      'split.long.winRate': 'no long trade was closed',
      'split.short.winRate': 'no short trade was closed',
    })
  })

  test('a flat curve', () => {
    const { metrics, notes } = computeMetrics(made({ values: flat, benchmark: Float64Array.of(1000, 1000, 1000) }))
    expect(metrics).toMatchObject({
      volatility: 0,
      totalReturn: 0,
      cagr: 0,
      maxDrawdown: 0,
      maxDrawdownBars: 0,
      valueAtRisk: 0,
    })
    expect(notes).toMatchObject({
      sharpe: 'daily returns never differ',
      sharpeLow: 'daily returns never differ',
      skew: 'daily returns never differ',
      sortino: 'no daily return was below the risk-free rate',
      omega: 'no daily return was below the risk-free rate',
      tailRatio: 'the 5th percentile of daily returns is 0',
      calmar: 'equity never fell',
      avgDrawdown: 'equity never fell',
      maxRecoveryDuration: 'no drawdown recovered',
      activeRecovery: 'equity ends at its peak',
      beta: 'the benchmark never moves',
      costShare: 'there is no profit before costs to share',
    })
  })

  test('returns that differ by a rounding error only', () => {
    const values = Array.from({ length: 10 }, (_, k) => 1000 * 1.01 ** (k + 1))
    // one per cent each, but not in the last digits of a double
    expect(new Set(values.map((value, k) => value / (values[k - 1] ?? 1000))).size).toBeGreaterThan(1)
    expect(missing(made({ values }))['sharpe']).toBe('daily returns never differ')
  })

  test('one day', () => {
    const { metrics, notes } = computeMetrics(made({ equity: curve(Array(24).fill(1010), { step: HOUR }) }))
    for (const key of [
      'volatility',
      'sharpe',
      'sharpeHigh',
      'sortino',
      'omega',
      'skew',
      'kurtosis',
      'tailRatio',
      'valueAtRisk',
      'alpha',
      'beta',
    ])
      expect({ key, value: metrics[key], note: notes[key] }).toEqual({
        key,
        value: null,
        note: '1 daily return: at least 2 are needed',
      })
    expect(metrics['cagr']).toBeCloseTo(1.01 ** 365 - 1, 8)
  })

  test('less than a day', () => {
    const notes = missing(made({ equity: curve([1010, 1000], { step: HOUR }) }))
    expect(notes).toMatchObject({ cagr: 'the run is shorter than a day', calmar: 'the run is shorter than a day' })
  })

  test('growth too large to be annualised', () => {
    // 10¹⁰ times in a day: (10¹⁰)^365 is beyond a double
    expect(missing(made({ values: [1e13] }))['cagr']).toBe('the run is too short to be annualised')
  })

  test('no bar', () => {
    const { metrics, notes } = computeMetrics(made({}))
    expect(metrics).toMatchObject({ startEquity: 1000, endEquity: 1000, netProfit: 0, duration: 0 })
    for (const key of ['start', 'end', 'exposure', 'maxGrossExposure', 'turnover', 'drawdownCoverage'])
      expect(notes[key]).toBe('the range has no bars')
    expect(notes['coverage']).toBe('the run has no duration')
  })

  test('all trades won', () => {
    const { metrics, notes } = computeMetrics(made({ values: flat, trades: [trade({ pnl: 2 }), trade({ pnl: 1 })] }))
    expect(metrics).toMatchObject({ winRate: 1, maxLossStreak: 0 })
    expect(notes).toMatchObject({
      profitFactor: 'no trade lost',
      avgLoss: 'no trade lost',
      avgLossDuration: 'no trade lost',
      kelly: 'it needs winners and losers',
    })
  })

  test('all trades lost', () => {
    const { metrics, notes } = computeMetrics(made({ values: flat, trades: [trade({ pnl: -2 }), trade({ pnl: -1 })] }))
    expect(metrics).toMatchObject({ winRate: 0, profitFactor: 0, maxWinStreak: 0 })
    expect(Object.is(metrics['profitFactor'], 0)).toBe(true)
    expect(notes).toMatchObject({
      avgWin: 'no trade won',
      avgWinDuration: 'no trade won',
      kelly: 'it needs winners and losers',
    })
  })

  test('a trade that lost everything', () => {
    expect(missing(made({ values: flat, trades: [trade({ pnl: -100 })] }))['avgTradeGeometric']).toBe(
      'a trade lost everything',
    )
  })

  test('trades that are all alike, or a single one', () => {
    // the mean of three times 0.1 is not 0.1 in doubles: a deviation of 10⁻¹⁷ must not become an SQN of 10¹⁶
    const alike = [0.1, 0.1, 0.1].map((pnl) => trade({ pnl }))
    expect(missing(made({ values: flat, trades: alike }))['sqn']).toBe('fewer than two trades, or all alike')
    expect(missing(made({ values: flat, trades: [trade({ pnl: 1 })] }))['sqn']).toBe(
      'fewer than two trades, or all alike',
    )
  })

  test('trades that began and ended inside one bar', () => {
    const notes = missing(made({ values: flat, trades: [trade({ pnl: 1, exitTime: START })] }))
    expect(notes['overlapCoverage']).toBe('no trade outlived its first bar')
  })

  test('equity below nothing', () => {
    const { metrics, notes } = computeMetrics(
      made({ values: [1000, -500, 100, -20], benchmark: Float64Array.of(1, 2, 3, 4) }),
    )
    expect(notes).toMatchObject({
      cagr: 'nothing is left to grow',
      calmar: 'nothing is left to grow',
      volatility: 'equity fell to 0 or below: there is no daily return from there',
      sharpe: 'equity fell to 0 or below: there is no daily return from there',
      beta: 'equity fell to 0 or below: there is no daily return from there',
      activeRecoveryReturn: 'equity fell to 0 or below: nothing grows from there',
    })
    expect(metrics).toMatchObject({ totalReturn: -1.02, maxDrawdown: 1.5, activeRecovery: 480 / 1500 })
    expect(
      missing(made({ values: [-500, -600], fills: [fill({ side: 'buy', qty: 1, price: 1, fee: 0 })] }))['turnover'],
    ).toBe('mean equity is not above 0')
    // a debt that was recovered from
    expect(missing(made({ values: [-500, 2000] }))['avgRecoveryReturn']).toBe(
      'equity fell to 0 or below: nothing grows from there',
    )
  })

  test('equity that ends at nothing still has its last return', () => {
    const { metrics } = computeMetrics(made({ values: [1100, 0] }))
    // +10 %, −100 %
    expect(metrics['volatility']).toBeCloseTo(Math.sqrt(0.55 ** 2 * 2) * Math.sqrt(365), 10)
  })

  test('no day lost money', () => {
    // 5th percentile of 0.1, 0.2 is 0.105
    const { metrics, notes } = computeMetrics(made({ values: [1100, 1320] }))
    expect(metrics['tailRatio']).toBeCloseTo(0.195 / 0.105, 10)
    expect(notes['commonSenseRatio']).toBe('no day lost money')
  })
})

describe('whatever the run', () => {
  const price = fc.double({ min: -2000, max: 1e7, noNaN: true })
  const pnl = fc.oneof(
    fc.constant(0),
    fc.integer({ min: -100, max: 100 }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  )
  const runs = fc.record({
    values: fc.array(fc.oneof(price, fc.constant(0), fc.constant(1000)), { maxLength: 40 }),
    bench: fc.option(fc.double({ min: 0.01, max: 3, noNaN: true }), { nil: null }),
    step: fc.constantFrom(HOUR, 7 * HOUR, DAY, 7 * DAY),
    pnls: fc.array(pnl, { maxLength: 8 }),
    riskFree: fc.constantFrom(0, 0.04, -0.01),
    costs: fc.constantFrom(0, 12.5),
  })

  test('every figure is a finite number, or null with a reason, and no reason is left over', () => {
    fc.assert(
      fc.property(runs, ({ values, bench, step, pnls, riskFree, costs }) => {
        const { metrics, notes } = computeMetrics(
          made({
            equity: curve(values, { step }),
            benchmark: bench === null ? null : Float64Array.from(values, (_, k) => 1000 * bench ** (k % 3)),
            trades: pnls.map((one, k) =>
              trade({ pnl: one, exitTime: START + k * HOUR, side: k % 2 ? 'short' : 'long' }),
            ),
            fills: pnls.map((one) => fill({ side: one > 0 ? 'buy' : 'sell', qty: 1, price: Math.abs(one), fee: 0 })),
            riskFree,
            fees: costs,
          }),
        )
        for (const { key } of METRICS) {
          const value = metrics[key]
          if (value === null) expect(notes[key]?.length ?? 0, key).toBeGreaterThan(5)
          else
            expect(Number.isFinite(value) && !Object.is(value, -0) && notes[key] === undefined, `${key} ${value}`).toBe(
              true,
            )
        }
      }),
      { numRuns: 400 },
    )
  })

  test('the splits add up to the whole, each way', () => {
    const trades = fc.array(
      fc.record({
        pnl: fc.integer({ min: -1000, max: 1000 }),
        tag: fc.constantFrom('a', 'b', '__proto__', '7'),
        isLong: fc.boolean(),
        isBtc: fc.boolean(),
      }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(trades, (given) => {
        const list = given.map(({ pnl: one, tag, isLong, isBtc }) =>
          trade({ pnl: one, entryTag: tag, side: isLong ? 'long' : 'short', symbol: isBtc ? 'BTCUSDT' : 'ETHUSDT' }),
        )
        const { split } = computeMetrics(made({ trades: list }))
        const total = given.reduce((sum, one) => sum + one.pnl, 0)
        for (const rows of [[split.long, split.short], Object.values(split.byTag), Object.values(split.bySymbol)]) {
          expect(rows.reduce((sum, row) => sum + row.trades, 0)).toBe(list.length)
          expect(rows.reduce((sum, row) => sum + row.netProfit, 0)).toBe(total)
          expect(rows.reduce((sum, row) => sum + (row.winRate ?? 0) * row.trades, 0)).toBeCloseTo(
            given.filter((one) => one.pnl > 0).length,
            9,
          )
        }
      }),
    )
  })
})
