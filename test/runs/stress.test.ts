import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stressText } from '../../src/cli/stress-text.ts'
import { buy, close, defineStrategy, type Strategy } from '../../src/index.ts'
import type { SimulateOptions, SimulateSlot } from '../../src/runs/simulate.ts'
import { simulate } from '../../src/runs/simulate.ts'
import { stressOf } from '../../src/runs/stress.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { barsOf, instrumentOf, marginOf, type Row } from '../engine/scene.ts'

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
function stressed(
  of: Strategy,
  feeMaker = 0.0002,
  more: Partial<SimulateOptions> = {},
  slot: Partial<SimulateSlot> = {},
) {
  const costs = { feeMaker, feeTaker: 0.0005, slippageBps: 2 }
  const options: SimulateOptions = {
    strategy: of,
    params: {},
    slots: [{ instrument: instrumentOf(), bars: barsOf(rows), costs, ...slot }],
    from: 0,
    cash: 10_000,
    limitTouch: false,
    closeAtEnd: true,
    ...more,
  }
  const { result } = simulate(options)
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
  const atCost = (bps: number) => {
    const fee = Number((bps / 10_000).toFixed(9))
    const all = { feeMaker: fee, feeTaker: fee, slippageBps: 0 }
    return simulate({ ...options, slots: [{ ...options.slots[0]!, costs: all }] }).result.endEquity
  }
  return { result, again, atCost, stress: stressOf(result, options) }
}

describe('decisions that hang on time alone', () => {
  const { result, again, stress } = stressed(strategy(() => buy({ qty: 1 })))

  test('are priced anew, and every cell is the return of the run with those costs', () => {
    expect(stress.method).toBe('repriced')
    expect(stress.grid).toHaveLength(50)
    // fees are rounded up to the ledger's unit, one by one, in a run
    for (const { fees, slippage, latencyBars, totalReturn } of stress.grid)
      expect(Math.abs(totalReturn - (again(fees, slippage, latencyBars).endEquity / 10_000 - 1))).toBeLessThan(1e-9)
  })

  test('on a tick that is coarser than the slippage too', () => {
    const tick = { price: { min: '0', max: '0', tick: '1' } }
    const coarse = stressed(
      strategy(() => buy({ qty: 1 })),
      0.0002,
      {},
      { instrument: instrumentOf(tick) },
    )
    expect(coarse.stress.method).toBe('repriced')
    for (const { fees, slippage, latencyBars, totalReturn } of coarse.stress.grid) {
      const { endEquity } = coarse.again(fees, slippage, latencyBars)
      expect(Math.abs(totalReturn - (endEquity / 10_000 - 1))).toBeLessThan(1e-9)
    }
  })

  test('the cell of the run itself is its return', () => {
    const own = stress.grid.find((cell) => cell.fees === 1 && cell.slippage === 2 && cell.latencyBars === 0)!
    expect(own.totalReturn).toBeCloseTo(result.endEquity / 10_000 - 1, 9)
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
    for (const { fees, slippage, latencyBars, totalReturn } of stress.grid)
      expect(Math.abs(totalReturn - (again(fees, slippage, latencyBars).endEquity / 10_000 - 1))).toBeLessThan(3e-5)
    const returns = (fees: number) => stress.grid.find((cell) => cell.fees === fees && cell.slippage === 2)!
    expect(returns(3).totalReturn).toBeLessThan(returns(2).totalReturn)
  })
})

describe('decisions that hang on cash', () => {
  const { again, atCost, stress } = stressed(strategy(() => buy({ fraction: 0.9 })))

  test('are run, cell by cell', () => {
    expect(stress.method).toBe('rerun')
    for (const { fees, slippage, latencyBars, totalReturn } of stress.grid)
      expect(totalReturn).toBe(again(fees, slippage, latencyBars).endEquity / 10_000 - 1)
  })

  test('the edge is searched: a tenth of a basis point decides', () => {
    const edge = stress.breakEvenBps!
    expect(atCost(edge)).toBeGreaterThan(10_000)
    expect(atCost(edge + 0.2)).toBeLessThan(10_000)
  })

  test('a large account earns less: its orders are cut to a share of the volume', () => {
    const returns = stress.capacity.map(({ totalReturn }) => totalReturn)
    expect(stress.capacity.map(({ cash }) => cash)).toEqual([1e4, 1e5, 1e6, 1e7])
    expect(returns[3]).toBeLessThan(0.5 * returns[0]!)
  })
})

test('limits bear the cost at which the edge dies as all orders do', () => {
  const patient = strategy((close) => buy({ fraction: 0.9, limit: Number((close - 4).toFixed(2)) }))
  const { result, atCost, stress } = stressed(patient)
  expect(result.fills.filter(({ liquidity }) => liquidity === 'maker').length).toBeGreaterThan(5)
  expect(stress.method).toBe('rerun')
  expect(atCost(stress.breakEvenBps!)).toBeGreaterThan(10_000)
  expect(atCost(stress.breakEvenBps! + 0.2)).toBeLessThan(10_000)
})

