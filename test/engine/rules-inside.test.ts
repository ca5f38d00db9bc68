import { describe, expect, test } from 'vitest'
import { buy, sell } from '../../src/core/order.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row, type Scene } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
/** A perpetual, so that both sides may open; the order is decided at the close of bar 0. */
const meets = (request: ReturnType<typeof buy>, rows: Row[], costs: Partial<Scene> = {}) =>
  play({ kind: 'perpetual', rows: [FLAT, ...rows], decide: { 0: () => request }, ...costs })

describe('rule 7: class by class inside the bar', () => {
  // (a), liquidation, comes with margin
  test('rule 7: (b) reducing stops, (c) opening stops, (d) opening limits, (e) reducing limits, whatever came first', () => {
    const run = play({
      kind: 'perpetual',
      rows: [FLAT, FLAT, [100, 106, 94, 100]],
      decide: {
        0: () => buy({ qty: 1 }),
        // accepted in the opposite order, and all of them reached by the bar
        1: () => [
          sell({ qty: 1, limit: 105, tag: 'e' }),
          buy({ qty: 1, limit: 96, tag: 'd' }),
          buy({ qty: 1, stop: 104, tag: 'c' }),
          sell({ qty: 1, stop: 95, tag: 'b' }),
        ],
      },
    })
    expect(run.fills.slice(1).map(({ tag, price }) => [tag, price])).toEqual([
      ['b', 95],
      ['c', 104],
      ['d', 96],
      ['e', 105],
    ])
  })

  test('rule 7: the same for a short position', () => {
    const run = play({
      kind: 'perpetual',
      rows: [FLAT, FLAT, [100, 106, 94, 100]],
      decide: {
        0: () => sell({ qty: 1 }),
        1: () => [
          buy({ qty: 1, limit: 95, tag: 'e' }),
          sell({ qty: 1, limit: 104, tag: 'd' }),
          sell({ qty: 1, stop: 96, tag: 'c' }),
          buy({ qty: 1, stop: 105, tag: 'b' }),
        ],
      },
    })
    expect(run.fills.slice(1).map(({ tag, price }) => [tag, price])).toEqual([
      ['b', 105],
      ['c', 96],
      ['d', 104],
      ['e', 95],
    ])
  })

  test('rule 7: a reduce-only order reduces, and a touch order is a target and no stop', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 106, 94, 100]],
      decide: {
        0: () => buy({ qty: 2 }),
        1: () => [
          sell({ qty: 1, touch: 105, tag: 'touch' }),
          sell({ qty: 1, stop: 95, tag: 'stop', reduceOnly: true }),
        ],
      },
    })
    expect(run.fills.slice(1).map(({ tag, price }) => [tag, price])).toEqual([
      ['stop', 95],
      ['touch', 105],
    ])
  })

  test('rule 7: within a class in the order of acceptance, not of price', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 101, 90, 91]],
      decide: {
        0: () => buy({ qty: 2 }),
        1: () => [sell({ qty: 1, stop: 92 }), sell({ qty: 1, stop: 97 })],
      },
    })
    expect(run.fills.slice(1).map(({ price }) => price)).toEqual([92, 97])
  })

  test('rule 7: an order fills at most once a bar', () => {
    // filled at the open; the bar then comes back to its limit
    expect(fillLines(meets(buy({ qty: 1, limit: 98 }), [[97, 103, 90, 100], FLAT]))).toEqual([
      '1 open buy 1 @ 97 taker',
    ])
  })
})

