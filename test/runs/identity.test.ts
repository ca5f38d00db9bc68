import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { type BacktestOptions, type BacktestRun, runBacktest } from '../../src/index.ts'
import { scratch } from '../cli/klinelab.ts'

const HOUR = 3_600_000
const START = Date.UTC(2024, 0, 1)
/** Hours stored, and those of the range: the sixty before it are for the warm-up. */
const [STORED, FROM, TO] = [200, 60, 180]
const SERIES = 'binance:TESTUSDT:1h'
const HELD = 'binance:HELDUSDT:1h'

/** The EMA's lookback of 10 bars asks for 40 of warm-up. */
const STRATEGY = `import { buy, close, defineStrategy, ema, int } from 'klinelab'
export default defineStrategy({
  name: 'crossing',
  params: { period: int(10, { min: 2, max: 50 }) },
  indicators: (p) => ({ line: ema(p.period) }),
  onBar({ bar, ind, position }) {
    if (position.qty === 0 && bar.close > ind.line) return buy({ quote: 1000 })
    if (position.qty > 0 && bar.close < ind.line) return close()
  },
})
`

interface World {
  /** Close of an hour's bar. */
  readonly close?: (hour: number) => number
  readonly held?: (hour: number) => number
  /** An hour whose bar the exchange closed early. */
  readonly outage?: number
  readonly tick?: string
  readonly orderTypes?: readonly string[]
  /** What is appended to the strategy's text. */
  readonly code?: string
  /** Imported after the rest, with rows of the hours from `STORED` on that cannot be stored. */
  readonly isContinued?: boolean
  /** Imports the series in two files that overlap. */
  readonly isInParts?: boolean
}

const price = (hour: number) => 100 + ((hour * 7) % 13)

const lines = (hours: readonly number[], close: (hour: number) => number, outage = -1) =>
  hours.map((hour) => {
    const at = START + hour * HOUR
    const value = close(hour)
    return [at, value, value + 1, value - 1, value, 5, at + HOUR - (hour === outage ? HOUR / 2 : 1)].join(',')
  })

/** A store, a strategy and nothing else, made anew. */
async function worldOf(world: World): Promise<{ store: string; strategy: string }> {
  const dir = scratch({ 'strategies/crossing.ts': STRATEGY + (world.code ?? '') })
  const path = join(dir, 'store')
  mkdirSync(path)
  const store = await openStore(path)
  let files = 0
  const bring = async (series: string, rows: readonly string[], onError: 'stop' | 'skip-rows' = 'stop') => {
    const file = join(dir, `${files++}.csv`)
    writeFileSync(file, `${['open_time,open,high,low,close,volume,close_time', ...rows].join('\n')}\n`)
    await importFiles(store, [file], parseSeries(series), { now: Date.UTC(2025, 0, 1), onError })
  }
  const hours = Array.from({ length: STORED }, (_, hour) => hour)
  const own = (some: readonly number[]) => lines(some, world.close ?? price, world.outage)
  if (world.isInParts) for (const part of [hours.slice(0, 120), hours.slice(90)]) await bring(SERIES, own(part))
  else await bring(SERIES, own(hours))
  await bring(HELD, lines(hours, world.held ?? price))
  if (world.isContinued) {
    const next = own(Array.from({ length: 50 }, (_, k) => STORED + k))
    await bring(
      SERIES,
      [...next.slice(0, 20), `${START + 220 * HOUR},100,90,110,100,5,`, ...next.slice(21)],
      'skip-rows',
    )
  }
  const { tick = '0.01', orderTypes = ['LIMIT', 'MARKET'] } = world
  const filters = [
    { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '1000.00', tickSize: tick },
    { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '900.000', stepSize: '0.001' },
  ]
  const symbol = { symbol: 'TESTUSDT', status: 'TRADING', baseAsset: 'TEST', quoteAsset: 'USDT', orderTypes, filters }
  const info = join(path, 'instruments', 'binance', 'TESTUSDT', '2023-12-31.json')
  mkdirSync(dirname(info), { recursive: true })
  writeFileSync(info, JSON.stringify({ serverTime: START - 24 * HOUR, symbols: [symbol] }))
  return { store: path, strategy: join(dir, 'strategies', 'crossing.ts') }
}

async function runOf(world: World = {}, options: Partial<BacktestOptions> = {}): Promise<BacktestRun> {
  const range = { from: START + FROM * HOUR, to: START + TO * HOUR }
  return runBacktest({ ...(await worldOf(world)), data: SERIES, ...range, out: scratch(), ...options })
}

function bytesOf({ dir }: BacktestRun): Record<string, string> {
  const names = readdirSync(dir!).filter((name) => name !== 'timing.json' && name !== 'ledger.json')
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir!, name)).toString('base64')]))
}

