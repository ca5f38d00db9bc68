import { beforeEach, describe, expect, test } from 'vitest'
import { amend, buy, cancel, cancelAll, close } from '../../../../src/core/order.ts'
import { barsOf, instrumentOf, marginOf } from '../../../engine/scene.ts'
import type { Fault } from './stub-answer.ts'
import { anew, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

useStub()

const open = () =>
  stub
    .open()
    .map(
      ({ type, side, qty, price, trigger, reduceOnly }) =>
        `${side} ${type} ${qty} ${price === '0' ? trigger : price}${reduceOnly ? ' reduceOnly' : ''}`,
    )
const doors = (from = 0) =>
  stub.requests
    .slice(from)
    .filter(({ method, path }) => method !== 'GET' && path.includes('rder'))
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)

test('an entry, its bracket, the target that fills: the stop goes, and the wallets agree', async () => {
  await hold({ stopLoss: 90, takeProfit: 120 })
  expect(open()).toEqual(['SELL STOP_MARKET 1 90 reduceOnly', 'SELL LIMIT 1 120 reduceOnly'])
  stub.fill(
    stub.find(({ type }) => type === 'LIMIT'),
    1,
    '120',
    { maker: true },
  )
  await until('the session is flat', () => session.position === 0)
  await session.broker.idle()
  expect(open()).toEqual([])
  expect(session.run.account().wallet).toBe(10_020)
  expect(stub.wallet).toBe(10_020)
  await session.broker.reconcile()
  expect(session.said).toEqual([])
  // one for each order of the engine, in µs
  expect(session.sent).toHaveLength(3)
})

test('an entry in parts: its stop grows with it, and there is always one', async () => {
  await session.settle(buy({ qty: 1, stopLoss: 90 }))
  const began = stub.requests.length
  stub.fill(stub.orders[0]!, 0.4, '100')
  await until('a stop of the first part', () =>
    stub.open().some(({ type, qty }) => type === 'STOP_MARKET' && qty === 0.4),
  )
  await session.broker.idle()
  stub.fill(stub.orders[0]!, 0.6, '100')
  await until('a stop of all', () => stub.open().some(({ type, qty }) => type === 'STOP_MARKET' && qty === 1))
  await session.broker.idle()
  expect(open()).toEqual(['SELL STOP_MARKET 1 90 reduceOnly'])
  expect(doors(began)).toEqual(['POST algoOrder', 'POST algoOrder', 'DELETE algoOrder'])
})

test('a limit order is amended where it rests; of one that is filled in part, the rest', async () => {
  await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
  await session.settle(amend('dip', { limit: 91, qty: 2 }))
  expect(open()).toEqual(['BUY LIMIT 2 91'])
  stub.fill(stub.orders[0]!, 0.5, '91', { maker: true })
  await until('the part is known', () => session.position === 0.5)
  await session.settle(amend('dip', { qty: 1 }))
  // 0.5 is filled and 1 is to come
  expect(stub.open()).toMatchObject([{ qty: 1.5, price: '91', executed: 0.5 }])
  expect(doors()).toEqual(['POST order', 'PUT order', 'PUT order'])
})

test('a stop is moved by placing the new one first', async () => {
  await hold()
  const began = stub.requests.length
  await session.settle(amend('o2', { stop: 95 }))
  expect(open()).toEqual(['SELL STOP_MARKET 1 95 reduceOnly'])
  expect(doors(began)).toEqual(['POST algoOrder', 'DELETE algoOrder'])
})

test('a stop that cannot be moved stays; one that the price has passed leaves at the market', async () => {
  await hold()
  stub.fault('POST /fapi/v1/algoOrder', () => ({
    status: 400,
    body: { code: -4045, msg: 'Reach max stop order limit.' },
  }))
  await session.settle(amend('o2', { stop: 95 }))
  expect(open()).toEqual(['SELL STOP_MARKET 1 90 reduceOnly'])
  expect(session.said).toEqual(['stop-not-moved warning'])
  stub.fault('POST /fapi/v1/algoOrder', () => ({
    status: 400,
    body: { code: -2021, msg: 'Order would immediately trigger.' },
  }))
  await session.settle(amend('o2', { stop: 99 }))
  expect(open()).toEqual(['SELL MARKET 1 0 reduceOnly'])
  expect(session.said).toEqual(['stop-not-moved warning', 'stop-passed warning'])
})

