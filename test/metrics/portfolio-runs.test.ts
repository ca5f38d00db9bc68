import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Portfolio } from '../../src/core/findings.ts'
import { parseSeries } from '../../src/core/series.ts'
import { importFiles, importTiers, openStore } from '../../src/data/index.ts'
import {
  type BacktestOptions,
  type BacktestRun,
  buy,
  close,
  defineStrategy,
  runBacktest,
  sell,
} from '../../src/index.ts'
import { hourlyCsv, scratch } from '../cli/klinelab.ts'
import { DAY, HOUR } from './made-up.ts'

/** Buys and sells by turns, at random but the same each time. */
const restless = (leverage: number) =>
  defineStrategy({
    name: 'restless',
    state: () => ({ seed: 7 }),
    onBar({ position, state, bar }) {
      state.seed = (state.seed * 48_271) % 2_147_483_647
      const chance = state.seed % 40
      if (chance === 0 && position.qty <= 0) return buy({ fraction: leverage * 0.45 })
      if (chance === 1 && position.qty >= 0 && leverage > 1) return sell({ fraction: leverage * 0.45 })
      if (chance === 2 && position.qty > 0 && bar.close > 0) return sell({ qty: position.qty / 2, reduceOnly: true })
      if (chance === 3 && position.qty !== 0) return close()
    },
  })

const SPOT = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
const PERPETUALS = ['binance-usdm:BTCUSDT:1h', 'binance-usdm:ETHUSDT:1h']
const AUGUST = { from: '2024-06-01', to: '2024-09-01' }