describe('rule 8: limits inside the bar', () => {
  test('rule 8: a buy limit fills at the limit, as maker, if L < limit; a sell limit if H > limit', () => {
    const bought = meets(buy({ qty: 1, limit: 98 }), [[100, 101, 97.99, 100]], { feeMaker: 0.001, feeTaker: 0.002 })
    expect(fillLines(bought)).toEqual(['1 inside buy 1 @ 98 maker'])
    expect(bought.fills[0]).toMatchObject({ fee: 98 * 0.001, time: HOUR, reference: 98 })
    const sold = meets(sell({ qty: 1, limit: 102 }), [[100, 102.01, 99, 100]])
    expect(fillLines(sold)).toEqual(['1 inside sell 1 @ 102 maker'])
  })

  test('rule 8: a touch does not fill', () => {
    expect(fillLines(meets(buy({ qty: 1, limit: 98 }), [[100, 101, 98, 100]]))).toEqual([])
    expect(fillLines(meets(sell({ qty: 1, limit: 102 }), [[100, 102, 99, 100]]))).toEqual([])
  })

  test('rule 8: a touch fills with --limit-touch', () => {
    const touch = { limitTouch: true }
    expect(fillLines(meets(buy({ qty: 1, limit: 98 }), [[100, 101, 98, 100]], touch))).toEqual([
      '1 inside buy 1 @ 98 maker',
    ])
    expect(fillLines(meets(sell({ qty: 1, limit: 102 }), [[100, 102, 99, 100]], touch))).toEqual([
      '1 inside sell 1 @ 102 maker',
    ])
    expect(fillLines(meets(buy({ qty: 1, limit: 98 }), [[100, 101, 98.01, 100]], touch))).toEqual([])
    expect(fillLines(meets(sell({ qty: 1, limit: 102 }), [[100, 101.99, 99, 100]], touch))).toEqual([])
  })
})

describe('rule 9: stops and touches inside the bar', () => {
  test('rule 9: a buy stop fills at the stop if H ≥ stop, a sell stop if L ≤ stop, as taker', () => {
    const costs = { feeMaker: 0.001, feeTaker: 0.002 }
    const bought = meets(buy({ qty: 1, stop: 105 }), [[100, 105, 99, 100]], costs)
    expect(fillLines(bought)).toEqual(['1 inside buy 1 @ 105 taker'])
    expect(bought.fills[0]?.fee).toBe(105 * 0.002)
    expect(fillLines(meets(sell({ qty: 1, stop: 95 }), [[100, 101, 95, 100]]))).toEqual(['1 inside sell 1 @ 95 taker'])
    expect(fillLines(meets(buy({ qty: 1, stop: 105 }), [[100, 104.99, 99, 100]]))).toEqual([])
    expect(fillLines(meets(sell({ qty: 1, stop: 95 }), [[100, 101, 95.01, 100]]))).toEqual([])
  })

  test('rule 9: a touch is the mirror: a sell at H ≥ touch, a buy at L ≤ touch, at that price, as taker', () => {
    expect(fillLines(meets(sell({ qty: 1, touch: 105 }), [[100, 105, 99, 100]]))).toEqual([
      '1 inside sell 1 @ 105 taker',
    ])
    expect(fillLines(meets(buy({ qty: 1, touch: 95 }), [[100, 101, 95, 100]]))).toEqual(['1 inside buy 1 @ 95 taker'])
    expect(fillLines(meets(sell({ qty: 1, touch: 105 }), [[100, 104.99, 99, 100]]))).toEqual([])
    expect(fillLines(meets(buy({ qty: 1, touch: 95 }), [[100, 101, 95.01, 100]]))).toEqual([])
    // beyond it at the open: at O (rules 5 and 13)
    expect(fillLines(meets(sell({ qty: 1, touch: 105 }), [[107, 108, 106, 107]]))).toEqual([
      '1 open sell 1 @ 107 taker',
    ])
    expect(fillLines(meets(buy({ qty: 1, touch: 95 }), [[93, 94, 92, 93]]))).toEqual(['1 open buy 1 @ 93 taker'])
  })

  test("rule 9: a bracket's stop leg is a stop, its target leg a limit", () => {
    const run = meets(buy({ qty: 1, stopLoss: 95, takeProfit: 110 }), [FLAT])
    expect(eventsOf(run, 'accepted').map(({ order }) => [order.role, order.type, order.side])).toEqual([
      ['order', 'market', 'buy'],
      ['stop', 'stop', 'sell'],
      ['target', 'limit', 'sell'],
    ])
    // so the target needs more than a touch, the stop does not
    const legs = buy({ qty: 1, stopLoss: 95, takeProfit: 110 })
    expect(fillLines(meets(legs, [FLAT, [100, 110, 99, 100]]))).toHaveLength(1)
    expect(fillLines(meets(legs, [FLAT, [100, 101, 95, 100]]))).toHaveLength(2)
  })
})

