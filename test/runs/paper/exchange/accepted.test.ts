import { describe, expect, test } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import { elsewhere, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** What a person has looked at and lets pass halts no more, in this process and the next; what is new does, and says what helps. */
useStub()

const RESUME = 'klinelab paper resume double'
const accepted = () =>
  session.journal.flatMap((one) => ('note' in one && one.note.note === 'accepted' ? [one.note] : []))

/** Nothing is said or halted by a resume, two comparisons, a restart and one more. */
async function staysAccepted(): Promise<void> {
  // what was said is known in full by then
  await session.broker.idle()
  const [halts, said] = [session.halts.length, session.said.length]
  await session.resume()
  for (let k = 0; k < 2; k++) await session.broker.reconcile()
  expect([session.halts.length, session.said.length]).toEqual([halts, said])
  await goOn()
  await session.broker.reconcile()
  expect([session.said, session.halts]).toEqual([[], []])
}

/** An order of somebody else fills at once. */
function trade(side: 'BUY' | 'SELL', qty: number, price: string, clientId = 'web_1'): void {
  stub.fill(stub.foreign({ clientId, side, type: 'MARKET', qty }), qty, price, { fee: '0.5' })
}

async function trades(): Promise<void> {
  const open = stub.open().length
  await session.settle(buy({ qty: 1 }))
  expect(stub.open()).toHaveLength(open + 1)
}

describe('money', () => {
  test('that is missing: its halt names the command, and what is missed later halts again', async () => {
    stub.wallet -= 100
    await session.broker.reconcile()
    expect(session.halts).toEqual([expect.stringMatching(/100\.00 less .*resume double accepts it$/)])
    await staysAccepted()
    expect(accepted()).toEqual([{ kind: 'broker', note: 'accepted', gaps: { '': '-100.00000000' }, orders: {} }])
    stub.wallet -= 5
    await session.broker.reconcile()
    expect(session.halts).toEqual([expect.stringContaining(' 5.00 less than ')])
    await staysAccepted()
    expect(accepted().at(-1)!['gaps']).toEqual({ '': '-105.00000000' })
    await trades()
  })

  test('that has come without a reason is accepted, too', async () => {
    stub.wallet += 100
    await session.broker.reconcile()
    expect(session.said).toEqual(['balance warning'])
    await staysAccepted()
    stub.wallet -= 100
    await session.broker.reconcile()
    expect(session.halts).toEqual([expect.stringContaining(' 100.00 less than ')])
  })

  test('what is missed after the look and before the resume is not accepted by it', async () => {
    stub.wallet -= 100
    await session.broker.reconcile()
    stub.wallet -= 7
    await session.resume()
    expect(session.halts.at(-1)).toContain(' 7.00 less than ')
  })

  test.each(['usdm', 'spot'] as const)('%s: that trades of others have lost is explained by them', async (kind) => {
    await elsewhere(kind)
    trade('BUY', 2, '100')
    trade('SELL', 2, '90')
    await until('both have halted', () => session.halts.length === 2)
    await session.broker.reconcile()
    expect(session.said).toEqual(['foreign-order critical', 'foreign-order critical'])
    expect(session.halts[0]).toContain(RESUME)
    await staysAccepted()
    stub.wallet -= 3
    await session.broker.reconcile()
    expect(session.halts).toEqual([
      expect.stringMatching(/ 3\.00 less than this session's trades and what is known beside/),
    ])
  })

  test('a trade of others beside a position moves its average price: what the session then realises there is explained', async () => {
    await hold({})
    trade('BUY', 1, '120')
    trade('SELL', 1, '120')
    await until('both have halted', () => session.halts.length === 2)
    await staysAccepted()
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '130')
    await until('it is known', () => session.position === 2)
    await session.broker.reconcile()
    expect(session.halts).toEqual([])
  })
})

describe('orders', () => {
  test('of others that rest are accepted; that they trade is new', async () => {
    const order = stub.foreign({ clientId: 'web_1', price: '80', qty: 2 })
    await until('it is said', () => session.halts.length === 1)
    await staysAccepted()
    expect(accepted()).toMatchObject([{ orders: { [`BTCUSDT ${order.id}`]: 'web_1' } }])
    await trades()
    stub.fill(order, 2, '80')
    await until('it is said', () => session.said.includes('position critical'))
    expect(session.said).toEqual(['foreign-order critical', 'position critical'])
  })

  test('that are said while a resume is being noted are not accepted by it, and their alarm stands', async () => {
    stub.wallet -= 100
    await session.broker.reconcile()
    session.diskMs = 300
    const resumed = session.resume()
    const order = stub.foreign({ clientId: 'web_1', price: '80', qty: 2 })
    await until('it is said', () => session.halts.length === 2)
    expect(accepted()).toEqual([])
    session.diskMs = 0
    await resumed
    expect(session.over.filter((what) => what.includes('foreign-order'))).toEqual([])
    expect(accepted()).toMatchObject([{ orders: {} }])
    await session.resume()
    expect(accepted().at(-1)).toMatchObject({ orders: { [`BTCUSDT ${order.id}`]: 'web_1' } })
    expect(session.over.filter((what) => what.includes('foreign-order'))).toHaveLength(1)
  })

  test('that are conditional, too', async () => {
    stub.foreign({ clientId: 'web_1', route: 'algo', type: 'STOP_MARKET', trigger: '80' })
    await until('it is said', () => session.halts.length === 1)
    expect(session.halts[0]).toContain(`cancel it there, or accept it as it is: ${RESUME}`)
    await staysAccepted()
    stub.foreign({ clientId: 'web_2', route: 'algo', type: 'STOP_MARKET', trigger: '70' })
    await until('it is said', () => session.halts.length === 1)
    expect(session.halts[0]).toContain('web_2')
  })
})

describe('a position of others in a symbol of the session', () => {
  test('on margin is not accepted: its halt says what undoes it, and that does', async () => {
    await hold()
    trade('BUY', 3, '100')
    await until('it is said', () => session.said.includes('position critical'))
    const text = session.halts.at(-1)
    expect(text).toContain(`sell 3 BTCUSDT at the exchange and then write ${RESUME}. A resume alone does not help`)
    await session.resume()
    expect(session.halts.at(-1)).toBe(text)
    trade('SELL', 3, '95', 'web_2')
    await until('it is said', () => session.halts.at(-1)!.includes('web_2'))
    await staysAccepted()
    await session.settle(buy({ qty: 1 }))
    expect(stub.open()).toHaveLength(2)
  })

  test('is told as it comes, though a comparison that is underway has passed positions already', async () => {
    const isNoted = () => session.journal.some((one) => 'note' in one && one.note.note === 'foreign')
    stub.fault('GET /fapi/v3/balance', async ({ carryOut }) => {
      stub.fill(order, 3, '100')
      await until('it is noted', isNoted)
      return carryOut()
    })
    const order = stub.foreign({ clientId: 'web_1', side: 'BUY', type: 'MARKET', qty: 3 })
    await until('it is said', () => session.said.includes('position critical'))
  })

  test('that takes the session’s away is to be bought back', async () => {
    await hold({})
    trade('SELL', 1, '100')
    await until('it is said', () => session.said.includes('position critical'))
    expect(session.halts.at(-1)).toContain('buy 1 BTCUSDT at the exchange')
  })

  test('on spot coins of others lie beside the session’s once they are accepted; those of the session do not go', async () => {
    await elsewhere('spot')
    await hold({})
    trade('BUY', 3, '100')
    await until('it is said', () => session.said.includes('position critical'))
    expect(session.halts.at(-1)).toContain(`${RESUME} accepts that; else sell 3 BTC for USDT at the exchange`)
    await staysAccepted()
    expect(accepted()).toMatchObject([{ gaps: { BTCUSDT: '3' } }])
    trade('SELL', 3.5, '100', 'web_2')
    await until('it is said', () => session.said.includes('position critical'))
    expect(session.halts.at(-1)).toContain('buy 3.5 BTC for USDT at the exchange')
    expect(session.halts.at(-1)).toContain('coins that this session has bought are gone')
    await session.resume()
    expect(session.halts.at(-1)).toContain('buy 3.5 BTC')
  })

  test('on spot coins of others that were accepted and have gone again halt nothing, and are new when they come back', async () => {
    await elsewhere('spot')
    await hold({})
    const coins = (qty: number) => stub.positions.set('BTCUSDT', (stub.positions.get('BTCUSDT') ?? 0) + qty)
    coins(5)
    await session.broker.reconcile()
    await staysAccepted()
    coins(-5)
    await session.broker.reconcile()
    expect([session.halts, accepted().at(-1)!['gaps']]).toEqual([[], { BTCUSDT: '0' }])
    await staysAccepted()
    coins(5)
    await session.broker.reconcile()
    expect(session.halts).toEqual([expect.stringContaining('the account holds 6, and this session has traded 1')])
  })
})

test('a position in another symbol halts nothing; what it loses is accepted once it is said', async () => {
  stub.send({ e: 'ORDER_TRADE_UPDATE', o: { s: 'ETHUSDT', i: 7, c: 'web_1', x: 'TRADE', X: 'FILLED' } })
  await until('it is said', () => session.said.length === 1)
  expect([session.said, session.halts]).toEqual([['other-symbol warning'], []])
  stub.wallet -= 50
  await session.broker.reconcile()
  await staysAccepted()
})
