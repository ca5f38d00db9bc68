import { describe, expect, test } from 'vitest'
import { buy, type OrderOptions, sell } from '../../src/core/order.ts'
import { eventsOf, play, type Row, type Scene } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const perpetual = (request: ReturnType<typeof buy>, rows: Row[], more: Partial<Scene> = {}) =>
  play({ kind: 'perpetual', rows: [FLAT, ...rows], decide: { 0: () => request }, ...more })
const NICKEL = { price: { min: '0.05', max: '1000000', tick: '0.05' } }

describe('rule 13: the price of a fill', () => {
  const priced = (request: ReturnType<typeof buy>, rows: Row[], slippageBps: number) => {
    const [fill] = perpetual(request, rows, { slippageBps, filters: NICKEL }).fills
    return [fill?.reference, fill?.price]
  }

  test('rule 13: slippage worsens market fills, may lead out of the bar, and is rounded to the tick against the trader', () => {
    // 100 × 1.0003 = 100.03 → 100.05; 100 × 0.9997 = 99.97 → 99.95; the bar is 99.99 … 100.02
    const narrow: Row = [100, 100.02, 99.99, 100]
    expect(priced(buy({ qty: 1 }), [narrow], 3)).toEqual([100, 100.05])
    expect(priced(sell({ qty: 1 }), [narrow], 3)).toEqual([100, 99.95])
  })

  test('rule 13: a price on the tick stays there; an open off the tick is rounded against the trader', () => {
    expect(priced(buy({ qty: 1 }), [FLAT], 0)).toEqual([100, 100])
    // 100 × 1.001 = 100.1 is on the tick
    expect(priced(buy({ qty: 1 }), [FLAT], 10)).toEqual([100, 100.1])
    expect(priced(buy({ qty: 1 }), [[100.02, 101, 99, 100]], 0)).toEqual([100.02, 100.05])
    expect(priced(sell({ qty: 1 }), [[100.02, 101, 99, 100]], 0)).toEqual([100.02, 100])
  })

  test('rule 13: stops and touches slip, at the open and inside', () => {
    // 105 × 1.001 = 105.105 → 105.15; 95 × 0.999 = 94.905 → 94.90
    expect(priced(buy({ qty: 1, stop: 105 }), [[100, 106, 99, 100]], 10)).toEqual([105, 105.15])
    expect(priced(sell({ qty: 1, stop: 95 }), [[100, 101, 94, 100]], 10)).toEqual([95, 94.9])
    // 108 × 1.001 = 108.108 → 108.15
    expect(priced(buy({ qty: 1, stop: 105 }), [[108, 109, 107, 108]], 10)).toEqual([108, 108.15])
    // 105 × 0.999 = 104.895 → 104.85; 95 × 1.001 = 95.095 → 95.10
    expect(priced(sell({ qty: 1, touch: 105 }), [[100, 106, 99, 100]], 10)).toEqual([105, 104.85])
    expect(priced(buy({ qty: 1, touch: 95 }), [[100, 101, 94, 100]], 10)).toEqual([95, 95.1])
    // level 100 − 5 = 95
    expect(priced(sell({ qty: 1, trail: 5 }), [[100, 101, 94, 100]], 10)).toEqual([95, 94.9])
  })

  test('rule 13: limit fills never slip', () => {
    expect(priced(buy({ qty: 1, limit: 98 }), [[100, 101, 97, 100]], 100)).toEqual([98, 98])
    expect(priced(sell({ qty: 1, limit: 102 }), [[100, 103, 97, 100]], 100)).toEqual([102, 102])
    expect(priced(buy({ qty: 1, limit: 98 }), [[97, 101, 96, 100]], 100)).toEqual([97, 97])
    expect(priced(buy({ qty: 1, limit: 103, tif: 'IOC' }), [FLAT], 100)).toEqual([100, 100])
    // off the tick at the open: 97.02 → 97.05, still within the limit
    expect(priced(buy({ qty: 1, limit: 98 }), [[97.02, 101, 96, 100]], 100)).toEqual([97.02, 97.05])
  })

  test('rule 13: a stop that slips to nothing still sells at one tick', () => {
    const run = perpetual(sell({ qty: 1, stop: 0.05 }), [[100, 101, 0.05, 1]], { slippageBps: 5000, filters: NICKEL })
    expect(run.fills[0]?.price).toBe(0.05)
  })

  test('rule 13: what slippage took is counted in the quote asset', () => {
    // 2 × (100.05 − 100)
    const run = perpetual(buy({ qty: 2 }), [FLAT], { slippageBps: 3, filters: NICKEL })
    expect(run.fills[0]?.slippage).toBe(0.1)
    expect(run.slippage).toBe(0.1)
  })
})

