import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, close, sell } from '../../src/core/order.ts'
import { endLines, eventsOf, fillLines, HOUR, play, type Row } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
/** Locks `amount` in a buy that rests far below. */
const locking = (amount: number) => buy({ qty: amount / 50, limit: 50, id: 'lock' })
const MIN_5 = {
  filter: 'MIN_NOTIONAL',
  min: '5',
  applyMinToMarket: true,
  avgPriceMins: 5,
  reduceOnlyExempt: false,
} as const

describe('rule 16: funds at acceptance', () => {
  test('rule 16: resting buys lock their price and the taker fee; a cancel gives both back', () => {
    const free: number[] = []
    const look = (scene: { account: { free: number; cash: number } }) => {
      free.push(scene.account.free)
      expect(scene.account.cash).toBe(10_000)
    }
    play({
      rows: [FLAT, FLAT, FLAT, FLAT],
      feeMaker: 0.0002,
      feeTaker: 0.001,
      slippageBps: 100,
      decide: {
        // 10 × 90 × 1.001 = 900.9; a stop slips: 5 × 111.1 × 1.001 = 556.0555
        0: () => [buy({ qty: 10, limit: 90, id: 'limit' }), buy({ qty: 5, stop: 110, id: 'stop' })],
        1: (context) => {
          look(context)
          return cancel('limit')
        },
        2: (context) => {
          look(context)
          return cancel('stop')
        },
        3: (context) => look(context),
      },
    })
    expect(free).toEqual([10_000 - 900.9 - 556.0555, 10_000 - 556.0555, 10_000])
  })

  test('rule 16: a buy that the free cash cannot pay in full is rejected, with what it needs and what there is', () => {
    const run = play({ rows: [FLAT, FLAT], decide: { 0: () => [locking(3000), buy({ qty: 70.001 })] } })
    expect(eventsOf(run, 'rejected')).toEqual([
      {
        type: 'rejected',
        at: HOUR,
        symbol: 'BTCUSDT',
        id: 'o1',
        reason: 'INSUFFICIENT_BALANCE',
        filter: null,
        value: '7000.1',
        limit: '7000 USDT free',
        tag: null,
      },
    ])
    expect(run.rejectedBy).toEqual({ INSUFFICIENT_BALANCE: 1 })
    expect(play({ rows: [FLAT, FLAT], decide: { 0: () => [locking(3000), buy({ qty: 70 })] } }).fills).toHaveLength(1)
  })

  test('rule 16: a limit or stop sized by quote is not cut but rejected', () => {
    for (const request of [buy({ quote: 9000, limit: 99 }), buy({ fraction: 0.9, stop: 110 })]) {
      const run = play({ rows: [FLAT, FLAT], decide: { 0: () => [locking(3000), request] } })
      expect(endLines(run)).toEqual(['o1 rejected INSUFFICIENT_BALANCE', 'lock cancelled end'])
    }
  })

  test('rule 16: a market buy sized by quote, fraction or risk is cut to the largest legal quantity, an event', () => {
    for (const request of [buy({ quote: 10_000 }), buy({ fraction: 1 }), buy({ risk: 0.01, stopLoss: 99 })]) {
      const run = play({ rows: [FLAT, FLAT], decide: { 0: () => [locking(3223), request] } })
      // each asks for 100; 6777 are free
      expect(eventsOf(run, 'cut')).toEqual([
        { type: 'cut', at: HOUR, symbol: 'BTCUSDT', id: 'o1', reason: 'INSUFFICIENT_BALANCE', from: 100, to: 67.77 },
      ])
      expect(run.fills[0]?.qty).toBe(67.77)
    }
  })

  test('rule 16: largest legal: on the grid of market orders too', () => {
    const run = play({
      rows: [FLAT, FLAT],
      filters: { marketLot: { min: '0.1', max: '1000', step: '0.1' } },
      decide: { 0: () => [locking(3223), buy({ quote: 10_000 })] },
    })
    expect(run.rejected).toBe(0)
    expect(run.fills[0]?.qty).toBe(67.7)
  })

  test('rule 16: where no quantity is both payable and legal, it is rejected for lack of balance', () => {
    const none = play({ rows: [FLAT, FLAT], decide: { 0: () => [locking(10_000), buy({ quote: 100 })] } })
    expect(eventsOf(none, 'rejected')).toMatchObject([
      { reason: 'INSUFFICIENT_BALANCE', value: '100', limit: '0 USDT free' },
    ])
    // 3 are free: 0.03 at 100 is below the minimal notional of 5
    const small = play({
      rows: [FLAT, FLAT],
      filters: { notional: MIN_5 },
      decide: { 0: () => [locking(9997), buy({ quote: 100 })] },
    })
    expect(eventsOf(small, 'rejected')).toMatchObject([{ reason: 'INSUFFICIENT_BALANCE', limit: '3 USDT free' }])
    for (const run of [none, small]) {
      expect(eventsOf(run, 'cut')).toEqual([])
      expect(eventsOf(run, 'accepted')).toHaveLength(1)
    }
    // what would be refused with all the cash in the world keeps its own reason
    const odd = play({
      rows: [FLAT, FLAT],
      filters: { notional: MIN_5 },
      decide: { 0: () => [locking(9997), buy({ quote: 4 })] },
    })
    expect(eventsOf(odd, 'rejected')).toMatchObject([{ reason: 'MIN_NOTIONAL' }])
  })

  test('rule 16: an order beyond anything a ledger can hold is rejected like any other', () => {
    const run = play({
      rows: [FLAT, FLAT],
      filters: { lot: { min: '0.001', max: '0', step: '0.001' } },
      decide: { 0: () => buy({ qty: 1e9 }) },
    })
    expect(eventsOf(run, 'rejected')).toMatchObject([
      { reason: 'INSUFFICIENT_BALANCE', value: 'more than 90071992.54740991', limit: '10000 USDT free' },
    ])
  })

  test('rule 16: a sale beyond the holding is rejected; resting sells lock what they would sell', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT],
      decide: {
        0: () => [buy({ qty: 1 }), sell({ qty: 1 })],
        1: () => [sell({ qty: 0.7, limit: 120 }), sell({ qty: 0.301 }), sell({ qty: 0.3 }), sell({ quote: 50 })],
      },
    })
    // the first sale is decided while nothing is held yet
    expect(eventsOf(run, 'rejected').map(({ value, limit }) => [value, limit])).toEqual([
      ['1', '0 BTC free'],
      ['0.301', '0.3 BTC free'],
      ['0.5', '0 BTC free'],
    ])
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker', '2 open sell 0.3 @ 100 taker'])
  })

  test('rule 16: an amended order is reckoned like a new one, slippage included, and a refusal leaves it as it was', () => {
    const free: number[] = []
    const run = play({
      rows: [FLAT, FLAT, FLAT],
      slippageBps: 100,
      decide: {
        0: () => buy({ qty: 5, stop: 110, id: 'stop' }),
        // 5 × 120 × 1.01 = 606; 100 × 120 × 1.01 = 12120 is too much
        1: () => [amend('stop', { stop: 120 }), amend('stop', { qty: 100 })],
        2: ({ account, orders }) => {
          free.push(account.free)
          expect(orders).toMatchObject([{ qty: 5, trigger: 120 }])
        },
      },
    })
    expect(free).toEqual([10_000 - 606])
    expect(eventsOf(run, 'rejected')).toMatchObject([{ id: 'stop', reason: 'INSUFFICIENT_BALANCE', value: '12120' }])
  })

  test('rule 16: a market order that waits for volume keeps its funds locked when amended', () => {
    const silent: Row = [100, 100, 100, 100, 0]
    const free: number[] = []
    play({
      rows: [FLAT, silent, silent, FLAT],
      decide: {
        0: () => buy({ qty: 1, id: 'm' }),
        1: () => amend('m', { qty: 9 }),
        2: ({ account }) => void free.push(account.free),
      },
    })
    expect(free).toEqual([10_000 - 900])
  })
})