test('a trailing stop is a stop that is replaced as bars move it, and that is said once', async () => {
  await hold({ trailingStop: { distance: 10 } })
  await session.settle(null, 110)
  await session.settle(null, 120)
  expect(open()).toEqual(['SELL STOP_MARKET 1 110 reduceOnly'])
  expect(session.said).toEqual(['own-work info'])
})

test('a stop that triggers is a fill of the stop, and the target goes', async () => {
  await hold({ stopLoss: 90, takeProfit: 120 })
  const order = stub.trigger(stub.find(({ route }) => route === 'algo'))
  stub.fill(order, 1, '89.99')
  await until('the session is flat', () => session.position === 0)
  await session.broker.idle()
  expect(open()).toEqual([])
  expect(session.fills.at(-1)).toBe('o2 1 at 89.99')
  expect(session.run.events.map(({ type }) => type)).toContain('triggered')
})

test('a stop-limit that has triggered rests as a limit, and can be amended and cancelled as one', async () => {
  await session.settle(buy({ qty: 1, stop: 110, limit: 111, id: 'break' }))
  stub.trigger(stub.orders[0]!)
  await until('it is known', () => session.run.openOrders()[0]?.type === 'limit')
  await session.settle(amend('break', { limit: 112 }))
  expect(open()).toEqual(['BUY LIMIT 1 112'])
  await session.settle(cancel('break'))
  expect(open()).toEqual([])
  expect(doors()).toEqual(['POST algoOrder', 'PUT order', 'DELETE order'])
})

test('what was asked for and taken back at once is never sent', async () => {
  session.decide(buy({ qty: 1, limit: 90, id: 'dip' }))
  session.decide(cancelAll())
  await session.broker.idle()
  expect(stub.orders).toEqual([])
})

test('a cancel waits until the order is known to be there', async () => {
  stub.fault('POST /fapi/v1/order', async ({ carryOut }) => {
    await new Promise((done) => setTimeout(done, 60))
    return carryOut()
  })
  session.decide(buy({ qty: 1, limit: 90, id: 'dip' }))
  await until('it is on its way', () => stub.count('POST /fapi/v1/order') === 1)
  session.decide(cancel('dip'))
  await session.broker.idle()
  expect([stub.orders.length, open()]).toEqual([1, []])
  expect(doors()).toEqual(['POST order', 'DELETE order'])
})

test('an order that the exchange refuses is refused, in its words', async () => {
  stub.fault('POST /fapi/v1/order', () => ({ status: 400, body: { code: -2019, msg: 'Margin is insufficient.' } }))
  await session.settle(buy({ qty: 1 }))
  expect(session.run.events.at(-1)).toMatchObject({
    type: 'rejected',
    id: 'o1',
    reason: 'EXCHANGE',
    value: '-2019 Margin is insufficient.',
  })
  expect(stub.count('POST /fapi/v1/order')).toBe(1)
})

test('a part is filled and the rest expires: what was filled counts, what was lost on the stream too', async () => {
  await session.settle(buy({ qty: 1, limit: 101, tif: 'IOC' }))
  stub.fill(stub.orders[0]!, 0.3, '101')
  stub.fill(stub.orders[0]!, 0.2, '101', { isTold: false })
  stub.end(stub.orders[0]!, 'EXPIRED')
  await until('it is over', () => session.run.openOrders().length === 0)
  expect(session.position).toBe(0.5)
  expect(session.run.events.at(-1)).toMatchObject({ type: 'cancelled', reason: 'expired' })
})

test('a stop that somebody cancels is put back, and trading halts', async () => {
  await hold()
  stub.end(
    stub.find(({ route }) => route === 'algo'),
    'CANCELED',
  )
  await until('it is put back', () => stub.open().length === 1)
  await session.broker.idle()
  expect(open()).toEqual(['SELL STOP_MARKET 1 90 reduceOnly'])
  expect(session.halts).toHaveLength(1)
})

test('an order of somebody else, and a position that somebody changed, halt', async () => {
  const order = stub.foreign({ clientId: 'web_abc' })
  await until('it is said', () => session.halts.length === 1)
  expect(session.halts[0]).toContain('order 1001 (web_abc) was not sent by this session')
  order.status = 'CANCELED'
  stub.positions.set('BTCUSDT', 0.5)
  // the order has begun a comparison, which may have passed the position by now
  for (let k = 0; k < 2; k++) await session.broker.reconcile()
  expect(session.halts.at(-1)).toContain('the account holds 0.5, and this session has traded 0')
})

