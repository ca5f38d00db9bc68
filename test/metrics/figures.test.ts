import { describe, expect, test } from 'vitest'
import { computeMetrics } from '../../src/metrics/index.ts'
import { curve, DAY, fill, HOUR, made, openTrade, START, trade } from './made-up.ts'

describe('result', () => {
  test('start, end and duration run from the first open to the last close', () => {
    const { metrics } = computeMetrics(made({ values: [1010, 1020] }))
    expect(metrics).toMatchObject({ start: START, end: START + 2 * DAY, duration: 2 * DAY })
  })

  test('profit and return are of the last close against the start', () => {
    const { metrics } = computeMetrics(made({ values: [1300, 1250] }))
    // 1250 − 1000; 1250 ÷ 1000 − 1
    expect(metrics).toMatchObject({
      startEquity: 1000,
      endEquity: 1250,
      netProfit: 250,
      totalReturn: 0.25,
      equityPeak: 1300,
    })
  })

  test('the peak is the start where equity only falls', () => {
    expect(computeMetrics(made({ values: [990, 980] })).metrics['equityPeak']).toBe(1000)
  })

  test('CAGR counts 365 days a year, to the hour', () => {
    const twoYears = computeMetrics(made({ equity: curve([1440], { step: 730 * DAY }) }))
    expect(twoYears.metrics['cagr']).toBeCloseTo(0.2, 12) // √1.44 − 1
    const halfYear = computeMetrics(made({ equity: curve([1100], { step: 182.5 * DAY }) }))
    expect(halfYear.metrics['cagr']).toBeCloseTo(0.21, 12) // 1.1² − 1
  })

  test('exposure is the share of closes with a position; the most is the highest of them', () => {
    const { metrics } = computeMetrics(
      made({ equity: curve([1000, 1000, 1000, 1000], { exposure: [0, 0.5, 0.9, 0] }) }),
    )
    expect(metrics).toMatchObject({ exposure: 0.5, maxGrossExposure: 0.9 })
  })

  test('turnover is all that was bought and sold over mean equity', () => {
    const fills = [
      fill({ side: 'buy', qty: 2, price: 300, fee: 0 }),
      fill({ side: 'sell', qty: 2, price: 350, fee: 0 }),
    ]
    // (600 + 700) ÷ ((1000 + 1600) ÷ 2) = 1300 ÷ 1300
    expect(computeMetrics(made({ values: [1000, 1600], fills })).metrics['turnover']).toBe(1)
  })

  test('costs are shared out of the profit before them', () => {
    const { metrics } = computeMetrics(made({ values: [1060], fees: 30, slippage: 20, funding: -10 }))
    // costs 30 + 20 − 10 = 40; profit before them 60 + 40 = 100
    expect(metrics).toMatchObject({ fees: 30, slippage: 20, funding: -10, costShare: 0.4 })
  })

  test('buy and hold is the return of the benchmark', () => {
    const { metrics } = computeMetrics(made({ values: [1000, 1000], benchmark: Float64Array.of(900, 1050) }))
    expect(metrics['buyAndHold']).toBeCloseTo(0.05, 15)
  })
})

