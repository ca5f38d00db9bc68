import { describe, expect, test } from 'vitest'
import { runBacktest } from '../../src/index.ts'
import { computeMetrics, METRICS } from '../../src/metrics/index.ts'
import { curve, fill, made, START, trade } from './made-up.ts'

const keys = METRICS.map(({ key }) => key)

/** The keys that scripts rely on: "metrics" of `backtest --json`. */
const CONTRACT = [
  'startEquity', 'endEquity', 'netProfit', 'totalReturn', 'cagr', 'volatility', 'sharpe', 'sortino', 'calmar',
  'maxDrawdown', 'maxDrawdownBars', 'exposure', 'trades', 'winRate', 'profitFactor', 'expectancy', 'avgTrade', 'bestTrade',
  'worstTrade', 'sqn', 'kelly', 'buyAndHold', 'turnover',
] as const // biome-ignore format: the contract's order

describe('the table of figures', () => {
  test('has every key of the contract', () => {
    expect(CONTRACT.filter((key) => !keys.includes(key))).toEqual([])
  })

  test('names each figure once, with a label, a formula and a source', () => {
    expect(keys.filter((key, k) => keys.indexOf(key) !== k)).toEqual([])
    const labels = METRICS.map(({ label }) => label)
    expect(labels.filter((label, k) => labels.indexOf(label) !== k)).toEqual([])
    for (const { key, label, formula, source } of METRICS)
      expect({
        key,
        isWhole: /^[a-z]\w*$/i.test(key) && [label, formula, source].every((text) => text.length > 2),
      }).toEqual({
        key,
        isWhole: true,
      })
  })

  const runs = {
    'without a bar': made({}),
    'of one bar': made({ values: [1000] }),
    'without a trade': made({ values: [1000, 1000, 1000] }),
    'into debt': made({ values: [1000, -50, 20], riskFree: 0.04 }),
    'with everything': made({
      values: [1100, 1045, 1149.5, 1100],
      benchmark: Float64Array.of(1010, 1000, 1020, 990),
      trades: [trade({ pnl: 5 }), trade({ pnl: -3 })],
      fills: [fill({ side: 'buy', qty: 1, price: 10, fee: 0.1 }), fill({ side: 'sell', qty: 1, price: 11, fee: 0.1 })],
    }),
  }
  test.each(Object.entries(runs))('a run %s returns exactly the figures of the table', (_, input) => {
    expect(Object.keys(computeMetrics(input).metrics).sort()).toEqual([...keys].sort())
  })

  test('a real run returns exactly the figures of the table', async () => {
    const { document } = await runBacktest({
      strategy: 'strategies/buy-and-hold.ts',
      data: 'binance:BTCUSDT:1h',
      from: '2024-01-01',
      to: '2024-02-01',
      write: false,
    })
    expect(Object.keys(document.metrics).sort()).toEqual([...keys].sort())
    expect(document.metrics).toMatchObject({ start: START, end: Date.UTC(2024, 1, 1), duration: 31 * 86_400_000 })
  })

  test('the curve of the fixture is daily', () => {
    expect([...curve([1, 2]).time]).toEqual([Date.UTC(2024, 0, 2), Date.UTC(2024, 0, 3)])
  })
})
