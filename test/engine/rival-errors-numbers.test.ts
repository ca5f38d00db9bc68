import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { Indicator, Kernel } from '../../src/core/indicator.ts'
import { buy, close } from '../../src/core/order.ts'
import { defineStrategy, int } from '../../src/engine/index.ts'
import { atr, macd, rsi, sma } from '../../src/indicators/index.ts'
import { barsOf, HOUR, type Row, runOn, stage } from './scene.ts'

/** Errors that rivals were measured to make, by the numbers our notes give them: 2, 5, 7, 8, which are about numbers. */

/** A walk on a grid of 0.01 in which averages are often exactly equal. */
const walk = (count: number): number[] => {
  let seed = 7
  let ticks = 10_000
  return Array.from({ length: count }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    ticks += (seed % 5) - 2
    return ticks
  })
}

describe('error 2: ties of averages', () => {
  test('error 2: averages of prices on a tick grid compare as exact arithmetic does, ties included', () => {
    const ticks = walk(20_000)
    const bars = barsOf(ticks.map((t) => [t / 100, t / 100, t / 100, t / 100]))
    const sum = (row: number, period: number) => ticks.slice(row - period + 1, row + 1).reduce((a, b) => a + b, 0)
    let ties = 0
    let floatErrors = 0
    for (const [fast, slow] of [
      [3, 6],
      [5, 10],
      [7, 14],
      [10, 30],
    ] as const) {
      const seen: number[] = []
      const strategy = defineStrategy({
        name: 'ties',
        indicators: () => ({ fast: sma(fast), slow: sma(slow) }),
        onBar: ({ ind }) => void seen.push(Math.sign(ind.fast - ind.slow)),
      })
      runOn(strategy, bars)
      // whole ticks: sumFast ÷ fast against sumSlow ÷ slow without a division
      const exact = ticks
        .slice(slow - 1)
        .map((_, k) => Math.sign(sum(k + slow - 1, fast) * slow - sum(k + slow - 1, slow) * fast))
      expect(seen).toEqual(exact)
      ties += exact.filter((sign) => sign === 0).length
      floatErrors += rollingFloatSigns(ticks, fast, slow).filter((sign, k) => sign !== exact[k]).length
    }
    expect(ties).toBeGreaterThan(1000)
    // the usual way, a running float sum, breaks them on the same prices
    expect(floatErrors).toBeGreaterThan(100)
  })

  function rollingFloatSigns(ticks: readonly number[], fast: number, slow: number): number[] {
    const means = (period: number) => {
      let sum = 0
      return ticks.map((t, k) => {
        sum += t / 100
        if (k >= period) sum -= ticks[k - period]! / 100
        return sum / period
      })
    }
    const [a, b] = [means(fast), means(slow)]
    return a.map((value, k) => Math.sign(value - b[k]!)).slice(slow - 1)
  }
})

describe('error 5: no warm-up', () => {
  test('error 5: without warm-up bars the strategy starts once its indicators have values, and each bar is computed once', () => {
    let calls = 0
    class Counted implements Kernel {
      value = Number.NaN
      next(close: number): void {
        calls++
        this.value = close
      }
    }
    const counted: Indicator<'value'> = {
      name: 'counted',
      key: 'counted()',
      inputs: ['close'],
      outputs: ['value'],
      lookback: 4,
      create: () => new Counted(),
    }
    const closes = [10, 11, 12, 13, 14, 15, 14, 13, 12, 11]
    const bars = barsOf(closes.map((c) => [c, c, c, c]))
    const seen: [number, number, number][] = []
    const strategy = defineStrategy({
      name: 'cold',
      indicators: () => ({ counted, mean: sma(3) }),
      onBar: ({ at, ind }) => void seen.push([at / HOUR - 1, ind.counted, ind.mean]),
    })
    runOn(strategy, bars)
    expect(calls).toBe(closes.length)
    expect(seen).toEqual(closes.map((c, k) => [k, c, (c + (closes[k - 1] ?? 0) + (closes[k - 2] ?? 0)) / 3]).slice(3))
    // with warm-up the same values, from the first bar of the range
    const cold = seen.splice(0)
    runOn(strategy, bars, 5 * HOUR)
    expect(seen).toEqual(cold.filter(([row]) => row >= 5))
  })
})

