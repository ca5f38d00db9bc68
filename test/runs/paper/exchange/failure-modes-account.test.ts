import { afterEach, beforeEach, expect, test } from 'vitest'
import { buy, close } from '../../../../src/core/order.ts'
import { SessionDouble } from './session-double.ts'
import { StubExchange, until } from './stub-exchange.ts'

/**
 * What goes wrong between a client and Binance USDS-M, numbered as in the list of twenty that this project keeps; 15 and 16 are of
 * candles, and tested where those are read. Here those from ten on; what befalls the account itself (8, 9, 20) is in failure-modes-simulated. Each test fails without the defence that it is of.
 */
let stub: StubExchange
let url: string
let session: SessionDouble

beforeEach(async () => {
  stub = new StubExchange()
  url = await stub.start()
  session = await new SessionDouble(url, stub).open()
})

afterEach(async () => {
  await session.kill()
  await stub.close()
})

const ORDER = 'POST /fapi/v1/order'
const said = (code: number, msg: string, status = 400) => ({ status, body: { code, msg } })

/** A long position of 1 at 100 with a stop at 90. */
async function hold(): Promise<void> {
  await session.settle(buy({ qty: 1, stopLoss: 90 }))
  stub.fill(stub.orders[0]!, 1, '100')
  await until('the stop rests there', () => stub.open().length === 1)
  await session.broker.idle()
}

test('10: the listen key expires: another is made, and what was said meanwhile is asked for', async () => {
  await session.settle(buy({ qty: 1 }))
  stub.send({ e: 'listenKeyExpired', listenKey: stub.listenKey })
  stub.listenKey = ''
  stub.fill(stub.orders[0]!, 1, '100', { isTold: false })
  await until('the fill is known', () => session.position === 1)
  await until('a stream is there', () => stub.openStreams === 1)
  expect(stub.listenKey).not.toBe('key1')
  expect(session.reconnects).toBe(1)
})

test('10: a key that connects and is silent is found out by the first order, and replaced', async () => {
  stub.isMute = true
  session.decide(buy({ qty: 1 }))
  await until('the order is there', () => stub.orders.length === 1)
  stub.fill(stub.orders[0]!, 1, '100')
  await until('the fill is known', () => session.position === 1)
  stub.isMute = false
  await until('a stream with another key is there', () => stub.keysMade === 2 && session.reconnects === 1)
  await session.settle(close())
  stub.fill(
    stub.find(({ reduceOnly }) => reduceOnly),
    1,
    '101',
  )
  await until('the session is flat', () => session.position === 0)
  expect(session.said.filter((one) => one.startsWith('stream-silent'))).toEqual(['stream-silent warning'])
})

test('11: a path that takes streams and never says anything: trading stops, and fills are found all the same', async () => {
  await session.kill()
  stub.isLegacy = true
  session = await new SessionDouble(url, stub).open()
  await session.settle(buy({ qty: 1, limit: 90 }))
  await until('the stream is made anew', () => session.reconnects === 1)
  await session.settle(buy({ qty: 1, limit: 91 }))
  await until('it is said', () => session.said.includes('stream-silent critical'))
  expect(session.halts).toHaveLength(1)
  stub.fill(stub.orders[0]!, 1, '90')
  await session.broker.reconcile()
  expect(session.fills).toEqual(['o1 1 at 90'])
})

test('12: a socket that is half open is found out by its pong, and what was lost is asked for', async () => {
  await session.kill()
  session = await new SessionDouble(url, stub, [], { ping: 60, pong: 60 }).open()
  await session.settle(buy({ qty: 1 }))
  stub.freezeStreams()
  stub.fill(stub.orders[0]!, 1, '100', { isTold: false })
  await until('the fill is known', () => session.position === 1)
  expect(session.said).toContain('stream-lost warning')
  const { stands } = session.alarms.find(({ kind }) => kind === 'stream-lost')!
  expect(session.over).toContain(stands)
  expect(session.reconnects).toBeGreaterThan(0)
})

