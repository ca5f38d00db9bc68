import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bars, sliceBars } from '../../../src/core/bar.ts'
import type { Interval } from '../../../src/core/interval.ts'
import { figuresAsOf, rankBars } from '../../../src/data/scan/as-of.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2024, 0, 1)

/** Bars at these open times, by close and volume. */
function barsOf(
  symbol: string,
  interval: Interval,
  rows: readonly (readonly [at: number, close: number, volume?: number])[],
): Bars {
  const column = (of: (row: readonly [number, number, number?]) => number) => Float64Array.from(rows, of)
  const close = column(([, value]) => value)
  return {
    series: { venue: 'binance', symbol, interval },
    length: rows.length,
    priceDecimals: 2,
    openTime: column(([at]) => at),
    ...{ open: close, high: close, low: close, close },
    volume: column(([, , volume = 1]) => volume),
  }
}

const daily = (symbol: string, closes: readonly number[]) =>
  barsOf(
    symbol,
    '1d',
    closes.map((close, k) => [START + k * DAY, close, 10 * (k + 1)]),
  )

describe('figures as of an instant', () => {
  // closes of 1 to 5 January
  const bars = daily('BTCUSDT', [100, 110, 99, 120, 150])

  test('are those of the bars that are closed by then', () => {
    // at the end of 4 January: 120 after 99, 120 after 100 three days earlier
    const figures = figuresAsOf(bars, START + 4 * DAY, 3)!
    expect(figures).toMatchObject({ symbol: 'BTCUSDT', last: 120, volume: 40 * 120 })
    expect(figures.change).toBeCloseTo(120 / 99 - 1, 15)
    expect(figures.momentum).toBeCloseTo(120 / 100 - 1, 15)
    const returns = [Math.log(1.1), Math.log(0.9), Math.log(120 / 99)]
    const mean = returns.reduce((sum, one) => sum + one) / 3
    const variance = returns.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 2
    expect(figures.volatility).toBeCloseTo(Math.sqrt(variance), 14)
    // a millisecond earlier the bar of 4 January was not closed
    expect(figuresAsOf(bars, START + 4 * DAY - 1, 2)!.last).toBe(99)
  })

  test('are not known where the past is too short, and none where nothing traded in the day before', () => {
    expect(figuresAsOf(bars, START + 4 * DAY, 4)).toMatchObject({ momentum: Number.NaN, volatility: Number.NaN })
    expect(figuresAsOf(bars, START + DAY, 2)).toMatchObject({ change: Number.NaN, volume: Number.NaN, last: 100 })
    expect(figuresAsOf(bars, START + DAY - 1, 2)).toBeNull()
    expect(figuresAsOf(bars, START + 6 * DAY - 1, 2)!.last).toBe(150)
    expect(figuresAsOf(bars, START + 6 * DAY, 2)).toBeNull()
    expect(figuresAsOf(barsOf('X', '1h', []), START, 2)).toBeNull()
  })

  test('of shorter bars change and volume are of 24 hours, gaps or not', () => {
    const hours = Array.from({ length: 49 }, (_, k) => [START + k * HOUR, 100 + k, k] as const)
    const at = START + 49 * HOUR
    const whole = figuresAsOf(barsOf('X', '1h', hours), at, 10)!
    // the last close is 148, that of 24 hours earlier 124
    expect(whole.change).toBeCloseTo(148 / 124 - 1, 15)
    const traded = hours.slice(25).reduce((sum, [, close, volume]) => sum + close * volume, 0)
    expect(whole.volume).toBe(traded)
    expect(whole.momentum).toBeCloseTo(148 / 138 - 1, 15)
    // hours 20 to 30 are missing: the price 24 hours earlier was that of hour 19
    const holed = figuresAsOf(
      barsOf(
        'X',
        '1h',
        hours.filter(([, , k]) => k < 20 || k > 30),
      ),
      at,
      10,
    )!
    expect(holed.change).toBeCloseTo(148 / 119 - 1, 15)
    expect(holed.volume).toBe(traded - hours.slice(25, 31).reduce((sum, [, close, volume]) => sum + close * volume, 0))
  })

  test('of months and weeks they go by the bars before', () => {
    const months = barsOf('X', '1M', [
      [Date.UTC(2024, 0, 1), 100],
      [Date.UTC(2024, 1, 1), 110],
      [Date.UTC(2024, 2, 1), 121],
    ])
    // 29 days of February, and 30 of March so far
    expect(figuresAsOf(months, Date.UTC(2024, 2, 31), 1)).toMatchObject({ last: 110, change: 110 / 100 - 1 })
    expect(figuresAsOf(months, Date.UTC(2024, 3, 1), 2)!.momentum).toBeCloseTo(0.21, 12)
    const gap = barsOf('X', '1w', [
      [Date.UTC(2024, 0, 1), 100],
      [Date.UTC(2024, 0, 15), 110],
    ])
    expect(figuresAsOf(gap, Date.UTC(2024, 0, 22), 2)).toMatchObject({ last: 110, change: Number.NaN })
  })
})

