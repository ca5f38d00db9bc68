import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import type { RunEvent } from '../../src/core/event.ts'
import type { Portfolio } from '../../src/core/findings.ts'
import type { MarginTerms } from '../../src/core/leverage.ts'
import type { EquityColumns } from '../../src/core/run.ts'
import { parseSeries } from '../../src/core/series.ts'
import type { Traded } from '../../src/metrics/holdings.ts'
import { portfolioOf } from '../../src/metrics/index.ts'
import { DAY, fill, HOUR, START } from './made-up.ts'

/** Bars whose opens are the closes before them. */
function barsOf(series: string, openTime: readonly number[], closes: readonly number[], first = closes[0]!): Bars {
  const close = Float64Array.from(closes)
  const open = Float64Array.from(closes, (_, k) => closes[k - 1] ?? first)
  const columns = { open, high: close, low: close, close, volume: close }
  return {
    series: parseSeries(series),
    length: closes.length,
    priceDecimals: 2,
    openTime: Float64Array.from(openTime),
    ...columns,
  }
}

function curveOf(time: readonly number[], equity: readonly number[]): EquityColumns {
  const column = Float64Array.from(equity)
  return { length: equity.length, time: Float64Array.from(time), equity: column, cash: column, exposure: column }
}

type Tier = readonly [floor: number, cap: number, ratio: number, cum: number]

function terms(
  symbol: string,
  leverage: number,
  tiers: readonly Tier[],
  mode: MarginTerms['mode'] = 'cross',
): MarginTerms {
  const brackets = tiers.map(([floor, cap, ratio, cum]) => ({
    floor: String(floor),
    cap: String(cap),
    ratio: String(ratio),
    cum: String(cum),
    leverage: 20,
  }))
  return { mode, leverage, liquidationFee: 0.01, tiers: { symbol, asOf: 0, source: 'made up', brackets } }
}

const fillsOf = (events: readonly RunEvent[]) => events.flatMap((event) => (event.type === 'fill' ? [event.fill] : []))

describe('a made-up account of two perpetuals, as numpy reckons it bar by bar', () => {
  const file = join(import.meta.dirname, '..', 'golden', 'metrics', 'portfolio.json')
  const golden = JSON.parse(readFileSync(file, 'utf8')) as {
    given: {
      from: number
      startEquity: number
      openTime: number[]
      bars: Record<string, { open: number[]; close: number[] }>
      equity: number[]
      events: RunEvent[]
      leverage: Record<string, number>
      tiers: Tier[]
    }
    symbols: Portfolio['symbols']
    drawdown: { from: number; to: number; depth: number }
    correlation: number[][]
    margin: Record<'net' | 'initial' | 'maintenance', number[]>
    most: NonNullable<Portfolio['margin']>
  }
  const { given } = golden
  const traded = Object.entries(given.bars).map(([symbol, { open, close }]): Traded => {
    const bars = barsOf(`binance-usdm:${symbol}:6h`, given.openTime, close, open[0]!)
    return { bars, marks: bars.close, quote: 'USDT', margin: terms(symbol, given.leverage[symbol]!, given.tiers) }
  })
  const { portfolio, margin, notes } = portfolioOf({
    ...{ traded, events: given.events, fills: fillsOf(given.events), from: given.from, startEquity: given.startEquity },
    equity: curveOf(
      given.openTime.map((at) => at + 6 * HOUR),
      given.equity,
    ),
  })

  test.each(golden.symbols.map((one, k) => ({ ...one, k })))(
    'what $symbol made, lost and paid',
    ({ k, ...expected }) => {
      const { symbol, ...figures } = portfolio.symbols[k]!
      expect(symbol).toBe(expected.symbol)
      for (const [key, value] of Object.entries(figures))
        expect(value, key).toBeCloseTo(expected[key as keyof typeof figures], 8)
    },
  )

  test('when the largest drawdown was', () => {
    const { from, to, depth } = golden.drawdown
    expect(portfolio.drawdown).toEqual({ from, to })
    expect(portfolio.symbols.reduce((sum, one) => sum + one.drawdownShare, 0)).toBeCloseTo(depth, 10)
  })

  test('how alike they moved', () => {
    expect(notes).toEqual({})
    for (const [a, row] of portfolio.correlation.entries())
      for (const [b, value] of row.entries()) expect(value).toBeCloseTo(golden.correlation[a]![b]!, 10)
  })

  test.each(['net', 'initial', 'maintenance'] as const)('%s margin at every close', (name) => {
    for (const [row, value] of golden.margin[name].entries()) expect(margin![name][row]).toBeCloseTo(value, 10)
  })

  test('the highest use of margin, and when it was', () => {
    for (const name of ['initial', 'maintenance'] as const) {
      expect(portfolio.margin![name]!.at).toBe(golden.most[name]!.at)
      expect(portfolio.margin![name]!.value).toBeCloseTo(golden.most[name]!.value, 10)
    }
  })
})