type Case = readonly [what: string, world: World, options?: Partial<BacktestOptions>]
const cases = (given: readonly Case[]) => given.map(([what, world, options = {}]) => [what, world, options] as const)

/** The price of one hour moved, by whole units unless said: finer prices are an input of their own. */
const moved =
  (at: number, by = 1) =>
  (hour: number) =>
    price(hour) + (hour === at ? by : 0)

describe('one input changed is another run', () => {
  let base: BacktestRun
  beforeAll(async () => {
    base = await runOf()
    // the range trades, or half of what follows could decide nothing
    expect(base.trades.length).toBeGreaterThan(5)
  })

  test.each(
    cases([
      ['a bar of the range', { close: moved(100) }],
      ['a bar of the warm-up', { close: moved(FROM - 20) }],
      ['the finest price of the whole series, which is the grid of the indicators', { close: moved(190, 0.5) }],
      ['the number of warm-up bars', {}, { warmup: 39 }],
      ['an outage mark in the range', { outage: 100 }],
      ['the tick size of the filters', { tick: '0.02' }],
      ['the order types of the symbol', { orderTypes: ['MARKET', 'LIMIT', 'STOP_LOSS'] }],
      ['the strategy’s text', { code: '// another line\n' }],
      ['a parameter', {}, { set: { period: 11 } }],
      ['the beginning', {}, { from: START + (FROM + 1) * HOUR }],
      ['the end', {}, { to: START + (TO - 1) * HOUR }],
      ['the cash', {}, { cash: 10_001 }],
      ['a fee', {}, { feeTaker: 0.0011 }],
      ['the fee of orders it never sends', {}, { feeMaker: 0.0011 }],
      ['the slippage', {}, { slippageBps: 3 }],
      ['the asset of the fees', {}, { feeAsset: 'received' }],
      ['the risk-free rate', {}, { riskFree: 0.01 }],
      ['limits that fill when touched', {}, { limitTouch: true }],
      ['closing at the end', {}, { closeAtEnd: true }],
      ['the benchmark', {}, { benchmark: HELD }],
    ]),
  )('%s', async (_, world, options) => {
    expect((await runOf(world, options)).document.run).not.toBe(base.document.run)
  })

  test('the bars of the benchmark', async () => {
    const options = { benchmark: HELD }
    const [a, b] = [await runOf({}, options), await runOf({ held: moved(TO - 1) }, options)]
    expect(b.document.run).not.toBe(a.document.run)
    expect(b.document.tradeHash).toBe(a.document.tradeHash)
  })

  test('no costs by name, and by zeros: only one of the two says that it could not be had', async () => {
    const named = await runOf({}, { noCosts: true })
    const zeros = await runOf({}, { feeMaker: 0, feeTaker: 0, slippageBps: 0 })
    expect(named.document.tradeHash).toBe(zeros.document.tradeHash)
    expect([named, zeros].map(({ document }) => document.costs.none)).toEqual([true, false])
    expect(named.document.run).not.toBe(zeros.document.run)
  })
})

describe('one input spelt otherwise is the same run, to the byte', () => {
  let base: Record<string, string>
  beforeAll(async () => {
    base = bytesOf(await runOf())
  })

  test.each(
    cases([
      ['all of it made anew', {}],
      ['the default warm-up as a number', {}, { warmup: 40 }],
      ['times as text', {}, { from: '2024-01-03T12:00', to: '2024-01-08T12:00' }],
      ['a beginning between two bars', {}, { from: START + FROM * HOUR - 1 }],
      ['a default parameter given, as text', {}, { set: { period: '10' } }],
      ['the venue’s own costs given', {}, { feeMaker: 0.001, feeTaker: 0.001, slippageBps: 2 }],
      ['a bar after the range', { close: moved(190) }],
      ['a bar before the warm-up', { close: moved(FROM - 41) }],
      ['a later import that left a row out', { isContinued: true }],
      ['an outage mark outside the range and its warm-up', { outage: 190 }],
      ['the same bars from two files that overlap', { isInParts: true }],
      ['the series as a list', {}, { data: [SERIES] }],
      ['a benchmark that is not asked for', { held: moved(100) }],
    ]),
  )('%s', async (_, world, options) => {
    expect(bytesOf(await runOf(world, options))).toEqual(base)
  })

  test('more warm-up than is stored, and all that is stored', async () => {
    const [a, b] = [await runOf({}, { warmup: 5_000 }), await runOf({}, { warmup: FROM })]
    expect(a.document.range.warmup).toBe(FROM)
    expect(bytesOf(a)).toEqual(bytesOf(b))
    expect(a.document.reproduce.command).toContain(`--warmup ${FROM}`)
  })
})
