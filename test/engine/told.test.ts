import { describe, expect, test } from 'vitest'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import { amend, buy, cancel, close, type Decision, sell } from '../../src/core/order.ts'
import type { RiskLimits } from '../../src/core/risk.ts'
import type { Told } from '../../src/core/told.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { resolveRisk } from '../../src/engine/risk-limits.ts'
import { barsOf, HOUR, instrumentOf, marginOf, type Row } from './scene.ts'

/** A strategy whose orders are filled elsewhere. */
function elsewhere(
  rows: readonly Row[],
  decide: Readonly<Record<number, Decision>>,
  limits: RiskLimits = { maxOpenOrders: 100 },
): Engine {
  return new Engine({
    strategy: defineStrategy({ name: 'live', onBar: ({ bar }) => decide[bar.openTime / HOUR] }),
    ...{ params: {}, cash: 10_000, instants: 1, limitTouch: false, execution: PLAIN_EXECUTION, fills: 'told' },
    risk: resolveRisk([{ source: 'the test', limits }]),
    slots: [
      {
        instrument: instrumentOf({}, 'BTCUSDT', 'perpetual'),
        ...{ bars: barsOf(rows), indicators: {}, also: {}, startRow: 0, readyRow: 0, margin: marginOf() },
        costs: costsOf({ feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 2 }),
      },
    ],
  })
}

const filled = (
  order: string,
  qty: string,
  price: string,
  more: Partial<Extract<Told, { kind: 'fill' }>> = {},
): Told => ({
  ...{ kind: 'fill', symbol: 'BTCUSDT', order, qty, price, fee: '0.01', liquidity: 'taker', at: HOUR + 50 },
  ...more,
})

const said = (engine: Engine, from = 0) =>
  engine.events.slice(from).map((event) => {
    if (event.type === 'accepted' || event.type === 'amended') {
      const { id, role, qty, trigger, limit } = event.order
      return `${event.type} ${id} ${role} ${qty} ${trigger ?? limit ?? 'market'}`
    }
    if (event.type === 'fill') return `fill ${event.fill.order} ${event.fill.qty} at ${event.fill.price}`
    return 'id' in event ? `${event.type} ${event.id}${'reason' in event ? ` ${event.reason}` : ''}` : event.type
  })

const FLAT: Row = [100, 130, 70, 100]

test('no bar fills an order: the exchange does, and says at what price, for which fee and when', () => {
  const engine = elsewhere([FLAT, FLAT], { 0: buy({ qty: 2 }) })
  engine.onBar(HOUR)
  engine.onBar(2 * HOUR)
  expect(engine.soFar.fills).toEqual([])
  engine.tell(filled('o1', '2', '101.25', { fee: '0.10125' }))
  expect(engine.soFar.fills).toMatchObject([
    { order: 'o1', qty: 2, price: 101.25, fee: 0.10125, liquidity: 'taker', time: HOUR + 50, slippage: 0, position: 2 },
  ])
  expect(engine.account.wallet).toBe((10_000 - 0.10125) * 1e8)
})

test('a bracket lives from the fill that is told, leg by leg, and one that fills ends the other', () => {
  const bracket = buy({ qty: 2, stopLoss: { distance: 5 }, takeProfit: { distance: 10 } })
  const engine = elsewhere([FLAT, FLAT], { 0: bracket })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '0.5', '101'))
  engine.tell(filled('o1', '1.5', '102'))
  expect(said(engine, 1)).toEqual([
    'fill o1 0.5 at 101',
    'accepted o2 stop 0.5 96',
    'accepted o3 target 0.5 111',
    'fill o1 1.5 at 102',
    'amended o2 stop 2 96',
    'amended o3 target 2 111',
  ])
  // when the exchange says that it was filled, not when a bar opened
  expect(engine.events.slice(1).map(({ at }) => at)).toEqual(Array(6).fill(HOUR + 50))
  engine.tell(filled('o3', '2', '111', { liquidity: 'maker', fee: '0.0444' }))
  expect(said(engine, 7)).toEqual(['fill o3 2 at 111', 'cancelled o2 oco'])
  // bought 0.5 at 101 and 1.5 at 102, sold 2 at 111: 18.5, less fees of 0.01 + 0.01 + 0.0444
  expect(engine.soFar.trades).toMatchObject([{ pnl: 18.4356, exitTag: 'target', entryTime: HOUR + 50 }])
})