describe('risk, of daily returns +10 %, −5 %, +10 %', () => {
  // 1000 → 1100 → 1045 → 1149.5; mean 0.05, deviations 0.05, −0.1, 0.05
  const { metrics } = computeMetrics(made({ values: [1100, 1045, 1149.5] }))
  const sample = Math.sqrt((0.0025 + 0.01 + 0.0025) / 2)

  test.each([
    ['volatility', sample * Math.sqrt(365)],
    ['sharpe', (0.05 / sample) * Math.sqrt(365)],
    // only one of three days lost: √(0.05² ÷ 3)
    ['sortino', (0.05 / Math.sqrt(0.0025 / 3)) * Math.sqrt(365)],
    ['omega', 0.2 / 0.05],
    // population deviation √0.005; (2 × 0.05³ − 0.1³) ÷ 3 ÷ 0.005^1.5 = −1 ÷ √2
    ['skew', -Math.SQRT1_2],
    // (2 × 0.05⁴ + 0.1⁴) ÷ 3 ÷ 0.005² − 3 = 1.5 − 3
    ['kurtosis', -1.5],
    // ranks 0, 1, 2 of (−0.05, 0.1, 0.1): 5 % of the way is −0.05 + 0.1 × 0.15
    ['valueAtRisk', -0.035],
    // 1 % of two steps between ranks is 0.02 of the first
    ['valueAtRisk99', -0.047],
    // ⌊2 × 5 %⌋ + 1: the lowest return alone
    ['expectedShortfall', -0.05],
    ['expectedShortfall99', -0.05],
    ['tailRatio', 0.1 / 0.035],
    ['commonSenseRatio', (0.1 / 0.035) * (0.2 / 0.05)],
  ])('%s', (key, expected) => {
    expect(metrics[key]).toBeCloseTo(expected, 10)
  })

  test('a tail is as many days as its quantile has ranks, ties and all', () => {
    // 121 returns: −4 %, −3 %, −2 %, −2 %, −1 %, −1 %, −1 % and 114 of +1 %
    const returns = [-0.02, -0.04, -0.01, -0.03, -0.01, -0.02, -0.01, ...Array<number>(114).fill(0.01)]
    let value = 1000
    const values = returns.map((one) => (value *= 1 + one))
    const { metrics } = computeMetrics(made({ values }))
    // ranks 120 × 5 % = 6 and 120 × 1 % = 1.2: −1 %, and −3 % + 0.2 × 1 %
    expect(metrics['valueAtRisk']).toBeCloseTo(-0.01, 12)
    expect(metrics['valueAtRisk99']).toBeCloseTo(-0.028, 12)
    // seven days: (4 + 3 + 2 + 2 + 1 + 1 + 1) ÷ 7 = 2 %; two days: (4 + 3) ÷ 2
    expect(metrics['expectedShortfall']).toBeCloseTo(-0.02, 12)
    expect(metrics['expectedShortfall99']).toBeCloseTo(-0.035, 12)
  })

  test('the interval of Sharpe is 1.96 standard errors wide on each side', () => {
    const s = 0.05 / sample
    // Mertens: (1 + s²/2 − skew·s + excess kurtosis/4·s²) ÷ n
    const error = Math.sqrt((1 + s ** 2 / 2 + Math.SQRT1_2 * s - (1.5 / 4) * s ** 2) / 3)
    expect(metrics['sharpeLow']).toBeCloseTo((s - 1.96 * error) * Math.sqrt(365), 10)
    expect(metrics['sharpeHigh']).toBeCloseTo((s + 1.96 * error) * Math.sqrt(365), 10)
  })

  test('a risk-free rate is taken off each day', () => {
    const free = computeMetrics(made({ values: [1100, 1045, 1149.5], riskFree: 3.65 })).metrics
    // 3.65 a year is 0.01 a day: excess 0.09, −0.06, 0.09, mean 0.04
    expect(free['sharpe']).toBeCloseTo((0.04 / sample) * Math.sqrt(365), 10)
    expect(free['sortino']).toBeCloseTo((0.04 / Math.sqrt(0.0036 / 3)) * Math.sqrt(365), 10)
    expect(free['omega']).toBeCloseTo(0.18 / 0.06, 10)
    expect(free['volatility']).toBe(metrics['volatility'])
  })

  test('against a benchmark of +20 %, −10 %, +20 % beta is a half and alpha nothing', () => {
    const benchmark = Float64Array.of(1200, 1080, 1296)
    const both = computeMetrics(made({ values: [1100, 1045, 1149.5], benchmark })).metrics
    expect(both['beta']).toBeCloseTo(0.5, 12)
    expect(both['alpha']).toBeCloseTo(0, 12)
    // with 0.01 a day risk-free: excess 0.04 against 0.09, 365 × (0.04 − 0.5 × 0.09)
    const free = computeMetrics(made({ values: [1100, 1045, 1149.5], benchmark, riskFree: 3.65 })).metrics
    expect(free['alpha']).toBeCloseTo(365 * -0.005, 10)
  })

  test('days are UTC days, whatever the bar: hourly bars with the same daily ends give the same figures', () => {
    const hours = Array.from(
      { length: 72 },
      (_, k) => [1100, 1045, 1149.5][Math.floor(k / 24)]! + (k % 24 === 23 ? 0 : k),
    )
    const hourly = computeMetrics(made({ equity: curve(hours, { step: HOUR }) })).metrics
    for (const key of ['volatility', 'sharpe', 'sortino', 'omega', 'skew', 'valueAtRisk'])
      expect(hourly[key]).toBe(metrics[key])
  })
})