describe('an isolated position', () => {
  const bars = barsOf(
    'binance-usdm:BTCUSDT:1d',
    [0, 1, 2, 3, 4].map((k) => START + k * DAY),
    [100, 110, 90, 95, 95],
  )
  const at = (k: number) => START + k * DAY
  const order = (n: number, day: number, side: 'buy' | 'sell', qty: number, price: number, position: number) =>
    ({ type: 'fill', at: at(day), fill: fill({ n, side, qty, price, fee: 0, time: at(day), position }) }) as const
  const events: RunEvent[] = [
    order(1, 0, 'buy', 4, 100, 4),
    { type: 'funding', at: at(1) + 8 * HOUR, symbol: 'BTCUSDT', rate: 0.01, mark: 100, qty: 4, paid: 4 },
    order(2, 2, 'sell', 1, 110, 3),
    order(3, 3, 'sell', 3, 90, 0),
  ]
  const tiers: Tier[] = [
    [0, 300, 0.01, 0],
    [300, 10_000, 0.05, 12],
  ]
  const { margin } = portfolioOf({
    traded: [{ bars, marks: bars.close, quote: 'USDT', margin: terms('BTCUSDT', 5, tiers, 'isolated') }],
    ...{ events, fills: fillsOf(events), from: START, startEquity: 1000 },
    equity: curveOf([1, 2, 3, 4, 5].map(at), [1000, 1036, 986, 986, 986]),
  })

  test('binds what it was opened with, less funding, and in proportion what is left of it', () => {
    // 4 × 100 ÷ 5; less 4 of funding; three of four parts of that; nothing
    expect([...margin!.initial]).toEqual([80 / 1000, 76 / 1036, 57 / 986, 0, 0])
  })

  test('needs the maintenance of its tier out of its own balance, not the account’s', () => {
    // 400 × 5 % − 12 of 80; 440 × 5 % − 12 of 76 + 40; 270 × 1 % of 57 − 30
    expect([...margin!.maintenance]).toEqual([8 / 80, 10 / 116, 2.7 / 27, 0, 0].map((x) => expect.closeTo(x, 12)))
  })
})

test('what is sold in other parts than it was bought in leaves nothing, and of two equal heights the first is told', () => {
  const times = [0, 1, 2, 3, 4].map((k) => START + k * DAY)
  const bars = barsOf('binance-usdm:BTCUSDT:1d', times, [100, 100, 100, 100, 100])
  // 0.1 + 0.2 − 0.3 is 5.6e-17 in doubles
  const parts = [
    ['buy', 0.1, 0.1],
    ['buy', 0.2, 0.3],
    ['sell', 0.3, 0],
  ] as const
  const events = parts.map(
    ([side, qty, position], k): RunEvent => ({
      type: 'fill',
      at: times[k]!,
      fill: fill({ n: k + 1, side, qty, price: 100, fee: 0, time: times[k]!, position }),
    }),
  )
  const tiers: Tier[] = [[0, 1000, 0.01, 0]]
  const all = (given: readonly RunEvent[]) =>
    portfolioOf({
      traded: [{ bars, marks: bars.close, quote: 'USDT', margin: terms('BTCUSDT', 1, tiers) }],
      ...{ events: given, fills: fillsOf(given), from: START, startEquity: 1000 },
      equity: curveOf(
        times.map((time) => time + DAY),
        times.map(() => 1000),
      ),
    })
  const { portfolio, margin } = all(events)
  expect(portfolio.symbols[0]!.exposure).toBe(2 / 5)
  expect([...margin!.net]).toEqual([0.01, 0.03, 0, 0, 0].map((x) => expect.closeTo(x, 15)))
  expect(all(events.slice(0, 1)).portfolio.margin!.initial).toEqual({ value: 0.01, at: START + DAY })
})

describe('correlation', () => {
  const two = (a: Bars, b: Bars) => {
    const traded = [a, b].map((bars): Traded => ({ bars, marks: bars.close, quote: 'USDT', margin: null }))
    const events = traded.map(({ bars }, k): RunEvent => {
      const { symbol } = bars.series
      const time = bars.openTime[0]!
      return {
        type: 'fill',
        at: time,
        fill: fill({ n: k + 1, symbol, side: 'buy', qty: 0.001, price: 1, fee: 0, time, position: 0.001 }),
      }
    })
    const days = [...new Set([...a.openTime, ...b.openTime])].sort((x, y) => x - y).map((time) => time + DAY)
    const equity = curveOf(
      days,
      days.map(() => 1000),
    )
    return portfolioOf({ traded, events, fills: fillsOf(events), equity, from: START, startEquity: 1000 })
  }
  const daily = (symbol: string, from: number, closes: readonly number[], first?: number) =>
    barsOf(
      `binance:${symbol}:1d`,
      closes.map((_, k) => START + (from + k) * DAY),
      closes,
      first,
    )

  test('of returns, over the days that both have', () => {
    // the later one begins on the third day: its returns +10 %, −10 %, +20 % meet +5 %, −5 %, +10 %
    const early = daily('BTCUSDT', 0, [100, 300, 315, 299.25, 329.175])
    const late = daily('ETHUSDT', 2, [11, 9.9, 11.88], 10)
    expect(two(early, late).portfolio.correlation[0]![1]).toBeCloseTo(1, 10)
    // +10 %, −10 %, +20 % against −1 %, +1 %, −2 %
    const other = daily('ETHUSDT', 2, [9.9, 9.999, 9.79902], 10)
    expect(two(late, { ...other, series: parseSeries('binance:SOLUSDT:1d') }).portfolio.correlation[1]![0]).toBeCloseTo(
      -1,
      10,
    )
  })

  test('is null with its reason where there is too little, or nothing that moved', () => {
    const first = daily('BTCUSDT', 0, [100, 110, 99, 120])
    const short = two(first, daily('ETHUSDT', 2, [11, 12], 10))
    expect(short.portfolio.correlation).toEqual([
      [1, null],
      [null, 1],
    ])
    expect(short.notes).toEqual({
      'portfolio.correlation.BTCUSDT.ETHUSDT': '2 days in common: at least 3 are needed',
      'portfolio.correlation.ETHUSDT.BTCUSDT': '2 days in common: at least 3 are needed',
    })
    const still = two(first, daily('ETHUSDT', 0, [10, 10, 10, 10]))
    expect(still.portfolio.correlation[0]![1]).toBeNull()
    expect(Object.values(still.notes)).toEqual(Array(2).fill('a price that never moved has no correlation'))
  })
})
