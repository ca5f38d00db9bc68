import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, cancelAll, close, type Decision, sell } from '../../src/core/order.ts'
import type { PositionView } from '../../src/engine/index.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]

describe('rule 19: reduce-only and close()', () => {
  test('rule 19: reduceOnly is cut to the position at the fill, an event; the rest is gone', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, FLAT],
      decide: { 0: () => buy({ qty: 1 }), 1: () => sell({ qty: 3, reduceOnly: true }) },
    })
    expect(fillLines(run).slice(1)).toEqual(['2 open sell 1 @ 100 taker'])
    expect(eventsOf(run, 'cut')).toMatchObject([{ at: 2 * HOUR, id: 'o2', reason: 'REDUCE_ONLY', from: 3, to: 1 }])
    const short = play({
      kind: 'perpetual',
      rows: [FLAT, FLAT, [100, 101, 94, 95], FLAT],
      decide: { 0: () => sell({ qty: 1 }), 1: () => buy({ qty: 2, limit: 96, reduceOnly: true }) },
    })
    expect(fillLines(short).slice(1)).toEqual(['2 inside buy 1 @ 96 maker'])
  })

  test('rule 19: the position at the fill, not at acceptance', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 106, 99, 105]],
      decide: {
        0: () => buy({ qty: 1 }),
        1: () => [sell({ qty: 2, limit: 105, reduceOnly: true }), buy({ qty: 2 })],
      },
    })
    expect(fillLines(run).at(-1)).toBe('3 inside sell 2 @ 105 maker')
    expect(eventsOf(run, 'cut')).toEqual([])
  })

  test('rule 19: reduceOnly is cancelled where there is nothing to reduce', () => {
    const none = play({ rows: [FLAT, FLAT], decide: { 0: () => sell({ qty: 1, reduceOnly: true, id: 'r' }) } })
    expect(endLines(none)).toEqual(['r cancelled flat'])
    // on the side of the position it would add
    const adds = play({
      rows: [FLAT, FLAT, FLAT],
      decide: { 0: () => buy({ qty: 1 }), 1: () => buy({ qty: 1, reduceOnly: true, id: 'r' }) },
    })
    expect(endLines(adds)).toEqual(['r cancelled flat'])
    expect(adds.fills).toHaveLength(1)
  })

  test('rule 19: reduceOnly is met with the orders that reduce (rule 7), before one that would open', () => {
    const run = play({
      rows: [FLAT, [100, 106, 90, 100]],
      decide: { 0: () => [buy({ qty: 1, stop: 105 }), sell({ qty: 1, stop: 95, reduceOnly: true, id: 'r' })] },
    })
    expect(endLines(run)).toEqual(['r cancelled flat'])
    expect(fillLines(run)).toEqual(['1 inside buy 1 @ 105 taker'])
  })

  test('rule 19: reduceOnly locks no funds: two exits may wait for one holding', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 111, 99, 110]],
      decide: {
        0: () => buy({ qty: 1 }),
        1: () => [sell({ qty: 1, limit: 110, reduceOnly: true }), sell({ qty: 1, stop: 90, reduceOnly: true })],
      },
    })
    expect(run.rejected).toBe(0)
    expect(fillLines(run).at(-1)).toBe('3 inside sell 1 @ 110 maker')
  })

  test('rule 19: close() is a reduce-only market order for the whole position at its fill', () => {
    const run = play({
      rows: [FLAT, FLAT, [103, 104, 102, 103]],
      decide: { 0: () => buy({ qty: 1 }), 1: () => [buy({ qty: 2 }), close({ tag: 'enough' })] },
    })
    expect(fillLines(run)).toEqual([
      '1 open buy 1 @ 100 taker',
      '2 open buy 2 @ 103 taker',
      '2 open sell 3 @ 103 taker',
    ])
    expect(run.fills[2]).toMatchObject({ role: 'close', position: 0 })
    expect(run.trades[0]?.exitTag).toBe('enough')
    const short = play({
      kind: 'perpetual',
      rows: [FLAT, FLAT, FLAT],
      decide: { 0: () => sell({ qty: 2.5 }), 1: () => close() },
    })
    expect(fillLines(short).at(-1)).toBe('2 open buy 2.5 @ 100 taker')
    expect(short.trades[0]?.exitTag).toBe('signal')
  })

  test('rule 19: close() without a position is refused, where no order before it may open one', () => {
    const run = play({
      rows: [FLAT, FLAT],
      decide: { 0: () => [close(), buy({ qty: 1, limit: 50 })], 1: () => close() },
    })
    expect(run.events.find(({ type }) => type === 'rejected')).toMatchObject({
      ...{ id: 'o1', reason: 'NO_POSITION', filter: null, value: 'close()' },
      limit: 'a position, or an order before it that may open one',
    })
    // beside an entry that may fill at the open before it, it is an order
    expect([run.accepted, run.rejected, run.fills]).toEqual([2, 1, []])
    const both = play({ rows: [FLAT, FLAT], decide: { 0: () => [buy({ qty: 1 }), close()] } })
    expect(fillLines(both)).toEqual(['1 open buy 1 @ 100 taker', '1 open sell 1 @ 100 taker'])
  })

  test('rule 19: on spot a sale opens nothing, so that close() beside it is refused', () => {
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => [sell({ qty: 1 }), close()] } })
    expect([run.accepted, run.fills]).toEqual([0, []])
  })
})