describe('drawdowns of 1000 → 900 → 950 → 1000 → 1200 → 600 → 900', () => {
  // first fall: peak is the start, valley day 1, recovered day 3; second: peak day 4, valley day 5, unfinished at day 6
  const { metrics } = computeMetrics(made({ values: [900, 950, 1000, 1200, 600, 900] }))

  test.each([
    ['maxDrawdown', 0.5],
    ['avgDrawdown', (0.1 + 0.5) / 2],
    ['maxDrawdownBars', 3],
    ['maxDrawdownDuration', 3 * DAY],
    ['avgDrawdownDuration', (3 * DAY + 2 * DAY) / 2],
    ['drawdowns', 2],
    // days 1, 2, 5, 6 of 6
    ['drawdownCoverage', 4 / 6],
    ['recoveredDrawdowns', 1],
    ['activeDrawdowns', 1],
    ['activeDrawdown', 0.25],
    ['activeDrawdownDuration', 2 * DAY],
    // (900 − 600) ÷ (1200 − 600)
    ['activeRecovery', 0.5],
    ['activeRecoveryReturn', 0.5],
    ['activeRecoveryDuration', DAY],
    ['maxRecoveryReturn', 1000 / 900 - 1],
    ['avgRecoveryReturn', 1000 / 900 - 1],
    ['maxRecoveryDuration', 2 * DAY],
    ['avgRecoveryDuration', 2 * DAY],
    // two days up after one day down
    ['avgRecoveryRatio', 2],
  ])('%s', (key, expected) => {
    expect(metrics[key]).toBeCloseTo(expected, 12)
  })

  test('calmar is growth over the largest fall', () => {
    const year = computeMetrics(made({ values: [...Array<number>(364).fill(500), 1100] })).metrics
    expect(year['calmar']).toBeCloseTo(0.1 / 0.5, 12)
  })

  test('a fall below nothing is more than all', () => {
    // (1000 + 200) ÷ 1000
    const { metrics: debt } = computeMetrics(made({ values: [1000, -200] }))
    expect(debt).toMatchObject({ maxDrawdown: 1.2, activeDrawdown: 1.2 })
  })
})

describe('trades with profits +6, −2, 0, +3, +1, −4', () => {
  const pnls = [6, -2, 0, 3, 1, -4]
  const trades = pnls.map((pnl, k) =>
    trade({
      pnl,
      n: k + 1,
      return: pnl / 100,
      side: k < 4 ? 'long' : 'short',
      entryTime: START + k * 10 * HOUR,
      exitTime: START + k * 10 * HOUR + (k + 1) * HOUR,
    }),
  )
  const openTrades = [openTrade({ pnl: 7 }), openTrade({ pnl: -10 })]
  const { metrics } = computeMetrics(made({ equity: curve(Array(100).fill(1004), { step: HOUR }), trades, openTrades }))

  test.each([
    ['trades', 6],
    ['openTrades', 2],
    ['openTradePnl', -3],
    ['longTrades', 4],
    ['shortTrades', 2],
    // a trade that made nothing has not won
    ['winRate', 3 / 6],
    ['profitFactor', 10 / 6],
    ['expectancy', 4 / 6],
    ['avgTrade', 0.04 / 6],
    ['avgTradeGeometric', (1.06 * 0.98 * 1 * 1.03 * 1.01 * 0.96) ** (1 / 6) - 1],
    ['bestTrade', 0.06],
    ['worstTrade', -0.04],
    ['avgWin', 0.1 / 3],
    ['avgLoss', -0.03],
    // holding 1, 2, 3, 4, 5, 6 hours
    ['avgTradeDuration', 3.5 * HOUR],
    ['maxTradeDuration', 6 * HOUR],
    ['avgWinDuration', ((1 + 4 + 5) / 3) * HOUR],
    ['avgLossDuration', ((2 + 6) / 2) * HOUR],
    ['maxWinStreak', 2],
    ['maxLossStreak', 1],
    ['firstTrade', START],
    ['lastTrade', START + 56 * HOUR],
    // 21 hours inside a trade, of 100
    ['coverage', 0.21],
    ['overlapCoverage', 0],
    // mean 2/3; Σ (pnl − 2/3)² = 66 − 6 × 4/9
    ['sqn', (Math.sqrt(6) * (2 / 3)) / Math.sqrt((66 - 24 / 9) / 5)],
    ['kelly', 0.5 - 0.5 / (0.1 / 3 / 0.03)],
  ])('%s', (key, expected) => {
    expect(metrics[key]).toBeCloseTo(expected, 12)
  })

  test('time inside two trades at once counts once, and is the overlap', () => {
    const at = (from: number, to: number) =>
      trade({ pnl: 1, entryTime: START + from * HOUR, exitTime: START + to * HOUR })
    // hours 0–4 and 2–6 and 6–8: 8 hours covered, 2 of them twice; an exit meets an entry without overlap
    const both = computeMetrics(
      made({ equity: curve(Array(16).fill(1000), { step: HOUR }), trades: [at(0, 4), at(2, 6), at(6, 8)] }),
    ).metrics
    expect(both).toMatchObject({ coverage: 0.5, overlapCoverage: 0.25 })
  })
})