describe('rule 10: stop-limit', () => {
  test('rule 10: triggered inside the bar, it fills at the trigger where its limit allows that, as taker', () => {
    expect(fillLines(meets(buy({ qty: 1, stop: 105, limit: 106 }), [[100, 107, 99, 100]]))).toEqual([
      '1 inside buy 1 @ 105 taker',
    ])
    expect(fillLines(meets(sell({ qty: 1, stop: 95, limit: 95 }), [[100, 101, 94, 100]]))).toEqual([
      '1 inside sell 1 @ 95 taker',
    ])
  })

  test('rule 10: slippage never takes it beyond its limit', () => {
    // 105 × 1.02 = 107.10 and 95 × 0.98 = 93.10, were it not for the limits
    const slip = { slippageBps: 200 }
    expect(meets(buy({ qty: 1, stop: 105, limit: 106 }), [[100, 107, 99, 100]], slip).fills[0]?.price).toBe(106)
    expect(meets(buy({ qty: 1, stop: 105, limit: 108 }), [[100, 107, 99, 100]], slip).fills[0]?.price).toBe(107.1)
    expect(meets(sell({ qty: 1, stop: 95, limit: 94 }), [[100, 101, 93, 100]], slip).fills[0]?.price).toBe(94)
    expect(meets(sell({ qty: 1, stop: 95, limit: 93 }), [[100, 101, 93, 100]], slip).fills[0]?.price).toBe(93.1)
  })

  test('rule 10: triggered at an open within its limit, it fills there', () => {
    expect(fillLines(meets(buy({ qty: 1, stop: 105, limit: 108 }), [[107, 110, 100, 105]]))).toEqual([
      '1 open buy 1 @ 107 taker',
    ])
    expect(fillLines(meets(sell({ qty: 1, stop: 95, limit: 92 }), [[93, 100, 90, 95]]))).toEqual([
      '1 open sell 1 @ 93 taker',
    ])
  })

  test('rule 10: triggered at an open beyond its limit, it rests as a limit from the next bar on', () => {
    // bar 1 comes back to the limit, too early for an order that rests only afterwards
    const run = meets(buy({ qty: 1, stop: 105, limit: 106, id: 's' }), [
      [108, 109, 100, 107],
      [107, 108, 105, 106],
    ])
    expect(eventsOf(run, 'triggered')).toMatchObject([{ at: HOUR, id: 's', price: 105 }])
    expect(fillLines(run)).toEqual(['2 inside buy 1 @ 106 maker'])
    expect(
      fillLines(
        meets(sell({ qty: 1, stop: 95, limit: 94 }), [
          [92, 100, 91, 93],
          [93, 95, 92, 94],
        ]),
      ),
    ).toEqual(['2 inside sell 1 @ 94 maker'])
    // the next open is better than the limit: rule 5
    expect(fillLines(meets(buy({ qty: 1, stop: 105, limit: 106 }), [[108, 109, 107, 108], FLAT]))).toEqual([
      '2 open buy 1 @ 100 taker',
    ])
  })

  test('rule 10: a limit short of the trigger rests once triggered inside the bar', () => {
    const run = meets(buy({ qty: 1, stop: 105, limit: 103 }), [
      [100, 106, 99, 105],
      [105, 106, 102, 104],
    ])
    expect(fillLines(run)).toEqual(['2 inside buy 1 @ 103 maker'])
    // untriggered it is no limit, however low the bar goes
    expect(fillLines(meets(buy({ qty: 1, stop: 105, limit: 103 }), [[100, 104, 90, 100]]))).toEqual([])
  })

  test('rule 10: a touch with a limit likewise', () => {
    expect(fillLines(meets(sell({ qty: 1, touch: 105, limit: 104 }), [[100, 106, 99, 100]]))).toEqual([
      '1 inside sell 1 @ 105 taker',
    ])
    const rests = meets(buy({ qty: 1, touch: 95, limit: 94, id: 't' }), [
      [100, 101, 94.5, 96],
      [96, 97, 93, 95],
    ])
    expect(eventsOf(rests, 'triggered')).toMatchObject([{ at: HOUR, id: 't', price: 95 }])
    expect(fillLines(rests)).toEqual(['2 inside buy 1 @ 94 maker'])
  })
})