describe('the model of slippage and the latency are the run’s own', () => {
  const slow = { participation: null, latency: 3_600_000, cancelLatency: 0 }
  test.each([
    [{ model: 'ticks', ticks: 3 } as const, 'ticks', 3],
    [{ model: 'impact', spreadBps: 2, impact: 1 } as const, 'times', 1],
  ])('%j', (slippage, unit, own) => {
    const { result, stress } = stressed(
      strategy(() => buy({ qty: 1 })),
      0.0002,
      { execution: { ...slow, slippage } },
    )
    expect([stress.slippage.unit, stress.latency]).toEqual([unit, 3_600_000])
    const cell = (value: number) =>
      stress.grid.find((one) => one.fees === 1 && one.slippage === value && one.latencyBars === 0)!.totalReturn
    expect(cell(own)).toBe(result.endEquity / 10_000 - 1)
    const [dearest] = stress.slippage.values.slice(-1)
    expect(cell(dearest!)).toBeLessThan(cell(own))
    expect(stressText(stress)).toContain('Return, orders after the run’s latency of 1h and 1 bar more')
  })

  test('basis points that are not on the axis are put there', () => {
    const costs = { feeMaker: 0, feeTaker: 0, slippageBps: 3 }
    expect(
      stressed(
        strategy(() => buy({ qty: 1 })),
        0,
        {},
        { costs },
      ).stress.slippage.values,
    ).toEqual([0, 2, 3, 5, 10, 20])
  })
})

describe('capacity', () => {
  const whole = strategy(() => buy({ fraction: 0.9 }))
  test.each([
    ['the account’s', whole, { risk: { maxPosition: 9500, maxDrawdown: 0.5 } }],
    ['the strategy’s', { ...whole, risk: () => ({ maxGross: 9500 }) }, {}],
  ])('limits that are amounts grow with the account: %s', (_, of, more) => {
    const { stress } = stressed(of, 0.0002, more)
    const [one, ten] = stress.capacity.map(({ totalReturn }) => totalReturn)
    // a position of ten times the limit, held back by the volume alone
    expect(ten).toBeGreaterThan(0.5 * one!)
    expect(stress.isFixedSize).toBe(false)
  })

  test('a fixed size is told', () => {
    const { stress } = stressed(strategy(() => buy({ qty: 1 })))
    expect(stress.isFixedSize).toBe(true)
    expect(stressText(stress)).toContain('Orders are of the same size whatever the account')
    expect(stress.capacity[1]!.totalReturn).toBeCloseTo(stress.capacity[0]!.totalReturn / 10, 6)
  })
})

test('a liquidation is charged what the exchange takes, once', () => {
  const crash: Row[] = [...rows.slice(0, 60), ...Array.from({ length: 20 }, (): Row => [700, 700, 700, 700, 1000])]
  const { result, again, stress } = stressed(
    defineStrategy({
      name: 'late',
      onBar: ({ bar }) => (bar.openTime === 50 * 3_600_000 ? buy({ qty: 40 }) : undefined),
    }),
    0.0002,
    {},
    { instrument: instrumentOf({}, 'BTCUSDT', 'perpetual'), bars: barsOf(crash), margin: marginOf({ leverage: 10 }) },
  )
  expect(result.fills.map(({ role }) => role)).toEqual(['order', 'liquidation'])
  expect(stress.method).toBe('repriced')
  const cell = stress.grid.find((one) => one.fees === 3 && one.slippage === 20 && one.latencyBars === 0)!
  // a tick on each of forty coins
  expect(Math.abs(cell.totalReturn - (again(3, 20).endEquity / 10_000 - 1))).toBeLessThan(5e-5)
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

test('backtest --stress prints the tables, and has them in --json', async () => {
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
  const { stdout } = await klinelabHere(words)
  expect(stdout).toContain('Return, orders 1 bar later')
  expect(stdout).toMatch(/The edge dies at|There is no edge before costs/)
  const { stress, metrics } = (await klinelabHere([...words, '--json'])).json<{
    stress: { grid: { totalReturn: number }[] }
    metrics: { totalReturn: number }
  }>()
  expect(stress.grid.map(({ totalReturn }) => totalReturn)).toContainEqual(expect.closeTo(metrics.totalReturn, 4))
})

test('it is a part of the run: recorded, verified, and a section of its report', async () => {
  const out = scratch()
  const words = ['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--from', '2026-01-01']
  const plain = (await klinelabHere([...words, '--out', out, '--json'])).json<{ run: string; stress: unknown }>()
  expect(plain.stress).toBeNull()
  const { run, dir, reproduce } = (await klinelabHere([...words, '--out', out, '--stress', '--json'])).json<{
    run: string
    dir: string
    reproduce: { command: string }
  }>()
  expect(run).not.toBe(plain.run)
  expect(reproduce.command).toContain(' --stress')
  expect((await klinelabHere(['runs', 'show', run, '--out', out])).stdout).toContain('Return, orders 1 bar later')
  expect((await klinelabHere(['verify', run, '--out', out])).code).toBe(0)
  const page = readFileSync(join(dir, 'report.html'), 'utf8')
  expect(page).toContain('<section id="stress"')
  expect(page.match(/<strong><span class="(good|bad)">[^<]+<\/span><\/strong>/g)).toHaveLength(1)
  expect(page).toContain('Return against account size, at most 5.0')
})