describe('rule 14: order prices and quantities reach the grid', () => {
  const accepted = (request: ReturnType<typeof buy>) => {
    const [event] = eventsOf(perpetual(request, [FLAT]), 'accepted')
    return event === undefined ? null : [event.order.limit, event.order.trigger]
  }

  test('rule 14: buy limits round down, sell limits up', () => {
    expect(accepted(buy({ qty: 1, limit: 98.019 }))).toEqual([98.01, null])
    expect(accepted(sell({ qty: 1, limit: 102.011 }))).toEqual([102.02, null])
    expect(accepted(buy({ qty: 1, limit: 98.01 }))).toEqual([98.01, null])
  })

  test('rule 14: sell stops round up, buy stops down: triggered no later than asked for', () => {
    expect(accepted(sell({ qty: 1, stop: 94.991 }))).toEqual([null, 95])
    expect(accepted(buy({ qty: 1, stop: 105.009 }))).toEqual([null, 105])
    // a touch waits on the other side
    expect(accepted(sell({ qty: 1, touch: 105.009 }))).toEqual([null, 105])
    expect(accepted(buy({ qty: 1, touch: 94.991 }))).toEqual([null, 95])
    expect(accepted(buy({ qty: 1, stop: 105.009, limit: 106.019 }))).toEqual([106.01, 105])
    // 100 − 4.999 = 95.001 → 95.01
    expect(accepted(sell({ qty: 1, trail: 4.999 }))).toEqual([null, 95.01])
  })

  test('rule 14: so do the legs of a bracket', () => {
    const run = perpetual(buy({ qty: 1, stopLoss: 94.991, takeProfit: 110.001 }), [FLAT])
    expect(eventsOf(run, 'accepted').map(({ order }) => order.trigger ?? order.limit)).toEqual([null, 95, 110.01])
    const short = perpetual(sell({ qty: 1, stopLoss: 105.009, takeProfit: 89.999 }), [FLAT])
    expect(eventsOf(short, 'accepted').map(({ order }) => order.trigger ?? order.limit)).toEqual([null, 105, 89.99])
  })

  test('rule 14: quantities round down to the step', () => {
    expect(perpetual(buy({ qty: 1.23456 }), [FLAT]).fills[0]?.qty).toBe(1.234)
    expect(perpetual(sell({ qty: 0.0019 }), [FLAT]).fills[0]?.qty).toBe(0.001)
  })

  test('rule 14: what is then below a minimum is rejected, not raised', () => {
    const small = perpetual(buy({ qty: 0.0009 }), [FLAT])
    expect(small.fills).toEqual([])
    expect(eventsOf(small, 'rejected')).toMatchObject([
      { reason: 'LOT_SIZE', filter: 'LOT_SIZE', value: '0', limit: 'minQty 0.001' },
    ])
    const lot = { lot: { min: '0.1', max: '9000', step: '0.01' } }
    expect(eventsOf(perpetual(buy({ qty: 0.099 }), [FLAT], { filters: lot }), 'rejected')).toMatchObject([
      { filter: 'LOT_SIZE', value: '0.09', limit: 'minQty 0.1' },
    ])
    const notional = {
      filter: 'MIN_NOTIONAL',
      min: '5',
      applyMinToMarket: true,
      avgPriceMins: 5,
      reduceOnlyExempt: false,
    } as const
    // 0.051 × 98 = 4.998
    const cheap = perpetual(buy({ qty: 0.0519, limit: 98 }), [FLAT], { filters: { notional } })
    expect(eventsOf(cheap, 'rejected')).toMatchObject([{ filter: 'MIN_NOTIONAL', value: '4.998' }])
  })
})

