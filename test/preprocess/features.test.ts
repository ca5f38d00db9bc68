import { describe, expect, test } from 'vitest'
import { type Bar, type Bars, sliceBars } from '../../src/core/bar.ts'
import { closeTimeOf, type Interval, openTimeOf } from '../../src/core/interval.ts'
import {
  atr,
  batchColumns,
  dayOfWeek,
  hourOfDay,
  logReturn,
  macd,
  rsi,
  sma,
  streamIndicators,
} from '../../src/indicators/index.ts'
import { featureMatrix, featureNames } from '../../src/preprocess/features.ts'
import type { FeatureMatrix } from '../../src/preprocess/matrix.ts'
import { barsFrom, market, withColumns } from '../indicators/market.ts'

const FEATURES = {
  r1: logReturn(1),
  r24: logReturn(24),
  rsi: rsi(14),
  macd: macd(12, 26, 9),
  histogram: macd(12, 26, 9).histogram,
  atr: atr(14).over('close'),
  trend: sma(10).over(sma(50)),
  hour: hourOfDay(),
}
const ALSO = { m5: { interval: '5m', features: { rsi: rsi(7), macd: macd(3, 6, 2) } } } as const

const column = (matrix: FeatureMatrix, name: string) => matrix.columns[matrix.names.indexOf(name)]!

