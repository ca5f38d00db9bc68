import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, close, sell } from '../../src/core/order.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const enters = (request: ReturnType<typeof buy>, rows: Row[], costs: { slippageBps?: number } = {}) =>
  play({ kind: 'perpetual', rows: [FLAT, ...rows], decide: { 0: () => request }, ...costs })
const LONG = { qty: 1, stopLoss: 95, takeProfit: 110 }
const SHORT = { qty: 1, stopLoss: 105, takeProfit: 90 }
const BOTH: Row = [100, 111, 89, 100]

describe('rule 11: a bracket after a fill at the open', () => {
  test('rule 11: both legs meet the same bar, stop first, and the other leg is cancelled', () => {
    const long = enters(buy(LONG), [BOTH])
    expect(fillLines(long)).toEqual(['1 open buy 1 @ 100 taker', '1 inside sell 1 @ 95 taker'])
    expect(endLines(long)).toEqual(['o3 cancelled oco'])
    const short = enters(sell(SHORT), [BOTH])
    expect(fillLines(short)).toEqual(['1 open sell 1 @ 100 taker', '1 inside buy 1 @ 105 taker'])
    expect(endLines(short)).toEqual(['o3 cancelled oco'])
  })

  test('rule 11: the target fills in the same bar where the stop is not reached, as maker', () => {
    const long = enters(buy(LONG), [[100, 111, 96, 100]])
    expect(fillLines(long)).toEqual(['1 open buy 1 @ 100 taker', '1 inside sell 1 @ 110 maker'])
    expect(endLines(long)).toEqual(['o2 cancelled oco'])
    expect(long.trades[0]?.exitTag).toBe('target')
    expect(fillLines(enters(sell(SHORT), [[100, 104, 89, 100]]))).toEqual([
      '1 open sell 1 @ 100 taker',
      '1 inside buy 1 @ 90 maker',
    ])
  })

  test('rule 11: an open beyond the stop leg meets it there at once', () => {
    expect(fillLines(enters(buy(LONG), [[93, 94, 92, 93]]))).toEqual([
      '1 open buy 1 @ 93 taker',
      '1 open sell 1 @ 93 taker',
    ])
    // and beyond the target likewise (rule 5)
    expect(fillLines(enters(buy(LONG), [[112, 113, 111, 112]]))).toEqual([
      '1 open buy 1 @ 112 taker',
      '1 open sell 1 @ 112 taker',
    ])
  })

  test('rule 11: the legs live on over later bars', () => {
    expect(fillLines(enters(buy(LONG), [FLAT, FLAT, [100, 101, 90, 91]])).at(-1)).toBe('3 inside sell 1 @ 95 taker')
    expect(fillLines(enters(buy(LONG), [FLAT, FLAT, [100, 115, 99, 114]])).at(-1)).toBe('3 inside sell 1 @ 110 maker')
    expect(fillLines(enters(buy(LONG), [FLAT, [92, 93, 91, 92]])).at(-1)).toBe('2 open sell 1 @ 92 taker')
    expect(fillLines(enters(buy(LONG), [FLAT, [113, 114, 91, 92]])).at(-1)).toBe('2 open sell 1 @ 113 taker')
  })

  test('rule 11: a leg on the wrong side of the entry would trigger at once: the entry is refused', () => {
    const wrong = [
      buy({ qty: 1, stopLoss: 105 }),
      buy({ qty: 1, takeProfit: 95 }),
      sell({ qty: 1, stopLoss: 95 }),
      sell({ qty: 1, takeProfit: 105 }),
      // at the entry's own price, too: a limit of 98
      buy({ qty: 1, limit: 98, stopLoss: 98 }),
    ]
    for (const request of wrong) {
      const run = enters(request, [FLAT])
      expect(endLines(run)).toEqual(['o1 rejected WOULD_TRIGGER'])
      expect(run.fills).toEqual([])
    }
    expect(eventsOf(enters(wrong[0]!, [FLAT]), 'rejected')[0]).toMatchObject({
      value: 'stop 105',
      limit: "below the entry's 100",
    })
  })

  test('rule 11: no leg lives before its entry is filled', () => {
    const run = enters(buy({ ...LONG, limit: 99 }), [[100, 111, 99.5, 100], FLAT])
    expect(run.fills).toEqual([])
    expect(run.accepted).toBe(1)
  })
})