test('13: a lost connection: fills of that time are found, and those that come again are not counted again', async () => {
  await session.settle(buy({ qty: 1 }))
  const first = stub.fill(stub.orders[0]!, 0.4, '100')
  await until('the first part is known', () => session.position === 0.4)
  stub.dropStreams()
  const second = stub.fill(stub.orders[0]!, 0.6, '101', { isTold: false })
  await until('the rest is known', () => session.position === 1)
  await until('the stream is back', () => stub.openStreams === 1)
  for (const trade of [first, second, second, first]) stub.tellTrade(trade)
  await session.broker.reconcile()
  expect(session.fills).toEqual(['o1 0.4 at 100', 'o1 0.6 at 101'])
  expect(session.halts).toEqual([])
})

test('14: events before the answer, and the same fill three times', async () => {
  stub.fault(ORDER, async ({ carryOut }) => {
    const answer = carryOut()
    const trade = stub.fill(stub.orders[0]!, 1, '100')
    stub.tellTrade(trade)
    stub.tellTrade(trade)
    await until('it is known', () => session.position === 1)
    await new Promise((done) => setTimeout(done, 30))
    return answer
  })
  await session.settle(buy({ qty: 1 }))
  await session.broker.reconcile()
  expect(session.fills).toEqual(['o1 1 at 100'])
  expect(session.halts).toEqual([])
})

test('14: an order that a stop became, under a name that nobody knows, is the stop', async () => {
  await hold()
  const algo = stub.find(({ route }) => route === 'algo')
  stub.isMute = true
  const order = stub.trigger(algo, 'not-ours')
  stub.isMute = false
  stub.fill(order, 1, '89.5')
  await until('the session is flat', () => session.position === 0)
  await session.broker.idle()
  expect(session.fills.at(-1)).toBe('o2 1 at 89.5')
  expect(session.halts).toEqual([])
})

test.each([-2500, 5000])(
  '17: the clock jumps by %d ms: it is set anew, and each order is sent once more at most',
  async (jump) => {
    stub.clockAhead = jump
    await session.settle([buy({ qty: 1, limit: 90 }), buy({ qty: 1, limit: 91 }), buy({ qty: 1, limit: 92 })])
    expect(stub.open()).toHaveLength(3)
    expect(stub.count(ORDER)).toBeLessThanOrEqual(6)
    expect(stub.requests.slice(-9).filter(({ path }) => path === '/fapi/v1/time').length).toBeLessThanOrEqual(3)
    await session.broker.reconcile()
    expect(session.said).toEqual(['clock-offset warning'])
  },
)

test('17: a clock that cannot be set right is no storm', async () => {
  stub.fault(ORDER, () => said(-1021, 'Timestamp for this request is outside of the recvWindow.'), 1000)
  await session.settle(buy({ qty: 1 }))
  // 1.5 s of patience with up to 40 ms between, three tries each
  expect(stub.count(ORDER)).toBeLessThan(150)
  expect(session.run.openOrders()).toEqual([])
  expect(session.run.events.at(-1)).toMatchObject({ type: 'rejected', reason: 'EXCHANGE' })
})

test('18: 429 with Retry-After: nothing leaves until then but exits', async () => {
  await hold()
  stub.fault(ORDER, () => ({ ...said(-1003, 'Too many requests.', 429), headers: { 'retry-after': '1' } }))
  const began = Date.now()
  session.decide([buy({ qty: 1, limit: 80 }), buy({ qty: 1, limit: 81 })])
  await until('the exchange has said no', () => session.said.length > 0)
  const before = stub.requests.length
  void session.broker.reconcile()
  session.decide(close())
  await until('the exit is there', () => stub.orders.some(({ type, reduceOnly }) => type === 'MARKET' && reduceOnly))
  expect(Date.now() - began).toBeLessThan(900)
  await new Promise((done) => setTimeout(done, 600))
  const meanwhile = stub.requests.slice(before).filter(({ at }) => at < began + 950)
  expect(meanwhile.filter(({ params }) => params.get('reduceOnly') !== 'true').map(({ path }) => path)).toEqual([])
  await session.broker.idle()
  expect(stub.open().filter(({ type }) => type === 'LIMIT')).toHaveLength(2)
  expect(session.said).toEqual(['rate-limit warning'])
})

