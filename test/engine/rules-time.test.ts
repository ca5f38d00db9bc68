import { describe, expect, test } from 'vitest'
import { buy, cancel, close, sell } from '../../src/core/order.ts'
import { defineStrategy } from '../../src/engine/index.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row, stage } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const flat = (count: number): Row[] => Array.from({ length: count }, () => FLAT)

describe('rule 1: an order is live from the open of the next stored bar', () => {
  test('rule 1: a market order decided at a close fills at the next open, buy and sell', () => {
    const run = play({
      rows: [FLAT, [103, 104, 102, 103], [98, 99, 97, 98]],
      decide: { 0: () => buy({ qty: 2 }), 1: () => sell({ qty: 2 }) },
    })
    expect(fillLines(run)).toEqual(['1 open buy 2 @ 103 taker', '2 open sell 2 @ 98 taker'])
  })

  test('rule 1: an order never meets the bar that decided it, however far that bar reached', () => {
    const wild: Row = [100, 200, 10, 100]
    const run = play({
      kind: 'perpetual',
      rows: [wild, FLAT, FLAT],
      decide: {
        0: () => [
          buy({ qty: 1, limit: 90 }),
          sell({ qty: 1, limit: 110 }),
          buy({ qty: 1, stop: 110 }),
          sell({ qty: 1, stop: 90 }),
          sell({ qty: 1, touch: 110 }),
        ],
      },
    })
    expect(fillLines(run)).toEqual([])
    expect(run.accepted).toBe(5)
  })

  test('rule 1: missing bars change nothing but are noted by an event', () => {
    const run = play({
      rows: [FLAT, null, null, [105, 106, 104, 105], FLAT],
      decide: { 0: () => buy({ qty: 1 }), 3: () => sell({ qty: 1 }) },
    })
    expect(fillLines(run)).toEqual(['3 open buy 1 @ 105 taker', '4 open sell 1 @ 100 taker'])
    // bars 1 and 2 are missing; between bars 3 and 4 none is
    expect(eventsOf(run, 'gap')).toEqual([{ type: 'gap', at: 3 * HOUR, symbol: 'BTCUSDT', bars: 2 }])
  })

  test('rule 1: a gap that an order merely rests across is no gap between decision and market', () => {
    const run = play({ rows: [FLAT, FLAT, null, FLAT], decide: { 0: () => buy({ qty: 1, limit: 50 }) } })
    expect(eventsOf(run, 'gap')).toEqual([])
  })

  test('rule 1: a strategy sees only closed bars: its now is the close of the bar in its hands', () => {
    const seen: [number, number, number][] = []
    const rows: Row[] = [[1, 1, 1, 1], [2, 2, 2, 2], null, [3, 3, 3, 3]]
    const look = ({ at, bar }: { at: number; bar: { closeTime: number; close: number } }) => {
      seen.push([at, bar.closeTime, bar.close])
      return undefined
    }
    play({ rows, decide: { 0: look, 1: look, 3: look } })
    expect(seen).toEqual([
      [HOUR, HOUR, 1],
      [2 * HOUR, 2 * HOUR, 2],
      [4 * HOUR, 4 * HOUR, 3],
    ])
  })

  test('rule 1: an order for an instrument whose longer bar is underway does not meet that bar', () => {
    // decided at 05:00 for 4h bars: the bar 04:00–08:00 opened before, at 50; the next one opens at 08:00, at 70
    const strategy = defineStrategy({
      name: 'cross',
      onBar: ({ symbol, at }) =>
        symbol === 'BTCUSDT' && at === 5 * HOUR ? buy({ symbol: 'ETHUSDT', qty: 1 }) : undefined,
    })
    const slow: Row[] = [FLAT, [50, 75, 40, 70], [70, 72, 68, 71]]
    const run = stage({
      strategy,
      series: [
        { symbol: 'BTCUSDT', rows: flat(12) },
        { symbol: 'ETHUSDT', rows: slow, interval: '4h' },
      ],
    })
    expect(fillLines(run)).toEqual(['8 open buy 1 @ 70 taker'])
    expect(eventsOf(run, 'accepted').map(({ at }) => at)).toEqual([8 * HOUR])
  })

  test('rule 1: the same with the data ending first: the order is accepted and expires', () => {
    const strategy = defineStrategy({
      name: 'cross',
      onBar: ({ symbol, at }) =>
        symbol === 'BTCUSDT' && at === 5 * HOUR ? buy({ symbol: 'ETHUSDT', qty: 1, id: 'late' }) : undefined,
    })
    const run = stage({
      strategy,
      series: [
        { symbol: 'BTCUSDT', rows: flat(7) },
        { symbol: 'ETHUSDT', rows: [FLAT], interval: '4h' },
      ],
    })
    expect(run.fills).toEqual([])
    expect(endLines(run)).toEqual(['late cancelled end'])
  })
})

