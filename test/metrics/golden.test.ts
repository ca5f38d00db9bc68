import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Fill } from '../../src/core/fill.ts'
import type { RunDocument } from '../../src/core/run.ts'
import type { OpenTrade, Trade } from '../../src/core/trade.ts'
import { computeMetrics, METRICS } from '../../src/metrics/index.ts'

/** A made-up run and its figures as numpy computes them: test/golden/metrics/figures.py. */
interface Golden {
  readonly given: {
    readonly equity: { readonly time: number[]; readonly equity: number[]; readonly exposure: number[] }
    readonly from: number
    readonly startEquity: number
    readonly trades: readonly Trade[]
    readonly openTrades: readonly OpenTrade[]
    readonly fills: readonly Fill[]
    readonly fees: number
    readonly slippage: number
    readonly funding: number
    readonly benchmark: number[]
    readonly riskFree: number
  }
  readonly figures: Readonly<Record<string, number>>
  readonly split: RunDocument['split']
  readonly rivals: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const file = join(import.meta.dirname, '..', 'golden', 'metrics', 'figures.json')
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden
const { time, equity, exposure } = golden.given.equity
const computed = computeMetrics({
  ...golden.given,
  equity: {
    length: time.length,
    time: Float64Array.from(time),
    equity: Float64Array.from(equity),
    cash: Float64Array.from(equity),
    exposure: Float64Array.from(exposure),
  },
  benchmark: Float64Array.from(golden.given.benchmark),
})

/** Equal but for the order in which doubles were added. */
function expectClose(found: number | null | undefined, expected: number): void {
  expect(found).not.toBeNull()
  expect(Math.abs(found! - expected)).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(expected)))
}

describe('figures of a made-up run', () => {
  test('numpy computes a figure for every row of the table', () => {
    expect(Object.keys(golden.figures).sort()).toEqual(METRICS.map(({ key }) => key).sort())
    expect(computed.notes).toEqual({})
  })

  test.each(METRICS.map(({ key }) => key))('%s is what numpy computes', (key) => {
    expectClose(computed.metrics[key], golden.figures[key]!)
  })

  const same = Object.entries(golden.rivals).flatMap(([rival, figures]) =>
    Object.entries(figures).map(([key, value]) => ({ rival, key, value })),
  )
  test.each(same)('$key is what $rival prints', ({ key, value }) => {
    expectClose(computed.metrics[key], value)
  })
})

describe('splits of a made-up run', () => {
  const rows = (split: RunDocument['split']) => ({
    long: split.long,
    short: split.short,
    ...Object.fromEntries(Object.entries(split.byTag).map(([tag, row]) => [`tag ${tag}`, row])),
    ...Object.fromEntries(Object.entries(split.bySymbol).map(([symbol, row]) => [`symbol ${symbol}`, row])),
  })

  test('there is a row for each side, tag and symbol, and no other', () => {
    expect(Object.keys(rows(computed.split)).sort()).toEqual(Object.keys(rows(golden.split)).sort())
  })

  test.each(Object.entries(rows(golden.split)))('%s is what pandas groups', (name, expected) => {
    const row = rows(computed.split)[name as 'long']
    expect(row.trades).toBe(expected.trades)
    expectClose(row.winRate, expected.winRate!)
    expectClose(row.netProfit, expected.netProfit)
  })
})
