import { describe, expect, test } from 'vitest'
import { buy, cancelAll, close, sell } from '../../src/core/order.ts'
import { endLines, eventsOf, fillLines, play, type Row, type Scene } from './scene.ts'

const FLAT: Row = [100, 100, 100, 100]
const perp = (decide: Scene['decide'], rows: readonly Row[] = [FLAT, FLAT, FLAT], more: Partial<Scene> = {}) =>
  play({ kind: 'perpetual', cash: 1000, rows, decide, margin: { leverage: 10 }, ...more })

describe('initial margin (fills.md 16)', () => {
  test('an order needs its notional over the leverage, fees included; to the last step', () => {
    // 99.9 × 100 ÷ 10 = 999 and 99.9 × 100 × 0.0001 = 0.999; a thousandth more needs 999.01 + 0.99901
    const costs = { feeTaker: 0.0001, feeMaker: 0.0001 }
    expect(perp({ 0: () => buy({ qty: 99.9 }) }, undefined, costs).fills).toHaveLength(1)
    const refused = perp({ 0: () => buy({ qty: 99.901 }) }, undefined, costs)
    expect(eventsOf(refused, 'rejected')).toMatchObject([
      { reason: 'INSUFFICIENT_MARGIN', value: '1000.00901', limit: '1000 USDT free' },
    ])
  })

  test('open orders of the larger side count; those of the other side are covered by the position', () => {
    const run = perp({
      0: () => [
        buy({ qty: 60, limit: 99, id: 'a' }),
        sell({ qty: 60, limit: 101, id: 'b' }),
        buy({ qty: 60, limit: 98, id: 'c' }),
      ],
    })
    expect(endLines(run).filter((line) => line.includes('rejected'))).toEqual(['c rejected INSUFFICIENT_MARGIN'])
  })

  test('reduce-only and what only reduces need none; a flip needs it for the rest', () => {
    const all = { 0: () => buy({ qty: 100 }) }
    expect(fillLines(perp({ ...all, 1: () => sell({ qty: 100 }) })).at(-1)).toBe('2 open sell 100 @ 100 taker')
    expect(perp({ ...all, 1: () => close() }).trades).toHaveLength(1)
    const flip = perp({ ...all, 1: () => sell({ qty: 150 }) })
    expect(flip.engine.slots[0]!.position.qty).toBe(-50)
    const bracket = perp({ 0: () => buy({ qty: 100, stopLoss: 95, takeProfit: 110 }) })
    expect(bracket.rejected).toBe(0)
  })

  test('an unrealised loss of a cross position is not free; its profit is', () => {
    const falling: Row[] = [FLAT, FLAT, [100, 100, 95, 95], FLAT]
    const second = (rows: Row[]) =>
      perp({ 0: () => buy({ qty: 50 }), 2: () => buy({ qty: 20, limit: 90, id: 'more' }) }, rows)
    // at 95: wallet 1000 − 250 − 475 = 275 free; 20 × 90 ÷ 10 = 180
    expect(endLines(second(falling))).toEqual(['more cancelled end'])
    const deep: Row[] = [FLAT, FLAT, [100, 100, 90, 90], FLAT]
    // at 90: 1000 − 500 − 450 = 50
    expect(endLines(second(deep))).toEqual(['more rejected INSUFFICIENT_MARGIN'])
    const rising: Row[] = [FLAT, FLAT, [100, 120, 100, 120], FLAT]
    const more = perp({ 0: () => buy({ qty: 90 }), 2: () => buy({ qty: 70, limit: 100 }) }, rising)
    // 1000 + 1800 − 1080 = 1720; 70 × 100 adds 700
    expect(more.rejected).toBe(0)
  })

  test('isolated: what is set aside is not free, whatever the position earns', () => {
    const rising: Row[] = [FLAT, FLAT, [100, 120, 100, 120], FLAT]
    const run = perp({ 0: () => buy({ qty: 90 }), 2: () => buy({ qty: 20, limit: 100, id: 'more' }) }, rising, {
      margin: { leverage: 10, mode: 'isolated' },
    })
    expect(endLines(run)).toEqual(['more rejected INSUFFICIENT_MARGIN'])
  })

  test('at the fill: where the open has moved away, qty is refused and a relative size cut', () => {
    const rows: Row[] = [FLAT, [110, 110, 110, 110], FLAT]
    expect(endLines(perp({ 0: () => buy({ qty: 100, id: 'q' }) }, rows))).toEqual(['q rejected INSUFFICIENT_MARGIN'])
    const cut = perp({ 0: () => buy({ quote: 10_000 }) }, rows)
    // 1000 × 10 ÷ 110 = 90.909
    expect(eventsOf(cut, 'cut')).toMatchObject([{ reason: 'INSUFFICIENT_MARGIN', from: 100, to: 90.909 }])
  })

  test('at the fill: what only reduces binds none, though what rests beside it would turn the position round', () => {
    // held 9000; sales of 8820 and 17 100 reach 16 920 short: 1692 of 1700
    const decide: Scene['decide'] = {
      0: () => buy({ qty: 90 }),
      1: () => [sell({ qty: 90, stop: 98, id: 'out' }), sell({ qty: 180, stop: 95, id: 'turn' })],
    }
    const rows: Row[] = [FLAT, FLAT, [100, 100, 98.5, 98.5], [98.5, 98.5, 97, 97]]
    const run = perp(decide, rows, { cash: 1700 })
    // at the close of 98.5 the loss of 135 has left less than both want
    expect(fillLines(run)).toEqual(['1 open buy 90 @ 100 taker', '3 inside sell 90 @ 98 taker'])
    expect(run.rejected).toBe(0)
  })

  test('a size relative to equity may be larger than it, up to the leverage', () => {
    expect(perp({ 0: () => sell({ fraction: 3 }) }).fills[0]).toMatchObject({ side: 'sell', qty: 30 })
    expect(perp({ 0: () => buy({ fraction: 12 }) }).fills[0]).toMatchObject({ qty: 100 })
  })

  test('cancelling gives it back', () => {
    const run = perp({
      0: () => buy({ qty: 100, limit: 90 }),
      1: () => [cancelAll(), buy({ qty: 100 })],
    })
    expect(run.rejected).toBe(0)
    expect(run.fills).toHaveLength(1)
  })

  test('a notional above what the leverage allows is refused', () => {
    const margin = { leverage: 125 }
    const run = perp({ 0: () => buy({ qty: 600, id: 'big' }) }, undefined, { cash: 100_000, margin })
    expect(eventsOf(run, 'rejected')).toMatchObject([
      { reason: 'MAX_NOTIONAL_AT_LEVERAGE', value: '60000', limit: '50000 USDT at leverage 125' },
    ])
  })
})