describe('a feature matrix', () => {
  test('has a column an output, higher intervals last, and a row a bar', () => {
    const bars = market(1, 300)
    const matrix = featureMatrix(bars, FEATURES, ALSO)
    expect(matrix.names).toEqual([
      'r1',
      'r24',
      'rsi',
      'macd.macd',
      'macd.signal',
      'macd.histogram',
      'histogram',
      'atr',
      'trend',
      'hour',
      'm5.rsi',
      'm5.macd.macd',
      'm5.macd.signal',
      'm5.macd.histogram',
    ])
    expect(featureNames(FEATURES, ALSO)).toEqual(matrix.names)
    expect(matrix.rows).toBe(300)
    expect(matrix.columns.map(({ length }) => length)).toEqual(matrix.names.map(() => 300))
    expect(matrix.openTime).toEqual(bars.openTime)
    expect(column(matrix, 'histogram')).toEqual(column(matrix, 'macd.histogram'))
  })

  test('computed by hand', () => {
    const close = [100, 110, 99, 99]
    const bars = barsFrom({ open: [100, 100, 110, 99], high: close, low: close, close, volume: [1, 1, 1, 1] }, 2)
    const matrix = featureMatrix(bars, { r1: logReturn(1), r2: logReturn(2), mean: sma(2).over('close') })
    expect([...column(matrix, 'r1')].slice(1)).toEqual(
      [Math.log(1.1), Math.log(0.9), 0].map((x) => expect.closeTo(x, 15)),
    )
    expect([...column(matrix, 'r2')].slice(2)).toEqual(
      [Math.log(0.99), Math.log(0.9)].map((x) => expect.closeTo(x, 15)),
    )
    // (100 + 110) ÷ 2 ÷ 110, (110 + 99) ÷ 2 ÷ 99, 99 ÷ 99
    expect([...column(matrix, 'mean')].slice(1)).toEqual([105 / 110, 104.5 / 99, 1])
    expect([column(matrix, 'r1')[0], column(matrix, 'r2')[1], column(matrix, 'mean')[0]]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  })

  test('a ratio is one column divided by the other', () => {
    const bars = market(2, 200)
    const matrix = featureMatrix(bars, FEATURES)
    const { range, fast, slow } = batchColumns({ range: atr(14), fast: sma(10), slow: sma(50) }, bars)
    expect(column(matrix, 'atr')).toEqual(range['value']!.map((x, row) => x / bars.close[row]!))
    expect(column(matrix, 'trend')).toEqual(fast['value']!.map((x, row) => x / slow['value']![row]!))
  })

  test('hours and days are those of UTC', () => {
    const bars = withColumns(market(3, 4), {
      openTime: Float64Array.of(
        Date.UTC(1969, 11, 31, 23, 59), // a Wednesday, before all counting
        Date.UTC(2024, 1, 29, 0, 0), // a Thursday
        Date.UTC(2024, 2, 3, 23, 59), // a Sunday
        Date.UTC(2024, 2, 4, 13, 30), // a Monday
      ),
    })
    const matrix = featureMatrix(bars, { hour: hourOfDay(), day: dayOfWeek() })
    expect([...column(matrix, 'hour')]).toEqual([23, 0, 23, 13])
    expect([...column(matrix, 'day')]).toEqual([2, 3, 6, 0])
  })

  test('is what a stream of the same indicators gives bar by bar, bit for bit, and NaN before the lookback', () => {
    const bars = market(4, 400)
    const matrix = featureMatrix(bars, FEATURES)
    const stream = streamIndicators(FEATURES, bars.priceDecimals)
    for (let row = 0; row < bars.length; row++) {
      stream.push(barAt(bars, row))
      for (const [name, indicator] of Object.entries(FEATURES))
        for (const output of indicator.outputs) {
          const value = column(matrix, output === 'value' ? name : `${name}.${output}`)[row]!
          expect(value).toBe(stream.value(name as 'r1', output))
          expect(Number.isNaN(value)).toBe(row < indicator.lookback - 1)
        }
    }
  })

  // more than two turns of the rings it is computed in
  test.each([8_191, 8_192, 8_193, 20_000])('of %d rows is whole', (rows) => {
    const bars = market(12, rows)
    const matrix = featureMatrix(bars, FEATURES)
    const columns = batchColumns(FEATURES, bars)
    const expected = Object.entries(FEATURES).flatMap(([name, { outputs }]) =>
      outputs.map((output) => (columns as Record<string, Record<string, Float64Array>>)[name]![output]!),
    )
    expect(matrix.columns).toEqual(expected)
  })

  test('cutting off the future changes nothing before the cut, to the bit', () => {
    const bars = withGap(market(5, 260), 130, 7)
    const whole = featureMatrix(bars, FEATURES, ALSO)
    for (let cut = 1; cut < bars.length; cut++) {
      const part = featureMatrix(sliceBars(bars, 0, cut), FEATURES, ALSO)
      for (const [k, values] of part.columns.entries())
        if (!values.every((value, row) => Object.is(value, whole.columns[k]![row])))
          expect.fail(`${whole.names[k]} with the data cut off before row ${cut}`)
    }
  })

  test('poisoning the future changes nothing before it, to the bit', () => {
    const bars = market(6, 200)
    const whole = featureMatrix(bars, FEATURES, ALSO)
    for (const from of [1, 60, 61, 64, 65, 199]) {
      const poison = (values: Float64Array) => values.map((x, row) => (row < from ? x : x * 1e6))
      const { open, high, low, close, volume } = bars
      const part = featureMatrix(
        withColumns(bars, { open: poison(open), high: poison(high), low: poison(low), close: poison(close), volume: poison(volume) }), // biome-ignore format: all of them
        FEATURES,
        ALSO,
      )
      for (const [k, values] of part.columns.entries())
        expect(values.slice(0, from), whole.names[k]).toEqual(whole.columns[k]!.slice(0, from))
    }
  })
})

describe('features of higher intervals', () => {
  test.each([
    ['5m', market(7, 100)],
    ['15m', withGap(market(8, 200), 77, 23)],
    ['1h', withGap(market(9, 400), 100, 130)],
    ['3m', sliceBars(market(10, 60), 1, 60)],
  ] as const)('%s: every row sees the last bar that is closed by its close', (interval, bars) => {
    const matrix = featureMatrix(bars, { r1: logReturn(1) }, { up: { interval, features: { close: sma(1) } } })
    expect([...column(matrix, 'up.close')]).toEqual(lastClosedNaively(bars, interval))
    // neither always nor never
    expect(new Set(column(matrix, 'up.close')).size).toBeGreaterThan(2)
  })

  test('a row that closes together with the higher bar sees it, the row before does not', () => {
    // minutes 22:00 … 22:09, closes 1 … 10: the bar of 22:00 to 22:05 closes with the fifth
    const close = Array.from({ length: 10 }, (_, row) => row + 1)
    const bars = barsFrom({ open: close, high: close, low: close, close, volume: close }, 0)
    const matrix = featureMatrix(bars, {}, { m5: { interval: '5m', features: { close: sma(1) } } })
    const none = Number.NaN
    expect([...column(matrix, 'm5.close')]).toEqual([none, none, none, none, 5, 5, 5, 5, 5, 10])
  })

  test('a part of a higher bar at the beginning is none', () => {
    const close = Array.from({ length: 9 }, (_, row) => row + 1)
    const bars = sliceBars(barsFrom({ open: close, high: close, low: close, close, volume: close }, 0), 2, 9)
    const matrix = featureMatrix(bars, {}, { m3: { interval: '3m', features: { close: sma(1) } } })
    // closes 3 … 9 of 22:02 … 22:08; the first whole bar is 22:03 to 22:06 and closes at 6
    expect([...column(matrix, 'm3.close')]).toEqual([Number.NaN, Number.NaN, Number.NaN, 6, 6, 6, 9])
  })
})

describe('bad features', () => {
  const bars = market(11, 50)
  test.each([
    ['none', {}, {}, 'there are no features: declare at least one'],
    ['one name twice', { 'macd.signal': rsi(14), macd: macd() }, {}, 'two features are named "macd.signal"'],
    [
      'one name twice over intervals',
      { 'm5.rsi': rsi(14) },
      { m5: { interval: '5m', features: { rsi: rsi(14) } } },
      'two features are named "m5.rsi"',
    ],
    [
      'an interval that is not coarser',
      {},
      { m1: { interval: '1m', features: { rsi: rsi(14) } } },
      "also.m1 is 1m, which is not coarser than the series' own 1m",
    ],
  ] as const)('%s', (_, features, also, message) => {
    expect(() => featureMatrix(bars, features, also)).toThrow(RangeError)
    expect(() => featureMatrix(bars, features, also)).toThrow(message)
  })
})

/** From row `at` on everything comes `bars` bars later. */
function withGap(bars: Bars, at: number, missing: number): Bars {
  return withColumns(bars, { openTime: bars.openTime.map((time, row) => (row < at ? time : time + missing * 60_000)) })
}

/** Close of the newest whole bucket of the grid that ended by each row's close: every bucket looked at anew for every row. */
function lastClosedNaively(bars: Bars, interval: Interval): number[] {
  const begin = bars.openTime[0]!
  return Array.from(bars.openTime, (time) => {
    let seen = Number.NaN
    for (const [row, open] of bars.openTime.entries()) {
      const start = openTimeOf(open, interval)
      if (start >= begin && closeTimeOf(start, interval) <= time + 60_000) seen = bars.close[row]!
    }
    return seen
  })
}

function barAt(bars: Bars, row: number): Bar {
  const openTime = bars.openTime[row]!
  const [open, high, low, close, volume] = [bars.open, bars.high, bars.low, bars.close, bars.volume].map(
    (values) => values[row]!,
  ) as [number, number, number, number, number]
  return { openTime, closeTime: openTime + 60_000, open, high, low, close, volume }
}
