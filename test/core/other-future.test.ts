import { expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { FUTURE_WAYS, otherFuture } from '../../src/core/other-future.ts'
import { seededRandom } from '../../src/core/random.ts'

const HOUR = 3_600_000
const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const

/** Hours with whole cents as prices. */
function hours(length: number): Bars {
  const random = seededRandom(3)
  const column = () => new Float64Array(length)
  const bars = { openTime: column(), open: column(), high: column(), low: column(), close: column(), volume: column() }
  for (let row = 0; row < length; row++) {
    const cents = [1, 2, 3, 4].map(() => 5_000 + Math.floor(random() * 1_000)).sort((a, b) => a - b)
    bars.openTime[row] = row * HOUR
    bars.low[row] = cents[0]! / 100
    bars.open[row] = cents[1]! / 100
    bars.close[row] = cents[2]! / 100
    bars.high[row] = cents[3]! / 100
    bars.volume[row] = Math.floor(random() * 100)
  }
  return { series: { venue: 'binance', symbol: 'BTCUSDT', interval: '1h' }, length, priceDecimals: 2, ...bars }
}

const bars = hours(50)
/** The close of row 29. */
const CUT = 30 * HOUR

test.each(FUTURE_WAYS)('what was closed by then stays as it was: %s', (way) => {
  const made = otherFuture(bars, way, CUT, 1)
  for (const field of ['openTime', ...FIELDS] as const) {
    expect(made[field].slice(0, 30)).toEqual(bars[field].slice(0, 30))
    expect(made[field].buffer).not.toBe(bars[field].buffer)
  }
})

test('cut off: nothing comes, and nothing lies behind the columns', () => {
  const made = otherFuture(bars, 'cut off', CUT, 1)
  expect(made.length).toBe(30)
  expect(made.close.buffer.byteLength).toBe(30 * 8)
  // half an hour later the next bar is not closed either
  expect(otherFuture(bars, 'cut off', CUT + HOUR / 2, 1).length).toBe(30)
})

test('shuffled: the same bars as wholes, in another order, at the times there were', () => {
  const made = otherFuture(bars, 'shuffled', CUT, 1)
  const wholes = (of: Bars) => Array.from({ length: 20 }, (_, k) => FIELDS.map((field) => of[field][30 + k]!).join())
  expect(wholes(made)).not.toEqual(wholes(bars))
  expect(wholes(made).sort()).toEqual(wholes(bars).sort())
  expect(made.openTime).toEqual(bars.openTime)
})

test('poisoned: other bars, possible ones, on the grid, whatever stretch of the series is given', () => {
  const made = otherFuture(bars, 'poisoned', CUT, 1)
  for (let row = 30; row < 50; row++) {
    const [open, high, low, close] = FIELDS.map((field) => made[field][row]!) as [number, number, number, number]
    expect(low).toBeGreaterThan(0)
    expect(low).toBeLessThanOrEqual(Math.min(open, close))
    expect(high).toBeGreaterThanOrEqual(Math.max(open, close))
    for (const price of [open, high, low, close]) expect(Math.round(price * 100) / 100).toBe(price)
    expect(close).not.toBe(bars.close[row])
  }
  const cents = (column: Float64Array) => column.subarray(40)
  const late = {
    ...bars,
    length: 10,
    ...Object.fromEntries(['openTime', ...FIELDS].map((one) => [one, cents(bars[one as 'open'])])),
  }
  expect(otherFuture(late, 'poisoned', CUT, 1).close).toEqual(made.close.slice(40))
  expect(otherFuture(bars, 'poisoned', CUT, 2).close).not.toEqual(made.close)
})
