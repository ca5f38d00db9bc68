import { describe, expect, test } from 'vitest'
import type { Certificate } from '../../src/core/run.ts'
import type { Trade } from '../../src/core/trade.ts'
import { nearFaults } from '../../src/metrics/index.ts'
import { barsOf, HOUR } from '../engine/scene.ts'

const ROWS = Array.from({ length: 100 }, () => [100, 101, 99, 100, 10] as const)
const CLEAN: Certificate = {
  series: 'binance:BTCUSDT:1h', rows: 100, from: 0, to: 100 * HOUR,
  gaps: [], zeroVolumeBars: 0, flatRuns: [], outliers: [], outages: [],
} // biome-ignore format: one look
const trade = (entry: number, exit: number, pnl: number) =>
  ({ symbol: 'BTCUSDT', entryTime: entry * HOUR, exitTime: exit * HOUR, pnl }) as Trade
const of = (certificate: Partial<Certificate>, trades: readonly Trade[], rows: Parameters<typeof barsOf>[0] = ROWS) =>
  nearFaults([barsOf(rows)], [{ ...CLEAN, ...certificate }], trades, 100)

describe('a trade within three bars of a fault', () => {
  // the gap has the bars 50 and 51
  const gaps = [{ start: 50 * HOUR, end: 52 * HOUR, bars: 2 }]
  test.each([
    [46, 0],
    [47, 1],
    [50, 1],
    [54, 1],
    [55, 0],
  ])('of a gap from 50 to 52: at %i is %i', (at, count) => {
    expect(of({ gaps }, [trade(at, 90, 7)]).trades).toBe(count)
    expect(of({ gaps }, [trade(10, at, 7)]).trades).toBe(count)
  })
  test('of an outage, a flat run and a bar without volume', () => {
    expect(of({ outages: [50 * HOUR] }, [trade(47, 90, 7), trade(53, 90, 7), trade(54, 90, 7)]).trades).toBe(2)
    expect(of({ flatRuns: [{ start: 50 * HOUR, bars: 10 }] }, [trade(62, 90, 7), trade(63, 90, 7)]).trades).toBe(1)
    const rows = ROWS.map((row, k) => (k === 50 ? ([100, 101, 99, 100, 0] as const) : row))
    expect(of({}, [trade(47, 90, 7), trade(46, 90, 7)], rows).trades).toBe(1)
  })
  test('is counted once, and its profit taken off', () => {
    const all = { gaps, outages: [50 * HOUR, 52 * HOUR, 20 * HOUR] }
    expect(of(all, [trade(50, 51, 30), trade(10, 20, -5), trade(70, 80, 4)])).toEqual({
      within: 3, trades: 2, pnl: 25, netProfitWithout: 75,
    }) // biome-ignore format: one look
  })
  test('where no bar has a volume it is not known, and no fault', () => {
    expect(
      of(
        {},
        [trade(50, 60, 1)],
        ROWS.map(([o, h, l, c]) => [o, h, l, c, 0] as const),
      ).trades,
    ).toBe(0)
  })
})
