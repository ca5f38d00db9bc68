import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { closeTimeOf, INTERVALS, type Interval, openTimeOf } from '../../src/core/interval.ts'
import { resampleBars } from '../../src/core/resample.ts'

/** open, high, low, close in cents and volume in 1e-8: whole numbers, so that the expected sums are exact. */
type Cents = readonly [time: number, open: number, high: number, low: number, close: number, volume: number]

function barsOf(interval: Interval, rows: readonly Cents[]): Bars {
  const column = (k: number, scale: number) => Float64Array.from(rows, (row) => row[k]! / scale)
  return {
    series: { venue: 'binance', symbol: 'BTCUSDT', interval },
    priceDecimals: 2,
    length: rows.length,
    openTime: column(0, 1),
    open: column(1, 100),
    high: column(2, 100),
    low: column(3, 100),
    close: column(4, 100),
    volume: column(5, 10 ** 8),
  }
}

function rowsOf(bars: Bars): number[][] {
  return Array.from({ length: bars.length }, (_, k) =>
    (['openTime', 'open', 'high', 'low', 'close', 'volume'] as const).map((field) => bars[field][k]!),
  )
}

/** Buckets by walking the coarse grid, volumes summed in BigInt. */
function resampledNaively(rows: readonly Cents[], to: Interval): number[][] {
  const out: number[][] = []
  for (let start = openTimeOf(rows[0]![0], to); start <= rows.at(-1)![0]; start = closeTimeOf(start, to)) {
    const inside = rows.filter(([time]) => time >= start && time < closeTimeOf(start, to))
    if (inside.length === 0) continue
    const volume = inside.reduce((sum, row) => sum + BigInt(row[5]), 0n)
    out.push([
      start,
      inside[0]![1] / 100,
      Math.max(...inside.map((row) => row[2])) / 100,
      Math.min(...inside.map((row) => row[3])) / 100,
      inside.at(-1)![4] / 100,
      Number(volume) / 10 ** 8,
    ])
  }
  return out
}

const pairs = fc.constantFrom<readonly [Interval, Interval]>(
  ['1m', '3m'], ['1m', '1h'], ['5m', '15m'], ['15m', '1h'], ['1h', '4h'], ['4h', '12h'], ['6h', '1d'], ['12h', '3d'],
  ['1d', '3d'], ['1d', '1w'], ['1d', '1M'], ['12h', '1M'],
) // biome-ignore format: a list of pairs

describe('resampleBars', () => {
  test('is first open, highest high, lowest low, last close and the exact sum of volumes, whatever is missing', () => {
    const step = fc.record({
      skip: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(70)),
      prices: fc.tuple(fc.nat(500), fc.nat(500), fc.nat(500), fc.nat(500)),
      volume: fc.oneof(fc.constant(0), fc.nat(10 ** 10)),
    })
    const start = fc.integer({ min: Date.UTC(2017), max: Date.UTC(2027) })
    fc.assert(
      fc.property(pairs, start, fc.array(step, { minLength: 1, maxLength: 40 }), ([from, to], origin, steps) => {
        let time = openTimeOf(origin, from)
        const rows = steps.map(({ skip, prices: [open, close, up, down], volume }): Cents => {
          for (let k = 0; k < skip; k++) time = closeTimeOf(time, from)
          const at = time
          time = closeTimeOf(time, from)
          const [high, low] = [Math.max(open, close) + up, Math.min(open, close) - Math.min(down, open, close)]
          return [at, open + 1, high + 1, low + 1, close + 1, volume]
        })
        const bars = barsOf(from, rows)
        const before = rowsOf(bars)
        const coarse = resampleBars(bars, to)
        expect(rowsOf(coarse)).toEqual(resampledNaively(rows, to))
        expect(coarse.series).toEqual({ venue: 'binance', symbol: 'BTCUSDT', interval: to })
        expect(coarse.priceDecimals).toBe(2)
        expect(rowsOf(bars)).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  test('volumes add up to the decimal, not to what floats make of it: ten times 0.1 is 1', () => {
    const rows = Array.from({ length: 10 }, (_, k): Cents => [k * 60_000, 100, 100, 100, 100, 10 ** 7])
    const floats = rows.reduce((sum) => sum + 0.1, 0)
    expect(floats).not.toBe(1)
    expect([...resampleBars(barsOf('1m', rows), '1h').volume]).toEqual([1])
  })

  test('volumes too large for 8 decimals still add up', () => {
    // a coin worth fractions of a cent: 10^11 of it a minute; 10^11 × 10^8 × 45 000 would pass 2^53
    const rows = Array.from({ length: 60 }, (_, k) => [k * 60_000, 1, 1, 1, 1, 10 ** 19] as const)
    expect([...resampleBars(barsOf('1m', rows), '1h').volume]).toEqual([60 * 10 ** 11])
  })

  test('no bars become no bars', () => {
    expect(resampleBars(barsOf('1m', []), '1h').length).toBe(0)
  })

  test('an interval that is not coarser, or whose bars a fine bar can straddle, is refused by name', () => {
    const rows = barsOf('1h', [[0, 1, 1, 1, 1, 0]])
    const of = (from: Interval) => ({ ...rows, series: { ...rows.series, interval: from } })
    const allowed = new Set<string>()
    for (const from of INTERVALS)
      for (const to of INTERVALS) {
        // every bar of a long stretch of the fine grid must lie in one bar of the coarse grid
        let isNested = INTERVALS.indexOf(from) < INTERVALS.indexOf(to)
        for (let time = openTimeOf(Date.UTC(2024), from), k = 0; isNested && k < 400; k++) {
          const close = closeTimeOf(time, from)
          isNested = openTimeOf(time, to) === openTimeOf(close - 1, to)
          time = close
        }
        if (isNested) allowed.add(`${from} ${to}`)
        const ask = () => resampleBars(of(from), to)
        if (isNested) expect(ask).not.toThrow()
        else expect(ask, `${from} to ${to}`).toThrow(`cannot resample ${from} bars to ${to}`)
      }
    expect(allowed.has('1m 1h') && allowed.has('1d 1M') && allowed.has('12h 3d')).toBe(true)
    expect(allowed.has('3m 5m') || allowed.has('8h 12h') || allowed.has('3d 1w') || allowed.has('1w 1M')).toBe(false)
  })
})