describe('rule 20: one net position, trades from flat to flat', () => {
  test('rule 20: a trade has quantity-weighted prices', () => {
    const run = play({
      rows: [FLAT, FLAT, [104, 105, 103, 104], [110, 111, 109, 110], FLAT],
      decide: {
        0: () => buy({ qty: 1, tag: 'first' }),
        1: () => buy({ qty: 3, tag: 'second' }),
        2: () => sell({ qty: 2 }),
        3: () => sell({ qty: 2, tag: 'last' }),
      },
    })
    // (100 + 3 × 104) / 4 = 103 and (2 × 110 + 2 × 100) / 4 = 105
    expect(run.trades).toMatchObject([
      {
        n: 1, side: 'long', qty: 4, entryPrice: 103, exitPrice: 105, pnl: 8, return: 8 / 412,
        entryTime: HOUR, exitTime: 4 * HOUR, bars: 3, entryTag: 'first', exitTag: 'last',
      },
    ]) // biome-ignore format: one trade
    // at average price: 2 × (110 − 103), then 2 × (100 − 103)
    expect(run.fills.map(({ realised }) => realised)).toEqual([0, 0, 14, -6])
  })

  test('rule 20: the quantity of a trade is the most that was held at once, its prices those of all entries and exits', () => {
    const { trades } = play({
      rows: [FLAT, FLAT, [104, 105, 103, 104], [103, 104, 102, 103], FLAT],
      decide: {
        0: () => buy({ qty: 2 }),
        1: () => sell({ qty: 1 }),
        2: () => buy({ qty: 1 }),
        3: () => sell({ qty: 2 }),
      },
    })
    // bought 2 at 100 and 1 at 103, sold 1 at 104 and 2 at 100: no more than 2 were held
    expect(trades).toMatchObject([{ qty: 2, entryPrice: 101, exitPrice: expect.closeTo(304 / 3, 8), pnl: 1 }])
    const [trade] = trades
    expect((trade!.exitPrice - trade!.entryPrice) * trade!.qty).toBeCloseTo(2 / 3, 8)
    expect(trade).toMatchObject({ mae: expect.closeTo(99 / 101 - 1, 12), mfe: expect.closeTo(105 / 101 - 1, 12) })
  })

  test.each([
    ['long', buy, sell],
    ['short', sell, buy],
  ] as const)(
    'rule 20: what was sold before more was bought has no part in the average of what is held, %s',
    (side, more, less) => {
      const sign = side === 'long' ? 1 : -1
      const seen: unknown[] = []
      const look = ({ position }: { readonly position: PositionView }) =>
        void seen.push([position.qty, position.entryPrice, position.unrealised + 0])
      const rows = [100, 100, 110, 120, 120].map((price) => [price, price, price, price] as const)
      const run = play({
        kind: 'perpetual',
        rows,
        decide: {
          0: () => more({ qty: 2 }),
          1: (context) => look(context) ?? less({ qty: 1 }),
          2: (context) => look(context) ?? more({ qty: 1 }),
          3: look,
          4: look,
        },
      })
      // 1 is left at 100; with 1 at 120 it is (100 + 120) / 2 = 110
      expect(seen).toEqual([
        [2 * sign, 100, 0],
        [sign, 100, 10 * sign],
        [2 * sign, 110, 20 * sign],
        [2 * sign, 110, 20 * sign],
      ])
      // of the trade so far: 10 realised and 20 at the last close, of 2 × 100 + 120; its own price is of all that was entered
      expect(run.openTrades).toMatchObject([{ qty: 2, entryPrice: 320 / 3, pnl: 30 * sign, return: (30 * sign) / 320 }])
      expect(run.endEquity).toBe(10_000 + 30 * sign)
    },
  )

  test('rule 20: a trade has lived through the price of what is added inside its first bar', () => {
    const seen: unknown[] = []
    play({
      rows: [FLAT, [100, 104, 99, 102], FLAT],
      decide: {
        0: () => [buy({ qty: 1, stop: 101 }), buy({ qty: 1, stop: 103 })],
        1: ({ position }) => void seen.push([position.high, position.low]),
      },
    })
    expect(seen).toEqual([[103, 99]])
  })

  test('rule 20: a fill that flips closes the trade and opens the next with the rest', () => {
    const run = play({
      kind: 'perpetual',
      rows: [FLAT, FLAT, [110, 111, 109, 110], [105, 106, 104, 105], FLAT],
      decide: { 0: () => buy({ qty: 1 }), 1: () => sell({ qty: 3 }), 2: () => buy({ qty: 2 }) },
      feeTaker: 0.001,
    })
    expect(run.fills.map(({ position }) => position)).toEqual([1, -2, 0])
    // fees: 0.1; 0.33, of which 0.11 close and 0.22 open; 0.21
    expect(run.trades).toMatchObject([
      { side: 'long', qty: 1, entryPrice: 100, exitPrice: 110, fees: 0.21, pnl: 10 - 0.21, exitTime: 2 * HOUR },
      {
        side: 'short',
        qty: 2,
        entryPrice: 110,
        exitPrice: 105,
        fees: 0.43,
        pnl: 10 - 0.43,
        entryTime: 2 * HOUR,
      },
    ])
    expect(run.endEquity).toBe(10_000 + 20 - 0.64)
  })

  test('rule 20: parts of a position take a share of its cost, the last one what remains: nothing is lost', () => {
    const run = play({
      rows: [FLAT, [100, 101, 99, 100], [100.01, 101, 99, 100], FLAT, FLAT, FLAT],
      decide: {
        0: () => buy({ qty: 1 }),
        1: () => buy({ qty: 2 }),
        2: () => sell({ qty: 1 }),
        3: () => sell({ qty: 1 }),
        4: () => sell({ qty: 1 }),
      },
    })
    // 300.02 for 3: a third is 100.006666…, twice rounded down
    expect(run.fills.map(({ realised }) => realised)).toEqual([0, 0, -0.00666666, -0.00666667, -0.00666667])
    expect(run.trades[0]?.pnl).toBe(-0.02)
    expect(run.endEquity).toBe(9999.98)
  })

  test('rule 20: flat again, the next entry is a new trade', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, FLAT, FLAT],
      decide: { 0: () => buy({ qty: 1 }), 1: () => close(), 2: () => buy({ qty: 2 }), 3: () => close() },
    })
    expect(run.trades.map(({ n, qty }) => [n, qty])).toEqual([
      [1, 1],
      [2, 2],
    ])
  })
})

