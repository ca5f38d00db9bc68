import { expect, test } from 'vitest'
import { computeMetrics, METRICS, needsFills, someMetrics } from '../../src/metrics/index.ts'
import { curve, fill, made, trade } from './made-up.ts'

const input = made({
  equity: curve([1000, 1010, 990, 1030], { exposure: [0, 0.5, 0.5, 0] }),
  trades: [trade({ pnl: 10 }), trade({ pnl: -20, side: 'short' })],
  fills: [fill({ side: 'buy', price: 100, qty: 3, fee: 0.3 }), fill({ side: 'sell', price: 110, qty: 2, fee: 0.3 })],
})

test.each(METRICS.map(({ key }) => [key]))(
  '%s is the same of a search, whose runs keep fills only where it needs them',
  (key) => {
    const kept = needsFills([key]) ? input.fills : []
    expect(someMetrics({ ...input, fills: kept }, [key]).metrics[key]).toBe(computeMetrics(input).metrics[key])
  },
)

test('most figures need none, and those that are made of fills say so', () => {
  const differ = METRICS.filter(
    ({ key }) => computeMetrics({ ...input, fills: [] }).metrics[key] !== computeMetrics(input).metrics[key],
  ).map(({ key }) => key)
  expect(differ.length).toBeGreaterThan(5)
  expect(differ.filter((key) => !needsFills([key]))).toEqual([])
  expect(needsFills(['sharpe', 'totalReturn', 'maxDrawdown', 'trades', 'winRate', 'profitFactor', 'calmar'])).toBe(
    false,
  )
})
