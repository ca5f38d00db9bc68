import { describe, expect, test } from 'vitest'
import { buy, close } from '../../../../src/core/order.ts'
import type { StubOrder } from './stub-order.ts'
import { hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

useStub()

const wanted = () => session.run.openOrders().map(({ role, qty, trigger }) => `${role} ${qty} ${trigger}`)
const critical = () => session.alarms.filter(({ severity }) => severity === 'critical').map(({ text }) => text)
const exits = () =>
  stub.orders.filter(({ type, side, trigger }) => type === 'MARKET' && side === 'SELL' && trigger === '0')
const fillsTold = () => session.run.events.filter(({ type }) => type === 'fill').length

/** Trades of one millisecond have no order. */
function later(): void {
  const now = Date.now()
  while (Date.now() === now);
}

/** The stop takes what there is, and the exchange finds nothing left for the close. */
function stopped(exit: StubOrder): void {
  const stop = stub.find(({ trigger, route }) => trigger === '90' && route === 'algo')
  stub.fill(stub.trigger(stop), 1, '90')
  stub.end(exit, 'EXPIRED')
  later()
}

/** Holds 1, buys 1 more and closes, and the exchange has the close before the entry: to be let go by what this returns. */
async function overtaken(): Promise<{ readonly letEntryIn: () => Promise<StubOrder> }> {
  await hold({ stopLoss: 90 })
  const gate = Promise.withResolvers<void>()
  stub.fault('POST /fapi/v1/order', async ({ carryOut }) => {
    await gate.promise
    return carryOut()
  })
  session.decide(buy({ qty: 1, stopLoss: 80 }))
  session.decide(close())
  await until('the close is there', () => exits().length === 1)
  const isEntry = ({ side, status }: StubOrder) => side === 'BUY' && status === 'NEW'
  const letEntryIn = async () => {
    gate.resolve()
    await until('the entry is there', () => stub.orders.some(isEntry))
    return stub.find(isEntry)
  }
  return { letEntryIn }
}

describe('a close that expires as the stop has taken what it was for', () => {
  test('is no alarm, though another entry has filled since, and was heard of first', async () => {
    await hold({ stopLoss: 90 })
    await session.settle(buy({ qty: 1, limit: 100, stopLoss: 80 }))
    const entry = stub.find(({ price }) => price === '100')
    await session.settle(close())
    stub.isHeld = true
    stopped(exits()[0]!)
    stub.fill(entry, 1, '100', { maker: true })
    stub.release('the last first')
    await until('all is known', () => fillsTold() === 3)
    await session.broker.idle()
    await session.broker.reconcile()
    await session.broker.idle()
    expect([critical(), session.halts, exits().length]).toEqual([[], [], 1])
    expect(wanted()).toEqual(['stop 1 80'])
  })

  test.each(['before', 'after'])(
    'is for what the entry before it opens, heard of %s its end is looked at',
    async (when) => {
      const { letEntryIn } = await overtaken()
      const entry = await letEntryIn()
      const known = Promise.withResolvers<void>()
      // its end is looked at when all trades are known
      if (when === 'before')
        stub.fault('GET /fapi/v1/userTrades', async ({ carryOut }) => {
          await known.promise
          return carryOut()
        })
      stopped(exits()[0]!)
      if (when === 'after') {
        await until('the stop is known', () => fillsTold() === 2)
        await session.broker.reconcile()
      }
      stub.fill(entry, 1, '100')
      await until('the entry is known', () => fillsTold() === 3)
      known.resolve()
      await until('the rest leaves', () => exits().length === 2)
      stub.fill(exits()[1]!, 1, '100')
      await until('it is known', () => session.position === 0)
      await session.broker.idle()
      expect([wanted(), critical(), session.halts, stub.open()]).toEqual([[], [], [], []])
    },
  )

  test('is sent once more for what the entry before it opens: one that finds no buyer for that is an alarm', async () => {
    const { letEntryIn } = await overtaken()
    const entry = await letEntryIn()
    stopped(exits()[0]!)
    await until('the stop is known', () => fillsTold() === 2)
    await session.broker.reconcile()
    stub.fill(entry, 1, '100')
    await until('the rest leaves', () => exits().length === 2)
    stub.end(exits()[1]!, 'EXPIRED')
    await until('it is said', () => critical().length > 0)
    await session.broker.idle()
    expect(critical()).toEqual([
      expect.stringMatching(/^BTCUSDT: 1 of exit o\d+ found no buyer or seller \(EXPIRED\)$/),
    ])
    expect([exits().length, wanted()]).toEqual([2, ['stop 1 80']])
  })

  test('ends where the entry before it comes to nothing', async () => {
    const { letEntryIn } = await overtaken()
    const entry = await letEntryIn()
    stopped(exits()[0]!)
    await until('the stop is known', () => fillsTold() === 2)
    stub.end(entry, 'EXPIRED')
    await until('nothing is wanted', () => session.run.openOrders().length === 0)
    await session.broker.idle()
    expect([critical(), session.halts, exits().length]).toEqual([[], [], 1])
  })
})

test('a close that finds no buyer while the position stands is an alarm', async () => {
  await hold({ stopLoss: 90 })
  await session.settle(close())
  stub.end(exits()[0]!, 'EXPIRED')
  await until('it is said', () => critical().length > 0)
  expect(critical()).toEqual(['BTCUSDT: 1 of exit o3 found no buyer or seller (EXPIRED)'])
})
