import { describe, expect, test } from 'vitest'
import { buy, close, defineStrategy, type Strategy } from '../../src/index.ts'
import type { SimulateOptions } from '../../src/runs/simulate.ts'
import { simulate } from '../../src/runs/simulate.ts'
import { stressOf } from '../../src/runs/stress.ts'
import { klinelab, scratch } from '../cli/klinelab.ts'
import { barsOf, instrumentOf, type Row } from '../engine/scene.ts'

/** A wave that rises: buying its lows and selling its highs has an edge. */
const rows: Row[] = Array.from({ length: 400 }, (_, k) => {
  const at = 1000 + 20 * Math.sin(k / 6) + k / 10
  const price = Number(at.toFixed(2))
  return [price, Number((price + 1).toFixed(2)), Number((price - 1).toFixed(2)), price, 1000]
})
const strategy = (order: (close: number) => ReturnType<typeof buy>): Strategy =>
  defineStrategy({
    name: 'wave',
    onBar({ bar, position }) {
      const phase = Math.floor(bar.openTime / 3_600_000 / 19) % 2
      if (phase === 1 && position.qty === 0) return order(bar.close)
      return phase === 0 && position.qty > 0 ? close() : undefined
    },
  })
function stressed(of: Strategy, feeMaker = 0.0002) {
  const costs = { feeMaker, feeTaker: 0.0005, slippageBps: 2 }
  const options: SimulateOptions = {
    strategy: of,
    params: {},
    slots: [{ instrument: instrumentOf(), bars: barsOf(rows), costs }],
    from: 0,
    cash: 10_000,
    limitTouch: false,
    closeAtEnd: true,
  }
  const { result } = simulate(options)
  const document = { costs: { fees: result.fees, slippage: result.slippage } }
  const run = { options, result: { ...result, document } } as unknown as Parameters<typeof stressOf>[0]
  const again = (fees: number, slippageBps: number, hours = 0) =>
    simulate({
      ...options,
      slots: [
        {
          ...options.slots[0]!,
          costs: {
            feeMaker: Number((feeMaker * (feeMaker < 0 ? Math.min(1, fees) : fees)).toFixed(6)),
            feeTaker: Number((0.0005 * fees).toFixed(6)),
            slippageBps,
          },
        },
      ],
      execution: { slippage: { model: 'bps' }, participation: null, latency: hours * 3_600_000, cancelLatency: 0 },
    }).result
  return { result, again, stress: stressOf(run) }
}

describe('decisions that hang on time alone', () => {
  const { result, again, stress } = stressed(strategy(() => buy({ qty: 1 })))

  test('are priced anew, and every cell is the return of the run with those costs', () => {
    expect(stress.method).toBe('repriced')
    expect(stress.grid).toHaveLength(50)
    // ticks and units are rounded against the trader in a run: a few cents of ten thousand
    for (const { fees, slippageBps, latencyBars, totalReturn } of stress.grid)
      expect(Math.abs(totalReturn - (again(fees, slippageBps, latencyBars).endEquity / 10_000 - 1))).toBeLessThan(3e-5)
  })

  test('the cell of the run itself is its return', () => {
    const own = stress.grid.find((cell) => cell.fees === 1 && cell.slippageBps === 2 && cell.latencyBars === 0)!
    expect(own.totalReturn).toBeCloseTo(result.endEquity / 10_000 - 1, 4)
  })

  test('at the cost at which the edge dies nothing is left', () => {
    expect(stress.breakEvenBps).toBeGreaterThan(stress.paidBps)
    expect(Math.abs(again(0, Number(stress.breakEvenBps!.toFixed(2))).endEquity - 10_000)).toBeLessThan(1)
    const traded = result.fills.reduce((sum, { reference, qty }) => sum + reference * qty, 0)
    expect(stress.paidBps).toBeCloseTo(((result.fees + result.slippage) / traded) * 10_000, 9)
  })
})

describe('a maker that is paid', () => {
  const { result, again, stress } = stressed(
    strategy((close) => buy({ qty: 1, limit: Number((close - 4).toFixed(2)) })),
    -0.0001,
  )

  test('is paid no more where fees are dearer, and nothing where there are none', () => {
    expect(result.fills.filter(({ fee }) => fee < 0).length).toBeGreaterThan(5)
    expect(stress.method).toBe('repriced')
    for (const { fees, slippageBps, latencyBars, totalReturn } of stress.grid)
      expect(Math.abs(totalReturn - (again(fees, slippageBps, latencyBars).endEquity / 10_000 - 1))).toBeLessThan(3e-5)
    const returns = (fees: number) => stress.grid.find((cell) => cell.fees === fees && cell.slippageBps === 2)!
    expect(returns(3).totalReturn).toBeLessThan(returns(2).totalReturn)
  })
})

describe('decisions that hang on cash', () => {
  const { again, stress } = stressed(strategy(() => buy({ fraction: 0.9 })))

  test('are run, cell by cell', () => {
    expect(stress.method).toBe('rerun')
    for (const { fees, slippageBps, latencyBars, totalReturn } of stress.grid)
      expect(totalReturn).toBe(again(fees, slippageBps, latencyBars).endEquity / 10_000 - 1)
  })

  test('the edge is searched: a tenth of a basis point decides', () => {
    const edge = stress.breakEvenBps!
    expect(again(0, edge).endEquity).toBeGreaterThan(10_000)
    expect(again(0, edge + 0.2).endEquity).toBeLessThan(10_000)
  })

  test('a large account earns less: its orders are cut to a share of the volume', () => {
    const returns = stress.capacity.map(({ totalReturn }) => totalReturn)
    expect(stress.capacity.map(({ cash }) => cash)).toEqual([1e4, 1e5, 1e6, 1e7])
    expect(returns[3]).toBeLessThan(0.5 * returns[0]!)
  })
})

test('what loses before costs has no edge to lose', () => {
  const losing = defineStrategy({
    name: 'wave',
    onBar({ bar, position }) {
      const phase = Math.floor(bar.openTime / 3_600_000 / 19) % 2
      if (phase === 0 && position.qty === 0) return buy({ qty: 1 })
      return phase === 1 && position.qty > 0 ? close() : undefined
    },
  })
  expect(stressed(losing).stress.breakEvenBps).toBeNull()
})

test('backtest --stress prints the tables, and has them in --json', () => {
  const out = scratch()
  const words = [
    'backtest',
    'strategies/sma-cross.ts',
    '--data',
    'binance:BTCUSDT:1h',
    '--from',
    '2025-06-01',
    '--out',
    out,
    '--stress',
  ]
  const { stdout } = klinelab(words)
  expect(stdout).toContain('Return, orders 1 bar later')
  expect(stdout).toMatch(/The edge dies at|There is no edge before costs/)
  const { stress, metrics } = klinelab([...words, '--json']).json<{
    stress: { grid: { totalReturn: number }[] }
    metrics: { totalReturn: number }
  }>()
  expect(stress.grid.map(({ totalReturn }) => totalReturn)).toContainEqual(expect.closeTo(metrics.totalReturn, 4))
})