describe('rule 11: a bracket after a fill inside the bar', () => {
  test('rule 11: the stop leg is hit if the bad extreme reaches it', () => {
    // in at 104; whether the low of 95 came before or after nobody knows: after is worse
    const long = enters(buy({ ...LONG, stop: 104 }), [[100, 105, 95, 100]])
    expect(fillLines(long)).toEqual(['1 inside buy 1 @ 104 taker', '1 inside sell 1 @ 95 taker'])
    const short = enters(sell({ ...SHORT, stop: 96 }), [[100, 105, 95, 100]])
    expect(fillLines(short)).toEqual(['1 inside sell 1 @ 96 taker', '1 inside buy 1 @ 105 taker'])
    // an entry by limit: its own way down may go on to the stop
    const dip = enters(buy({ ...LONG, limit: 98 }), [[100, 101, 94, 100]])
    expect(fillLines(dip)).toEqual(['1 inside buy 1 @ 98 maker', '1 inside sell 1 @ 95 taker'])
    expect(fillLines(enters(buy({ ...LONG, stop: 104 }), [[100, 105, 95.01, 100]]))).toHaveLength(1)
  })

  test('rule 11: the target leg cannot be hit in that bar, but in the next', () => {
    const rows: Row[] = [
      [100, 120, 96, 100],
      [100, 111, 99, 110],
    ]
    expect(fillLines(enters(buy({ ...LONG, stop: 104 }), rows))).toEqual([
      '1 inside buy 1 @ 104 taker',
      '2 inside sell 1 @ 110 maker',
    ])
    expect(fillLines(enters(buy({ ...LONG, limit: 98 }), rows)).at(-1)).toBe('2 inside sell 1 @ 110 maker')
    const down: Row[] = [
      [100, 104, 80, 100],
      [100, 101, 89, 90],
    ]
    expect(fillLines(enters(sell({ ...SHORT, stop: 96 }), down))).toEqual([
      '1 inside sell 1 @ 96 taker',
      '2 inside buy 1 @ 90 maker',
    ])
  })

  test('rule 11: a stop leg hit in the bar of its entry leaves no target behind, though other holdings remain', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 106, 94, 96], [96, 97, 95.5, 96], [96, 125, 96, 120]],
      decide: { 0: () => buy({ qty: 1 }), 1: () => buy({ qty: 1, stop: 105, stopLoss: 95, takeProfit: 120 }) },
    })
    expect(fillLines(run)).toEqual([
      '1 open buy 1 @ 100 taker',
      '2 inside buy 1 @ 105 taker',
      '2 inside sell 1 @ 95 taker',
    ])
    expect(run.openTrades[0]).toMatchObject({ side: 'long', qty: 2 })
    expect(run.equity.equity.at(-1)).toBe(10_000 - 10 + 20)
  })

  test('rule 11: of a stop leg hit in the bar of its entry the target is told too, and its end', () => {
    const run = play({
      rows: [FLAT, [100, 111, 94, 100], FLAT],
      decide: { 0: () => buy({ qty: 1, limit: 98, stopLoss: 95, takeProfit: 110 }) },
    })
    expect(fillLines(run)).toEqual(['1 inside buy 1 @ 98 maker', '1 inside sell 1 @ 95 taker'])
    expect(eventsOf(run, 'accepted').map(({ order }) => [order.id, order.role])).toEqual([
      ['o1', 'order'],
      ['o2', 'stop'],
      ['o3', 'target'],
    ])
    expect(endLines(run)).toEqual(['o3 cancelled oco'])
  })

  test('rule 11: an entry that slips past its own stop leaves within the bar (rule 13)', () => {
    // the stop of 104 slips by 1 % to 105.04, which is above the bar; the leg at 105 is met where the bar still is: 104.5
    const run = enters(buy({ qty: 1, stop: 104, stopLoss: 105 }), [[100, 104.5, 99, 100]], { slippageBps: 100 })
    expect(run.fills.map(({ reference }) => reference)).toEqual([104, 104.5])
    // 104.5 × 0.99 = 103.455
    expect(run.fills.map(({ price }) => price)).toEqual([105.04, 103.45])
  })
})