describe('of runs as the engine makes them', () => {
  const runs: Record<string, Omit<BacktestOptions, 'strategy'> & { readonly leverage?: number }> = {
    'two coins on spot': { data: SPOT, ...AUGUST },
    'two coins on spot, fees taken in what is received': { data: SPOT, ...AUGUST, feeAsset: 'received' },
    'bars of a minute and of an hour': {
      data: ['binance:BTCUSDT:1m', 'binance:ETHUSDT:1h'],
      from: '2023-03-01',
      to: '2023-03-10',
    },
    'closed at the end': { data: PERPETUALS, ...AUGUST, leverage: 3, closeAtEnd: true },
    'perpetuals with cross margin, liquidated': { data: PERPETUALS, ...AUGUST, leverage: 20 },
    'perpetuals with isolated margin, liquidated': { data: PERPETUALS, ...AUGUST, leverage: 20, margin: 'isolated' },
  }

  test.each(Object.entries(runs))('%s: profits, shares and costs add up to the account’s', async (name, options) => {
    const { document, events } = await run(options)
    const { portfolio, metrics, perpetuals } = document
    const sum = (of: (one: Portfolio['symbols'][number]) => number) =>
      portfolio.symbols.reduce((all, one) => all + of(one), 0)
    expect(portfolio.symbols.length).toBe(2)
    expect(sum((one) => one.netProfit)).toBeCloseTo(metrics['netProfit']!, 5)
    expect(sum((one) => one.returnShare)).toBeCloseTo(metrics['totalReturn']!, 9)
    expect(sum((one) => one.drawdownShare)).toBeCloseTo(metrics['maxDrawdown']!, 9)
    for (const key of ['fees', 'slippage', 'funding'] as const)
      expect(sum((one) => one[key])).toBeCloseTo(metrics[key]!, 6)
    const charged = perpetuals.reduce((all, { funding }) => all + funding!.paid - funding!.received, 0)
    expect(charged).toBeCloseTo(metrics['funding']!, 6)
    const taken = events.filter(({ type }) => type === 'liquidation').length
    expect(perpetuals.reduce((all, { liquidations }) => all + liquidations.count, 0)).toBe(taken)
    expect(taken > 0).toBe(name.endsWith('liquidated'))
  })

  test('dust that fees in base leave behind is no time in the market', async () => {
    let held = 0
    const strategy = defineStrategy({
      name: 'in-and-out',
      onBar({ bar, position }) {
        if (position.qty !== 0) held++
        const hour = (bar.openTime / HOUR) % 24
        return hour === 3 ? buy({ quote: 1000 }) : hour === 9 ? close() : undefined
      },
    })
    const options = {
      data: SPOT[0]!,
      ...AUGUST,
      feeAsset: 'received',
      write: false,
      ledger: join(scratch(), 'l'),
    } as const
    const { document, equity } = await runBacktest({ strategy, ...options })
    expect(held).toBeGreaterThan(0)
    expect(document.metrics['exposure']).toBe(held / equity.length)
    expect(document.portfolio.symbols[0]!.exposure).toBe(held / equity.length)
  })

  test('gross exposure, which the engine tells by itself, is initial margin times leverage', async () => {
    const { margin, equity } = await run(runs['closed at the end']!)
    let most = 0
    for (let row = 0; row < equity.length; row++) {
      expect(margin!.initial[row]).toBeCloseTo(equity.exposure[row]! / 3, 9)
      expect(Math.abs(margin!.net[row]!)).toBeLessThanOrEqual(equity.exposure[row]! + 1e-9)
      most = Math.max(most, margin!.initial[row]!)
    }
    expect(most).toBeGreaterThan(0.2)
  })

  test('what an isolated position binds at the close before it is liquidated is the balance that its event names', async () => {
    const { events, margin, equity } = await run({
      ...{ data: PERPETUALS[0]!, ...AUGUST, leverage: 20, margin: 'isolated', funding: 'off' },
    })
    const taken = events.filter((event) => event.type === 'liquidation')
    const last = taken.filter(({ at }) => margin!.initial[equity.time.indexOf(at)]! > 0)
    expect(last.length).toBeGreaterThan(0)
    for (const { at, balance } of last) {
      const row = equity.time.indexOf(at)
      expect(margin!.initial[row]! * equity.equity[row]!).toBeCloseTo(balance, 5)
      expect(margin!.maintenance[row]!).toBeLessThan(1)
    }
  })

  test('what is held is worth its mark where marks are stored, the last price where one is missing', async () => {
    const rise = Array.from({ length: 48 }, (_, k) => 100 + k)
    const csv = (by: number, without = -1) =>
      hourlyCsv(rise.map((p) => [p + by, p + by, p + by, p + by] as const))
        .split('\n')
        .filter((_, line) => line - 1 !== without)
        .join('\n')
    const bracket = { notionalFloor: 0, notionalCap: 1e6, maintMarginRatio: 0.01, initialLeverage: 20, cum: 0 }
    const dir = scratch({
      'bars.csv': csv(0),
      'mark.csv': csv(2, 46),
      'tiers.json': JSON.stringify([{ symbol: 'TESTUSDT', brackets: [{ bracket: 1, ...bracket }] }]),
    })
    const store = await openStore(join(dir, 'store'))
    const from = Date.UTC(2024, 0, 1)
    const series = (symbol: string) => parseSeries(`binance-usdm:${symbol}:1h`)
    await importFiles(store, [join(dir, 'bars.csv')], series('TESTUSDT'), { now: from + 10 * DAY })
    await importFiles(store, [join(dir, 'mark.csv')], series('TESTUSDT@mark'), { now: from + 10 * DAY })
    await importTiers(store, join(dir, 'tiers.json'), from)
    const held = (to: number) =>
      runBacktest({
        strategy: defineStrategy({
          name: 'held',
          onBar: ({ position }) => (position.qty === 0 ? buy({ qty: 10 }) : undefined),
        }),
        ...{
          data: 'binance-usdm:TESTUSDT:1h',
          store: store.dir,
          funding: 'off',
          noCosts: true,
          from,
          to,
          write: false,
        },
      })
    const whole = await held(from + 48 * HOUR)
    const { perpetuals, portfolio, metrics } = whole.document
    expect(perpetuals[0]).toMatchObject({ marks: 'binance-usdm:TESTUSDT@mark:1h', marksMissing: 1 })
    // bought at the open of the second bar, 101; the last is marked at 147 + 2, the one before it has no mark
    expect(portfolio.symbols[0]!.netProfit).toBe(10 * (149 - 101))
    expect(metrics['netProfit']).toBe(480)
    expect((await held(from + 47 * HOUR)).document.portfolio.symbols[0]!.netProfit).toBe(10 * (146 - 101))
  })

  test('spot has none', async () => {
    const { margin, document } = await run(runs['two coins on spot']!)
    expect(margin).toBeNull()
    expect(document.portfolio.margin).toBeNull()
    expect(document.perpetuals).toEqual([])
  })
})

function run(options: Omit<BacktestOptions, 'strategy'> & { readonly leverage?: number }): Promise<BacktestRun> {
  return runBacktest({ ...options, strategy: restless(options.leverage ?? 1), write: false })
}
