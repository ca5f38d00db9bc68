import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { buy, cancel } from '../../../../src/core/order.ts'
import { another, elsewhere, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** What a comparison with the account believes, and what it does where the account cannot be seen. */
useStub()

afterEach(() => {
  vi.restoreAllMocks()
})

const said = (code: number, status = 400) => ({ status, body: { code, msg: 'no' } })
const busy = () => said(-1008, 503)

const now = performance.now.bind(performance)
/** So much later than it is; three minutes of blindness are allowed. */
function later(seconds: number): void {
  vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1000)
}

async function compare(times = 1): Promise<void> {
  for (let k = 0; k < times; k++) {
    await session.broker.reconcile()
    await session.broker.idle()
  }
}

test('an order that was taken for gone and is in a list of open orders is cancelled as it is said', async () => {
  await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
  stub.fault('DELETE /fapi/v1/order', () => said(-2011))
  stub.fault('GET /fapi/v1/order', () => said(-2013), 3)
  await session.settle(cancel('dip'))
  expect(stub.open()).toHaveLength(1)
  await compare(2)
  expect(stub.open()).toEqual([])
  expect(stub.count('DELETE /fapi/v1/order')).toBe(2)
  expect(session.said).toEqual(['orphan-order warning'])
})

test('and after a restart as well', async () => {
  await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
  stub.fault('DELETE /fapi/v1/order', () => said(-2011))
  stub.fault('GET /fapi/v1/order', () => said(-2013), 3)
  await session.settle(cancel('dip'))
  await goOn()
  await session.broker.idle()
  expect(stub.open()).toEqual([])
})

test('an order that is filled while the lists are on their way is not taken for one that is open', async () => {
  await session.settle(buy({ qty: 1, limit: 90 }))
  stub.fault('GET /fapi/v1/openOrders', async ({ carryOut }) => {
    const before = carryOut()
    stub.fill(stub.orders[0]!, 1, '90')
    await until('it is known', () => session.position === 1)
    await wait(20)
    return before
  })
  await compare()
  expect(session.said).toEqual([])
})

test.each([
  ['position', () => stub.positions.set('BTCUSDT', 3)],
  ['setting', () => Object.assign(stub, { leverage: 50 })],
])('a %s that is wrong still halts again after a resume, before anything is opened', async (_what, spoil) => {
  spoil()
  await compare(2)
  expect([session.halts.length, session.said.length]).toEqual([1, 1])
  await session.resume()
  expect(session.halts).toHaveLength(2)
  await compare()
  expect(session.halts).toHaveLength(2)
  await session.settle(buy({ qty: 1 }))
  expect(stub.orders).toEqual([])
})

test('what a person has set right does not halt again', async () => {
  stub.positions.set('BTCUSDT', 3)
  await compare()
  stub.positions.set('BTCUSDT', 0)
  await session.resume()
  await compare(2)
  expect(session.halts).toHaveLength(1)
})

test.each([
  ['trades, where the position differs', 'GET /fapi/v1/userTrades', busy],
  ['open orders', 'GET /fapi/v1/openOrders', busy],
  ['conditional orders', 'GET /fapi/v1/openAlgoOrders', busy],
  ['position', 'GET /fapi/v2/positionRisk', busy],
  ['modes', 'GET /fapi/v1/multiAssetsMargin', busy],
  ['balance', 'GET /fapi/v3/balance', busy],
  ['position, where it is refused', 'GET /fapi/v2/positionRisk', () => said(-2015, 401)],
])('an account whose %s cannot be read for long halts', async (_what, path, fault) => {
  if (path.endsWith('userTrades')) stub.positions.set('BTCUSDT', 3)
  let isOver = false
  stub.fault(path, () => (isOver ? undefined : fault()), 1e6)
  later(170)
  await session.broker.reconcile().catch(() => undefined)
  expect(session.halts).toEqual([])
  later(190)
  await session.broker.reconcile().catch(() => undefined)
  expect(session.said).toEqual(['not-compared critical'])
  expect(session.halts).toHaveLength(1)
  isOver = true
})

test('an account that cannot be read for a moment does not halt', async () => {
  later(100)
  await compare()
  stub.fault('GET /fapi/v3/balance', busy, 3)
  later(200)
  await compare()
  expect([session.said, session.halts]).toEqual([[], []])
})

test('a session whose balance cannot be read does not begin: it could never be compared', async () => {
  await session.kill()
  stub.fault('GET /fapi/v3/balance', busy, 3)
  await expect(another().open()).rejects.toThrow('the balance of the account could not be read')
})

/** The question after which the next is of the balance, by the market. */
const BALANCE = { spot: ['GET /fapi/v1/account', 2], usdm: ['GET /fapi/v3/balance', 1] } as const

describe.each(['spot', 'usdm'] as const)(
  'fills between two questions of a comparison are no money of others: %s',
  (kind) => {
    const [question, first] = BALANCE[kind]

    test('that are in its answer, and are told of later', async () => {
      await elsewhere(kind)
      await hold({ takeProfit: 120 })
      let asked = 0
      const sell = () => {
        if (++asked >= first && asked < first + 5)
          stub.fill(stub.open()[0]!, 0.1, '120', { maker: true, isTold: false })
        return undefined
      }
      stub.fault(question, sell, 99)
      await compare(3)
      expect(session.position).toBeLessThan(1)
      expect([session.halts, session.said]).toEqual([[], []])
    })

    test('that are told of before its answer, which does not have them', async () => {
      await elsewhere(kind)
      await hold({ takeProfit: 120 })
      let asked = 0
      stub.fault(
        question,
        async ({ carryOut }) => {
          const answer = carryOut()
          if (++asked < first || asked >= first + 5) return answer
          const { position } = session
          stub.fill(stub.open()[0]!, 0.1, '120', { maker: true })
          await until('it is known', () => session.position < position)
          return answer
        },
        99,
      )
      await compare(3)
      expect(session.position).toBeCloseTo(0.5)
      expect([session.halts, session.said]).toEqual([[], []])
    })
  },
)

test.each([
  ['balance', () => (stub.wallet -= 500), () => (stub.wallet += 500)],
  ['position', () => stub.positions.set('BTCUSDT', 0.5), () => stub.positions.set('BTCUSDT', 0)],
] as const)(
  '%s: what has halted stands until trading is resumed, though it is right again',
  async (kind, off, right) => {
    off()
    await compare()
    expect(session.said).toEqual([`${kind} critical`])
    right()
    await compare()
    const stands = session.alarms[0]!.stands!
    expect(stands).toMatch(/^halt /)
    expect(session.over).not.toContain(stands)
    // and what comes back is said again
    off()
    await compare()
    expect(session.said).toEqual([`${kind} critical`, `${kind} critical`])
  },
)
