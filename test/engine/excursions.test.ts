import { describe, expect, test } from 'vitest'
import { buy, close, sell } from '../../src/core/order.ts'
import { play, type Row } from './scene.ts'

/** MAE and MFE: how far the price went against and for a trade while it lived, as fractions of its average entry. */

const FLAT: Row = [100, 101, 99, 100]
const trade = (rows: Row[], decide: Parameters<typeof play>[0]['decide']) => {
  const run = play({ kind: 'perpetual', rows, decide })
  const { mae, mfe, bars } = (run.trades[0] ?? run.openTrades[0])!
  return [Number(mae.toFixed(6)), Number(mfe.toFixed(6)), bars]
}

describe('excursions of a trade', () => {
  test('a bar it lived through from its open counts whole; of the bar at whose open it ended nothing but that price', () => {
    const rows: Row[] = [FLAT, [100, 108, 97, 105], [105, 112, 95, 110], [103, 150, 50, 100]]
    expect(trade(rows, { 0: () => buy({ qty: 1 }), 2: () => close() })).toEqual([-0.05, 0.12, 2])
    expect(trade(rows, { 0: () => sell({ qty: 1 }), 2: () => close() })).toEqual([-0.12, 0.05, 2])
  })

  test('the price of the exit counts, however far the open had jumped', () => {
    const rows: Row[] = [FLAT, FLAT, [80, 81, 79, 80]]
    expect(trade(rows, { 0: () => buy({ qty: 1 }), 1: () => close() })).toEqual([-0.2, 0.01, 1])
  })

  test('of a bar it began inside only the bad extreme and the close count: the good one may have come before', () => {
    // in at 104 by a stop; the high of 120 proves nothing, the close of 106 does
    const rows: Row[] = [FLAT, [100, 120, 96.2, 106]]
    const [worst, best] = [96.2 / 104 - 1, 106 / 104 - 1].map((x) => Number(x.toFixed(6)))
    expect(trade(rows, { 0: () => buy({ qty: 1, stop: 104 }) })).toEqual([worst, best, 0])
    const down: Row[] = [FLAT, [100, 103, 80, 94]]
    const short = [-(103 / 96 - 1), -(94 / 96 - 1)].map((x) => Number(x.toFixed(6)))
    expect(trade(down, { 0: () => sell({ qty: 1, stop: 96 }) })).toEqual([...short, 0])
  })

  test('a target is reached after the bad extreme, a stop before the good one: each time the worse of the two', () => {
    const legs = { 0: () => buy({ qty: 1, stopLoss: 90, takeProfit: 110 }) }
    expect(trade([FLAT, FLAT, [100, 115, 93, 114]], legs)).toEqual([-0.07, 0.1, 1])
    expect(trade([FLAT, FLAT, [100, 109, 85, 88]], legs)).toEqual([-0.1, 0.01, 1])
    const short = { 0: () => sell({ qty: 1, stopLoss: 110, takeProfit: 90 }) }
    expect(trade([FLAT, FLAT, [100, 107, 85, 86]], short)).toEqual([-0.07, 0.1, 1])
    expect(trade([FLAT, FLAT, [100, 115, 91, 112]], short)).toEqual([-0.1, 0.01, 1])
  })

  test('a trade still open is marked with the bars so far', () => {
    expect(trade([FLAT, [100, 104, 98, 103], [103, 107, 102, 106]], { 0: () => buy({ qty: 1 }) })).toEqual([
      -0.02, 0.07, 1,
    ])
  })
})