describe('rule 3: nothing fills where nobody traded', () => {
  const silent: Row = [100, 100, 100, 100, 0]

  test('rule 3: a market order waits for the first bar with volume', () => {
    const run = play({
      rows: [FLAT, silent, silent, [104, 105, 103, 104]],
      decide: { 0: () => buy({ qty: 1 }) },
    })
    expect(fillLines(run)).toEqual(['3 open buy 1 @ 104 taker'])
  })

  test('rule 3: limits, stops and touches do not fill, at the open or inside, and a trailing stop does not move', () => {
    // a bar without volume that reaches everything, then one that reaches nothing
    const reach: Row = [100, 140, 60, 100, 0]
    const run = play({
      kind: 'perpetual',
      rows: [FLAT, reach, FLAT],
      decide: {
        0: () => [
          buy({ qty: 1, limit: 90 }),
          sell({ qty: 1, limit: 110 }),
          buy({ qty: 1, stop: 110 }),
          sell({ qty: 1, stop: 90 }),
          buy({ qty: 1, touch: 90 }),
          sell({ qty: 1, touch: 110 }),
          sell({ qty: 1, trail: 20, id: 'trail' }),
        ],
        1: ({ orders }) => {
          expect(orders.find(({ id }) => id === 'trail')?.trigger).toBe(80)
          return undefined
        },
      },
    })
    expect(run.fills).toEqual([])
    expect(run.accepted).toBe(7)
  })

  test('rule 3: an IOC order cannot wait and expires', () => {
    const run = play({
      rows: [FLAT, silent, FLAT],
      decide: { 0: () => buy({ qty: 1, limit: 120, tif: 'IOC', id: 'ioc' }) },
    })
    expect(run.fills).toEqual([])
    expect(endLines(run)).toEqual(['ioc cancelled expired'])
  })

  test('rule 3: where the volume is always zero it is unknown, and orders fill', () => {
    const rows: Row[] = [
      [100, 101, 99, 100, 0],
      [102, 103, 101, 102, 0],
      [102, 103, 95, 102, 0],
    ]
    const run = play({ rows, decide: { 0: () => [buy({ qty: 1 }), buy({ qty: 1, limit: 96 })] } })
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 102 taker', '2 inside buy 1 @ 96 maker'])
  })

  test('rule 3: zeros are unknown volume until a bar with volume is seen, whatever comes later, and then they are zeros', () => {
    const rows: Row[] = [silent, silent, FLAT, silent, FLAT]
    const decide = { 0: () => buy({ qty: 1 }), 2: () => buy({ qty: 2 }) }
    expect(fillLines(play({ rows, decide }))).toEqual(['1 open buy 1 @ 100 taker', '4 open buy 2 @ 100 taker'])
    expect(fillLines(play({ rows: rows.slice(0, 2), decide }))).toEqual(['1 open buy 1 @ 100 taker'])
  })

  test('rule 3: volume seen in the warm-up is seen', () => {
    const strategy = defineStrategy({
      name: 'warm',
      onBar: ({ at }) => (at === 2 * HOUR ? buy({ qty: 1 }) : undefined),
    })
    const filled = (first: Row) =>
      fillLines(stage({ strategy, series: [{ symbol: 'BTCUSDT', rows: [first, silent, silent, FLAT] }], from: HOUR }))
    expect(filled(FLAT)).toEqual(['3 open buy 1 @ 100 taker'])
    expect(filled(silent)).toEqual(['2 open buy 1 @ 100 taker'])
  })
})

