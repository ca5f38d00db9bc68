import { describe, expect, test } from 'vitest'
import { buy, close, sell } from '../../src/core/order.ts'
import { eventsOf, HOUR, play, type Row, type Scene } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]

describe('rule 17: fees', () => {
  const FEES = { feeMaker: 0.0001, feeTaker: 0.00075 }
  const priced: Row = [100.01, 101, 97, 100]
  const bought = (request: ReturnType<typeof buy>, more: Partial<Scene> = {}) =>
    play({ rows: [FLAT, priced], decide: { 0: () => request }, ...FEES, ...more })

  test('rule 17: the taker rate, in the quote asset, rounded up to the unit of the ledger', () => {
    // 100.01 × 0.123 = 12.30123; × 0.00075 = 0.0092259225
    const run = bought(buy({ qty: 0.123 }))
    expect(run.fills[0]).toMatchObject({ fee: 0.00922593, feeAsset: 'USDT' })
    expect(run.fees).toBe(0.00922593)
    expect(run.equity.cash.at(-1)).toBe(9987.68954407)
  })

  test('rule 17: the maker rate for rule 8 only', () => {
    // 98 × 0.123 = 12.054; × 0.0001 = 0.0012054
    expect(bought(buy({ qty: 0.123, limit: 98 })).fills[0]?.fee).toBe(0.0012054)
    const taker = 0.00922593
    expect(bought(buy({ qty: 0.123, limit: 100.5 })).fills[0]?.fee).toBe(taker)
    expect(bought(buy({ qty: 0.123, limit: 100.01, tif: 'IOC' })).fills[0]?.fee).toBe(taker)
    expect(bought(buy({ qty: 0.123, stop: 100.01 })).fills[0]?.fee).toBe(taker)
  })

  test('rule 17: a sale pays out of its proceeds', () => {
    const run = play({
      rows: [FLAT, FLAT, priced],
      decide: { 0: () => buy({ qty: 0.123 }), 1: () => sell({ qty: 0.123 }) },
      ...FEES,
    })
    // −12.3 − 0.009225 + 12.30123 − 0.00922593
    expect(run.endEquity).toBe(9999.98277907)
    expect(run.trades[0]).toMatchObject({ fees: 0.01845093, pnl: -0.01722093 })
  })

  test('rule 17: the unit is coarser for an account of 10^12: costs round up, receipts down', () => {
    // in whole units: 12.30123 → 13 paid, fee 0.0092… → 1
    const run = bought(buy({ qty: 0.123 }), { cash: 1e12 })
    expect(run.fees).toBe(1)
    expect(run.equity.cash.at(-1)).toBe(1e12 - 13 - 1)
    const sold = play({
      rows: [FLAT, priced, priced],
      decide: { 0: () => buy({ qty: 0.123 }), 1: () => close() },
      cash: 1e12,
      ...FEES,
    })
    expect(sold.equity.cash.at(-1)).toBe(1e12 - 13 - 1 + 12 - 1)
  })
})

