import { expect, test } from 'vitest'
import { amend, buy, cancel } from '../../../../src/core/order.ts'
import { type StubAnswer, said } from './stub-answer.ts'
import { elsewhere, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** A session is killed between two records of its journal, and another process goes on with it. */
// what nobody knows of is waited for so long
useStub('usdm', { recvWindow: 500 })

/** Dies when this is on the disk, before anything follows from it. */
const dieAfter = (what: string) => {
  session.onWritten = (written) => {
    const name = 'note' in written ? written.note.note : written.input.kind
    if (name === what) session.isDead = true
  }
}

const names = (clientIds = stub.orders.map(({ clientId }) => clientId)) => clientIds.map((id) => id.slice(-2))

test('noted and not sent: the first cannot come any more, so another is sent', async () => {
  dieAfter('sending')
  session.decide(buy({ qty: 1, limit: 90 }))
  await until('it is dead', () => session.isDead)
  await goOn()
  expect(names()).toEqual(['-2'])
  expect(stub.open()).toHaveLength(1)
})

test('sent, and the answer never read: it is found by its name', async () => {
  stub.fault('POST /fapi/v1/order', ({ carryOut }) => {
    carryOut()
    void session.kill()
    return undefined
  })
  session.decide(buy({ qty: 1, limit: 90, id: 'dip' }))
  await until('it is dead', () => session.isDead)
  await goOn()
  expect(names()).toEqual(['-1'])
  await session.settle(cancel('dip'))
  expect(stub.open()).toEqual([])
})

test('a market order that was decided before the kill and not sent is not sent after it', async () => {
  dieAfter('sending')
  session.decide(buy({ qty: 1 }))
  await until('it is dead', () => session.isDead)
  await goOn()
  expect(stub.orders).toEqual([])
  expect(session.run.events.at(-1)).toMatchObject({
    type: 'rejected',
    value: 'decided before a restart, and not sent then: its price is another now',
  })
})

test.each(['told', 'input'])('a fill, and a kill after the record of %s: it is booked once', async (record) => {
  await session.settle(buy({ qty: 1, stopLoss: 90 }))
  session.onWritten = (written) => {
    if (record === 'told' ? 'note' in written && written.note.note === 'told' : 'input' in written)
      session.isDead = true
  }
  stub.fill(stub.orders[0]!, 1, '100')
  await until('it is dead', () => session.isDead)
  await goOn()
  expect(session.fills).toEqual(['o1 1 at 100'])
  expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual(['STOP_MARKET 90'])
  // and nothing is told again by the list of trades
  await session.broker.reconcile()
  expect(session.fills).toEqual(['o1 1 at 100'])
  expect(session.said).toEqual([])
})

test('everything that happened while nobody was there is found: fills, a stop that triggered, an order that ended', async () => {
  await session.settle([buy({ qty: 1, stopLoss: 90 }), buy({ qty: 1, limit: 80, id: 'dip' })])
  stub.fill(stub.orders[0]!, 1, '100')
  await until('the stop rests there', () => stub.open().length === 2)
  await session.broker.idle()
  await session.kill()
  const order = stub.trigger(
    stub.find(({ route }) => route === 'algo'),
    'not-ours',
  )
  stub.fill(order, 1, '89')
  stub.end(
    stub.find(({ price }) => price === '80'),
    'EXPIRED',
  )
  await goOn()
  expect(session.fills).toEqual(['o1 1 at 100', 'o2 1 at 89'])
  expect([session.position, session.run.openOrders()]).toEqual([0, []])
  expect(session.halts).toEqual([])
})

test('a stop that was being moved: whatever of it is there, one is left, and it is the new one', async () => {
  await hold()
  stub.fault('POST /fapi/v1/algoOrder', ({ carryOut }) => {
    carryOut()
    void session.kill()
    return undefined
  })
  session.decide(amend('o2', { stop: 95 }))
  await until('it is dead', () => session.isDead)
  expect(stub.open().map(({ trigger }) => trigger)).toContain('90')
  await goOn()
  expect(stub.open().map(({ trigger }) => trigger)).toEqual(['95'])
})

test.each([
  ['usdm', ['LIMIT 1 120 0', 'STOP_MARKET 1 0 90']],
  ['spot', ['LIMIT_MAKER 1 120 0', 'STOP_LOSS 1 0 90']],
] as const)(
  '%s: killed after every record in turn: the same orders and fills, nothing twice and nothing lost',
  async (kind, legs) => {
    const ends = new Set<string>()
    for (let at = 1; at <= 14; at++) {
      await elsewhere(kind)
      let records = 0
      session.onWritten = () => {
        if (++records === at) session.isDead = true
      }
      session.decide(buy({ qty: 1, limit: 100, stopLoss: 90, takeProfit: 120 }))
      const first = () => stub.orders.find(({ side, status }) => side === 'BUY' && status === 'NEW')
      await until('the entry is there, or the session dead', () => first() !== undefined || session.isDead)
      if (session.isDead) await goOn()
      stub.fill(first()!, 1, '100', { maker: true })
      await until('the legs are there, or the session dead', () => stub.open().length === 2 || session.isDead)
      if (session.isDead) await goOn()
      await session.broker.idle()
      await session.broker.reconcile()
      const open = stub.open().map(({ type, qty, price, trigger }) => `${type} ${qty} ${price} ${trigger}`)
      expect(new Set(stub.orders.map(({ clientId }) => clientId)).size).toBe(stub.orders.length)
      ends.add(JSON.stringify([open.sort(), session.fills, session.said, session.position]))
    }
    expect([...ends]).toEqual([JSON.stringify([legs, ['o1 1 at 100'], [], 1])])
  },
)

const DOORS = ['order', 'algoOrder', 'orderList', 'orderList/oco'].flatMap((door) =>
  ['POST', 'PUT', 'DELETE'].map((method) => `${method} /fapi/v1/${door}`),
)

test.each([
  ['usdm', true, ['LIMIT 1 120 0', 'STOP_MARKET 1 0 92']],
  ['usdm', false, ['LIMIT 1 120 0', 'STOP_MARKET 1 0 92']],
  ['spot', true, ['LIMIT_MAKER 1 120 0', 'STOP_LOSS 1 0 92']],
  ['spot', false, ['LIMIT_MAKER 1 120 0', 'STOP_LOSS 1 0 92']],
] as const)(
  '%s: killed as each request arrives in turn, carried out: %s; an entry and a stop that are changed come to the same',
  async (kind, isCarriedOut, legs) => {
    const ends = new Set<string>()
    for (let at = 1; at <= 6; at++) {
      await elsewhere(kind)
      let requests = 0
      const die = ({ carryOut }: { carryOut: () => StubAnswer }) => {
        if (++requests !== at) return undefined
        if (isCarriedOut) carryOut()
        session.isDead = true
        return said(-1007, 'nobody reads this', 504)
      }
      for (const door of DOORS) stub.fault(door, die, 99)
      /** Where it has died, it goes on: what it was about to do is done by then. */
      const rest = async (what: string, holds: () => boolean) => {
        await until(`${what}, or it is dead`, () => holds() || session.isDead)
        if (session.isDead) await goOn()
        await until(what, holds)
        await session.broker.idle()
      }
      const open = () =>
        stub
          .open()
          .map(({ type, qty, price, trigger }) => `${type} ${qty} ${price} ${trigger}`)
          .sort()
      session.decide(buy({ qty: 1, limit: 95, id: 'dip', stopLoss: 90, takeProfit: 120 }))
      await rest('the entry is there', () => open().join() === 'LIMIT 1 95 0')
      session.decide(amend('dip', { limit: 96 }))
      await rest('it is changed', () => open().join() === 'LIMIT 1 96 0')
      stub.fill(stub.open()[0]!, 1, '96', { maker: true })
      await rest('the legs are there', () => open().length === 2)
      session.decide(amend(session.run.openOrders().find(({ role }) => role === 'stop')!.id, { stop: 92 }))
      await rest('the stop is moved', () => open().join() === legs.join())
      await session.broker.reconcile()
      expect(requests).toBeGreaterThanOrEqual(at)
      expect(new Set(stub.orders.map(({ clientId }) => clientId)).size).toBe(stub.orders.length)
      ends.add(JSON.stringify([open(), session.fills, session.halts, session.said, session.position]))
    }
    expect([...ends]).toEqual([JSON.stringify([legs, ['dip 1 at 96'], [], [], 1])])
  },
)

/** A long position of 1 at 100 whose stop at 90 triggers while nobody listens, and is filled as an order of another name. */
async function stoppedMeanwhile(): Promise<void> {
  await hold()
  await session.kill()
  stub.fill(stub.trigger(stub.open()[0]!, 'named-by-the-exchange'), 1, '90')
}

test('a stop that triggered meanwhile is ours though the exchange is too busy to say so at first', async () => {
  await stoppedMeanwhile()
  stub.fault('GET /fapi/v1/algoOrder', () => ({ status: 503, body: { code: -1008, msg: 'busy' } }))
  await goOn()
  expect(session.fills).toEqual(['o1 1 at 100', 'o2 1 at 90'])
  expect([session.position, session.alarms, session.halts]).toEqual([0, [], []])
})

test('a stop that was taken for gone, and triggered all the same, is ours', async () => {
  await hold({ stopLoss: 90, takeProfit: 120 })
  const stop = stub.find(({ type }) => type === 'STOP_MARKET')
  // the book that is asked lags behind: it is cancelled, says the one part of the exchange, and the other has never known it
  for (const what of ['DELETE /fapi/v1/algoOrder', 'GET /fapi/v1/algoOrder'])
    stub.fault(
      what,
      () => ({ status: 400, body: { code: -2013, msg: 'Order does not exist.' } }),
      what.startsWith('G') ? 3 : 1,
    )
  await session.settle(cancel(session.run.openOrders().find(({ type }) => type === 'stop')!.id))
  stub.fill(stub.trigger(stop, 'named-by-the-exchange'), 1, '90')
  await until('its fill is known', () => session.position === 0)
  expect(session.fills.at(-1)).toBe('o2 1 at 90')
  expect(session.halts).toEqual([])
})
