import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BAR_FIELDS, type Bars, firstRowAt, lastClosedBy, sliceBars } from '../../src/core/bar.ts'
import { GrowingBars } from '../../src/core/growing-bars.ts'
import { GrowingHigher } from '../../src/core/growing-higher.ts'
import { higherBars } from '../../src/core/higher.ts'
import { resampleBars } from '../../src/core/resample.ts'

const MINUTE = 60_000
/** Monday. */
const START = Date.UTC(2024, 0, 1)

/** 1m bars of whole cents that open at these minutes. */
function barsAt(minutes: readonly number[]): Bars {
  const column = (of: (minute: number) => number) => Float64Array.from(minutes, of)
  return {
    series: { venue: 'binance', symbol: 'BTCUSDT', interval: '1m' },
    priceDecimals: 2,
    length: minutes.length,
    openTime: column((minute) => START + minute * MINUTE),
    open: column((minute) => 100 + (minute % 7)),
    high: column((minute) => 110 + (minute % 5)),
    low: column((minute) => 90 - (minute % 11)),
    close: column((minute) => 100 + (minute % 3) / 100),
    volume: column((minute) => (minute % 13) / 10),
  }
}

const barOf = (bars: Bars, row: number) => ({
  openTime: bars.openTime[row]!,
  open: bars.open[row]!,
  high: bars.high[row]!,
  low: bars.low[row]!,
  close: bars.close[row]!,
  volume: bars.volume[row]!,
})

const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, k) => from + k)

test('whoever holds a column sees it grow, and finds its end by time', () => {
  const all = barsAt(upTo(3000))
  const bars = new GrowingBars(sliceBars(all, 0, 5))
  const { openTime, close } = bars
  const views = { high: bars.high.subarray(2) }
  for (let row = 5; row < all.length; row++) {
    expect(firstRowAt(openTime, Number.MAX_SAFE_INTEGER)).toBe(row)
    expect(lastClosedBy(openTime, '1m', Number.MAX_SAFE_INTEGER)).toBe(row - 1)
    bars.append(barOf(all, row))
    expect(bars.length).toBe(row + 1)
    expect(close[row]).toBe(all.close[row])
    expect(views.high[row - 2]).toBe(all.high[row])
  }
  expect(bars.openTime).toBe(openTime)
  expect(sliceBars(bars, 0, bars.length)).toEqual(all)
  // what is not there yet is no price and no volume
  for (const name of ['open', 'high', 'low', 'close'] as const) expect(bars[name][3000]).toBeNaN()
  expect(bars.volume[3000]).toBe(0)
})

test('the bars before stay as they are, in memory of their own', () => {
  const warm = barsAt([0, 1, 2])
  const bars = new GrowingBars(warm)
  warm.close.fill(7)
  expect([...bars.close.subarray(0, 3)]).toEqual([100, 100.01, 100.02])
})

test.each<[string, Partial<Record<(typeof BAR_FIELDS)[number], number>>, RegExp]>([
  ['not after the last', { openTime: START + 2 * MINUTE }, /bars only go on/],
  [
    'with a price finer than the grid',
    { close: 100.001 },
    /has close 100.001, and prices of this session have at most 2/,
  ],
  ['with no price', { open: Number.NaN }, /has open NaN/],
  ['with a volume that is none', { volume: Number.NaN }, /volume of NaN/],
])('a bar %s is refused', (_, change, said) => {
  const all = barsAt([0, 1, 2, 3])
  const bars = new GrowingBars(sliceBars(all, 0, 3))
  expect(() => bars.append({ ...barOf(all, 3), ...change })).toThrow(said)
  expect(bars.length).toBe(3)
  bars.append(barOf(all, 3))
  expect(sliceBars(bars, 0, 4)).toEqual(all)
})

test('room is reserved for ten years, and no more', () => {
  const bars = new GrowingBars({ ...barsAt([]), series: { venue: 'binance', symbol: 'X', interval: '1d' } })
  const day = (k: number) => ({ openTime: START + k * 86_400_000, open: 1, high: 1, low: 1, close: 1, volume: 1 })
  // 3660 days in whole thousands and twenty-fours
  for (let k = 0; k < 4096; k++) bars.append(day(k))
  expect(() => bars.append(day(4096))).toThrow('room for 4096 rows')
  expect(bars.length).toBe(4096)
})

const stretches = fc.record({
  first: fc.integer({ min: 0, max: 90 }),
  steps: fc.array(fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 200 })), {
    minLength: 1,
    size: 'max',
    maxLength: 200,
  }),
  warm: fc.integer({ min: 0, max: 60 }),
  interval: fc.constantFrom('3m', '5m', '1h'),
})

test('bars of a higher interval come as they do out of the whole, at every length, over every gap', () => {
  let closed = 0
  fc.assert(
    fc.property(stretches, ({ first, steps, warm, interval }) => {
      let minute = first
      const minutes = [first, ...steps.map((step) => (minute += step))]
      const all = barsAt(minutes)
      const own = new GrowingBars(sliceBars(all, 0, Math.min(warm, all.length)))
      const higher = new GrowingHigher(own, interval)
      for (let row = own.length; ; row++) {
        const known = sliceBars(all, 0, row)
        const { rows } = higherBars(known, interval)
        expect([...higher.rows.subarray(0, row)]).toEqual([...rows])
        if (row === all.length) break
        own.append(barOf(all, row))
        higher.grow()
      }
      // the last higher bar may be underway still, and is no bar then
      const whole = higherBars(all, interval)
      const done = (whole.rows.at(-1) ?? -1) + 1
      closed += done
      expect(sliceBars(higher.bars, 0, higher.bars.length)).toEqual(sliceBars(whole.bars, 0, done))
    }),
    { numRuns: 60 },
  )
  expect(closed).toBeGreaterThan(500)
})

test('a higher interval that is not coarser, or does not fit, is refused before the first bar', () => {
  const bars = new GrowingBars(barsAt([]))
  expect(() => new GrowingHigher(bars, '1m')).toThrow('not coarser')
  const days = new GrowingBars({ ...barsAt([]), series: { ...bars.series, interval: '3d' } })
  expect(() => new GrowingHigher(days, '1w')).toThrow('can lie in two')
})

test('resampling what grows looks at its bars alone', () => {
  const bars = new GrowingBars(barsAt(upTo(25)))
  expect(resampleBars(bars, '5m')).toEqual(resampleBars(barsAt(upTo(25)), '5m'))
})
