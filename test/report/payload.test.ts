import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunResult } from '../../src/core/run.ts'
import { amount, decimal, moment, percent, price, quantity, signedPercent } from '../../src/report/format.ts'
import { packTexts, packTimes } from '../../src/report/pack.ts'
import { TRADES } from '../../src/report/payload.ts'
import { madeRun } from './made-run.ts'
import { pageCode } from './page-code.ts'

describe('packed columns', () => {
  const unpack = ({ from, unit, steps }: ReturnType<typeof packTimes>) => {
    const moves = 'count' in steps ? Array.from({ length: steps.count }, (_, k) => (k === 0 ? 0 : steps.each)) : steps
    const times: number[] = []
    for (const [k, move] of moves.entries()) times.push((k === 0 ? from : times[k - 1]!) + move * unit)
    return times
  }

  test('times come back to the millisecond, in order or not', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { maxLength: 50 }), (times) => {
        expect(unpack(packTimes(times))).toEqual(times)
      }),
    )
  })

  test('times on a grid cost a small number each, regular ones nothing', () => {
    const hour = 3_600_000
    expect(packTimes([7 * hour, 8 * hour, 11 * hour])).toEqual({ from: 7 * hour, unit: hour, steps: [0, 1, 3] })
    expect(packTimes([7 * hour, 8 * hour, 9 * hour])).toEqual({
      from: 7 * hour,
      unit: hour,
      steps: { count: 3, each: 1 },
    })
  })

  test('texts come back from their distinct values', () => {
    expect(packTexts(['stop', 'target', 'stop'])).toEqual({ names: ['stop', 'target'], of: [0, 1, 0] })
  })
})

