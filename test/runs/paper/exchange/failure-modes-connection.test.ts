import { describe, expect, test } from 'vitest'
import { buy, close } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import type { StubOrder } from './stub-order.ts'
import { anew, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/**
 * What goes wrong between a client and Binance, numbered as in the list of twenty that this project keeps: what is of the connection, the
 * clock and the limits (10 to 14, 17, 18), on both markets. Each test fails without the defence that it is of.
 */
const ORDER = 'POST /fapi/v1/order'
const ASK = 'GET /fapi/v1/order'
const isExit = ({ type, side }: StubOrder) => type === 'MARKET' && side === 'SELL'
const busy = (status: number, seconds: number) => () => ({
  ...said(-1003, 'Too many requests.', status),
  headers: { 'retry-after': String(seconds) },
})
/** Methods of the requests since then; the time is asked by whoever finds its clock wrong. */
const since = (from: number) => stub.requests.slice(from)

describe.each(['usdm', 'spot'] as const)('%s', (kind) => {
  useStub(kind)

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

  test('10: a key that died unsaid is found out when it is to be kept alive', async () => {
    await anew({ keepAlive: 60 })
    const made = stub.keysMade
    stub.listenKey = ''
    await until('a stream with another key is there', () => stub.keysMade > made && session.reconnects > 0)
    expect(session.over).toContain(session.alarms.find(({ kind: what }) => what === 'stream-lost')!.stands)
  })

  test('10: a key that connects and is silent is found out by the first order, and replaced', async () => {
    await anew({ echo: 400 })
    const made = stub.keysMade
    stub.isMute = true
    session.decide(buy({ qty: 1 }))
    await until('the order is there', () => stub.orders.length === 1)
    stub.fill(stub.orders[0]!, 1, '100')
    await until('the fill is known', () => session.position === 1)
    stub.isMute = false
    await until('a stream with another key is there', () => stub.keysMade === made + 1 && session.reconnects === 1)
    expect(session.said.filter((one) => one.startsWith('stream-silent'))).toEqual(['stream-silent warning'])
    session.decide(close())
    await until('the exit is there', () => stub.orders.some(isExit))
    stub.fill(stub.find(isExit), 1, '101')
    await until('the session is flat', () => session.position === 0)
  })

  test('11: a path that takes streams and never says anything: trading stops, and fills are found all the same', async () => {
    stub.isLegacy = true
    await anew({ echo: 100 })
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
    await anew({ ping: 60, pong: 200 })
    await session.settle(buy({ qty: 1 }))
    stub.freezeStreams()
    stub.fill(stub.orders[0]!, 1, '100', { isTold: false })
    await until('the fill is known', () => session.position === 1)
    expect(session.said).toContain('stream-lost warning')
    const { stands } = session.alarms.find(({ kind: what }) => what === 'stream-lost')!
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
      return answer
    })
    await session.settle(buy({ qty: 1 }))
    await session.broker.reconcile()
    expect(session.fills).toEqual(['o1 1 at 100'])
    expect(session.halts).toEqual([])
  })

  test('14: events in the wrong order: every fill counts once, and the order is over', async () => {
    stub.isHeld = true
    session.decide(buy({ qty: 1, limit: 101 }))
    await until('the order is there', () => stub.orders.length === 1)
    stub.fill(stub.orders[0]!, 0.4, '100')
    stub.fill(stub.orders[0]!, 0.6, '101')
    // each is followed by one of balances on spot
    stub.release('the last first', kind === 'spot' ? 2 : 1)
    await until('all is known', () => session.position === 1)
    stub.release('the last first')
    await session.broker.idle()
    await session.broker.reconcile()
    expect(session.fills.sort()).toEqual(['o1 0.4 at 100', 'o1 0.6 at 101'])
    expect([session.run.openOrders(), session.halts, session.said]).toEqual([[], [], []])
  })

  // the second is further behind than a request may be
  test.each([-2500, 15_000])(
    '17: the clock jumps by %d ms: it is set anew, and each order is sent once more at most',
    async (jump) => {
      const asked = stub.count('GET /fapi/v1/time')
      stub.clockAhead = jump
      await session.settle([buy({ qty: 1, limit: 90 }), buy({ qty: 1, limit: 91 }), buy({ qty: 1, limit: 92 })])
      expect(stub.open()).toHaveLength(3)
      expect(stub.count(ORDER)).toBeGreaterThan(3)
      expect(stub.count(ORDER)).toBeLessThanOrEqual(6)
      expect(stub.count('GET /fapi/v1/time') - asked).toBeLessThanOrEqual(3)
      await session.broker.reconcile()
      expect(session.said).toEqual(['clock-offset warning'])
    },
  )

  test('17: a clock that cannot be set right is no storm', async () => {
    await anew({ entryPatience: 300 })
    stub.fault(ORDER, () => said(-1021, 'Timestamp for this request is outside of the recvWindow.'), 1000)
    await session.settle(buy({ qty: 1 }))
    // 10, 20, 40, 40 … ms apart, three tries each
    expect(stub.count(ORDER)).toBeLessThanOrEqual(36)
    expect(session.run.openOrders()).toEqual([])
    expect(session.run.events.at(-1)).toMatchObject({ type: 'rejected', reason: 'EXCHANGE' })
  })

  test('18: 429 with Retry-After: nothing leaves until then but exits', async () => {
    await hold()
    stub.fault(ORDER, busy(429, 600))
    session.decide(buy({ qty: 1, limit: 80 }))
    await until('the exchange has said no', () => session.said.length > 0)
    const before = stub.requests.length
    void session.broker.reconcile()
    session.decide(close())
    await until('the exit is there', () => stub.orders.some(isExit))
    stub.fill(stub.find(isExit), 1, '99')
    await until('the session is flat', () => session.position === 0)
    // on spot the stop holds the coins back that are to be sold
    expect(since(before).map(({ method }) => method)).toEqual(kind === 'spot' ? ['DELETE', 'POST'] : ['POST'])
    expect(session.said).toEqual(['rate-limit warning'])
  })

  test.each([
    [429, 'rate-limit warning'],
    [418, 'banned critical'],
  ])('18: %i with Retry-After: what has waited leaves when that time is over, and no sooner', async (status, alarm) => {
    await hold()
    let refusedAt = 0
    stub.fault(ORDER, () => {
      refusedAt = Date.now()
      return busy(status, 0.5)()
    })
    session.decide(buy({ qty: 1, limit: 80 }))
    await until('the exchange has said no', () => session.said.length > 0)
    const before = stub.requests.length
    const compared = session.broker.reconcile()
    // nothing at all leaves during a ban, not even an exit
    if (status === 418) session.decide(close())
    await until('the entry is there', () => stub.open().some(({ price }) => price === '80'))
    await compared
    if (status === 418) await until('the exit is there', () => stub.orders.some(isExit))
    expect(Math.min(...since(before).map(({ at }) => at)) - refusedAt).toBeGreaterThanOrEqual(500)
    expect(session.said).toEqual([alarm])
  })

  test.each([
    // one in a while of 300 ms
    [429, 'now and then', 600, 300],
    [418, 'not at all', 0.5, 500],
  ])('18: after a %i an exchange is asked %s what became of an order', async (status, _how, seconds, apart) => {
    await anew({ maxBackoff: 300 })
    stub.fault(ORDER, () => ({ status: 503, body: '<html>503</html>' }))
    stub.fault(ASK, busy(status, seconds), 2)
    session.decide(buy({ qty: 1, limit: 90 }))
    await until('it is asked', () => stub.count(ASK) === 2)
    const [first, second] = stub.requests.slice(-2).map(({ at }) => at)
    expect(second! - first!).toBeGreaterThanOrEqual(apart)
  })
})
