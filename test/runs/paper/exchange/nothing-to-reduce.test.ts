import { describe, expect, test } from 'vitest'
import { buy, close, sell } from '../../../../src/core/order.ts'
import { claimsOf } from '../../../../src/runs/paper/exchange/coin-claims.ts'
import { unitsOf } from '../../../../src/runs/paper/exchange/exact.ts'
import { said } from './stub-answer.ts'
import { elsewhere, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** Exits of a position that is not there, or not any more: they are in nobody's way, and no order of quantity 0 is sent. */
useStub()

const BRACKET = { stopLoss: 90, takeProfit: 120 }
const protecting = () =>
  stub.open().map(({ side, qty, trigger, price }) => `${side} ${qty} ${Number(trigger) || price}`)
const exits = () => stub.orders.filter(({ type, side }) => type === 'MARKET' && side === 'SELL')
const isCalm = () => expect([session.said, session.halts]).toEqual([[], []])

describe.each(['spot', 'usdm'] as const)('%s', (kind) => {
  test('a close() while nothing is held: the next position stands with its bracket', async () => {
    await elsewhere(kind)
    await session.settle(close())
    await session.settle(null)
    expect(stub.orders).toEqual([])
    await session.settle(buy({ qty: 1, ...BRACKET }))
    stub.fill(stub.orders[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
    await session.broker.idle()
    await session.broker.reconcile()
    expect(protecting().sort()).toEqual(['SELL 1 120', 'SELL 1 90'])
    isCalm()
  })

  test('a close() while an entry rests', async () => {
    await elsewhere(kind)
    await session.settle(buy({ qty: 1, limit: 95, ...BRACKET }))
    await session.settle(close())
    expect(stub.orders).toHaveLength(1)
    stub.fill(stub.orders[0]!, 1, '95', { maker: true })
    await until('it is known', () => session.position === 1)
    await session.broker.idle()
    expect(protecting().sort()).toEqual(['SELL 1 120', 'SELL 1 90'])
    isCalm()
  })

  test('a close() of what an entry beside it buys goes when that has filled', async () => {
    await elsewhere(kind)
    await session.settle([buy({ qty: 1 }), close()])
    expect(exits()).toEqual([])
    stub.fill(stub.orders[0]!, 1, '100')
    await until('it is sent', () => exits().length === 1)
    await session.broker.idle()
    expect(exits()[0]!.qty).toBe(1)
    isCalm()
  })

  test.each([
    ['twice', [close(), close()]],
    ['and a sale that only reduces', [close(), sell({ qty: 1, reduceOnly: true })]],
  ])('close() %s: what is held leaves, and the next position stands with its stop', async (_, twice) => {
    await elsewhere(kind)
    await hold({ stopLoss: 90 })
    // of two that cross, the second finds nothing there
    await session.settle(twice)
    stub.fill(exits()[0]!, 1, '100')
    await until('it is known', () => session.position === 0)
    await session.broker.idle()
    await session.settle(buy({ qty: 1, stopLoss: 80 }))
    stub.fill(stub.orders.findLast(({ side }) => side === 'BUY')!, 1, '100')
    await until('it is known', () => session.position === 1)
    await session.broker.idle()
    expect(session.run.openOrders()).toMatchObject([{ role: 'stop', trigger: 80 }])
  })

  test('a close() is for what a part of an entry adds before it fills, too', async () => {
    await elsewhere(kind)
    await hold({})
    await session.settle(buy({ qty: 1, limit: 95 }))
    await session.settle(close())
    stub.fill(
      stub.find(({ price }) => price === '95'),
      0.6,
      '95',
      { maker: true },
    )
    stub.fill(exits()[0]!, 1, '100')
    await until('the rest is sent', () => exits().length === 2)
    stub.fill(exits()[1]!, 0.6, '100')
    await until('nothing is left', () => session.position === 0)
    await session.broker.idle()
    expect(exits().map(({ qty }) => qty)).toEqual([1, 0.6])
    expect(session.run.openOrders()).toMatchObject([{ role: 'order', qty: 0.4 }])
    isCalm()
  })

  test('an exit that is held up follows what a leg has done meanwhile', async () => {
    await elsewhere(kind)
    await hold({ takeProfit: 120 })
    let isBusy = true
    stub.fault('POST /fapi/v1/order', () => (isBusy ? said(-1008, 'busy', 503) : undefined), 999)
    stub.fault('DELETE /fapi/v1/order', () => (isBusy ? said(-1008, 'busy', 503) : undefined), 999)
    session.decide(close())
    stub.fill(stub.open()[0]!, 0.4, '120', { maker: true })
    await until('it is known', () => session.position === 0.6)
    isBusy = false
    await until('it is sent', () => exits().some(({ status }) => status === 'NEW'))
    expect(exits().map(({ qty }) => qty)).toEqual([0.6])
  })
})

test('a sale that leaves and has nothing to sell is in nobody’s way', () => {
  const view = { symbol: 'BTCUSDT', side: 'sell', tif: 'GTC', reduceOnly: true, tag: null, limit: null } as const
  const sales = [
    { view: { ...view, id: 'c', type: 'market', role: 'close', qty: 0, trigger: null }, bracket: null },
    { view: { ...view, id: 's', type: 'stop', role: 'stop', qty: 1, trigger: 90 }, bracket: 1 },
  ] as const
  const claims = claimsOf(sales, { held: unitsOf(1), exits: new Set(), isAlone: () => false })
  expect([[...claims.qty], [...claims.waiting]]).toEqual([[['s', unitsOf(1)]], [['c', 'nothing-left']]])
})