describe('splits', () => {
  const trades = [
    trade({ pnl: 6, entryTag: 'dip' }),
    trade({ pnl: 0, entryTag: 'dip' }),
    trade({ pnl: -2, entryTag: 'break', side: 'short', symbol: 'ETHUSDT' }),
  ]

  test('by side, by tag and by symbol: trades, the share that won, and what they made', () => {
    expect(computeMetrics(made({ trades })).split).toEqual({
      // a trade that made nothing has not won
      long: { trades: 2, winRate: 0.5, netProfit: 6 },
      short: { trades: 1, winRate: 0, netProfit: -2 },
      byTag: { break: { trades: 1, winRate: 0, netProfit: -2 }, dip: { trades: 2, winRate: 0.5, netProfit: 6 } },
      bySymbol: {
        BTCUSDT: { trades: 2, winRate: 0.5, netProfit: 6 },
        ETHUSDT: { trades: 1, winRate: 0, netProfit: -2 },
      },
    })
  })
})

describe('orders', () => {
  const fills = [
    fill({ side: 'buy', qty: 1, price: 100, fee: 0.1 }),
    fill({ side: 'buy', qty: 3, price: 110, fee: 0.5 }),
    fill({ side: 'sell', qty: 2, price: 120, fee: 0.3 }),
  ]
  const { metrics } = computeMetrics(made({ values: [1000], fills }))

  test.each([
    ['orders', 3],
    ['buyOrders', 2],
    ['sellOrders', 1],
    ['minOrderSize', 1],
    ['maxOrderSize', 3],
    ['avgOrderSize', 2],
    ['avgBuySize', 2],
    ['avgSellSize', 2],
    ['avgBuyPrice', 105],
    ['avgSellPrice', 120],
    ['minFee', 0.1],
    ['maxFee', 0.5],
    ['avgFee', 0.3],
    ['avgBuyFee', 0.3],
    ['avgSellFee', 0.3],
  ])('%s', (key, expected) => {
    expect(metrics[key]).toBeCloseTo(expected, 12)
  })

  test('sizes and prices of several assets are not added up, fees are', () => {
    const two = [...fills, fill({ side: 'buy', qty: 500, price: 0.1, fee: 0.1, symbol: 'DOGEUSDT' })]
    const { metrics: mixed, notes } = computeMetrics(made({ values: [1000], fills: two }))
    for (const key of [
      'minOrderSize',
      'maxOrderSize',
      'avgOrderSize',
      'avgBuySize',
      'avgSellSize',
      'avgBuyPrice',
      'avgSellPrice',
    ])
      expect({ value: mixed[key], note: notes[key] }).toEqual({
        value: null,
        note: 'fills of several assets cannot be added up',
      })
    expect(mixed['orders']).toBe(4)
    expect(mixed['avgFee']).toBeCloseTo(0.25, 12)
  })
})