test('18: 418 with Retry-After: nothing at all leaves until then, not even an exit', async () => {
  await hold()
  const began = Date.now()
  stub.fault(ORDER, () => ({ ...said(-1003, 'Way too many requests.', 418), headers: { 'retry-after': '1' } }))
  session.decide(buy({ qty: 1, limit: 80 }))
  await until('the exchange has said no', () => session.said.length > 0)
  const before = stub.requests.length
  void session.broker.reconcile()
  session.decide(close())
  await until('the exit is there', () => stub.orders.some(({ type, reduceOnly }) => type === 'MARKET' && reduceOnly))
  expect(stub.requests.slice(before).filter(({ at }) => at < began + 1000)).toEqual([])
  expect(session.said).toEqual(['banned critical'])
})

test.each([
  // at 0, 300, 600 and 900 ms
  [429, 'now and then', [2, 3, 4]],
  [418, 'not at all', [1]],
])('18: after a %i an exchange is asked %s what became of an order', async (status, _how, times) => {
  await session.kill()
  session = await new SessionDouble(url, stub, [], { maxBackoff: 300, recvWindow: 5000 }).open()
  stub.fault(ORDER, () => ({ status: 503, body: '<html>503</html>' }))
  stub.fault('GET /fapi/v1/order', () => ({ ...said(-1003, 'no', status), headers: { 'retry-after': '1' } }), 50)
  session.decide(buy({ qty: 1, limit: 90 }))
  await until('it is asked', () => stub.count('GET /fapi/v1/order') > 0)
  await new Promise((done) => setTimeout(done, 950))
  expect(times).toContain(stub.count('GET /fapi/v1/order'))
})

test('19: rules that change while it runs are read anew when an order is refused by one, and halt', async () => {
  stub.step = '0.01'
  stub.fault(ORDER, () => said(-1111, 'Precision is over the maximum defined for this asset.'))
  await session.settle(buy({ qty: 0.005 }))
  await until('it is said', () => session.halts.length > 0)
  expect(session.halts[0]).toBe(
    "BTCUSDT: the exchange's step size is 0.01, the session's 0.001: store the rules of this exchange and start anew",
  )
})

test('19: an environment whose rules are others is not traded with these', async () => {
  await session.kill()
  stub.tick = '0.1'
  await expect(new SessionDouble(url, stub).open()).rejects.toThrow(
    "the exchange's tick size is 0.1, the session's 0.01",
  )
})

test('19: nor is one whose fills would be finer than the engine reckons', async () => {
  await session.kill()
  stub.tick = '0.001'
  await expect(new SessionDouble(url, stub).open()).rejects.toThrow(
    "the exchange's tick size is 0.001, the session's 0.01",
  )
})

test('19: a fill that is finer all the same halts, once, and no journal is spoilt by it', async () => {
  await session.settle(buy({ qty: 1, limit: 101 }))
  stub.fill(stub.orders[0]!, 1, '100.005')
  await until('it is said', () => session.halts.length > 0)
  expect(session.halts[0]).toContain('100.005, finer than the 2 decimals')
  expect(session.said[0]).toBe('not-taken critical')
  await session.broker.idle()
  await session.kill()
  session = session.again()
  expect([session.fills, session.position]).toEqual([[], 0])
  await session.open()
  expect(session.said).toContain('not-taken critical')
})

test.each([
  ['leverage', () => (stub.leverage = 50), 'leverage is 50 there, and the session reckons with 20'],
  ['margin mode', () => (stub.marginType = 'isolated'), 'margin mode is isolated there'],
  ['hedge mode', () => (stub.dual = true), 'hedge mode'],
  ['multi-assets mode', () => (stub.multi = true), 'multi-assets mode'],
])('20: %s changed elsewhere halts', async (_what, change, text) => {
  change()
  stub.send({ e: 'ACCOUNT_CONFIG_UPDATE', T: Date.now(), ac: { s: 'BTCUSDT', l: stub.leverage } })
  await until('it is said', () => session.halts.length > 0)
  expect(session.halts[0]).toContain(text)
})

test('20: an account in hedge mode is refused at the start; leverage and margin mode are set', async () => {
  await session.kill()
  stub.leverage = 50
  stub.marginType = 'isolated'
  session = await new SessionDouble(url, stub).open()
  expect([stub.leverage, stub.marginType]).toEqual([20, 'cross'])
  stub.dual = true
  await expect(new SessionDouble(url, stub).open()).rejects.toThrow('the account is in hedge mode')
})