describe('rule 11: relative legs, and what becomes of the other leg', () => {
  test('rule 11: relative legs are measured from the fill price after slippage', () => {
    // 100 × 1.01 = 101 → stop 101 × 0.98 = 98.98, target 101 + 7 = 108
    const long = enters(buy({ qty: 1, stopLoss: { percent: 0.02 }, takeProfit: { distance: 7 } }), [FLAT], {
      slippageBps: 100,
    })
    expect(eventsOf(long, 'accepted').map(({ order }) => order.trigger ?? order.limit)).toEqual([null, 98.98, 108])
    // 100 × 0.99 = 99 → stop 99 + 2 = 101, target 99 × 0.95 = 94.05
    const short = enters(
      sell({ qty: 1, stopLoss: { distance: 2 }, takeProfit: { percent: 0.05 } }),
      [[100, 100, 98, 99]],
      {
        slippageBps: 100,
      },
    )
    expect(eventsOf(short, 'accepted').map(({ order }) => order.trigger ?? order.limit)).toEqual([null, 101, 94.05])
  })

  test('rule 11: a part that one leg sells shrinks the other by as much', () => {
    const legs = (decide: Parameters<typeof play>[0]['decide'], ...rows: Row[]) =>
      play({ rows: [FLAT, FLAT, ...rows], decide: { 0: () => buy({ ...LONG, qty: 1 }), ...decide } })
    // o2 is the stop leg, o3 the target
    const half = { 1: () => amend('o3', { qty: 0.4 }) }
    const up: Row = [100, 111, 99, 110]
    const down: Row = [110, 111, 90, 91]
    const run = legs(half, up, down)
    expect(fillLines(run)).toEqual([
      '1 open buy 1 @ 100 taker',
      '2 inside sell 0.4 @ 110 maker',
      '3 inside sell 0.6 @ 95 taker',
    ])
    expect(run.trades).toHaveLength(1)
    const stopHalf = legs({ 1: () => amend('o2', { qty: 0.4 }) }, [100, 101, 94, 100], [100, 111, 99, 110])
    expect(fillLines(stopHalf).slice(1)).toEqual(['2 inside sell 0.4 @ 95 taker', '3 inside sell 0.6 @ 110 maker'])
  })

  test('rule 11: legs never sell more than is left', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 101, 90, 91]],
      decide: { 0: () => buy(LONG), 1: () => sell({ qty: 0.7 }) },
    })
    expect(fillLines(run).slice(1)).toEqual(['2 open sell 0.7 @ 100 taker', '3 inside sell 0.3 @ 95 taker'])
    expect(run.rejected).toBe(0)
  })

  test('rule 11: legs go when the position is flat', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 120, 80, 100]],
      decide: { 0: () => buy(LONG), 1: () => close() },
    })
    expect(endLines(run)).toEqual(['o2 cancelled flat', 'o3 cancelled flat'])
    expect(run.fills).toHaveLength(2)
  })

  test('rule 11: each entry has its own legs; the fill of one bracket leaves the other', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 101, 96.5, 100], [100, 121, 99, 120]],
      decide: {
        0: () => buy({ qty: 1, stopLoss: 95, takeProfit: 110 }),
        1: () => buy({ qty: 2, stopLoss: 97, takeProfit: 120 }),
      },
    })
    expect(fillLines(run).slice(2)).toEqual(['3 inside sell 2 @ 97 taker', '4 inside sell 1 @ 110 maker'])
    expect(run.openTrades).toEqual([])
  })

  test('rule 11: a leg may be cancelled or moved; the other stays', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 101, 90, 100], [100, 111, 99, 100]],
      decide: { 0: () => buy(LONG), 1: () => cancel('o2') },
    })
    expect(fillLines(run).slice(1)).toEqual(['3 inside sell 1 @ 110 maker'])
    const moved = play({
      rows: [FLAT, FLAT, [100, 101, 94, 100]],
      decide: { 0: () => buy(LONG), 1: () => amend('o2', { stop: 98 }) },
    })
    expect(fillLines(moved).slice(1)).toEqual(['2 inside sell 1 @ 98 taker'])
  })

  test('rule 11: stop, trailing stop and target together: the first to fill cancels both others', () => {
    const run = enters(buy({ ...LONG, trailingStop: 3 }), [FLAT, [100, 101, 97.5, 98]])
    // bar 1's high of 101 puts the trail at 98
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker', '2 inside sell 1 @ 98 taker'])
    expect(endLines(run)).toEqual(['o2 cancelled oco', 'o4 cancelled oco'])
    expect(run.trades[0]?.exitTag).toBe('trail')
  })

  test('rule 11: an entry that flips a position brackets the new one, all of it and no more (rule 20)', () => {
    const flips = (held: number, qty: number) =>
      play({
        kind: 'perpetual',
        rows: [FLAT, FLAT, FLAT, [100, 101, 90, 91]],
        decide: { 0: () => sell({ qty: held, stopLoss: 120 }), 1: () => buy({ ...LONG, qty }) },
      })
    expect(fillLines(flips(2, 3)).slice(1)).toEqual(['2 open buy 3 @ 100 taker', '3 inside sell 1 @ 95 taker'])
    expect(fillLines(flips(1, 3)).slice(1)).toEqual(['2 open buy 3 @ 100 taker', '3 inside sell 2 @ 95 taker'])
    const legs = (held: number) => eventsOf(flips(held, 3), 'accepted').filter(({ order }) => order.role !== 'order')
    expect(legs(2).map(({ order }) => order.qty)).toEqual([2, 1, 1])
    expect(legs(1).map(({ order }) => order.qty)).toEqual([1, 2, 2])
    // the old bracket goes with the flip; an entry that only reduces has none
    expect(eventsOf(flips(2, 3), 'cancelled')[0]).toMatchObject({ at: 2 * HOUR, id: 'o2', reason: 'flat' })
    expect(fillLines(flips(3, 2)).slice(1)).toEqual(['2 open buy 2 @ 100 taker'])
  })
})
