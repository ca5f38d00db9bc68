import { describe, expect, test } from 'vitest'
import { amend, buy, close, type OrderOptions, sell } from '../../src/core/order.ts'
import { endLines, fillLines, HOUR, play, type Row } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
/** A perpetual, so that both sides may open; the order is decided at the close of bar 0. */
const meets = (request: ReturnType<typeof buy>, ...rows: Row[]) =>
  play({ kind: 'perpetual', rows: [FLAT, ...rows], decide: { 0: () => request }, feeMaker: 0.001, feeTaker: 0.002 })

describe('rule 5: at the open', () => {
  test('rule 5: market orders fill at O', () => {
    expect(fillLines(meets(buy({ qty: 1 }), [97, 105, 95, 99]))).toEqual(['1 open buy 1 @ 97 taker'])
    expect(fillLines(meets(sell({ qty: 1 }), [97, 105, 95, 99]))).toEqual(['1 open sell 1 @ 97 taker'])
  })

  test('rule 5: a buy limit with O below it and a sell limit with O above it fill at O, as taker', () => {
    const bought = meets(buy({ qty: 1, limit: 98 }), [97, 99, 96, 98])
    expect(fillLines(bought)).toEqual(['1 open buy 1 @ 97 taker'])
    expect(bought.fills[0]?.fee).toBe(97 * 0.002)
    expect(fillLines(meets(sell({ qty: 1, limit: 102 }), [103, 104, 101, 102]))).toEqual(['1 open sell 1 @ 103 taker'])
  })

  test('rule 5: O equal to a limit is a touch: no fill at the open; further on the limit fills as maker', () => {
    expect(fillLines(meets(buy({ qty: 1, limit: 98 }), [98, 99, 98, 98]))).toEqual([])
    expect(fillLines(meets(sell({ qty: 1, limit: 102 }), [102, 102, 100, 101]))).toEqual([])
    expect(fillLines(meets(buy({ qty: 1, limit: 98 }), [98, 99, 97.99, 98]))).toEqual(['1 inside buy 1 @ 98 maker'])
    expect(fillLines(meets(sell({ qty: 1, limit: 102 }), [102, 102.01, 100, 101]))).toEqual([
      '1 inside sell 1 @ 102 maker',
    ])
  })

  test('rule 5: a buy stop with O at or above it and a sell stop with O at or below it fill at O', () => {
    expect(fillLines(meets(buy({ qty: 1, stop: 105 }), [108, 109, 107, 108]))).toEqual(['1 open buy 1 @ 108 taker'])
    expect(fillLines(meets(buy({ qty: 1, stop: 105 }), [105, 109, 104, 108]))).toEqual(['1 open buy 1 @ 105 taker'])
    expect(fillLines(meets(sell({ qty: 1, stop: 95 }), [92, 93, 91, 92]))).toEqual(['1 open sell 1 @ 92 taker'])
    expect(fillLines(meets(sell({ qty: 1, stop: 95 }), [95, 96, 91, 92]))).toEqual(['1 open sell 1 @ 95 taker'])
  })

  test('rule 5: orders due at the open fill in the order of their acceptance, whatever their kind', () => {
    const run = play({
      kind: 'perpetual',
      rows: [FLAT, [110, 111, 109, 110]],
      decide: {
        0: () => [
          sell({ qty: 1, limit: 105 }),
          buy({ qty: 2, stop: 105 }),
          buy({ qty: 3 }),
          buy({ qty: 4, limit: 120 }),
          sell({ qty: 5 }),
        ],
      },
    })
    expect(run.fills.map(({ side, qty }) => `${side} ${qty}`)).toEqual(['sell 1', 'buy 2', 'buy 3', 'buy 4', 'sell 5'])
  })

  test('rule 5: cash goes to the order accepted first, though a later one is a market order', () => {
    const run = play({
      rows: [FLAT, [110, 111, 109, 110]],
      cash: 1100,
      decide: { 0: () => [buy({ qty: 5, stop: 105, id: 'stop' }), buy({ qty: 5, id: 'market' })] },
    })
    // 525 and 500 are locked of 1100; at 110 the first takes 550 and leaves 550: both can be paid, the first first
    expect(run.fills.map(({ order }) => order)).toEqual(['stop', 'market'])
    expect(run.equity.cash.at(-1)).toBe(0)
  })

  test('rule 5: an exit that is due at the open comes before a stop or target inside the bar', () => {
    const exit = (rows: Row[]) =>
      play({
        rows: [FLAT, FLAT, ...rows],
        decide: { 0: () => buy({ qty: 1, stopLoss: 95, takeProfit: 110 }), 1: () => close() },
      })
    expect(fillLines(exit([[100, 112, 90, 95]]))).toEqual(['1 open buy 1 @ 100 taker', '2 open sell 1 @ 100 taker'])
    expect(endLines(exit([[100, 112, 90, 95]]))).toEqual(['o2 cancelled flat', 'o3 cancelled flat'])
  })
})