describe('short and long', () => {
  test('a short earns what the price falls, in full and exactly', () => {
    const run = perp({ 0: () => sell({ qty: 1.234 }), 1: () => close() }, [FLAT, FLAT, [90, 90, 90, 90]])
    expect(run.trades).toMatchObject([{ side: 'short', entryPrice: 100, exitPrice: 90, pnl: 12.34 }])
    expect(run.endEquity).toBe(1012.34)
  })

  test('cash is the wallet, which a position does not touch until it is closed; equity is marked', () => {
    const seen: number[][] = []
    perp(
      {
        0: () => buy({ qty: 10 }),
        1: ({ account, position }) => void seen.push([account.cash, account.equity, account.free, position.unrealised]),
      },
      [FLAT, [100, 110, 100, 110], FLAT],
    )
    // 1000 + 100 − 1100 ÷ 10
    expect(seen).toEqual([[1000, 1100, 990, 100]])
  })

  test('equity is marked at the mark price where one is given', () => {
    const marks = [100, 104, 104].map((p) => [p, p, p, p] as const)
    const run = perp({ 0: () => buy({ qty: 10 }) }, [FLAT, [100, 110, 100, 110], [110, 110, 110, 110]], { marks })
    expect([...run.equity.equity]).toEqual([1000, 1040, 1040])
    expect(run.openTrades[0]).toMatchObject({ markPrice: 104, pnl: 40 })
  })
})
