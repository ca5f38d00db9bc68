import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import { type BacktestOptions, runBacktest } from '../../src/index.ts'
import type { Config } from '../../src/runs/config.ts'
import { executionRemarks } from '../../src/runs/execution-settings.ts'
import { EMBEDDED } from '../../src/runs/package-info.ts'
import { parseDelay } from '../../src/runs/parse-delay.ts'
import { verifyRun } from '../../src/runs/rerun.ts'
import { type Given, settle } from '../../src/runs/settings.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

const settled = (given: Given, config: Config = {}) =>
  settle(given, { file: '/project/klinelab.config.ts', config }, {}, '/project')
const executed = (given: Given, config: Config = {}) => settled(given, config).execution

describe('what is said of how orders fill', () => {
  test('nothing is plain', () => {
    expect(executed({})).toEqual(PLAIN_EXECUTION)
    expect(executed({ slippageBps: 5 })).toEqual(PLAIN_EXECUTION)
    expect(executed({ slippageModel: 'bps', participation: null, latency: 0 })).toEqual(PLAIN_EXECUTION)
  })

  test('a figure says which model is meant; what a model lacks is built in', () => {
    expect(executed({ slippageTicks: 3 }).slippage).toEqual({ model: 'ticks', ticks: 3 })
    expect(executed({ slippageModel: 'ticks', slippageTicks: 0 }).slippage).toEqual({ model: 'ticks', ticks: 0 })
    expect(executed({ impact: 0.5 }).slippage).toEqual({ model: 'impact', spreadBps: 2, impact: 0.5 })
    expect(executed({ spreadBps: 0 }).slippage).toEqual({ model: 'impact', spreadBps: 0, impact: 1 })
    expect(executed({ slippageModel: 'impact' }).slippage).toEqual({ model: 'impact', spreadBps: 2, impact: 1 })
  })

  test('flags win over the config: the model as one, its figures and the rest one by one', () => {
    const config: Config = { spreadBps: 7, impact: 0.3, participation: 0.1, latency: 100, cancelLatency: 50 }
    expect(executed({}, config)).toEqual({
      slippage: { model: 'impact', spreadBps: 7, impact: 0.3 },
      participation: 0.1,
      latency: 100,
      cancelLatency: 50,
    })
    expect(executed({ impact: 2, latency: 0 }, config)).toMatchObject({
      slippage: { model: 'impact', spreadBps: 7, impact: 2 },
      latency: 0,
      cancelLatency: 50,
    })
    expect(executed({ slippageBps: 1 }, config).slippage).toEqual({ model: 'bps' })
    expect(executed({ slippageTicks: 1 }, config).slippage).toEqual({ model: 'ticks', ticks: 1 })
    expect(executed({ participation: null }, config).participation).toBeNull()
  })

  test('cancels take as long as orders where nobody says', () => {
    expect(executed({ latency: 250 })).toMatchObject({ latency: 250, cancelLatency: 250 })
    expect(executed({ latency: 250, cancelLatency: 0 })).toMatchObject({ latency: 250, cancelLatency: 0 })
  })

  test('of two models nobody could say which is meant', () => {
    const two: readonly (readonly [Given, Config, RegExp])[] = [
      [
        { slippageTicks: 3, slippageBps: 2 },
        {},
        /the flags: --slippage-ticks belongs to slippage by ticks, not by bps/,
      ],
      [
        { slippageModel: 'ticks', slippageTicks: 1, impact: 1 },
        {},
        /--impact belongs to slippage by impact, not by ticks/,
      ],
      [{ slippageModel: 'impact', slippageBps: 1 }, {}, /--slippage-bps belongs to slippage by bps, not by impact/],
      [{}, { slippageTicks: 3, spreadBps: 1 }, /klinelab.config.ts: spreadBps belongs to slippage by impact/],
      [{ slippageModel: 'ticks' }, {}, /needs their number/],
      [{ noCosts: true, impact: 1 }, {}, /--no-costs and --impact exclude one another/],
      [{ noCosts: true, slippageModel: 'impact' }, {}, /--no-costs and --slippage-model exclude one another/],
    ]
    for (const [given, config, message] of two) expect(() => settled(given, config)).toThrow(message)
  })

  test('no costs are none, whatever the config has', () => {
    expect(executed({ noCosts: true }, { slippageTicks: 3, participation: 0.1 })).toEqual({
      ...PLAIN_EXECUTION,
      participation: 0.1,
    })
  })

  test('where each came from', () => {
    const { origins } = settled({ latency: 250, slippageTicks: 1 }, { participation: 0.1 })
    expect(origins['latency']).toEqual({ value: 250, from: '--latency' })
    expect(origins['participation']).toEqual({ value: 0.1, from: '/project/klinelab.config.ts' })
    expect(origins['slippage-model']).toEqual({ value: 'ticks', from: '--slippage-…' })
    expect(settled({}).origins['participation']).toEqual({ value: 'off', from: 'built in' })
  })

  test.each([
    ['250ms', 250],
    ['250', 250],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0', 0],
  ])('a time of %s', (text, ms) => {
    expect(parseDelay(text)).toBe(ms)
  })

  test.each(['', 'soon', '-1', '1 day', '1e3', 'ms'])('"%s" is no time', (text) => {
    expect(() => parseDelay(text)).toThrow(RangeError)
  })

  test('the report has a remark for each that is on', () => {
    expect(executionRemarks(PLAIN_EXECUTION)).toEqual([])
    const all = executionRemarks({ ...executed({ impact: 1, participation: 0.07, latency: 250 }) })
    expect(all.map((text) => text.split(':')[0])).toEqual(['Participation', 'Slippage', 'Latency'])
    expect(all[0]).toContain('more than 7 % of')
  })
})

