import { describe, expect, test } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import { anew, another, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/**
 * What goes wrong between a client and Binance USDS-M, numbered as in the list of twenty that this project keeps; 15 and 16 are of
 * candles, and tested where those are read. Here what is of the account and its rules: stops that are reached (9, 14), rules (19) and settings (20); what befalls
 * the account itself (8, 9, 20) is in failure-modes-simulated. Each test fails without the defence that it is of.
 */
useStub()

const ORDER = 'POST /fapi/v1/order'

describe.each(['before', 'after'])(
  '9: an order that is reached and refused, which an event says %s the order itself does',
  (when) => {
    async function refuse(): Promise<void> {
      const algo = stub.find(({ route, status }) => route === 'algo' && status === 'NEW')
      const reject = {
        e: 'CONDITIONAL_ORDER_TRIGGER_REJECT',
        or: { s: 'BTCUSDT', i: algo.id, r: 'Margin is insufficient.' },
      }
      if (when === 'before') stub.send(reject)
      stub.end(algo, 'REJECTED', 'Margin is insufficient.')
      if (when === 'after') stub.send(reject)
      await until('it is said', () => session.said.length > 0)
      await session.broker.idle()
      await session.broker.reconcile()
      expect(session.alarms[0]!.text).toContain('REJECTED: Margin is insufficient.')
    }

    test('a stop: one alarm, and its position leaves', async () => {
      await hold()
      await refuse()
      expect(session.said).toEqual(['stop-rejected critical'])
      expect(stub.open()).toMatchObject([{ type: 'MARKET', side: 'SELL', qty: 1 }])
    })

    test('an entry: one alarm, and it is over', async () => {
      await session.settle(buy({ qty: 1, stop: 110 }))
      await refuse()
      expect(session.said).toEqual(['trigger-rejected critical'])
      expect([stub.open(), session.run.openOrders()]).toEqual([[], []])
    })
  },
)

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
  await expect(another().open()).rejects.toThrow("the exchange's tick size is 0.1, the session's 0.01")
})

test('19: nor is one whose fills would be finer than the engine reckons', async () => {
  await session.kill()
  stub.tick = '0.001'
  await expect(another().open()).rejects.toThrow("the exchange's tick size is 0.001, the session's 0.01")
})

test('19: a fill that is finer all the same halts, once, and no journal is spoilt by it', async () => {
  await session.settle(buy({ qty: 1, limit: 101 }))
  stub.fill(stub.orders[0]!, 1, '100.005')
  await until('it is said', () => session.halts.length > 0)
  expect(session.halts[0]).toContain('100.005, finer than the 2 decimals')
  expect(session.said[0]).toBe('not-taken critical')
  await session.broker.idle()
  const { fills, position } = session.again()
  expect([fills, position]).toEqual([[], 0])
  await goOn()
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
  await anew()
  expect([stub.leverage, stub.marginType]).toEqual([20, 'cross'])
  stub.dual = true
  await expect(another().open()).rejects.toThrow('the account is in hedge mode')
})
