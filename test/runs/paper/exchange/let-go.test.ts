import { expect, test } from 'vitest'
import { buy, close } from '../../../../src/core/order.ts'
import { newAttempt } from '../../../../src/runs/paper/exchange/attempt.ts'
import { Attempts } from '../../../../src/runs/paper/exchange/attempts.ts'
import { Teller, tradeKey } from '../../../../src/runs/paper/exchange/teller.ts'
import type { Terms } from '../../../../src/runs/paper/exchange/terms.ts'
import type { BrokerHost } from '../../../../src/runs/paper/paper-broker.ts'
import { HOUR } from '../../../engine/scene.ts'
import { goOn, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** A session goes on for months: what it remembers of what is long over must not grow with it. */
const DAY = 86_400_000
const TERMS: Terms = {
  ...{
    route: 'order',
    side: 'BUY',
    type: 'LIMIT',
    qty: '1',
    price: '90',
    trigger: null,
    tif: 'GTC',
    reduceOnly: false,
  },
}

function tellerOf() {
  const told: string[] = []
  const run = { whyNot: () => null, events: [] }
  const host = { run, note: async () => undefined, tell: async (one: { order: string }) => void told.push(one.order) }
  const teller = new Teller(host as unknown as BrokerHost)
  const tell = (id: number, at: number) =>
    teller.tell(tradeKey('BTCUSDT', String(id)), {
      ...{ kind: 'fill', symbol: 'BTCUSDT', order: `o${id}`, qty: '1', price: '90', fee: '0', liquidity: 'taker', at },
    })
  return { teller, told, tell }
}

test('keys of trades are those of a week, and a trade that is told again after it is not told twice', async () => {
  const { teller, told, tell } = tellerOf()
  let most = 0
  for (let id = 1; id <= 3000; id++) {
    await tell(id, id * (DAY / 10))
    teller.letGo('BTCUSDT', BigInt(id), id * (DAY / 10) - 7 * DAY)
    most = Math.max(most, teller.size)
  }
  expect(most).toBe(71)
  for (let id = 1; id <= 3000; id++) expect(await tell(id, 0)).toBe(false)
  expect([told.length, teller.size]).toEqual([3000, 71])
  expect([teller.has(tradeKey('BTCUSDT', '3001')), teller.has(tradeKey('ETHUSDT', '1'))]).toEqual([false, false])
})

test('keys beyond those that are all told stay, however old: one between them may be missing', async () => {
  const { teller, tell } = tellerOf()
  for (const id of [1, 2, 4]) await tell(id, id)
  teller.letGo('BTCUSDT', 2n, 30 * DAY)
  expect(teller.size).toBe(1)
  expect(await tell(3, 3)).toBe(true)
  expect(await tell(4, 4)).toBe(false)
})

test('orders that are long over go; those that are asked for, or may have triggered, stay; no number comes again', () => {
  const attempts = new Attempts()
  const add = (k: number, given: object = {}) => {
    const order = `o${k}`
    const number = attempts.nextNumber('BTCUSDT', order)
    const of = { symbol: 'BTCUSDT', order, number, clientId: `${order}-${number}`, isExit: false, terms: TERMS }
    const made = { ...newAttempt({ ...of, state: 'ended', sentAt: 0 }), status: 'FILLED', isDealtWith: true, ...given }
    attempts.add(made)
    return made
  }
  const kept = [
    add(-1, { state: 'live' }),
    add(-2, { isDealtWith: false }),
    add(-3, { telling: 1 }),
    add(-4),
    add(-5, { terms: { ...TERMS, route: 'algo' }, status: 'GONE' }),
  ]
  const isAsked = ({ order }: { order: string }) => order === 'o-4'
  const names: string[] = []
  let most = 0
  for (let k = 0; k < 2000; k++) {
    const made = add(k % 500, { orderId: String(k) })
    attempts.index(made)
    names.push(made.clientId)
    attempts.letGo(k * (DAY / 10), isAsked)
    most = Math.max(most, attempts.size)
  }
  expect(most).toBeLessThanOrEqual(kept.length + 72)
  expect(new Set(names).size).toBe(2000)
  for (const one of kept) expect(attempts.byClientId(one.clientId)).toBe(one)
  expect([attempts.byOrderId('BTCUSDT', '0'), attempts.of('BTCUSDT', 'o-9')]).toEqual([undefined, []])
  expect(attempts.byOrderId('BTCUSDT', '1999')?.clientId).toBe(names.at(-1))
})

useStub()

/** A position that is opened and closed, and eight days in which nothing happens. */
async function longAgo(compared = 1): Promise<void> {
  for (const decision of [buy({ qty: 1 }), close()]) {
    await session.settle(decision)
    stub.fill(stub.orders.at(-1)!, 1, '100')
    await until('its fill is known', () => session.fills.length === stub.orders.length)
    await session.broker.idle()
  }
  for (let k = 0; k < compared; k++) await session.broker.reconcile()
  const openTime = Math.ceil((Date.now() + 8 * DAY) / HOUR) * HOUR
  session.bar({ openTime, open: 100, high: 100, low: 100, close: 100, volume: 10 }, HOUR)
  for (let k = 0; k < compared; k++) await session.broker.reconcile()
}

/** Number of the client id of an order that is sent now: above those that were let go. */
async function nextNumber(): Promise<string> {
  await session.settle(buy({ qty: 1, limit: 90, id: 'next' }))
  return stub.orders.at(-1)!.clientId.slice(-2)
}

test('what is told again of an order that was let go is known: nothing is doubled, and nobody else is suspected', async () => {
  await longAgo()
  const [fills, journal] = [session.fills, session.journal.length]
  for (const trade of stub.trades) stub.tellTrade(trade)
  for (const order of stub.orders) stub.tellOrder(order, 'EXPIRED')
  await session.broker.idle()
  expect(await nextNumber()).toBe('-2')
  await session.broker.reconcile()
  expect([session.fills, session.position, session.said]).toEqual([fills, 0, []])
  expect(session.journal.slice(journal).filter((one) => 'note' in one && one.note.note === 'told')).toEqual([])
  // and another process, which reads all of it again, comes to the same
  await goOn()
  expect([session.fills, session.position, session.said]).toEqual([fills, 0, []])
})

test('after a restart nothing goes before the list of trades has been read: it begins with the first', async () => {
  await longAgo(0)
  stub.fault('GET /fapi/v1/userTrades', () => ({ status: 503, body: { code: -1008, msg: 'busy' } }), 1e6)
  await goOn()
  await session.broker.reconcile()
  const openTime = Math.ceil((Date.now() + 16 * DAY) / HOUR) * HOUR
  session.bar({ openTime, open: 100, high: 100, low: 100, close: 100, volume: 10 }, HOUR)
  await session.broker.reconcile()
  expect(await nextNumber()).toBe('-1')
  expect(session.said).toEqual([])
})