describe('error 7: indicators that are not what their name says', () => {
  const values = (rows: Row[]) => {
    const seen: { sma: number; rsi: number; atr: number; macd: number; signal: number }[] = []
    const strategy = defineStrategy({
      name: 'textbook',
      indicators: () => ({ sma: sma(2), rsi: rsi(2), atr: atr(2), macd: macd(2, 3, 2) }),
      onBar: ({ ind }) =>
        void seen.push({ sma: ind.sma, rsi: ind.rsi, atr: ind.atr, macd: ind.macd.macd, signal: ind.macd.signal }),
    })
    stage({ strategy, series: [{ symbol: 'BTCUSDT', rows }] })
    return seen
  }

  test('error 7: RSI, ATR and MACD of the textbook, reckoned by hand', () => {
    const rows: Row[] = [
      [10, 11, 9, 10],
      [10, 13, 10, 12],
      [12, 12, 10, 11],
      [11, 14, 11, 13],
      [13, 17, 12, 16],
    ]
    const [first, second] = values(rows)
    // changes 2, −1, 2, 3. Wilder: gain (2 + 0) ÷ 2 = 1, loss 0.5; then (1 + 2) ÷ 2 = 1.5, 0.25; then 2.25, 0.125
    expect(first?.rsi).toBeCloseTo((100 * 1.5) / 1.75, 12)
    expect(second?.rsi).toBeCloseTo((100 * 2.25) / 2.375, 12)
    // true ranges 3, 2, 3, 5. Wilder: (3 + 2) ÷ 2 = 2.5; then (2.5 + 3) ÷ 2 = 2.75; then (2.75 + 5) ÷ 2 = 3.875
    expect(first?.atr).toBeCloseTo(2.75, 12)
    expect(second?.atr).toBeCloseTo(3.875, 12)
    // EMA 2: 11, 11, 37/3, 133/9 (α 2/3); EMA 3: 11, 12, 14 (α 1/2); lines 0, 1/3, 7/9; signal 1/6, then + 2/3 of the rest
    expect(first?.macd).toBeCloseTo(1 / 3, 12)
    expect(first?.signal).toBeCloseTo(1 / 6, 12)
    expect(second?.macd).toBeCloseTo(7 / 9, 12)
    expect(second?.signal).toBeCloseTo(1 / 6 + (2 / 3) * (7 / 9 - 1 / 6), 12)
  })

  test('error 7: an average forgets: after a spike it is the plain mean again, to the last digit', () => {
    const calm = (count: number): Row[] =>
      Array.from({ length: count }, (_, k) => {
        const price = Number((61_763.54 + (k % 2) * 0.01).toFixed(2))
        return [price, price, price, price]
      })
    const spike: Row = [999_999.99, 999_999.99, 999_999.99, 999_999.99]
    const means = values([...calm(20), spike, ...calm(5000)]).map((value) => value.sma)
    expect(new Set(means.slice(30))).toEqual(new Set([61_763.545]))
  })
})

describe('error 8: results that depend on what else is running', () => {
  const strategy = defineStrategy({
    name: 'again',
    params: { fast: int(10) },
    indicators: ({ fast }) => ({ fast: sma(fast), slow: sma(50) }),
    onBar: ({ ind, position }) => {
      if (position.qty === 0 && ind.fast > ind.slow) return buy({ fraction: 0.5, trailingStop: { percent: 0.03 } })
      return position.qty > 0 && ind.fast < ind.slow ? close() : undefined
    },
  })
  const bytes = (run: ReturnType<typeof runOn>) => JSON.stringify([run.fills, run.trades, run.events, run.endEquity])

  test('error 8: one after the other, or a run within a run: the same bytes', () => {
    const bars = barsOf(walk(20_000).map((t) => [t / 100, (t + 3) / 100, (t - 3) / 100, t / 100]))
    const once = bytes(runOn(strategy, bars, 0, { fast: 10 }))
    let inner = ''
    const outer = defineStrategy({
      name: 'outer',
      onBar: ({ at }) => {
        if (at === bars.openTime[100]!) inner = bytes(runOn(strategy, bars, 0, { fast: 10 }))
        return undefined
      },
    })
    runOn(outer, bars)
    expect(inner).toBe(once)
    expect(bytes(runOn(strategy, bars, 0, { fast: 20 }))).not.toBe(once)
    expect(bytes(runOn(strategy, bars, 0, { fast: 10 }))).toBe(once)
  })

  test('error 8: on one thread or on three at once: the same bytes', async () => {
    const url = new URL('./naive-bracket-run.ts', import.meta.url).href
    const inThread = () =>
      new Promise<string>((done, fail) => {
        const worker = new Worker(`import(${JSON.stringify(url)}).then((m) => m.fillsInThread())`, { eval: true })
        worker.once('message', done)
        worker.once('error', fail)
      })
    const alone = await inThread()
    expect(JSON.parse(alone)).not.toEqual([])
    for (const other of await Promise.all([inThread(), inThread(), inThread()])) expect(other).toBe(alone)
  })
})