test('a fill that crosses its cancel is booked, and its stop goes live', () => {
  const engine = elsewhere([FLAT, FLAT], { 0: buy({ qty: 1, limit: 90, stopLoss: 80, id: 'dip' }), 1: cancel('dip') })
  engine.onBar(HOUR)
  engine.onBar(2 * HOUR)
  engine.tell(filled('dip', '1', '90', { liquidity: 'maker' }))
  expect(said(engine, 1)).toEqual(['cancelled dip requested', 'fill dip 1 at 90', 'accepted o1 stop 1 80'])
})

test('a part of an entry that fills as its leg has goes by itself, and has its legs though another bracket is held', () => {
  const dip = buy({ qty: 1, limit: 95, stopLoss: 90, takeProfit: 120, id: 'dip' })
  const engine = elsewhere([FLAT, FLAT], { 0: buy({ qty: 1, stopLoss: 80 }), 1: dip })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '1', '100'))
  engine.onBar(2 * HOUR)
  engine.tell(filled('dip', '0.6', '95'))
  engine.tell(filled('o3', '0.6', '90'))
  const from = engine.events.length
  engine.tell(filled('dip', '0.3', '92'))
  engine.tell(filled('dip', '0.1', '92'))
  expect(said(engine, from)).toEqual([
    ...['fill dip 0.3 at 92', 'accepted o5 stop 0.3 90', 'accepted o6 target 0.3 120'],
    ...['fill dip 0.1 at 92', 'amended o5 stop 0.4 90', 'amended o6 target 0.4 120'],
  ])
  // and what the first bracket protects is its own still
  expect(engine.slots[0]!.orders.map(({ id, qty }) => [id, qty])).toEqual([
    ['o2', 1000],
    ['o5', 400],
    ['o6', 400],
  ])
})

test('a part of an entry that fills after a close has its legs, though another bracket is held', () => {
  const dip = buy({ qty: 1, limit: 95, stopLoss: 90, takeProfit: 120, id: 'dip' })
  const other = buy({ qty: 1, limit: 94, stopLoss: 80, id: 'other' })
  const engine = elsewhere([FLAT, FLAT], { 0: [dip, other], 1: close() })
  engine.onBar(HOUR)
  engine.tell(filled('dip', '0.3', '95'))
  engine.onBar(2 * HOUR)
  engine.tell(filled('o3', '0.3', '96'))
  engine.tell(filled('other', '1', '94'))
  const from = engine.events.length
  engine.tell(filled('dip', '0.4', '95'))
  engine.tell(filled('dip', '0.3', '95'))
  expect(said(engine, from)).toEqual([
    ...['fill dip 0.4 at 95', 'accepted o5 stop 0.4 90', 'accepted o6 target 0.4 120'],
    ...['fill dip 0.3 at 95', 'amended o5 stop 0.7 90', 'amended o6 target 0.7 120'],
  ])
  expect(engine.slots[0]!.orders.map(({ role, qty }) => `${role} ${qty}`)).toEqual([
    ...['stop 1000', 'stop 700', 'target 700'],
  ])
})

test('what the exchange refuses or ends is an event, and an order is not ended twice', () => {
  const engine = elsewhere([FLAT, FLAT], { 0: [buy({ qty: 1 }), buy({ qty: 1, limit: 90 })] })
  engine.onBar(HOUR)
  const why = '-2019 Margin is insufficient.'
  engine.tell({ kind: 'ended', symbol: 'BTCUSDT', order: 'o1', reason: 'refused', why, at: HOUR + 9 })
  engine.tell({ kind: 'ended', symbol: 'BTCUSDT', order: 'o2', reason: 'expired', why: '', at: HOUR + 9 })
  engine.tell({ kind: 'ended', symbol: 'BTCUSDT', order: 'o2', reason: 'expired', why: '', at: HOUR + 9 })
  expect(engine.events.slice(2)).toMatchObject([
    { type: 'rejected', id: 'o1', reason: 'EXCHANGE', value: why },
    { type: 'cancelled', id: 'o2', reason: 'expired' },
  ])
  expect(engine.slots[0]!.orders).toEqual([])
})

test('a trailing stop moves once a bar, after its first bar by the close alone, and whoever keeps it is told', () => {
  const rows: Row[] = [FLAT, [100, 130, 95, 110], [110, 125, 108, 120], [120, 121, 119, 120]]
  const engine = elsewhere(rows, { 0: buy({ qty: 1, trailingStop: { distance: 10 } }) })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '1', '100'))
  for (const hour of [2, 3, 4]) engine.onBar(hour * HOUR)
  // from 90: the close of 110 gives 100, the high of 125 gives 115, the high of 121 nothing
  expect(said(engine, 2)).toEqual(['accepted o2 trail 1 90', 'amended o2 trail 1 100', 'amended o2 trail 1 115'])
})

