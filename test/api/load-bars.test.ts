import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  batchColumns,
  DataError,
  loadBars,
  macd,
  resampleBars,
  sma,
  streamIndicators,
  UsageError,
} from '../../src/index.ts'
import { klinelab, ROOT, scratch } from '../cli/klinelab.ts'

const HOUR = 3_600_000
const RANGE = { from: '2024-01-10', to: '2024-01-12T06:00' }
/** 54 hours of January 2024, read straight from the stored month. */
let stored: readonly number[][]

beforeAll(async () => {
  const folder = join(ROOT, 'datasets', 'binance', 'BTCUSDT', '1h')
  const month = readdirSync(folder).find((name) => name.startsWith('2024-01'))!
  const db = await (await DuckDBInstance.create(':memory:')).connect()
  const sql = `select open_time::double, open::double, high::double, low::double, close::double, volume::double
    from '${join(folder, month)}' where open_time >= ${Date.UTC(2024, 0, 10)} and open_time < ${Date.UTC(2024, 0, 12, 6)} order by 1`
  stored = (await db.runAndReadAll(sql)).getRows() as number[][]
})

describe('loadBars', () => {
  test('gives the stored bars of the range as columns, from inclusive, to exclusive', async () => {
    const bars = await loadBars('binance:BTCUSDT:1h', RANGE)
    expect(bars.length).toBe(54)
    const columns = [bars.openTime, bars.open, bars.high, bars.low, bars.close, bars.volume]
    for (const column of columns) expect(column).toBeInstanceOf(Float64Array)
    expect(stored.length).toBe(54)
    expect(stored.map((_, row) => columns.map((column) => column[row]))).toEqual(stored)
    expect(bars.series).toEqual({ venue: 'binance', symbol: 'BTCUSDT', interval: '1h' })
  })

  test('takes milliseconds as well', async () => {
    const bars = await loadBars('binance:BTCUSDT:1h', { from: Date.UTC(2024, 0, 10), to: Date.UTC(2024, 0, 10, 2) })
    expect([...bars.openTime]).toEqual([Date.UTC(2024, 0, 10), Date.UTC(2024, 0, 10, 1)])
  })

  test('reads as many bars ahead as asked for, over the end of a month', async () => {
    const bars = await loadBars('binance:BTCUSDT:1h', { from: '2024-02-01', to: '2024-02-01T01:00', before: 30 })
    expect(bars.length).toBe(31)
    expect(bars.openTime[0]).toBe(Date.UTC(2024, 1, 1) - 30 * HOUR)
  })

  test('without a range gives all there is', async () => {
    const bars = await loadBars('binance:BTCUSDT:1m')
    // March 2023 has 44,640 minutes, 80 of them in the outage of the 24th
    expect(bars.length).toBe(44_560)
  })

  test('finds a store of its own, and the embedded series behind it', async () => {
    const store = scratch({
      'x.csv': 'open_time,open,high,low,close,volume\n1704067200000,1,2,0.5,1.5,10\n1704070800000,1.5,2,1,2,10\n',
    })
    const done = klinelab(['data', 'import', join(store, 'x.csv'), '--as', 'kraken:XBTUSD:1h', '--store', store])
    expect(done).toMatchObject({ code: 0 })
    expect([...(await loadBars('kraken:XBTUSD:1h', { store })).close]).toEqual([1.5, 2])
    expect((await loadBars('binance:BTCUSDT:1h', { store, ...RANGE })).length).toBe(54)
  })

  test.each([
    ['BTCUSDT', {}, UsageError, '"BTCUSDT" is not a series: write venue:SYMBOL:interval'],
    ['binance:BTCUSDT:1x', {}, UsageError, 'unknown interval "1x"'],
    ['binance:BTCUSDT:1h', { from: '1 Jan' }, UsageError, 'from: "1 Jan" is not a time'],
    ['binance:BTCUSDT:1h', { to: Number.NaN }, UsageError, 'to: NaN is not a time'],
    ['binance:BTCUSDT:1h', { before: -1 }, UsageError, 'before: -1 is not allowed'],
    [
      'binance:BTCUSDT:1h',
      { form: '2024-01-01' },
      UsageError,
      'loadBars: unknown option "form" (did you mean "from"?)',
    ],
    ['binance:BTCUSDT:5m', {}, DataError, 'binance:BTCUSDT:5m is not in the store'],
    ['binance:BTCUSDT:1h', { from: '2031-01-01' }, DataError, 'has no bars from 2031-01-01'],
    [
      'binance:BTCUSDT:1h',
      { from: '2024-02-01', to: '2024-01-01' },
      DataError,
      'an empty range: 2024-02-01T00:00:00.000Z, where it begins, is not before 2024-01-01',
    ],
    ['binance:BTCUSDT:1h', { to: '2010-01-01' }, DataError, 'has no bars before 2010-01-01'],
  ])('%s %o is refused with a reason', async (series, range, kind, message) => {
    const refusal = await loadBars(series, range as object).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(kind)
    expect((refusal as Error).message).toContain(message)
  })
})

describe('indicators from code', () => {
  test('a period that is none is quoted as it was written', () => {
    expect(() => sma(0)).toThrow('sma period 0: write a whole number from 1')
    expect(() => sma('5' as never)).toThrow('sma period "5": write a whole number from 1')
  })

  test('a column over loaded bars is what the definition says', async () => {
    const bars = await loadBars('binance:BTCUSDT:1h', RANGE)
    const { slow } = batchColumns({ slow: sma(20) }, bars)
    // the mean of the last 20 closes; a sum of cents is exact in a double
    const cents = [...bars.close].map((close) => Math.round(close * 100))
    for (let row = 0; row < bars.length; row++) {
      const window = cents.slice(row - 19, row + 1)
      const expected = row < 19 ? Number.NaN : window.reduce((a, b) => a + b, 0) / 2000
      if (row < 19) expect(slow.value![row]).toBeNaN()
      else expect(slow.value![row]).toBeCloseTo(expected, 9)
    }
  })

  test('bar by bar the same kernels give the same values', async () => {
    const bars = await loadBars('binance:BTCUSDT:1h', RANGE)
    const wanted = { trend: macd(5, 12, 4) }
    const columns = batchColumns(wanted, bars)
    const stream = streamIndicators(wanted, bars.priceDecimals)
    for (let row = 0; row < bars.length; row++) {
      const [openTime, open, high, low, close, volume] = stored[row]! as [
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      stream.push({ openTime, open, high, low, close, volume })
      expect(stream.value('trend', 'signal')).toBe(columns.trend['signal']![row])
    }
    expect(stream.value('trend', 'macd')).not.toBeNaN()
  })

  test('bars are resampled without the command line', async () => {
    const bars = await loadBars('binance:BTCUSDT:1h', { from: '2024-01-10', to: '2024-01-12' })
    const days = resampleBars(bars, '1d')
    const first = stored.slice(0, 24)
    expect(days.length).toBe(2)
    expect([days.open[0], days.high[0], days.low[0], days.close[0]]).toEqual([
      first[0]![1],
      Math.max(...first.map((row) => row[2]!)),
      Math.min(...first.map((row) => row[3]!)),
      first[23]![4],
    ])
  })
})