describe('rule 4: the end of the data', () => {
  test('rule 4: open orders expire; an open position is marked at the last close and listed as an open trade', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 120, 95, 110]],
      decide: { 0: () => [buy({ qty: 2, id: 'in' }), buy({ qty: 1, limit: 50, id: 'rests' })] },
    })
    expect(endLines(run)).toEqual(['rests cancelled end'])
    expect(eventsOf(run, 'cancelled')[0]?.at).toBe(3 * HOUR)
    expect(run.trades).toEqual([])
    // bought 2 at 100, last close 110
    expect(run.openTrades).toMatchObject([{ side: 'long', qty: 2, entryPrice: 100, markPrice: 110, pnl: 20 }])
    expect(run.openTrades[0]?.markTime).toBe(3 * HOUR)
    expect(run.endEquity).toBe(10_000 + 2 * 10)
  })

  test('rule 4: --close-at-end sells at the last close with costs, and the trade is closed', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 120, 95, 110]],
      decide: { 0: () => buy({ qty: 1 }) },
      slippageBps: 10,
      feeTaker: 0.001,
      closeAtEnd: true,
    })
    // 100 × 1.001 = 100.1 to buy; 110 × 0.999 = 109.89 to sell
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100.1 taker', '2 close sell 1 @ 109.89 taker'])
    expect(run.fills[1]).toMatchObject({ reference: 110, fee: 0.10989, time: 3 * HOUR, position: 0 })
    expect(run.openTrades).toEqual([])
    // 109.89 − 100.1 − fees 0.1001 − 0.10989
    expect(run.trades).toMatchObject([{ exitTag: 'end', exitPrice: 109.89, pnl: 9.58001 }])
    expect(run.endEquity).toBe(10_009.58001)
    expect([...run.equity.equity]).toEqual([10_000, 10_000 - 0.1 - 0.1001, 10_009.58001])
    expect([...run.equity.cash]).toEqual([10_000, 10_000 - 100.1 - 0.1001, 10_009.58001])
    expect(run.equity.exposure.at(-1)).toBe(0)
  })

  test('rule 4: --close-at-end buys back a short position', () => {
    const run = play({
      kind: 'perpetual',
      rows: [FLAT, FLAT, [100, 120, 95, 110]],
      decide: { 0: () => sell({ qty: 3 }) },
      closeAtEnd: true,
    })
    expect(fillLines(run)).toEqual(['1 open sell 3 @ 100 taker', '2 close buy 3 @ 110 taker'])
    expect(run.trades).toMatchObject([{ side: 'short', pnl: -30, exitTag: 'end' }])
  })

  test('rule 4: --close-at-end sells in parts what is more than the exchange takes at the market at once', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 120, 95, 110]],
      filters: { marketLot: { min: '0.001', max: '2', step: '0.001' } },
      decide: { 0: () => buy({ qty: 2 }), 1: () => buy({ qty: 1.5, limit: 101 }) },
      closeAtEnd: true,
    })
    expect(fillLines(run).slice(2)).toEqual(['3 close sell 1.75 @ 110 taker', '3 close sell 1.75 @ 110 taker'])
    expect(run.openTrades).toEqual([])
    expect(run.rejected).toBe(0)
    expect(run.endEquity).toBe(10_035)
  })

  test('rule 4: --close-at-end after the last bars of each instrument, whichever ended first', () => {
    const strategy = defineStrategy({
      name: 'both',
      onBar: ({ position }) => (position.qty ? undefined : buy({ qty: 1 })),
    })
    const run = stage({
      strategy,
      series: [
        { symbol: 'BTCUSDT', rows: [FLAT, FLAT, [100, 104, 99, 103]] },
        { symbol: 'ETHUSDT', rows: [FLAT, [100, 102, 99, 102]] },
      ],
      closeAtEnd: true,
    })
    expect(run.fills.filter(({ phase }) => phase === 'close')).toMatchObject([
      { symbol: 'BTCUSDT', price: 103, time: 3 * HOUR },
      { symbol: 'ETHUSDT', price: 102, time: 2 * HOUR },
    ])
    expect(run.endEquity).toBe(10_000 + 3 + 2)
  })

  test('rule 4: what is asked at the last close has no bar left to meet', () => {
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ qty: 1 }), 1: () => [close(), cancel('none')] } })
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker'])
    expect(run.openTrades).toHaveLength(1)
    expect(endLines(run)).toEqual(['none rejected UNKNOWN_ORDER', 'o2 cancelled end'])
  })
})