test('funding that is told is paid, rounded against the trader', () => {
  const engine = elsewhere([FLAT, FLAT], { 0: buy({ qty: 1 }) })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '1', '100', { fee: '0' }))
  const funding = { kind: 'funding', symbol: 'BTCUSDT', rate: '0.0001', mark: '100.5', at: 2 * HOUR } as const
  engine.tell({ ...funding, paid: '0.010050001' })
  engine.tell({ ...funding, paid: '-0.010050009' })
  // paid 0.01005001, received 0.01005
  expect(engine.account.fundingUnits).toBe(1)
})

test('what nobody sent, of a market nobody trades, or finer than its grid is refused', () => {
  const engine = elsewhere([FLAT, FLAT], { 0: buy({ qty: 1 }) })
  engine.onBar(HOUR)
  expect(() => engine.tell(filled('o9', '1', '100'))).toThrow('order o9, which was never sent')
  expect(() => engine.tell(filled('o1', '0.00001', '100'))).toThrow('0.00001, finer than the 3 decimals')
  expect(() => engine.tell({ ...filled('o1', '1', '100'), symbol: 'ETHUSDT' })).toThrow('ETHUSDT is told of')
  // and who asks first hears the same, of funding too
  expect(engine.whyNot(filled('o9', '1', '100'))).toContain('order o9, which was never sent')
  expect(engine.whyNot(filled('o1', '1', '100.001'))).toContain('100.001, finer than the 2 decimals')
  expect(engine.whyNot({ ...filled('o1', '1', '100'), symbol: 'ETHUSDT' })).toContain('ETHUSDT is told of')
  const funding = { kind: 'funding', symbol: 'BTCUSDT', paid: '1e-9', rate: '0.0001', mark: '100', at: HOUR } as const
  expect(engine.whyNot(funding)).toBe('"1e-9" is not a plain decimal number')
  expect([engine.whyNot(filled('o1', '1', '100.01')), engine.whyNot({ ...funding, paid: '-1' })]).toEqual([null, null])
})

test('of the last thousand orders that have ended a fill is still taken, and of none before', () => {
  const bars = 1002
  const rows = Array.from({ length: bars + 1 }, () => FLAT)
  const engine = elsewhere(rows, Object.fromEntries(rows.map((_, k) => [k, buy({ qty: 0.001, limit: 50 })])))
  for (let hour = 1; hour <= bars; hour++) {
    engine.onBar(hour * HOUR)
    const at = hour * HOUR + 1
    engine.tell({ kind: 'ended', symbol: 'BTCUSDT', order: `o${hour}`, reason: 'requested', why: '', at })
  }
  // 3 to 1002 are a thousand
  expect(engine.whyNot(filled('o2', '0.001', '50'))).toContain('order o2, which was never sent')
  engine.tell(filled('o3', '0.001', '50'))
  expect(engine.soFar.fills).toMatchObject([{ order: 'o3', qty: 0.001, price: 50 }])
})

test('a halt by hand over one that closes goes on closing, and no new day lifts it', () => {
  const day = 24
  const rows: Row[] = [FLAT, [100, 100, 40, 40], ...Array.from({ length: day }, (): Row => [40, 40, 40, 40])]
  const engine = elsewhere(rows, { 0: buy({ qty: 50 }), [day]: buy({ qty: 1 }) }, { maxDailyLoss: 0.2 })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '50', '100', { fee: '0' }))
  engine.onBar(2 * HOUR)
  engine.halt('somebody looked', false)
  engine.tell({ kind: 'ended', symbol: 'BTCUSDT', order: 'o2', reason: 'refused', why: 'not now', at: 2 * HOUR + 1 })
  for (let hour = 3; hour <= day + 1; hour++) engine.onBar(hour * HOUR)
  expect(said(engine, 2).slice(0, 5)).toEqual([
    'halted',
    'accepted o2 close 50 market',
    'halted',
    'rejected o2 EXCHANGE',
    'accepted o3 close 50 market',
  ])
  expect(said(engine).at(-1)).toBe('rejected o4 RISK_HALT')
})

test('trading that is halted by hand opens nothing until somebody resumes; flattening closes what is held', () => {
  const entry = buy({ qty: 1 })
  const engine = elsewhere([FLAT, FLAT, FLAT, FLAT], { 0: entry, 1: entry, 2: entry, 3: entry })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '1', '100'))
  engine.halt('a foreign order', false)
  engine.onBar(2 * HOUR)
  expect(said(engine, 2)).toEqual(['halted', 'rejected o2 RISK_HALT'])
  engine.resume()
  engine.onBar(3 * HOUR)
  engine.halt('stale data', true)
  expect(said(engine, 4)).toEqual([
    'resumed',
    'accepted o3 order 1 market',
    'halted',
    'cancelled o3 risk',
    'accepted o4 close 1 market',
  ])
})