describe('rule 16: funds at the fill', () => {
  const up: Row = [101, 102, 100, 101]

  test('rule 16: where the open has moved away, a buy by qty is rejected at the fill', () => {
    const run = play({ rows: [FLAT, up, FLAT], decide: { 0: () => buy({ qty: 100 }) } })
    expect(eventsOf(run, 'rejected')).toMatchObject([
      { at: HOUR, reason: 'INSUFFICIENT_BALANCE', value: '10100', limit: '10000 USDT free' },
    ])
    expect(run.fills).toEqual([])
    expect(run.openTrades).toEqual([])
    // a stop that is jumped over likewise
    const gap = play({ rows: [FLAT, [110, 111, 109, 110]], decide: { 0: () => buy({ qty: 95, stop: 105 }) } })
    expect(eventsOf(gap, 'rejected')).toMatchObject([{ value: '10450' }])
  })

  test('rule 16: a market buy sized by quote, fraction or risk is cut there (10000 / 101 = 99.0099…)', () => {
    for (const request of [buy({ quote: 10_000 }), buy({ fraction: 1 }), buy({ risk: 0.01, stopLoss: 99 })]) {
      const run = play({ rows: [FLAT, up], decide: { 0: () => request } })
      expect(eventsOf(run, 'cut')).toMatchObject([{ at: HOUR, from: 100, to: 99.009 }])
      expect(run.fills[0]).toMatchObject({ qty: 99.009, price: 101 })
      expect(run.rejected).toBe(0)
    }
  })

  test('rule 16: what is left after the cut must be legal by what was known before the open', () => {
    // 5 buys 0.05 at 100, which is just enough; at 101 only 0.049, which is 4.9 by the last close
    const run = play({
      rows: [FLAT, up],
      cash: 5,
      filters: { notional: MIN_5 },
      decide: { 0: () => buy({ quote: 5 }) },
    })
    expect(endLines(run)).toEqual(['o1 rejected INSUFFICIENT_BALANCE'])
    expect(run.fills).toEqual([])
  })

  test('rule 16: a sale of what has been sold meanwhile is rejected at the fill: no shorting', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, [100, 111, 99, 110]],
      decide: { 0: () => buy({ qty: 1 }), 1: () => [sell({ qty: 1, limit: 105, id: 'late' }), close()] },
    })
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker', '2 open sell 1 @ 100 taker'])
    expect(eventsOf(run, 'rejected')).toMatchObject([{ id: 'late', at: 3 * HOUR, value: '1', limit: '0 BTC held' }])
  })
})
