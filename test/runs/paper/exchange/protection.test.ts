import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { buy, close } from '../../../../src/core/order.ts'
import { TIMING } from '../../../../src/runs/paper/exchange/timing.ts'
import { anew, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** No position stands without its stop: not where the exchange does not take it, and not when the session is laid down. */
useStub('usdm', { naked: 300, recvWindow: 200 })

const ORDER = 'POST /fapi/v1/order'
const ALGO = 'POST /fapi/v1/algoOrder'
const ASK = 'GET /fapi/v1/algoOrder'
const isExit = ({ type, reduceOnly }: { type: string; reduceOnly: boolean }) => type === 'MARKET' && reduceOnly
const lost = () => ({ status: 503, body: '<html>504</html>' })
const busy = () => ({ status: 503, body: { code: 0, msg: 'Service Unavailable.' } })

async function leavesAtTheMarket(): Promise<void> {
  await until('its exit is there', () => stub.orders.some(isExit))
  expect(stub.find(isExit)).toMatchObject({ side: 'SELL', qty: 1 })
  stub.fill(stub.find(isExit), 1, '99')
  await until('the session is flat', () => session.position === 0)
  await session.broker.idle()
  expect(stub.orders.filter(isExit)).toHaveLength(1)
  expect(stub.open()).toEqual([])
}

test.each([
  ['whose answers are all lost', lost, false],
  ['that the exchange is always too busy for', busy, false],
  ['whose answers are all lost, and the questions about it too', lost, true],
])('a stop %s: for so long and no longer, then its position leaves', async (_what, fault, isUnanswered) => {
  stub.fault(ALGO, fault, 1e6)
  if (isUnanswered) stub.fault(ASK, () => (stub.count(ORDER) < 2 ? busy() : undefined), 1e6)
  await session.settle(buy({ qty: 1, stopLoss: 90 }))
  const began = Date.now()
  stub.fill(stub.orders[0]!, 1, '100')
  await until('its exit is asked for', () => stub.count(ORDER) === 2)
  expect(Date.now() - began).toBeGreaterThan(290)
  expect(Date.now() - began).toBeLessThan(TIMING.naked)
  expect(session.said).toContain('stop-missing critical')
  expect(session.halts).toHaveLength(1)
  await leavesAtTheMarket()
})

test('a stop that came to rest though every answer was lost is taken back when its position has left', async () => {
  stub.fault(ASK, () => (stub.count(ORDER) < 2 ? busy() : undefined), 1e6)
  stub.fault(ALGO, ({ carryOut }) => {
    carryOut()
    return lost()
  })
  await session.settle(buy({ qty: 1, stopLoss: 90 }))
  stub.fill(stub.orders[0]!, 1, '100')
  // its event is lost too
  stub.isMute = true
  await until('its exit is asked for', () => stub.count(ORDER) === 2)
  stub.isMute = false
  await leavesAtTheMarket()
})

test('a stop that is taken in the end stands, and nothing is said', async () => {
  await anew()
  stub.fault(ALGO, busy, 4)
  await hold()
  expect(session.said).toEqual(['not-getting-through warning'])
  expect([session.halts, session.position]).toEqual([[], 1])
})

test('a stop that stood and is cancelled elsewhere is put back, however long it was before the first was taken', async () => {
  await hold()
  await wait(350)
  stub.end(stub.open()[0]!, 'CANCELED')
  await until('another rests there', () => stub.orders.length === 3 && stub.open().length === 1)
  await session.broker.idle()
  expect(session.said).toEqual(['cancelled-elsewhere critical'])
  expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual(['STOP_MARKET 90'])
})

test('a stop whose line broke off is asked for again by the next comparison', async () => {
  await session.settle(buy({ qty: 1, stopLoss: 90 }))
  let isBroken = false
  session.onWritten = (written) => {
    if (isBroken || !('note' in written) || written.note.note !== 'sending') return
    isBroken = true
    throw new Error('the disk is full')
  }
  stub.fill(stub.orders[0]!, 1, '100')
  await until('it is said', () => session.said.includes('broker-error critical'))
  await session.broker.idle()
  expect(stub.open()).toEqual([])
  await session.broker.reconcile()
  await session.broker.idle()
  expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual(['STOP_MARKET 90'])
})

test('an exit whose answers are all lost is asked for again, and said', async () => {
  await session.settle(buy({ qty: 1 }))
  stub.fill(stub.orders[0]!, 1, '100')
  await until('it is known', () => session.position === 1)
  stub.fault(ORDER, lost, 3)
  await session.settle(close())
  expect(session.said).toEqual(['not-getting-through warning'])
  expect(stub.orders.filter(isExit)).toHaveLength(1)
})

test('--on-stop cancel takes back what opens, and leaves what closes a position where it is', async () => {
  await session.settle(buy({ qty: 1, stopLoss: 90, takeProfit: 120 }))
  stub.fill(stub.orders[0]!, 1, '100')
  await until('both legs rest there', () => stub.open().length === 2)
  await session.settle([buy({ qty: 1, limit: 80 }), buy({ qty: 1, stop: 130 })])
  expect(stub.open()).toHaveLength(4)
  await session.broker.close('cancel')
  expect(
    stub
      .open()
      .map(({ type, side }) => `${type} ${side}`)
      .sort(),
  ).toEqual(['LIMIT SELL', 'STOP_MARKET SELL'])
  expect(session.run.openOrders().map(({ role }) => role)).toEqual(['stop', 'target'])
  await goOn()
  expect([session.halts, session.said, stub.open().length]).toEqual([[], [], 2])
})