describe('rule 12: trailing stops', () => {
  test('rule 12: a sell trails the highs: it meets a bar at the level of earlier bars, then moves', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 110, 96, 109], [109, 112, 105.5, 106], [106, 108, 106.9, 107]],
      // decided at 100: level 95. Bar 2 (low 96) misses it, its high 110 makes it 105; bar 3 (low 105.5) misses that,
      // its high 112 makes it 107; bar 4 opens at 106, below
      decide: { 0: () => buy({ qty: 1 }), 1: () => sell({ qty: 1, trail: 5 }) },
    })
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker', '4 open sell 1 @ 106 taker'])
  })

  test('rule 12: the high of a bar does not lift the level that the same bar meets', () => {
    // the level is 95; high 130 would make it 125, and the low of 94 reaches both
    const run = play({
      rows: [FLAT, FLAT, [100, 130, 94, 95]],
      decide: { 0: () => buy({ qty: 1 }), 1: () => sell({ qty: 1, trail: 5 }) },
    })
    expect(fillLines(run)[1]).toBe('2 inside sell 1 @ 95 taker')
    expect(run.trades[0]?.exitTag).toBe('trail')
  })

  test('rule 12: a buy trails the lows, a percentage is of the extreme, and a level never moves back', () => {
    const run = play({
      kind: 'perpetual',
      // level 100 × 1.1 = 110; bar 1's low of 80 makes it 88; bar 2's low of 85 would make it 93.5, which is worse
      rows: [FLAT, [100, 101, 80, 82], [84, 87.99, 85, 86], [86, 90, 85, 89]],
      decide: {
        0: () => buy({ qty: 1, trail: { percent: 0.1 }, id: 't' }),
        1: ({ orders }) => {
          expect(orders).toMatchObject([{ id: 't', type: 'trailing-stop', trigger: 88 }])
          return undefined
        },
      },
    })
    expect(fillLines(run)).toEqual(['3 inside buy 1 @ 88 taker'])
  })

  test('rule 12: after an entry inside the bar only its close moves a trailing leg, since the high may have been before', () => {
    const run = play({
      rows: [FLAT, [100, 120, 98, 106], [106, 107, 105, 106]],
      decide: {
        // filled at 104 inside bar 1: level 94; the close of 106 makes it 96, the high of 120 would have made it 110
        0: () => buy({ qty: 1, stop: 104, trailingStop: 10 }),
        1: ({ orders }) => {
          expect(orders).toMatchObject([{ role: 'trail', trigger: 96 }])
          return undefined
        },
      },
    })
    expect(fillLines(run)).toEqual(['1 inside buy 1 @ 104 taker'])
    expect(endLines(run)).toEqual(['o2 cancelled end'])
  })

  test('rule 12: after an entry at the open the high of that bar moves it', () => {
    const run = play({
      rows: [FLAT, [100, 120, 98, 118], [115, 116, 109, 112]],
      decide: { 0: () => buy({ qty: 1, trailingStop: 10 }) },
    })
    // level 90 for bar 1, then 110
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker', '2 inside sell 1 @ 110 taker'])
  })
})