describe('rule 6: time in force', () => {
  const IMMEDIATE = ['IOC', 'FOK'] as const
  const limit = (side: typeof buy, at: number, tif: OrderOptions['tif'], id = 'x') =>
    side({ qty: 1, limit: at, tif, id, ...(tif === 'GTD' && { expiresAt: 3 * HOUR }) })

  test.each(IMMEDIATE)('rule 6: %s fills at O where the limit allows O, a touch included, as taker', (tif) => {
    expect(fillLines(meets(limit(buy, 98, tif), [97, 99, 96, 98]))).toEqual(['1 open buy 1 @ 97 taker'])
    expect(fillLines(meets(limit(buy, 98, tif), [98, 99, 96, 98]))).toEqual(['1 open buy 1 @ 98 taker'])
    expect(fillLines(meets(limit(sell, 102, tif), [103, 104, 101, 102]))).toEqual(['1 open sell 1 @ 103 taker'])
    expect(fillLines(meets(limit(sell, 102, tif), [102, 104, 101, 102]))).toEqual(['1 open sell 1 @ 102 taker'])
  })

  test.each(IMMEDIATE)('rule 6: %s expires where it does not, though the bar comes there later', (tif) => {
    const bought = meets(limit(buy, 98, tif), [98.01, 99, 90, 98], [90, 91, 89, 90])
    expect(bought.fills).toEqual([])
    expect(endLines(bought)).toEqual(['x cancelled expired'])
    const sold = meets(limit(sell, 102, tif), [101.99, 110, 101, 102], [110, 111, 109, 110])
    expect(sold.fills).toEqual([])
    expect(endLines(sold)).toEqual(['x cancelled expired'])
  })

  test('rule 6: GTX expires at its first open where it would have taken, a touch included', () => {
    for (const open of [97, 98]) {
      const run = meets(limit(buy, 98, 'GTX'), [open, 99, 90, 98], [90, 91, 89, 90])
      expect(run.fills).toEqual([])
      expect(endLines(run)).toEqual(['x cancelled post-only'])
    }
    for (const open of [103, 102])
      expect(endLines(meets(limit(sell, 102, 'GTX'), [open, 110, 101, 102]))).toEqual(['x cancelled post-only'])
  })

  test('rule 6: GTX rests else, and is then a limit like any other', () => {
    expect(fillLines(meets(limit(buy, 98, 'GTX'), [99, 100, 97, 98]))).toEqual(['1 inside buy 1 @ 98 maker'])
    expect(fillLines(meets(limit(sell, 102, 'GTX'), [101, 103, 100, 102]))).toEqual(['1 inside sell 1 @ 102 maker'])
    // not its first open any more: rule 5
    expect(fillLines(meets(limit(buy, 98, 'GTX'), [99, 100, 98.5, 99], [96, 97, 95, 96]))).toEqual([
      '2 open buy 1 @ 96 taker',
    ])
  })

  test('rule 6: GTX that is amended to a price that would take expires at the next open', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 101, 99, 100]],
      decide: { 0: () => limit(buy, 98, 'GTX'), 1: () => amend('x', { limit: 100.5 }) },
    })
    expect(run.fills).toEqual([])
    expect(endLines(run)).toEqual(['x cancelled post-only'])
  })

  test('rule 6: GTD expires at the first open at or after its time, before it could fill there', () => {
    // expires at 03:00, which is the open of bar 3
    const rests: Row = [100, 101, 99, 100]
    const run = meets(limit(buy, 95, 'GTD'), rests, rests, [90, 91, 80, 90])
    expect(run.fills).toEqual([])
    expect(endLines(run)).toEqual(['x cancelled expired'])
    expect(fillLines(meets(limit(buy, 95, 'GTD'), rests, [96, 97, 94, 96]))).toEqual(['2 inside buy 1 @ 95 maker'])
    // bars 3 and 4 are missing: the first open after its time is that of bar 5
    const late = meets(limit(sell, 105, 'GTD'), rests, rests, null, null, [110, 111, 109, 110])
    expect(late.fills).toEqual([])
    expect(late.events.find(({ type }) => type === 'cancelled')?.at).toBe(5 * HOUR)
  })

  test('rule 6: GTD may also end a stop', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 120, 99, 100]],
      decide: { 0: () => buy({ qty: 1, stop: 110, tif: 'GTD', expiresAt: 2.5 * HOUR, id: 'x' }) },
    })
    expect(run.fills).toEqual([])
    expect(endLines(run)).toEqual(['x cancelled expired'])
  })

  test('rule 6: GTC rests until it is reached', () => {
    const quiet = Array.from({ length: 50 }, () => FLAT)
    expect(fillLines(meets(limit(buy, 95, 'GTC'), ...quiet, [96, 97, 94, 96]))).toEqual(['51 inside buy 1 @ 95 maker'])
  })
})