describe('an exit with nothing to reduce', () => {
  const entry = buy({ qty: 1, stopLoss: { distance: 5 } })

  test('ends as in a backtest: at once, where nothing before it can open anything', () => {
    const engine = elsewhere([FLAT, FLAT], { 0: close(), 1: [buy({ qty: 1, limit: 90 }), close()] })
    engine.onBar(HOUR)
    engine.onBar(2 * HOUR)
    expect(said(engine)).toEqual([
      'rejected o1 NO_POSITION',
      ...['accepted o2 order 1 90', 'accepted o3 close 0 market', 'cancelled o3 flat'],
    ])
  })

  test('waits for an entry that is to fill before it, and is for all of it', () => {
    const engine = elsewhere([FLAT, FLAT], { 0: [sell({ qty: 2 }), close()] })
    engine.onBar(HOUR)
    engine.tell(filled('o1', '0.5', '100'))
    engine.tell(filled('o1', '1.5', '100'))
    expect(said(engine, 2)).toEqual(['fill o1 0.5 at 100', 'fill o1 1.5 at 100', 'amended o2 close 2 market'])
    expect(engine.events.at(-1)).toMatchObject({ order: { side: 'buy' } })
    engine.tell(filled('o2', '2', '100'))
    expect([engine.slots[0]!.position.qty, engine.slots[0]!.orders]).toEqual([0, []])
  })

  test('ends with the entry that it waited for', () => {
    const engine = elsewhere([FLAT, FLAT], { 0: [buy({ qty: 2 }), close()] })
    engine.onBar(HOUR)
    engine.tell({ kind: 'ended', symbol: 'BTCUSDT', order: 'o1', reason: 'refused', why: '', at: HOUR + 9 })
    expect(said(engine, 2)).toEqual(['rejected o1 EXCHANGE', 'cancelled o2 flat'])
  })

  test('whose position a leg has closed, or of which there are two', () => {
    const engine = elsewhere([FLAT, FLAT], { 0: entry, 1: [close(), close(), sell({ qty: 1, reduceOnly: true })] })
    engine.onBar(HOUR)
    engine.tell(filled('o1', '1', '100'))
    engine.onBar(2 * HOUR)
    const from = engine.events.length
    engine.tell(filled('o2', '0.4', '95', { at: 2 * HOUR + 9 }))
    engine.tell(filled('o3', '0.6', '95', { at: 2 * HOUR + 9 }))
    expect(said(engine, from)).toEqual([
      'fill o2 0.4 at 95',
      ...['amended o3 close 0.6 market', 'amended o4 close 0.6 market', 'amended o5 order 0.6 market'],
      ...['fill o3 0.6 at 95', 'cancelled o2 flat', 'cancelled o4 flat', 'cancelled o5 flat'],
    ])
  })

  test('is for what is held, whatever it was amended to', () => {
    const engine = elsewhere([FLAT, FLAT], {
      0: [buy({ qty: 1 }), close()],
      1: amend('o2', { qty: 5 }),
    })
    for (const hour of [1, 2]) engine.onBar(hour * HOUR)
    engine.tell(filled('o1', '1', '100', { at: 2 * HOUR + 9 }))
    expect(said(engine, 2)).toEqual([
      ...['amended o2 close 5 market', 'amended o2 close 0 market'],
      ...['fill o1 1 at 100', 'amended o2 close 1 market'],
    ])
  })
})

test('what the exchange itself reduces is a fill of no order: position, exits and trade follow', () => {
  const engine = elsewhere([FLAT, FLAT], { 0: buy({ qty: 2, stopLoss: 90 }), 1: close() })
  engine.onBar(HOUR)
  engine.tell(filled('o1', '2', '100'))
  engine.onBar(2 * HOUR)
  const system = { by: 'auto-deleveraging', side: 'sell' } as const
  engine.tell(filled('auto-deleveraging-7', '0.5', '104', { system }))
  expect(said(engine, -2)).toEqual(['fill auto-deleveraging-7 0.5 at 104', 'amended o3 close 1.5 market'])
  engine.tell(filled('liquidation-8', '1.5', '104', { system: { by: 'liquidation', side: 'sell' } }))
  expect(said(engine, -3)).toEqual(['fill liquidation-8 1.5 at 104', 'cancelled o2 flat', 'cancelled o3 flat'])
  expect(engine.soFar.fills.at(-1)).toMatchObject({ side: 'sell', role: 'liquidation', position: 0 })
  // 2 × 4, less three fees
  expect(engine.soFar.trades).toMatchObject([{ pnl: 7.97, exitTag: 'liquidation' }])
})