describe('rule 21: cancel, cancelAll and amend act before the next open', () => {
  /** Bar 2 reaches everything around 90; what is decided at the close of bar 1 comes before it. */
  const then = (second: Decision, first: Decision = buy({ qty: 1, limit: 90, id: 'old' }), cash = 10_000) =>
    play({ rows: [FLAT, FLAT, [100, 101, 80, 100]], decide: { 0: () => first, 1: () => second }, cash })

  test('rule 21: a cancelled order does not meet the next bar', () => {
    expect(then(undefined).fills).toHaveLength(1)
    const run = then(cancel('old'))
    expect(run.fills).toEqual([])
    expect(eventsOf(run, 'cancelled')).toMatchObject([{ at: 2 * HOUR, id: 'old', reason: 'requested' }])
    expect(then(cancelAll()).fills).toEqual([])
  })

  test('rule 21: an amended order meets the next bar as amended', () => {
    expect(fillLines(then(amend('old', { limit: 85 })))).toEqual(['2 inside buy 1 @ 85 maker'])
    expect(fillLines(then(amend('old', { qty: 2.5 })))).toEqual(['2 inside buy 2.5 @ 90 maker'])
    expect(fillLines(then(amend('old', { limit: 79 })))).toEqual([])
    const stop = buy({ qty: 1, stop: 110, id: 'old' })
    expect(fillLines(then(amend('old', { stop: 100.5 }), stop))).toEqual(['2 inside buy 1 @ 100.5 taker'])
    const touch = buy({ qty: 1, touch: 70, id: 'old' })
    expect(fillLines(then(amend('old', { touch: 95 }), touch))).toEqual(['2 inside buy 1 @ 95 taker'])
    expect(eventsOf(then(amend('old', { limit: 85.019 })), 'amended')).toMatchObject([
      { order: { id: 'old', limit: 85.01 } },
    ])
  })

  test('rule 21: what an amendment breaks is refused and leaves the order as it was', () => {
    const cases: [Decision, string][] = [
      [amend('old', { qty: 200 }), 'INSUFFICIENT_BALANCE'],
      [amend('old', { qty: 0.0001 }), 'LOT_SIZE'],
      [amend('old', { limit: 2e6 }), 'PRICE_FILTER'],
      [amend('old', { stop: 120 }), 'AMEND'],
    ]
    for (const [change, reason] of cases) {
      const run = then(change)
      expect(eventsOf(run, 'rejected').map((event) => event.reason)).toEqual([reason])
      expect(fillLines(run)).toEqual(['2 inside buy 1 @ 90 maker'])
    }
  })

  test('rule 21: an amended entry is judged with its bracket, as a new one is', () => {
    const judged = (first: Decision, second: Decision) =>
      play({
        rows: [FLAT, FLAT, [100, 101, 88, 100], FLAT],
        decide: { 0: () => first, 1: () => second },
        filters: { price: { min: '0.01', max: '150', tick: '0.01' } },
      })
    // bought at 85 its stop at 89 would sell at once
    const stopped = judged(buy({ qty: 1, limit: 90, stopLoss: 89, id: 'old' }), amend('old', { limit: 85 }))
    expect(eventsOf(stopped, 'rejected')).toMatchObject([
      { id: 'old', reason: 'WOULD_TRIGGER', filter: null, value: 'stop 89', limit: "below the entry's 85" },
    ])
    expect(fillLines(stopped)).toEqual(['2 inside buy 1 @ 90 maker', '2 inside sell 1 @ 89 taker'])
    // 90 × 1.5 is 135, 100.5 × 1.5 is 150.75
    const target = buy({ qty: 1, limit: 90, takeProfit: { percent: 0.5 }, id: 'old' })
    expect(eventsOf(judged(target, amend('old', { limit: 100.5 })), 'rejected')).toMatchObject([
      { id: 'old', reason: 'PRICE_FILTER', filter: 'PRICE_FILTER', value: '150.75', limit: 'maxPrice 150' },
    ])
    expect(eventsOf(judged(target, amend('old', { limit: 100 })), 'amended')).toHaveLength(1)
  })

  test('rule 21: with a new order in the same return, a cancel applies to what was open before, in either order', () => {
    const fresh = buy({ qty: 2, limit: 85, id: 'new' })
    for (const both of [
      [cancelAll(), fresh],
      [fresh, cancelAll()],
    ]) {
      const run = then(both)
      expect(fillLines(run)).toEqual(['2 inside buy 2 @ 85 maker'])
      expect(endLines(run)).toEqual(['old cancelled requested'])
    }
  })

  test('rule 21: a new order cannot be cancelled or amended in the return that makes it', () => {
    const fresh = buy({ qty: 2, limit: 85, id: 'new' })
    const run = then([fresh, cancel('new'), amend('new', { qty: 1 })])
    expect(endLines(run)).toEqual(['new rejected UNKNOWN_ORDER', 'new rejected UNKNOWN_ORDER'])
    expect(fillLines(run)).toEqual(['2 inside buy 1 @ 90 maker', '2 inside buy 2 @ 85 maker'])
  })

  test('rule 21: requests act in the order in which they were returned', () => {
    // 9000 of 10000 are locked by the old order
    const old = buy({ qty: 100, limit: 90, id: 'old' })
    const fresh = buy({ qty: 50, limit: 85, id: 'new' })
    expect(endLines(then([cancel('old'), fresh], old))).toEqual(['old cancelled requested'])
    expect(endLines(then([fresh, cancel('old')], old))).toEqual([
      'new rejected INSUFFICIENT_BALANCE',
      'old cancelled requested',
    ])
    expect(endLines(then([cancel('old'), amend('old', { limit: 85 })], old))).toEqual([
      'old cancelled requested',
      'old rejected UNKNOWN_ORDER',
    ])
    expect(endLines(then([amend('old', { limit: 85 }), cancel('old')], old))).toEqual(['old cancelled requested'])
    // the id is free again
    expect(fillLines(then([cancel('old'), buy({ qty: 1, limit: 85, id: 'old' })], old))).toEqual([
      '2 inside buy 1 @ 85 maker',
    ])
  })

  test('rule 21: an id that an open order has cannot be given again; one nobody has cannot be cancelled', () => {
    expect(endLines(then(buy({ qty: 1, limit: 85, id: 'old' })))).toEqual(['old rejected DUPLICATE_ID'])
    expect(eventsOf(then(cancel('nobody')), 'rejected')).toMatchObject([
      { id: 'nobody', reason: 'UNKNOWN_ORDER', value: 'nobody', limit: 'an order that is open' },
    ])
  })

  test('rule 21: an id of the form that nameless orders are given is an error: it could come to mean two orders', () => {
    expect(() => then(buy({ qty: 1, limit: 85, id: 'o2' }))).toThrow(/buy: id "o2" is of the form/)
  })

  test('rule 21: cancelAll takes the legs of a bracket too', () => {
    const run = then(cancelAll(), buy({ qty: 1, stopLoss: 95, takeProfit: 120 }))
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker'])
    expect(endLines(run)).toEqual(['o2 cancelled requested', 'o3 cancelled requested'])
  })
})