describe('rule 17: fees in the asset received', () => {
  const RECEIVED = { feeAsset: 'received', feeTaker: 0.001 } as const
  const coarse = (min: string) => ({ lot: { min, max: '9000', step: '0.01' } })

  test('rule 17: a spot buy pays in the base asset; a sale in the quote asset', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT],
      decide: { 0: () => buy({ qty: 1 }), 1: () => close() },
      ...RECEIVED,
    })
    expect(run.fills).toMatchObject([
      { qty: 1, feeAsset: 'BTC', fee: 0.1, position: 0.999 },
      { qty: 0.999, feeAsset: 'USDT', fee: 0.0999, position: 0 },
    ])
    expect(run.fees).toBe(0.1999)
    // −100 + 99.9 − 0.0999
    expect(run.endEquity).toBe(9999.8001)
    expect(run.trades[0]).toMatchObject({ pnl: -0.1999, fees: 0.1999 })
    expect(eventsOf(run, 'dust')).toEqual([])
  })

  test('rule 17: what is below one step is dust: not in position.qty, in equity, reported; close() leaves 0', () => {
    const held: number[] = []
    const run = play({
      rows: [FLAT, FLAT, FLAT, [200, 201, 199, 200]],
      filters: coarse('0.01'),
      decide: {
        0: () => buy({ qty: 1 }),
        1: ({ position }) => {
          held.push(position.qty)
          return close()
        },
        2: ({ position }) => void held.push(position.qty),
      },
      ...RECEIVED,
    })
    // 0.999 received: 0.99 can be sold, 0.009 stays
    expect(held).toEqual([0.99, 0])
    expect(eventsOf(run, 'dust')).toEqual([{ type: 'dust', at: 2 * HOUR, symbol: 'BTCUSDT', qty: 0.009 }])
    expect(run.trades).toHaveLength(1)
    expect(run.openTrades).toEqual([])
    // −100 + 99 − 0.099, and 0.009 at 200
    expect(run.equity.cash.at(-1)).toBe(9998.901)
    expect(run.endEquity).toBe(9998.901 + 0.009 * 200)
  })

  test('rule 17: a purchase whose fee is taken of what it buys needs no more than its notional', () => {
    const filters = coarse('0.01')
    const all = { rows: [FLAT, FLAT], filters, cash: 1000, ...RECEIVED }
    const exact = play({ ...all, decide: { 0: () => buy({ qty: 10, limit: 100, tif: 'GTC' }) } })
    expect(eventsOf(exact, 'rejected')).toEqual([])
    const whole = play({ ...all, decide: { 0: () => buy({ fraction: 1 }) } })
    expect(whole.fills).toMatchObject([{ qty: 10, price: 100 }])
    // in quote it is paid beside it: 9.99 × 100 × 1.001 = 999.999
    const inQuote = play({ ...all, feeAsset: 'quote', decide: { 0: () => buy({ fraction: 1 }) } })
    expect(inQuote.fills).toMatchObject([{ qty: 9.99, price: 100 }])
  })

  test('rule 17: dust is no position, and no exposure', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, FLAT, FLAT],
      filters: coarse('0.01'),
      decide: { 0: () => buy({ qty: 1 }), 1: () => close() },
      ...RECEIVED,
    })
    // 0.999 at the close of the second bar; then 0.009, which cannot be sold
    expect([...run.equity.exposure].map((share) => share > 0)).toEqual([false, true, false, false, false])
  })

  test('rule 17: the price of what is held weighs what was received, once a part of it was sold', () => {
    const seen: number[] = []
    const rows = [100, 100, 100, 120, 120].map((price) => [price, price, price, price] as const)
    play({
      rows,
      filters: coarse('0.01'),
      decide: {
        0: () => buy({ qty: 10 }),
        1: () => sell({ qty: 4 }),
        2: () => buy({ qty: 10 }),
        3: ({ position }) => void seen.push(position.entryPrice),
      },
      ...{ feeAsset: 'received', feeTaker: 0.01 },
    })
    // 9.9 − 4 = 5.9 at 100, and 9.9 at 120
    expect(seen).toEqual([(5.9 * 100 + 9.9 * 120) / 15.8])
  })

  test('rule 17: dust that adds up to a step can be sold again', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT],
      filters: coarse('0.01'),
      decide: { 0: () => buy({ qty: 0.05 }), 1: () => buy({ qty: 0.07 }) },
      ...RECEIVED,
    })
    // 0.04995, then 0.04995 + 0.06993 = 0.11988
    expect(run.fills.map(({ position }) => position)).toEqual([0.04, 0.11])
  })

  test('rule 17: what is below the smallest quantity cannot be sold and is dust; it is no open trade', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT],
      filters: coarse('0.05'),
      decide: {
        0: () => buy({ qty: 0.05, stopLoss: 90 }),
        1: ({ position }) =>
          void expect([position.qty, position.entryPrice, position.entryTime]).toEqual([0, 0, Number.NaN]),
      },
      ...RECEIVED,
    })
    // 0.04995 is below minQty
    expect(eventsOf(run, 'dust')).toMatchObject([{ at: HOUR, qty: 0.04995 }])
    expect(run.openTrades).toEqual([])
    expect(eventsOf(run, 'accepted')).toHaveLength(1)
    expect(run.endEquity).toBe(10_000 - 5 + 4.995)
  })

  test('rule 17: what was paid for dust is paid by the trade that sells it', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT, FLAT],
      filters: coarse('0.05'),
      decide: { 0: () => buy({ qty: 0.05 }), 1: () => buy({ qty: 0.95 }), 2: () => close() },
      ...RECEIVED,
    })
    expect(run.fills.map(({ position }) => position)).toEqual([0, 0.99, 0])
    expect(run.trades).toHaveLength(1)
    // 0.005 for the first, 0.095 for the second, 0.099 for the sale
    expect(run.trades[0]!.fees).toBe(run.fills.reduce((sum, { fee }) => sum + fee, 0))
  })

  test('rule 17: the rest of a sale that fills in parts is sold however little it is; dust is what the last part leaves', () => {
    const run = play({
      rows: Array.from({ length: 8 }, () => FLAT),
      filters: { lot: { min: '0.5', max: '9000', step: '0.1' } },
      // 1 of the volume of 10 a bar
      execution: { participation: 0.1 },
      decide: { 0: () => buy({ qty: 2.5 }), 3: () => sell({ qty: 2.4, limit: 99 }) },
      ...RECEIVED,
    })
    expect(run.rejected).toBe(0)
    expect(run.fills.slice(2).map(({ side, qty, position }) => [side, qty, position])).toEqual([
      ['buy', 0.5, 2.4],
      ['sell', 1, 1.4],
      ['sell', 1, 0.4],
      ['sell', 0.4, 0],
    ])
    expect(run.trades).toHaveLength(1)
  })

  test('rule 17: a perpetual pays in its quote asset whatever is asked for', () => {
    const run = play({ kind: 'perpetual', rows: [FLAT, FLAT], decide: { 0: () => buy({ qty: 1 }) }, ...RECEIVED })
    expect(run.fills[0]).toMatchObject({ feeAsset: 'USDT', fee: 0.1, position: 1 })
  })
})