describe('rule 15: every order leaves with a quantity', () => {
  const COSTS = { slippageBps: 10, feeTaker: 0.001 }
  const sized = (request: OrderOptions, more: Partial<Scene> = {}, side: typeof buy = buy) => {
    const scene: Partial<Scene> = { kind: side === buy ? 'spot' : 'perpetual', ...more }
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => side(request) }, ...scene })
    return eventsOf(run, 'accepted')[0]?.order.qty
  }

  test('rule 15: quote and fraction from the decision close, slippage and fee included', () => {
    expect(sized({ quote: 1000 })).toBe(10)
    expect(sized({ fraction: 0.5 })).toBe(50)
    // 100 × 1.001 = 100.1, with its fee 100.2001 a piece: 1000 / 100.2001 = 9.98003…, 5000 / 100.2001 = 49.90015…
    expect(sized({ quote: 1000 }, COSTS)).toBe(9.98)
    expect(sized({ fraction: 0.5 }, COSTS)).toBe(49.9)
  })

  test('rule 15: all of the cash can be spent, and not a unit more', () => {
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ fraction: 1 }) }, feeTaker: 0.001 })
    // 10000 / 100.1 = 99.9000999 → 99.9 × 100 × 1.001
    expect(run.fills[0]?.qty).toBe(99.9)
    expect(run.equity.cash.at(-1)).toBe(0.01)
    expect(run.rejected).toBe(0)
  })

  test('rule 15: limit and stop orders from their own price; a limit does not slip', () => {
    expect(sized({ quote: 1000, limit: 80 })).toBe(12.5)
    expect(sized({ quote: 1000, stop: 125 })).toBe(8)
    expect(sized({ quote: 1000, touch: 80 })).toBe(12.5)
    expect(sized({ quote: 1000, stop: 125, limit: 160 })).toBe(6.25)
    // 125 × 1.01 = 126.25: 1000 / 126.25 = 7.92079…
    expect(sized({ quote: 1000, stop: 125 }, { slippageBps: 100 })).toBe(7.92)
    expect(sized({ quote: 1000, limit: 80 }, { slippageBps: 100 })).toBe(12.5)
  })

  test('rule 15: the quantity is fixed at acceptance, wherever the fill is then', () => {
    const run = play({ rows: [FLAT, [90, 91, 89, 90]], decide: { 0: () => buy({ quote: 1000 }) } })
    expect(run.fills[0]).toMatchObject({ qty: 10, price: 90 })
  })

  test('rule 15: a fraction is of equity, not of cash', () => {
    const run = play({
      rows: [FLAT, [100, 121, 99, 120], [120, 121, 119, 120]],
      decide: { 0: () => buy({ qty: 50 }), 1: () => buy({ fraction: 0.1 }) },
    })
    // equity 5000 + 50 × 120 = 11000: 1100 / 120 = 9.1666…
    expect(run.fills[1]?.qty).toBe(9.166)
  })

  test('rule 15: risk × equity ÷ |price − stopLoss|', () => {
    // 1 % of 10000 = 100, lost over 2
    expect(sized({ risk: 0.01, stopLoss: 98 })).toBe(50)
    expect(sized({ risk: 0.01, stopLoss: { percent: 0.02 } })).toBe(50)
    expect(sized({ risk: 0.01, stopLoss: { distance: 4 } })).toBe(25)
    expect(sized({ risk: 0.01, stopLoss: 104 }, {}, sell)).toBe(25)
    expect(sized({ risk: 0.01, stopLoss: 85, limit: 90 })).toBe(20)
  })

  test('rule 15: risk includes slippage at both ends and both fees, so that a hit stop costs no more', () => {
    // in at 100.1, out at 98 × 0.999 = 97.902 → 97.90: 2.2 + 0.001 × (100.1 + 97.9) = 2.398; 100 / 2.398 = 41.7014…
    expect(sized({ risk: 0.01, stopLoss: 98 }, COSTS)).toBe(41.701)
    const run = play({
      rows: [FLAT, FLAT, [100, 101, 97, 98]],
      decide: { 0: () => buy({ risk: 0.01, stopLoss: 98 }) },
      ...COSTS,
    })
    // 41.701 × 2.398 = 99.998998
    expect(run.endEquity).toBe(10_000 - 99.998998)
  })

  test('rule 15: risk is capped by cash, and the cap is an event', () => {
    // a loss of 0.1 a piece asks for 1000 pieces; cash pays 100
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ risk: 0.01, stopLoss: 99.9 }) } })
    expect(eventsOf(run, 'cut')).toMatchObject([{ from: 1000, to: 100, reason: 'INSUFFICIENT_BALANCE' }])
    expect(run.fills[0]?.qty).toBe(100)
    // a limit at 90 likewise: 10000 / 90 = 111.111…
    const resting = play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ risk: 0.01, limit: 90, stopLoss: 89.9 }) } })
    expect(eventsOf(resting, 'cut')).toMatchObject([{ from: 1000, to: 111.111 }])
  })

  test('rule 15: the cap comes before the filters: what nobody could pay is no reason to refuse what can be paid', () => {
    // 0.01 a piece asks for 10000, above maxQty 9000; cash pays 100
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ risk: 0.01, stopLoss: 99.99 }) } })
    expect(run.rejected).toBe(0)
    expect(eventsOf(run, 'cut')).toMatchObject([{ from: 10_000, to: 100 }])
  })
})