describe('a run', () => {
  const out = scratch({})
  const run = (options: Partial<BacktestOptions> = {}) =>
    runBacktest({
      strategy: join(ROOT, 'strategies', 'sma-cross.ts'),
      data: 'binance:BTCUSDT:1h',
      from: '2024-01-01',
      to: '2024-03-01',
      store: EMBEDDED,
      out,
      cash: 10_000_000,
      set: { fast: 12, slow: 48, qty: 100 },
      ...options,
    })
  const SETTINGS: readonly Partial<BacktestOptions>[] = [
    {},
    { slippageTicks: 3 },
    { slippageTicks: 4 },
    { slippageModel: 'impact' },
    { slippageModel: 'impact', impact: 2 },
    { slippageModel: 'impact', spreadBps: 5 },
    { participation: 0.01 },
    { participation: 0.02 },
    { latency: 250 },
    { cancelLatency: 250 },
  ]

  test('every setting is in its identity and its record, its command names it, and it can be made again', async () => {
    const runs = []
    for (const options of SETTINGS) runs.push(await run(options))
    expect(new Set(runs.map(({ document }) => document.run)).size).toBe(SETTINGS.length)
    // a cancel's latency decides nothing where nothing is cancelled
    expect(new Set(runs.map(({ document }) => document.tradeHash)).size).toBe(SETTINGS.length - 1)
    for (const { document, dir } of runs) {
      expect(document.execution).toEqual(document.reproduce.request!.execution)
      const verified = await verifyRun(dir!, EMBEDDED, ROOT)
      expect([verified.problems, verified.same]).toEqual([[], true])
    }
    const commands = runs.map(({ document }) =>
      document.reproduce.command.replace(/.*--set qty=100 --cash 10000000/, ''),
    )
    expect(commands).toEqual([
      '',
      ' --slippage-ticks 3',
      ' --slippage-ticks 4',
      ' --spread-bps 2 --impact 1',
      ' --spread-bps 2 --impact 2',
      ' --spread-bps 5 --impact 1',
      ' --participation 0.01',
      ' --participation 0.02',
      ' --latency 250ms',
      ' --cancel-latency 250ms',
    ])
  })

  test('what is said to be off is the run in which nothing is said', async () => {
    const [plain, off] = [
      await run(),
      await run({ slippageModel: 'bps', participation: null, latency: 0, cancelLatency: 0 }),
    ]
    expect(off.document).toEqual(plain.document)
  })

  test('parts of orders reach fills and trades: fewer trades than exits, every part its fee', async () => {
    const { fills, trades, document } = await run({ participation: 0.01 })
    const orders = new Set(fills.map(({ order }) => order))
    expect(fills.length).toBeGreaterThan(orders.size)
    expect(trades.length).toBeLessThanOrEqual(orders.size / 2)
    // base tier of 0.1 %, each part rounded up to the ledger's unit, which is 1e-5 for ten millions
    for (const { fee, price, qty } of fills) {
      const above = fee - price * qty * 0.001
      expect(above).toBeGreaterThan(-1e-9)
      expect(above).toBeLessThan(1.0001e-5)
    }
    expect(document.remarks).toContain(
      'Participation: no bar fills more than 1 % of its volume; the rest of an order waits.',
    )
  })
})
