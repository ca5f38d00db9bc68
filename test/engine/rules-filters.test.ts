import { describe, expect, test } from 'vitest'
import type { Filters } from '../../src/core/instrument.ts'
import { buy, close, sell } from '../../src/core/order.ts'
import { endLines, eventsOf, fillLines, play, type Row, type Scene } from './scene.ts'

const FLAT: Row = [100, 101, 99, 100]
const ask = (request: ReturnType<typeof buy>, filters: Partial<Filters>, more: Partial<Scene> = {}) =>
  play({ rows: [FLAT, FLAT], decide: { 0: () => request }, filters, ...more })
const refusals = (run: ReturnType<typeof play>) =>
  eventsOf(run, 'rejected').map(({ filter, value, limit }) => [filter, value, limit])

describe('rule 18: filters at acceptance', () => {
  const notional = (applyMinToMarket: boolean) => ({
    notional: { filter: 'MIN_NOTIONAL', min: '5', applyMinToMarket, avgPriceMins: 5, reduceOnlyExempt: false } as const,
  })
  const MARKET = { marketLot: { min: '0.1', max: '1', step: '0.1' } }
  const PERCENT = { percentPrice: { up: '1.2', down: '0.8', avgPriceMins: 5, oneSided: false } }

  test('rule 18: the minimal notional of a market order is taken at the last close, wherever it then opens', () => {
    // 0.049 × 100 = 4.9, though at 200 it would be 9.8; 0.05 × 100 = 5, though at 50 it is 2.5
    const refused = play({
      rows: [FLAT, [200, 201, 199, 200]],
      decide: { 0: () => buy({ qty: 0.049 }) },
      filters: notional(true),
    })
    expect(refusals(refused)).toEqual([['MIN_NOTIONAL', '4.9', 'minNotional 5']])
    expect(refused.rejectedBy).toEqual({ MIN_NOTIONAL: 1 })
    const filled = play({
      rows: [FLAT, [50, 51, 49, 50]],
      decide: { 0: () => buy({ qty: 0.05 }) },
      filters: notional(true),
    })
    expect(fillLines(filled)).toEqual(['1 open buy 0.05 @ 50 taker'])
  })

  test('rule 18: a perpetual’s prices are bounded by its mark price, where that is stored', () => {
    const percentPrice = { up: '1.05', down: '0.95', avgPriceMins: 0, oneSided: true }
    const rows = [FLAT, FLAT]
    const decide = { 0: () => [buy({ qty: 1, limit: 104 }), sell({ qty: 1, limit: 94 })] }
    const scene = { rows, decide, kind: 'perpetual', filters: { percentPrice } } as const
    // around the last close of 100: buys up to 105, sells from 95; around a mark of 98: up to 102.9, from 93.1
    expect(refusals(play(scene))).toEqual([['PERCENT_PRICE', '94', '0.95 × 100']])
    const marks = [98, 98].map((mark) => [mark, mark, mark, mark] as const)
    expect(refusals(play({ ...scene, marks }))).toEqual([['PERCENT_PRICE', '104', '1.05 × 98']])
  })

  test('rule 18: where the venue does not apply it to market orders it is not; limits and stops have their own price', () => {
    expect(ask(buy({ qty: 0.01 }), notional(false)).fills).toHaveLength(1)
    // 0.04 × 124 = 4.96 and 0.04 × 125 = 5
    expect(refusals(ask(buy({ qty: 0.04, limit: 124 }), notional(true)))).toEqual([
      ['MIN_NOTIONAL', '4.96', 'minNotional 5'],
    ])
    expect(ask(buy({ qty: 0.04, limit: 125 }), notional(true)).rejected).toBe(0)
    expect(ask(buy({ qty: 0.04, stop: 125 }), notional(true)).rejected).toBe(0)
    expect(refusals(ask(buy({ qty: 0.04, stop: 124 }), notional(false)))).toEqual([
      ['MIN_NOTIONAL', '4.96', 'minNotional 5'],
    ])
  })

  test('rule 18: an entry whose legs could not stand is refused with them', () => {
    // 0.06 × 100 = 6, the stop leg at 80 is 4.8; 0.063 × 80 = 5.04
    const refused = ask(buy({ qty: 0.06, stopLoss: 80 }), notional(true))
    expect(refusals(refused)).toEqual([['MIN_NOTIONAL', '4.8', 'minNotional 5']])
    expect(refused.fills).toEqual([])
    expect(ask(buy({ qty: 0.063, stopLoss: 80 }), notional(true)).rejected).toBe(0)
  })

  test('rule 18: market orders obey MARKET_LOT_SIZE, others do not', () => {
    expect(refusals(ask(buy({ qty: 2 }), MARKET))).toEqual([['MARKET_LOT_SIZE', '2', 'maxQty 1']])
    expect(refusals(ask(buy({ qty: 0.09 }), MARKET))).toEqual([['LOT_SIZE', '0', 'minQty 0.001']])
    expect(fillLines(ask(buy({ qty: 0.99 }), MARKET))).toEqual(['1 open buy 0.9 @ 100 taker'])
    expect(fillLines(ask(buy({ qty: 2.99, limit: 100.5 }), MARKET))).toEqual(['1 open buy 2.99 @ 100 taker'])
    expect(eventsOf(ask(buy({ qty: 2.99, stop: 110 }), MARKET), 'accepted')[0]?.order.qty).toBe(2.99)
  })

  test('rule 18: market orders obey LOT_SIZE as well', () => {
    const lot = { lot: { min: '0.5', max: '0.8', step: '0.05' } }
    expect(refusals(ask(buy({ qty: 0.49 }), { ...MARKET, ...lot }))).toEqual([['LOT_SIZE', '0.4', 'minQty 0.5']])
    expect(refusals(ask(buy({ qty: 0.9 }), { ...MARKET, ...lot }))).toEqual([['LOT_SIZE', '0.9', 'maxQty 0.8']])
    expect(fillLines(ask(buy({ qty: 0.79 }), { ...MARKET, ...lot }))).toEqual(['1 open buy 0.7 @ 100 taker'])
  })

  test('rule 18: close() is a market order: what is more than one may carry is refused, and stays', () => {
    const run = play({
      rows: [FLAT, FLAT, FLAT],
      decide: { 0: () => buy({ qty: 3, limit: 100.5 }), 1: () => close() },
      filters: MARKET,
    })
    expect(refusals(run)).toEqual([['MARKET_LOT_SIZE', '3', 'maxQty 1']])
    expect(run.openTrades[0]?.qty).toBe(3)
  })

  test('rule 18: PERCENT_PRICE against the last close where no minutes are stored, and the report says so', () => {
    const run = ask(buy({ qty: 1, limit: 79.99 }), PERCENT)
    expect(refusals(run)).toEqual([['PERCENT_PRICE', '79.99', '0.8 × 100']])
    expect(ask(buy({ qty: 1, limit: 80 }), PERCENT).rejected).toBe(0)
    expect(refusals(ask(sell({ qty: 1, limit: 120.01 }), PERCENT, { kind: 'perpetual' }))).toEqual([
      ['PERCENT_PRICE', '120.01', '1.2 × 100'],
    ])
    expect(run.notes.join()).toMatch(/PERCENT_PRICE is checked against the last close .*averages 5 minutes/)
    // it bounds limits: where there are none, nothing is compared and nothing is to be said
    expect(ask(buy({ qty: 1 }), PERCENT).notes).toEqual([])
    expect(ask(buy({ qty: 1, stopLoss: 90 }), PERCENT).notes).toEqual([])
    expect(ask(buy({ qty: 1, takeProfit: 110 }), PERCENT).notes.join()).toMatch(/PERCENT_PRICE is checked/)
  })

  test('rule 18: a leg is judged by the close before its bar: that of its bar is not known yet', () => {
    // the entry at 100 has a target of 119, within 1.2 × 100; its bar closes at 70, of which 119 is more than 1.2 ×
    const run = play({
      rows: [FLAT, [100, 101, 69, 70], [70, 121, 69, 120]],
      decide: { 0: () => buy({ qty: 1, takeProfit: 119 }) },
      filters: PERCENT,
    })
    expect(run.rejected).toBe(0)
    expect(fillLines(run)).toEqual(['1 open buy 1 @ 100 taker', '2 inside sell 1 @ 119 maker'])
  })

  test('rule 18: a leg that cannot stand at the fill is refused there, and the entry stays', () => {
    // judged by the close of 100, filled at 130
    const run = play({
      rows: [FLAT, [130, 131, 129, 130]],
      decide: { 0: () => buy({ qty: 1, takeProfit: { percent: 0.1 }, stopLoss: { percent: 0.1 } }) },
      filters: PERCENT,
    })
    // target 130 × 1.1 = 143 is above 120; the stop of 117 has no limit price and stands
    expect(refusals(run)).toEqual([['PERCENT_PRICE', '143', '1.2 × 100']])
    expect(endLines(run)).toEqual(['o3 rejected PERCENT_PRICE', 'o2 cancelled end'])
    expect(run.openTrades).toHaveLength(1)
  })

  test('rule 18: order types that the venue lacks are simulated and named', () => {
    const orderTypes = ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT']
    const notes = (...requests: ReturnType<typeof buy>[]) =>
      play({ kind: 'spot', rows: [FLAT, FLAT], decide: { 0: () => requests }, orderTypes }).notes
    expect(notes(buy({ qty: 1 }), buy({ qty: 1, limit: 90 }), buy({ qty: 1, stop: 110, limit: 111 }))).toEqual([])
    const named = notes(
      buy({ qty: 1, stop: 110 }),
      buy({ qty: 1, stop: 120 }),
      buy({ qty: 1, touch: 90 }),
      buy({ qty: 1, trail: 5 }),
    )
    expect(named).toHaveLength(3)
    for (const type of [
      'stop order (STOP_LOSS',
      'touch order (TAKE_PROFIT',
      'trailing-stop order (TRAILING_STOP_MARKET',
    ])
      expect(named.join('\n')).toContain(`BTCUSDT: binance has no ${type}`)
    expect(notes(buy({ qty: 1, stopLoss: 90, trailingStop: 5 }))).toHaveLength(2)
    // a venue whose types are not known lacks none
    expect(play({ rows: [FLAT, FLAT], decide: { 0: () => buy({ qty: 1, stop: 110 }) } }).notes).toEqual([])
  })
})