describe('what the page draws', () => {
  const run = madeRun({ rows: 20_000, every: 60, gapAt: 5000, held: (k) => (k % 10 === 0 ? 300 : k % 7) })
  const page = pageCode(run)
  const [bars] = run.bars

  test('every point of a line is a row of the run, and its highest and lowest are among them', () => {
    const curves = [
      [page.lines.equity, run.equity.equity],
      [page.lines.benchmark, run.benchmark!],
    ] as const
    for (const [line, values] of curves) {
      const at = new Map(Array.from(run.equity.time, (time, row) => [time, values[row]!]))
      for (const [k, time] of line.t.entries()) expect(line.v[k]).toBeCloseTo(at.get(time)!, 2)
      expect(Math.max(...line.v)).toBeCloseTo(Math.max(...values), 2)
      expect(Math.min(...line.v)).toBeCloseTo(Math.min(...values), 2)
    }
  })

  test('one bar that spikes and one that crashes are on the price, whatever the number of bars', () => {
    const spiked = madeRun({ rows: 50_000, every: 0 })
    spiked.bars[0]!.high[33_333] = 99_999
    spiked.bars[0]!.low[33_335] = 11
    const [drawn] = pageCode(spiked).prices
    expect(drawn!.t.length).toBeLessThanOrEqual(1100)
    expect(Math.max(...drawn!.high)).toBe(99_999)
    expect(Math.min(...drawn!.low)).toBe(11)
    const pixel = drawn!.high.indexOf(99_999)
    expect(drawn!.t[pixel]).toBeLessThanOrEqual(spiked.bars[0]!.openTime[33_333]!)
    expect(drawn!.t[pixel + 1]).toBeGreaterThan(spiked.bars[0]!.openTime[33_333]!)
  })

  test('a line on the price starts in the pixel in which its indicator does', () => {
    const [line] = page.prices[0]!.plots
    expect(line!.t[0]).toBeGreaterThanOrEqual(bars!.openTime[20]!)
    expect(line!.t[0]).toBeLessThan(bars!.openTime[20 + Math.ceil(20_000 / 1100)]!)
    expect(line!.v.some(Number.isNaN)).toBe(false)
  })

  test('a trade is shown with 24 bars on each side, and its bars are the stored ones to the last digit', () => {
    expect(page.data.views).toHaveLength(run.trades.length)
    for (const view of page.data.views) {
      const trade = run.trades[view.trade]!
      const rows = view.stretches.flatMap((stretch) => page.barsOf(stretch))
      const entry = bars!.openTime.indexOf(trade.entryTime)
      const exit = bars!.openTime.indexOf(trade.exitTime)
      const wanted = expectedRows(entry, exit, bars!.length)
      expect(rows.map((row) => row.t)).toEqual(wanted.map((row) => bars!.openTime[row]))
      for (const [k, row] of wanted.entries())
        expect([rows[k]!.open, rows[k]!.high, rows[k]!.low, rows[k]!.close]).toEqual([
          bars!.open[row],
          bars!.high[row],
          bars!.low[row],
          bars!.close[row],
        ])
      const drawn = view.stretches.flatMap((stretch) => page.valuesOf(stretch.plots[0], stretch.decimals))
      const line = run.plots[0]!.values
      for (const [k, row] of wanted.entries())
        if (Number.isNaN(line[row])) expect(drawn[k]).toBeNull()
        else expect(Math.abs(drawn[k]! - line[row]!)).toBeLessThanOrEqual(0.00051)
    }
  })

  /** Whole up to 140 bars; a longer one as 24 + 60 bars around its entry and 60 + 24 around its exit. */
  function expectedRows(entry: number, exit: number, length: number): number[] {
    const parts =
      exit - entry <= 140
        ? [[entry - 24, exit + 24]]
        : [
            [entry - 24, entry + 60],
            [exit - 60, exit + 24],
          ]
    return parts.flatMap(([from, to]) => {
      const rows: number[] = []
      for (let row = Math.max(0, from!); row < Math.min(length, to!); row++) rows.push(row)
      return rows
    })
  }

  test('monthly bars stand at the months they open in, however long the view', () => {
    const monthly = madeRun({ rows: 120, every: 60, interval: '1M', held: () => 50 })
    const code = pageCode(monthly)
    const [view] = code.data.views
    const times = code.barsOf(view!.stretches[0]).map((bar) => bar.t)
    expect(times).toEqual(Array.from(monthly.bars[0]!.openTime.subarray(0, 75)))
    expect(times.every((time) => new Date(time).getUTCDate() === 1)).toBe(true)
  })

  test('the table has every trade with what trades.csv says', () => {
    const { trades } = page
    expect(trades['symbol']).toHaveLength(run.trades.length)
    for (const [k, trade] of run.trades.entries()) {
      for (const key of ['side', 'entryTime', 'exitTime', 'bars', 'entryTag', 'exitTag', 'symbol'] as const)
        expect(trades[key]![k]).toBe(trade[key])
      for (const key of ['qty', 'entryPrice', 'exitPrice', 'fees', 'pnl', 'return', 'mae', 'mfe'] as const)
        expect(Math.abs((trades[key]![k] as number) - trade[key])).toBeLessThanOrEqual(Math.abs(trade[key]) * 1e-8)
    }
  })

  test('of more trades than a page holds it has the best, the worst and an even sample, by their own numbers', () => {
    const many = madeRun({ rows: 110_000, every: 4 })
    const total = many.trades.length
    expect(total).toBeGreaterThan(TRADES)
    const kept = pageCode(many).trades['number'] as number[]
    expect(kept).toHaveLength(TRADES)
    expect(kept.every((number, k) => k === 0 || number > kept[k - 1]!)).toBe(true)
    const byReturn = many.trades.map((_, k) => k).sort((a, b) => many.trades[a]!.return - many.trades[b]!.return)
    expect(kept).toEqual(expect.arrayContaining([...byReturn.slice(0, 10), ...byReturn.slice(-10)]))
    const widest = kept.reduce((most, number, k) => Math.max(most, number - (kept[k - 1] ?? 0)), 0)
    expect(widest).toBeLessThanOrEqual(2)
  })

  test('histograms count every trade, with 0 between losers and winners', () => {
    const { bins } = page.data
    expect(bins!.return.counts.reduce((a, b) => a + b)).toBe(run.trades.length)
    expect(bins!.bars.counts.reduce((a, b) => a + b)).toBe(run.trades.length)
    const below = bins!.return.counts.slice(0, -bins!.return.first).reduce((a, b) => a + b)
    expect(below).toBe(run.trades.filter((trade) => trade.return < 0).length)
    expect(pageCode(madeRun({ rows: 50, every: 0 })).data.bins).toBeNull()
  })
})

describe('numbers in the page', () => {
  const page = pageCode(madeRun({ rows: 50, every: 0, cash: 1 }))
  const account: Pick<RunResult['document'], 'cash'> = { cash: 1 }
  const numbers = fc.oneof(
    fc.constantFrom(0, 1, -1, 0.1, 999.995, -0.004, 1e-7, 123_456_789.123),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  )

  test('are written as in the rest of the report', () => {
    fc.assert(
      fc.property(numbers, (value) => {
        expect(page.decimal(value, 3)).toBe(decimal(value, 3))
        expect(page.amount(value)).toBe(amount(value, account))
        expect(page.percent(value)).toBe(signedPercent(value))
        expect(page.price(value)).toBe(price(value))
        expect(page.quantity(value)).toBe(quantity(value))
      }),
    )
    expect(page.moment(Date.UTC(2024, 1, 29, 23, 59))).toBe(moment(Date.UTC(2024, 1, 29, 23, 59)))
    expect(percent(0.5)).toBe('50.00\u202f%')
  })
})
