import { expect, test } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import { foreignOf, gapOf } from '../../../../src/runs/paper/foreign-trade.ts'
import { said } from './stub-answer.ts'
import { elsewhere, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** Somebody else trades the session's symbol on its account. */
useStub()

const kept = () => session.journal.flatMap((one) => ('note' in one ? (foreignOf(one.note) ?? []) : []))
const gaps = () => session.journal.flatMap((one) => ('note' in one ? (gapOf(one.note) ?? []) : []))

/** Bought and sold again, so that neither a position nor a wallet differs in the end. */
async function inAndOut(): Promise<void> {
  for (const side of ['BUY', 'SELL'] as const)
    stub.fill(stub.foreign({ clientId: 'web_1', side, type: 'MARKET' }), 1, '95', { fee: '0.001' })
  await until('both are known', () => kept().length === 2)
}

test.each(['usdm', 'spot'] as const)(
  '%s: the journal keeps its trades, and a restart does not halt again',
  async (kind) => {
    if (kind === 'spot') await elsewhere('spot')
    await inAndOut()
    expect(kept()).toMatchObject([
      { symbol: 'BTCUSDT', clientId: 'web_1', system: null, side: 'buy', qty: '1', price: '95', fee: '0.001' },
      { side: 'sell', tradeId: '2', orderId: String(stub.orders[1]!.id), at: stub.trades[1]!.time },
    ])
    expect(session.said).toEqual(['foreign-order critical', 'foreign-order critical'])
    const halts = session.journal.filter((one) => 'input' in one && one.input.kind === 'command').length
    await goOn()
    expect([session.said, session.halts, kept()]).toEqual([[], [], [expect.anything(), expect.anything()]])
    expect(session.journal.filter((one) => 'input' in one && one.input.kind === 'command')).toHaveLength(halts)
  },
)

test('a trade whose event was lost, and that left no position, is found where the wallet differs', async () => {
  await hold()
  stub.fill(stub.foreign({ clientId: 'web_1', side: 'BUY', type: 'MARKET' }), 1, '90', { isTold: false })
  stub.fill(stub.foreign({ clientId: 'web_1', side: 'SELL', type: 'MARKET' }), 1, '99', { isTold: false })
  await session.broker.reconcile()
  expect(kept().map(({ side, price }) => `${side} ${price}`)).toEqual(['buy 90', 'sell 99'])
})

test('a gap of the wallet is noted when it changes, and when it is right again', async () => {
  stub.wallet -= 100
  for (let k = 0; k < 2; k++) await session.broker.reconcile()
  expect(gaps()).toEqual([{ of: '', off: '-100.00000000' }])
  await goOn()
  expect(gaps()).toHaveLength(1)
  stub.wallet += 100
  await session.broker.reconcile()
  expect(gaps().at(-1)).toEqual({ of: '', off: '0' })
})

test('a position that is not the session’s is noted, with the trades that made it', async () => {
  stub.positions.set('BTCUSDT', 3)
  await session.broker.reconcile()
  expect(gaps()).toEqual([{ of: 'BTCUSDT', off: '3' }])
})

test.each(['usdm', 'spot'] as const)(
  '%s: an order that the exchange does not know any more is nobody’s, and holds no trade back that comes after it',
  async (kind) => {
    if (kind === 'spot') await elsewhere('spot')
    await session.settle(buy({ qty: 1, limit: 90 }))
    for (const side of ['BUY', 'SELL'] as const) {
      // nor was its name told of as it came
      stub.isMute = true
      stub.fill(stub.foreign({ clientId: 'web_1', side, type: 'MARKET' }), 1, '95')
      stub.isMute = false
      // ended long ago, orders are found no more; their trades are
      stub.orders.pop()
    }
    stub.fill(stub.orders[0]!, 1, '90', { isTold: false })
    await session.broker.reconcile()
    expect(session.fills).toEqual(['o1 1 at 90'])
    expect(kept().map(({ side, price, clientId }) => `${side} ${price} ${clientId}`)).toEqual(['buy 95 ', 'sell 95 '])
    expect(new Set(session.said)).toEqual(new Set(['foreign-order critical']))
  },
)

test('an order that the exchange does not know yet is asked for again, and named', async () => {
  stub.isMute = true
  stub.fill(stub.foreign({ clientId: 'web_1', side: 'BUY', type: 'MARKET' }), 1, '95')
  stub.fault('GET /fapi/v1/order', () => said(-2013, 'Order does not exist.'), 2)
  await session.broker.reconcile()
  expect(kept().map(({ clientId }) => clientId)).toEqual(['web_1'])
})

test('an order of ours whose answer was lost, and that the exchange does not know yet, is not taken for another’s', async () => {
  stub.isMute = true
  stub.fault('POST /fapi/v1/order', ({ carryOut }) => {
    carryOut()
    return said(-1007, 'Timeout waiting for response from backend server.', 504)
  })
  stub.fault('GET /fapi/v1/order', () => said(-2013, 'Order does not exist.'), 9)
  session.decide(buy({ qty: 1, limit: 90 }))
  await until('it is there', () => stub.orders.length === 1)
  stub.fill(stub.orders[0]!, 1, '90')
  await session.broker.reconcile()
  await session.broker.idle()
  await session.broker.reconcile()
  expect([session.position, session.halts, kept()]).toEqual([1, [], []])
})

test('what the exchange itself reduces is a fill of the session, once, and a restart neither books nor says it again', async () => {
  await hold()
  const before = session.position
  stub.fill(stub.foreign({ clientId: 'adl_autoclose', side: 'SELL', type: 'MARKET' }), before / 2, '95', {
    fee: '0.001',
  })
  await until('the session follows', () => session.position === before / 2)
  await session.broker.reconcile()
  expect([kept(), session.said]).toEqual([[], ['auto-deleveraging critical']])
  const { fills } = session
  await goOn()
  await session.broker.reconcile()
  expect([session.position, session.fills, session.said, session.halts]).toEqual([before / 2, fills, [], []])
})

test('what the exchange itself takes beyond the session’s position is somebody else’s part, and stays so', async () => {
  await hold()
  const held = session.position
  stub.fill(stub.foreign({ clientId: 'autoclose-1', side: 'SELL', type: 'MARKET' }), 2 * held, '95')
  await until('it is known', () => kept().length === 1)
  expect([session.position, kept()[0]!.system]).toEqual([held, 'liquidation'])
})
