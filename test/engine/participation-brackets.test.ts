import { describe, expect, test } from 'vitest'
import { buy, cancel, close, type Decision, sell } from '../../src/core/order.ts'
import { endLines, fillLines, HOUR, play, type Row, type Scene } from './scene.ts'

/** A tenth of a volume of 10: one coin a bar. */
const TENTH = { execution: { participation: 0.1 } }
const FLAT: Row = [100, 101, 99, 100]

const capped = (rows: readonly Row[], decide: Scene['decide'], more: Partial<Scene> = {}) =>
  play({ rows, decide, ...TENTH, ...more })
const flat = (count: number): Row[] => Array.from({ length: count }, () => FLAT)
const once = (request: Decision): Scene['decide'] => ({ 0: () => request })

describe('brackets', () => {
  const LONG = { qty: 2.5, stopLoss: 95, takeProfit: 110 }

  test('legs cover what has been filled so far, at the prices of the first part', () => {
    const rows: Row[] = [FLAT, FLAT, [104, 105, 103, 104], FLAT, FLAT]
    const run = capped(rows, once(buy({ qty: 2.5, stopLoss: { distance: 5 }, takeProfit: 110 })))
    const legs = run.events.flatMap((event) =>
      (event.type === 'accepted' || event.type === 'amended') && event.order.role !== 'order'
        ? [[event.at / HOUR, event.order.role, event.order.qty, event.order.trigger ?? event.order.limit]]
        : [],
    )
    expect(legs).toEqual([
      [1, 'stop', 1, 95],
      [1, 'target', 1, 110],
      [2, 'stop', 2, 95],
      [2, 'target', 2, 110],
      [3, 'stop', 2.5, 95],
      [3, 'target', 2.5, 110],
    ])
  })

  const legsOf = (run: ReturnType<typeof play>) =>
    run.events.flatMap((event) => {
      if (event.type === 'rejected') return [[event.at / HOUR, event.reason, event.value]]
      const isLeg = (event.type === 'accepted' || event.type === 'amended') && event.order.role !== 'order'
      return isLeg ? [[event.at / HOUR, event.order.role, event.order.qty]] : []
    })
  const AT_LEAST = (min: string) => ({
    notional: { filter: 'NOTIONAL' as const, min, applyMinToMarket: false, avgPriceMins: 0, reduceOnlyExempt: false },
  })

  test('a leg that is too small for a first part comes with a later one, for all that is held by then', () => {
    const run = capped(flat(5), once(buy(LONG)), { filters: AT_LEAST('100') })
    // one coin at 95 is too little, one at 110 is not
    expect(legsOf(run)).toEqual([
      [1, 'NOTIONAL', '95'],
      [1, 'target', 1],
      [2, 'target', 2],
      [2, 'stop', 2],
      [3, 'target', 2.5],
      [3, 'stop', 2.5],
    ])
  })

  test('what is no longer held by then need not be covered', () => {
    const dip = (volume: number): Row => [100, 101, 97, 100, volume]
    const run = capped(
      [FLAT, dip(9), dip(10), dip(10)],
      { 0: () => buy({ ...LONG, qty: 4, limit: 98 }), 1: () => sell({ qty: 0.5 }) },
      { filters: AT_LEAST('90') },
    )
    // bought 0.9, sold 0.5, bought 0.5 (0.9 again, too little at 95) and 1
    expect(run.fills.map(({ side, qty, position }) => [side, qty, position])).toEqual([
      ['buy', 0.9, 0.9],
      ['sell', 0.5, 0.4],
      ['buy', 0.5, 0.9],
      ['buy', 1, 1.9],
    ])
    expect(legsOf(run).filter(([, role]) => role === 'stop')).toEqual([[3, 'stop', 1.9]])
  })

  test('a leg that the strategy has cancelled does not come again with a further part', () => {
    const run = capped(flat(5), {
      0: () => buy(LONG),
      1: ({ orders }) => cancel(orders.find(({ role }) => role === 'stop')!.id),
    })
    expect(legsOf(run)).toEqual([
      [1, 'stop', 1],
      [1, 'target', 1],
      [2, 'target', 2],
      [3, 'target', 2.5],
    ])
  })

  test('that a part of one leg shrinks the other is told', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], [100, 111, 99, 100], FLAT]
    expect(legsOf(capped(rows, once(buy(LONG)))).at(-1)).toEqual([2, 'stop', 1.5])
  })

  test('a leg that fills ends what is left of its entry', () => {
    const dip: Row = [100, 101, 97, 100]
    const up = capped([FLAT, dip, [100, 111, 99, 100], dip], once(buy({ ...LONG, limit: 98 })))
    expect(fillLines(up)).toEqual(['1 inside buy 1 @ 98 maker', '2 inside sell 1 @ 110 maker'])
    expect(endLines(up)).toEqual(['o1 cancelled oco', 'o2 cancelled oco'])
    // the entry, accepted first, takes all of bar 2; its stop has triggered there and waits
    const down: Row[] = [FLAT, dip, [94, 95, 93, 94], [92, 93, 91, 92], [90, 91, 89, 90]]
    const run = capped(down, once(buy({ ...LONG, limit: 98 })))
    expect(fillLines(run)).toEqual([
      '1 inside buy 1 @ 98 maker',
      '2 open buy 1 @ 94 taker',
      '3 open sell 1 @ 92 taker',
      '4 open sell 1 @ 90 taker',
    ])
    expect(endLines(run)).toEqual(['o1 cancelled oco', 'o3 cancelled oco'])
  })

  test('a partial fill of one leg shrinks the other; the rest of the stop goes at the next open, before the target', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], [100, 101, 94, 95], [111, 120, 110, 115, 30], FLAT]
    const run = capped(rows, once(buy(LONG)))
    expect(fillLines(run)).toEqual([
      '1 open buy 2.5 @ 100 taker',
      '2 inside sell 1 @ 95 taker',
      '3 open sell 1.5 @ 111 taker',
    ])
    expect(endLines(run)).toEqual(['o3 cancelled oco'])
    expect(run.trades).toMatchObject([{ exitTag: 'stop', qty: 2.5 }])
  })

  test('a target filled in part leaves the stop the rest', () => {
    const rows: Row[] = [FLAT, [100, 101, 99, 100, 30], [100, 111, 99, 100], [100, 101, 94, 95, 30], FLAT]
    const run = capped(rows, once(buy(LONG)))
    expect(fillLines(run).slice(1)).toEqual(['2 inside sell 1 @ 110 maker', '3 inside sell 1.5 @ 95 taker'])
  })

  test('an entry that uses the bar up inside and meets its stop there sells at the next open; its rest is not bought', () => {
    const rows: Row[] = [FLAT, [100, 105, 94, 100], [97, 98, 96, 97], FLAT]
    const run = capped(rows, once(buy({ ...LONG, stop: 104 })))
    expect(fillLines(run)).toEqual(['1 inside buy 1 @ 104 taker', '2 open sell 1 @ 97 taker'])
    expect(endLines(run)).toEqual(['o1 cancelled oco', 'o3 cancelled oco'])
  })

  test('a target is not hit in the bar in which its entry grew inside it (rule 11)', () => {
    const rows: Row[] = [FLAT, [100, 101, 97, 100], [100, 112, 97, 100, 30], [100, 112, 99, 100, 30]]
    const run = capped(rows, once(buy({ ...LONG, limit: 98 })))
    expect(fillLines(run)).toEqual([
      '1 inside buy 1 @ 98 maker',
      '2 inside buy 1.5 @ 98 maker',
      '3 inside sell 2.5 @ 110 maker',
    ])
  })

  test('legs that went with the position come again with a further part', () => {
    const rows: Row[] = [
      FLAT,
      [100, 101, 97, 100, 10],
      [100, 101, 99, 100],
      [100, 101, 97, 100, 10],
      [100, 101, 94, 95],
    ]
    const run = capped(rows, { 0: () => buy({ ...LONG, limit: 98 }), 1: () => close() })
    expect(fillLines(run)).toEqual([
      '1 inside buy 1 @ 98 maker',
      '2 open sell 1 @ 100 taker',
      '3 inside buy 1 @ 98 maker',
      '4 inside sell 1 @ 95 taker',
    ])
    expect(run.trades).toHaveLength(2)
  })

  test('an id that is used again does not tie two brackets together', () => {
    const rows: Row[] = [...flat(3), [100, 101, 96.5, 100], [100, 121, 99, 120]] as Row[]
    const run = play({
      rows,
      decide: {
        0: () => buy({ qty: 1, stopLoss: 97, takeProfit: 110, id: 'a' }),
        1: () => buy({ qty: 1, stopLoss: 95, takeProfit: 120, id: 'a' }),
      },
    })
    expect(fillLines(run).slice(2)).toEqual(['3 inside sell 1 @ 97 taker', '4 inside sell 1 @ 120 maker'])
  })
})
