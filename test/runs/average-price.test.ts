import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { closeTimeOf } from '../../src/core/interval.ts'
import { buy } from '../../src/core/order.ts'
import { barsSha256, type Store } from '../../src/data/index.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { averagePrice } from '../../src/runs/average-price.ts'
import { barsOf, instrumentOf } from '../engine/scene.ts'

const BY_SIDE = { bidUp: '1.1', bidDown: '0.9', askUp: '1.1', askDown: '0.9', avgPriceMins: 5 }
const instrument = instrumentOf({ percentPriceBySide: BY_SIDE })
const hours = barsOf([
  [100, 120, 90, 110],
  [110, 120, 90, 100],
])

/** Minutes 55 to 59 of the first hour: closes 100 … 108 with volumes 1 … 5, and a first minute that is too old to count. */
const minutes: Bars = {
  ...barsOf([], '1m'),
  length: 6,
  openTime: Float64Array.of(54, 55, 56, 57, 58, 59).map((minute) => minute * 60_000),
  close: Float64Array.of(999, 100, 102, 104, 106, 108),
  volume: Float64Array.of(9, 1, 2, 3, 4, 5),
}
const store = (from: number, to: number) =>
  ({ manifest: async () => ({ from, to }), load: async () => minutes }) as unknown as Store
const stored = store(minutes.openTime[0]!, 3_600_000)

describe('the average that spot’s PERCENT_PRICE compares with (fills.md 18)', () => {
  test('is reckoned from the five stored minutes before the close, weighted by volume', async () => {
    const average = await averagePrice(stored, hours, instrument)
    expect(average!.at(0, 5)).toBeCloseTo((100 * 1 + 102 * 2 + 104 * 3 + 106 * 4 + 108 * 5) / 15, 9)
    expect(average!.at(0, 1)).toBe(108)
    // its rows, not its files, are what the run names: a month grows with every import
    expect(average!.sha256).toBe(barsSha256(minutes))
  })

  test('is what it is, where sums of doubles are off in the last bits', async () => {
    const three: Bars = {
      ...minutes,
      length: 3,
      openTime: Float64Array.of(57, 58, 59).map((minute) => minute * 60_000),
      close: Float64Array.of(101.3, 101.6, 101.3),
      volume: Float64Array.of(5, 12, 1),
    }
    const own = { manifest: stored.manifest, load: async () => three } as unknown as Store
    // (101.3 × 6 + 101.6 × 12) ÷ 18 = 101.5, of which doubles make 101.49999999999999
    expect((await averagePrice(own, hours, instrument))!.at(0, 5)).toBe(101.5)
  })

  test('is not known at a close without such minutes, nor where none are stored in the range', async () => {
    const average = await averagePrice(stored, hours, instrument)
    expect(average!.at(1, 5)).toBeNaN()
    expect(await averagePrice(store(9e12, 9.1e12), hours, instrument)).toBeNull()
    expect(await averagePrice({ manifest: async () => null } as unknown as Store, hours, instrument)).toBeNull()
  })

  test('is not asked for where the venue does not average', async () => {
    expect(await averagePrice(stored, hours, instrumentOf())).toBeNull()
    const usdm = instrumentOf({ percentPriceBySide: BY_SIDE }, 'BTCUSDT', 'perpetual')
    expect(await averagePrice(stored, hours, usdm)).toBeNull()
  })

  test('is taken from the run’s own bars where these are 1m', async () => {
    const average = await averagePrice(store(9e12, 9.1e12), { ...minutes, series: { ...minutes.series } }, instrument)
    expect(average!.at(5, 2)).toBeCloseTo((106 * 4 + 108 * 5) / 9, 9)
    expect(average!.sha256).toBeNull()
  })
})

describe('an order is judged against it', () => {
  const play = (referenceAt: ((row: number, minutes: number) => number) | null) => {
    // the last close is 110, so 1.1 × 110 = 121 would allow a buy at 120; 1.1 × 106 = 116.6 does not
    const strategy = defineStrategy({
      name: 'far',
      onBar: ({ bar }) => (bar.close === 110 ? buy({ qty: 1, limit: 120 }) : undefined),
    })
    const costs = costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0 })
    const slot = { instrument, bars: hours, indicators: {}, also: {}, startRow: 0, readyRow: 0, costs, referenceAt }
    const engine = new Engine({ strategy, params: {}, cash: 10_000, instants: 2, limitTouch: false, slots: [slot] })
    for (const open of hours.openTime) engine.onBar(closeTimeOf(open, '1h'))
    return engine.finish()
  }

  test('where it is known', () => {
    const run = play((row, count) => (row === 0 && count === 5 ? 106 : Number.NaN))
    expect(run.rejectedBy).toEqual({ PERCENT_PRICE_BY_SIDE: 1 })
    expect(run.notes.join()).toMatch(/volume-weighted closes of 5 minutes/)
  })

  test('and against the last close where it is not, marked as approximated', () => {
    const run = play(null)
    expect(run.rejected).toBe(0)
    expect(run.notes.join()).toMatch(/last close where no 1m bars are stored \(the exchange averages 5 minutes\)/)
  })
})
