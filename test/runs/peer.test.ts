import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BacktestOptions, runBacktest } from '../../src/index.ts'
import { peerMetrics } from '../../src/runs/peer.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

const DAY = 86_400_000
const ASKED: BacktestOptions = {
  strategy: join(ROOT, 'strategies', 'sma-cross.ts'),
  data: 'binance:BTCUSDT:1h',
  from: '2024-01-01',
  to: '2024-03-01',
}

test('the peer is the benchmark’s curve, not the run’s, judged from the run’s cash on', () => {
  const time = Float64Array.of(1, 2, 3, 4).map((day) => day * DAY)
  const own = Float64Array.of(1, 2, 3, 4)
  const { peer, notes } = peerMetrics({
    equity: { length: 4, time, equity: own, cash: own, exposure: own },
    benchmark: Float64Array.of(110, 88, 99, 121),
    ...{ from: 0, cash: 100, riskFree: 0 },
  })
  // daily returns of 100 → 110 → 88 → 99 → 121
  const returns = [0.1, -0.2, 0.125, 121 / 99 - 1]
  const mean = returns.reduce((sum, one) => sum + one, 0) / 4
  const deviation = Math.sqrt(returns.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 3)
  expect(peer['endEquity']).toBe(121)
  expect(peer['totalReturn']).toBeCloseTo(0.21, 12)
  expect(peer['maxDrawdown']).toBeCloseTo(22 / 110, 12)
  expect(peer['maxDrawdownDuration']).toBe(3 * DAY)
  expect(peer['volatility']).toBeCloseTo(deviation * Math.sqrt(365), 12)
  expect(peer['sharpe']).toBeCloseTo((mean / deviation) * Math.sqrt(365), 12)
  expect(peer['cagr']! / (1.21 ** (365 / 4) - 1)).toBeCloseTo(1, 9)
  expect(notes).toEqual({})
})

test('run.json holds it, with a reason for every figure that is not there, and the report shows it', async () => {
  const run = await runBacktest({ ...ASKED, out: scratch() })
  const { peer, metrics } = run.document
  expect(peer['totalReturn']).toBe(metrics['buyAndHold'])
  expect(peer['endEquity']).toBe(run.benchmark!.at(-1))
  expect(peer['sharpe']).not.toBe(metrics['sharpe'])
  expect(JSON.parse(readFileSync(join(run.dir!, 'run.json'), 'utf8')).peer).toEqual(peer)
  const html = readFileSync(join(run.dir!, 'report.html'), 'utf8')
  expect(html).toContain(`buy and hold ${(peer['maxDrawdown']! * 100).toFixed(2)}`)

  const short = await runBacktest({ ...ASKED, to: '2024-01-02', write: false })
  const missing = Object.entries(short.document.peer).filter(([, value]) => value === null)
  expect(missing.map(([key]) => key)).toContain('sharpe')
  for (const [key] of missing) expect(short.document.notes[`peer.${key}`]).toMatch(/./)
})