describe('rankBars', () => {
  test('ranks as it was then: the winner of later is the loser of today', () => {
    const late = daily('LATE', [100, 90, 80, 500])
    const early = daily('EARLY', [100, 120, 130, 10])
    const dead = daily('DEAD', [100, 900])
    const symbols = (at: number) =>
      rankBars([late, early, dead], { at, by: 'momentum', lookback: 2 }).map(({ symbol }) => symbol)
    expect(symbols(START + 3 * DAY)).toEqual(['EARLY', 'LATE'])
    expect(symbols(START + 4 * DAY)).toEqual(['LATE', 'EARLY'])
    expect(rankBars([dead, early], { at: START + 2 * DAY, by: 'change' }).map(({ symbol }) => symbol)).toEqual([
      'DEAD',
      'EARLY',
    ])
  })

  test('what bars cannot tell is told', () => {
    expect(() => rankBars([], { at: START, by: 'spread' })).toThrow('bars do not say what the spread was')
    expect(() => rankBars([], { at: START, by: 'voluum' })).toThrow('did you mean "volume"?')
  })

  test('cutting off the future, or inventing another one, changes nothing', () => {
    const row = fc.record({
      skip: fc.integer({ min: 1, max: 30 }),
      close: fc.integer({ min: 1, max: 50 }),
      volume: fc.integer({ min: 0, max: 5 }),
    })
    const market = fc.array(row, { minLength: 1, maxLength: 60, size: 'max' })
    const interval = fc.constantFrom<Interval[]>('1h', '4h', '1d')
    const scene = fc.tuple(
      interval,
      fc.array(market, { minLength: 1, maxLength: 5 }),
      fc.double({ min: 1, max: 50, noNaN: true }),
    )
    const by = fc.constantFrom('change', 'volume', 'volatility', 'momentum', 'volume=1,momentum=-2')
    let ranked = 0
    fc.assert(
      fc.property(scene, by, fc.integer({ min: 2, max: 8 }), ([every, markets, after], mix, lookback) => {
        const step = { '1h': HOUR, '4h': 4 * HOUR, '1d': DAY }[every as '1h' | '4h' | '1d']
        const at = START + Math.floor(after * step)
        const all = markets.map((rows, k) => {
          let time = START
          return barsOf(
            `S${k}`,
            every,
            rows.map(({ skip, close, volume }) => {
              // mostly adjacent bars, now and then a gap
              time += (skip > 27 ? skip : 1) * step
              return [time, close, volume]
            }),
          )
        })
        const options = { at, by: mix, lookback }
        const whole = rankBars(all, options)
        ranked += whole.length
        const known = (bars: Bars) => bars.openTime.filter((open) => open + step <= at).length
        expect(
          rankBars(
            all.map((bars) => sliceBars(bars, 0, known(bars))),
            options,
          ),
        ).toEqual(whole)
        const other = all.map((bars) => ({
          ...bars,
          close: bars.close.map((close, k) => (k < known(bars) ? close : 1000 * close + k)),
          volume: bars.volume.map((volume, k) => (k < known(bars) ? volume : 7 * volume + 1)),
        }))
        expect(rankBars(other, options)).toEqual(whole)
      }),
      { numRuns: 300 },
    )
    expect(ranked).toBeGreaterThan(50)
  })
})