test.each(['kl-0badcafe-mine-1', 'kl-0badcafe2-0123456789abcdef-1', 'x-exchange-7'])(
  'an order of somebody else named %s, much as one of ours, is foreign and stays where it is',
  async (clientId) => {
    stub.foreign({ clientId })
    await until('it is said', () => session.halts.length === 1)
    await session.broker.reconcile()
    expect(session.said).toEqual(['foreign-order critical'])
    expect(stub.open()).toMatchObject([{ clientId }])
    stub.orders.length = 0
    // a conditional one has no other name
    stub.foreign({ clientId, route: 'algo', type: 'STOP_MARKET', trigger: '80' })
    await goOn()
    expect(session.said).toEqual(['foreign-order critical'])
    expect(stub.open()).toMatchObject([{ clientId }])
  },
)

test('money that comes is said, money that goes halts', async () => {
  stub.wallet += 100
  await session.broker.reconcile()
  expect(session.said).toEqual(['balance warning'])
  expect(session.alarms[0]!.text).toMatch(/100\.00 more than .*; nothing is halted, as the session trades with its own/)
  stub.wallet -= 200
  await session.broker.reconcile()
  expect(session.halts).toEqual([
    "the wallet holds 9900.00, 100.00 less than this session's trades explain: changed by something that is not this session's, so nothing is opened any more; when you know what it was, klinelab paper resume double accepts it",
  ])
})

test('funding is told of once, by the income that names the symbol', async () => {
  await hold()
  const paid = { symbol: 'BTCUSDT', income: '-0.01', time: Date.now(), tranId: 7, incomeType: 'FUNDING_FEE' }
  stub.incomes.push(paid, { ...paid, symbol: 'XRPUSDT', tranId: 8 })
  stub.wallet -= 0.01
  for (let k = 0; k < 2; k++)
    stub.send({ e: 'ACCOUNT_UPDATE', T: paid.time, a: { m: 'FUNDING_FEE', B: [{ a: 'USDT', bc: '-0.01' }] } })
  await until('it is known', () => session.run.account().wallet === 9999.99)
  await session.broker.reconcile()
  expect(session.run.events.filter(({ type }) => type === 'funding')).toMatchObject([
    { paid: 0.01, rate: 0.0001, mark: 100 },
  ])
  expect(session.said).toEqual([])
})

test('funding whose event was lost is found by the wallet, however little it is', async () => {
  await hold()
  const lost = { symbol: 'BTCUSDT', income: '-0.00001', time: Date.now(), tranId: 7, incomeType: 'FUNDING_FEE' }
  stub.incomes.push(lost)
  stub.wallet -= 0.00001
  await session.broker.reconcile()
  expect(session.run.account().wallet).toBe(9999.99999)
  expect(session.said).toEqual([])
})

test('a stop and a close that there is nothing to reduce for, though the position is there, are asked for again', async () => {
  const behind = { status: 400, body: { code: -2022, msg: 'ReduceOnly Order is rejected.' } }
  stub.fault('POST /fapi/v1/algoOrder', () => behind, 2)
  await hold()
  expect(open()).toEqual(['SELL STOP_MARKET 1 90 reduceOnly'])
  stub.fault('POST /fapi/v1/order', () => behind, 2)
  await session.settle(close())
  expect(stub.orders.filter(({ type, side }) => type === 'MARKET' && side === 'SELL')).toHaveLength(1)
  expect(session.said).toEqual([])
})

test('a fee in another asset is reckoned in the quote asset, and that is said', async () => {
  stub.fault('GET /fapi/v1/commissionRate', () => ({
    status: 200,
    body: { makerCommissionRate: '0.0002', takerCommissionRate: '0.0005' },
  }))
  await session.settle(buy({ qty: 1 }))
  const o = {
    s: 'BTCUSDT',
    c: stub.orders[0]!.clientId,
    x: 'TRADE',
    X: 'FILLED',
    i: 1001,
    l: '1',
    z: '1',
    L: '100',
    n: '0.00008',
    N: 'BNB',
    t: 1,
    T: 5,
    m: false,
  }
  stub.send({ e: 'ORDER_TRADE_UPDATE', T: 5, o })
  await until('it is known', () => session.position === 1)
  expect(session.run.account().wallet).toBe(9999.95)
  expect(session.said).toEqual(['fee-asset warning'])
})