describe('rule 17: a maker that is paid', () => {
  const dips: Row = [100, 101, 97, 100]
  // 98.01 × 0.123 = 12.05523
  const order = buy({ qty: 0.123, limit: 98.01 })

  test('rule 17: a rebate is a fee below 0, rounded down to the unit of the ledger; a taker pays', () => {
    const run = play({
      rows: [FLAT, dips, FLAT],
      decide: { 0: () => order, 1: () => close() },
      feeMaker: -0.0001,
      feeTaker: 0.00023,
    })
    // 12.05523 × 0.0001 = 0.001205523 received; 12.3 × 0.00023 = 0.002829 paid
    expect(run.fills.map(({ fee, liquidity }) => [liquidity, fee])).toEqual([
      ['maker', -0.00120552],
      ['taker', 0.002829],
    ])
    // −12.05523 + 0.00120552 + 12.3 − 0.002829
    expect(run.endEquity).toBe(10_000.24314652)
    expect(run.trades[0]).toMatchObject({ fees: 0.00162348, pnl: 0.24314652 })
  })

  test('rule 17: in the asset received it is more of what was bought, at cost, rounded down', () => {
    const run = play({
      rows: [FLAT, dips],
      decide: { 0: () => order },
      feeMaker: -0.00012345,
      feeAsset: 'received',
    })
    // 0.123 × 0.00012345 = 0.0000151843…, which cost 12.05523 × 0.00001518 ÷ 0.123 = 0.001487791…
    expect(run.fills[0]).toMatchObject({ fee: -0.00148779, feeAsset: 'BTC', position: 0.123 })
    expect(run.engine.slots[0]!.position.heldQty).toBe(0.12301518)
    expect(run.equity.cash.at(-1)).toBe(10_000 - 12.05523)
    expect(run.endEquity).toBe(9987.94477 + 12.301518)
  })

  test('rule 17: a position that a maker flips divides its rebate between what it closes and what it opens', () => {
    const run = play({
      rows: [FLAT, FLAT, [100, 103, 99, 100]],
      kind: 'perpetual',
      decide: { 0: () => buy({ qty: 1 }), 1: () => sell({ qty: 3, limit: 102 }) },
      feeMaker: -0.0001,
    })
    // 306 × 0.0001 = 0.0306, a third of it for the long that it closes
    expect(run.trades[0]).toMatchObject({ side: 'long', fees: -0.0102, pnl: 2.0102 })
    expect(run.openTrades[0]).toMatchObject({ side: 'short', qty: 2, fees: -0.0204 })
    expect(run.fees).toBe(-0.0306)
  })

  test('rule 17: funds are reckoned as if a taker were charged: a rebate buys nothing before it is there', () => {
    const rows = [FLAT, dips]
    const free = { cash: 98.01, feeMaker: -0.001, feeTaker: 0 } as const
    expect(play({ rows, ...free, decide: { 0: () => buy({ qty: 1, limit: 98.01 }) } }).fills).toHaveLength(1)
    const more = play({ rows, ...free, decide: { 0: () => buy({ qty: 1.001, limit: 98.01 }) } })
    expect(eventsOf(more, 'rejected')[0]?.reason).toBe('INSUFFICIENT_BALANCE')
    const dear = { ...free, feeTaker: 0.001 }
    expect(play({ rows, ...dear, decide: { 0: () => buy({ qty: 1, limit: 98.01 }) } }).fills).toEqual([])
  })
})