test.each([
  // 0.007 × 33.35 = 0.23345; at 0.00045 that is 0.0001050525, at 0.0002 it is 0.00004669
  ['taker', false, 9999.99989494],
  ['maker', true, 9999.99995331],
])(
  'where the account’s fee rate cannot be read it is the session’s own, of a %s, and the fee never too low',
  async (_what, maker, wallet) => {
    await session.kill()
    const slot = {
      ...{ instrument: instrumentOf({}, 'BTCUSDT', 'perpetual'), bars: barsOf([], '1h'), margin: marginOf() },
      costs: { feeMaker: 0.0002, feeTaker: 0.00045, slippageBps: 0 },
    }
    await anew({ echo: 50 }, { slot })
    stub.isMute = true
    stub.fault('GET /fapi/v1/commissionRate', () => ({ status: 503, body: { code: -1008, msg: 'busy' } }), 9)
    const inBnb = (trade: object) => ({ ...trade, commission: '0.0000002', commissionAsset: 'BNB' })
    const paid = ({ carryOut }: Parameters<Fault>[0]) => {
      const answer = carryOut()
      return { ...answer, body: (answer.body as object[]).map(inBnb) }
    }
    stub.fault('GET /fapi/v1/userTrades', paid, 9)
    // there when the silence of the stream is noticed, which tells of no other
    stub.fault('POST /fapi/v1/order', ({ carryOut }) => {
      const taken = carryOut()
      stub.fill(stub.orders[0]!, 0.007, '33.35', { maker })
      return taken
    })
    session.decide(buy({ qty: 0.007, limit: 34 }))
    await until('it is known', () => session.position === 0.007)
    expect(session.run.account().wallet).toBe(wallet)
    expect(session.alarms.find(({ kind }) => kind === 'fee-asset')!.text).toContain("the session's own fee rate")
  },
)

test('a session that is stopped keeps its orders, or cancels them', async () => {
  await session.settle([buy({ qty: 1, limit: 90 }), buy({ qty: 1, stop: 110 })])
  await session.broker.close('keep')
  expect(stub.open()).toHaveLength(2)
  await goOn()
  await session.broker.close('cancel')
  expect(stub.open()).toEqual([])
})

describe('a stop ends in time', () => {
  const within = async (ms: number, work: Promise<unknown>) => {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`not over within ${ms} ms`)), ms))
    return Promise.race([work, late])
  }
  const silent = () => ({ status: 429, body: { code: -1003, msg: 'Too many.' }, headers: { 'retry-after': '120' } })

  beforeEach(async () => {
    await anew({ stop: 200 })
  })

  test('though nobody says what became of an order: it is named', async () => {
    for (const what of ['POST /fapi/v1/order', 'GET /fapi/v1/order'])
      stub.fault(what, () => ({ status: 503, body: '<html>' }), 1e9)
    session.decide(buy({ qty: 1, limit: 90, id: 'dip' }))
    session.stop.abort()
    await within(8000, session.broker.idle())
    await within(8000, session.broker.close('keep'))
    expect(session.said).toEqual(['left-open critical'])
    expect(session.alarms[0]!.text).toContain('kl-0badcafe-')
    expect(session.alarms[0]!.text).toContain('BTCUSDT dip')
  })

  test('though the exchange asks for silence: what is not cancelled is named, each order by itself', async () => {
    await session.settle([buy({ qty: 1, limit: 90 }), buy({ qty: 1, stop: 110 })])
    stub.fault('POST /fapi/v1/order', silent)
    session.decide(buy({ qty: 1, limit: 91 }))
    await until('it is silent', () => session.said.length > 0)
    session.stop.abort()
    await within(8000, session.broker.idle())
    await within(8000, session.broker.close('cancel'))
    expect(session.said.filter((one) => one !== 'left-open critical')).toEqual([
      'rate-limit warning', 'not-cancelled critical', 'not-cancelled critical',
    ]) // biome-ignore format: one list
    expect(stub.open()).toHaveLength(2)
  })

  test('while it begins', async () => {
    const other = session.again({ stop: 200 })
    await session.kill()
    stub.fault('GET /fapi/v2/positionRisk', silent)
    const opening = other.open()
    other.stop.abort()
    await expect(within(8000, opening)).rejects.toThrow('its position could not be read')
    await other.kill()
  })
})

test('a close that is throttled for ever is tried until it goes out', async () => {
  await hold()
  stub.fault('POST /fapi/v1/order', () => ({ status: 503, body: { code: -1008, msg: 'Request throttled' } }), 6)
  await session.settle(close())
  expect(stub.find(({ type }) => type === 'MARKET').reduceOnly).toBe(true)
  expect(stub.count('POST /fapi/v1/order')).toBe(8)
  expect(session.said).toEqual(['not-getting-through warning'])
})
