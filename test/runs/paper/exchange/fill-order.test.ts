import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { buy, close } from '../../../../src/core/order.ts'
import { gapOf } from '../../../../src/runs/paper/foreign-trade.ts'
import { done, said } from './stub-answer.ts'
import { elsewhere, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** Fills are booked in the exchange's order; where one is heard of too late for that, the account is reckoned in it all the same. */
useStub()

const priced = (price: string) => stub.find((order) => order.price === price)
const gaps = () => session.journal.flatMap((one) => ('note' in one ? (gapOf(one.note) ?? []) : []))
const wallet = () => session.run.account().wallet
const TRADES = 'GET /fapi/v1/userTrades'

/** Nothing but its id says that a trade comes behind another. */
const withoutClue = () => Object.assign(stub, { tellsProfit: false })

async function compare(): Promise<void> {
  await session.broker.reconcile()
  await session.broker.idle()
}

/** Holds 1 at 100 with a target at 120, and wants 1 more at 105. */
async function wanting(): Promise<void> {
  await hold({ takeProfit: 120 })
  await session.settle(buy({ qty: 1, limit: 105, id: 'more' }))
}

/** 1 more at 105 that nobody has heard of, and then half of the 2 sold at 120, which the stream tells: 17.50 each there. */
function addUnheardAndSell(): void {
  stub.fill(priced('105'), 1, '105', { maker: true, isTold: false })
  stub.fill(priced('120'), 0.5, '120', { maker: true })
}

describe('what was missed is booked before what the stream tells, where that shows that something is missing:', () => {
  test('it has realised another profit there', async () => {
    await wanting()
    addUnheardAndSell()
    await until('the sale is known', () => session.fills.length === 3)
    expect(session.fills).toEqual(['o1 1 at 100', 'more 1 at 105', 'o2 0.5 at 120'])
    await compare()
    expect([wallet(), stub.wallet, session.said, session.halts, gaps()]).toEqual([10_008.75, 10_008.75, [], [], []])
  })

  test.each(['usdm', 'spot'] as const)('more of its order is filled there: %s', async (kind) => {
    await elsewhere(kind)
    await hold({ takeProfit: 120 })
    stub.fill(priced('120'), 0.4, '121', { maker: true, isTold: false })
    stub.fill(priced('120'), 0.3, '120', { maker: true })
    await until('both are known', () => session.fills.length === 3)
    expect(session.fills.slice(1)).toEqual(['o2 0.4 at 121', 'o2 0.3 at 120'])
  })

  test.each(['ahead of', 'behind'])('the position there is another, as is said %s its fill', async (where) => {
    await wanting()
    withoutClue()
    const state = (pa: string) =>
      stub.send({ e: 'ACCOUNT_UPDATE', T: Date.now(), a: { m: 'ORDER', B: [], P: [{ s: 'BTCUSDT', pa, ps: 'BOTH' }] } })
    stub.fill(priced('120'), 0.4, '120', { maker: true, isTold: false })
    if (where === 'behind') state('0.6')
    else state('1.6')
    stub.fill(priced('105'), 1, '105', { maker: true })
    await until('both are known', () => session.fills.length === 3)
    expect(session.fills.slice(1)).toEqual(['o2 0.4 at 120', 'more 1 at 105'])
  })

  test('a position on its way to what the order makes of it shows nothing, and nothing is asked', async () => {
    await wanting()
    const asked = stub.count(TRADES)
    const P = [{ s: 'BTCUSDT', pa: '2', ps: 'BOTH' }]
    stub.send({ e: 'ACCOUNT_UPDATE', T: Date.now(), a: { m: 'ORDER', B: [], P } })
    for (const part of [0.3, 0.7]) stub.fill(priced('105'), part, '105', { maker: true })
    await until('all is known', () => session.position === 2)
    stub.fill(priced('120'), 0.5, '120', { maker: true })
    await until('the sale is known', () => session.position === 1.5)
    expect(stub.count(TRADES)).toBe(asked)
  })

  test('a list is being read', async () => {
    await wanting()
    withoutClue()
    const list = Promise.withResolvers<void>()
    let isAsked = false
    stub.fault(TRADES, async () => {
      isAsked = true
      await list.promise
      return undefined
    })
    stub.fill(priced('120'), 0.4, '120', { maker: true, isTold: false })
    const compared = compare()
    await until('the list is asked for', () => isAsked)
    stub.fill(priced('105'), 1, '105', { maker: true })
    // time in which it would be booked, were it not waiting
    await wait(40)
    list.resolve()
    await compared
    expect(session.fills.slice(1)).toEqual(['o2 0.4 at 120', 'more 1 at 105'])
  })

  test('the last list could not be read', async () => {
    await wanting()
    withoutClue()
    stub.fill(priced('120'), 0.4, '120', { maker: true, isTold: false })
    let isBusy = true
    stub.fault(TRADES, () => (isBusy ? said(-1008, 'busy', 503) : undefined), 99)
    await compare()
    expect(session.fills).toHaveLength(1)
    isBusy = false
    stub.fill(priced('105'), 1, '105', { maker: true })
    await until('both are known', () => session.fills.length === 3)
    expect(session.fills.slice(1)).toEqual(['o2 0.4 at 120', 'more 1 at 105'])
  })

  test('and a list that lags behind is asked again', async () => {
    await wanting()
    stub.fault(TRADES, () => done([]))
    addUnheardAndSell()
    await until('both are known', () => session.fills.length === 3)
    expect(session.fills.slice(1)).toEqual(['more 1 at 105', 'o2 0.5 at 120'])
  })

  test('unless the exchange does not answer: what has filled is to be protected, and many parts wait no longer than one', async () => {
    await wanting()
    const list = Promise.withResolvers<void>()
    stub.fault(TRADES, async () => {
      await list.promise
      return undefined
    })
    stub.fill(priced('105'), 1, '105', { maker: true, isTold: false })
    const begun = performance.now()
    for (let part = 0; part < 10; part++) stub.fill(priced('120'), 0.05, '120', { maker: true })
    await until('the sales are known', () => session.fills.length === 11)
    // a second for all of them, and not for each
    expect(performance.now() - begun).toBeLessThan(8000)
    list.resolve()
    await until('all is known', () => session.fills.length === 12)
    expect(session.fills.at(-1)).toBe('more 1 at 105')
  })
})

describe('a fill that is heard of behind one that came after it', () => {
  /** The sale has realised 10 here, and 8.75 there. */
  async function mixed(): Promise<void> {
    await wanting()
    withoutClue()
    addUnheardAndSell()
    await until('the sale is known', () => session.fills.length === 2)
    await compare()
    expect(session.fills.slice(1)).toEqual(['o2 0.5 at 120', 'more 1 at 105'])
    expect([wallet(), stub.wallet]).toEqual([10_010, 10_008.75])
  }

  test('halts nothing though the wallet differs until the position is flat; what it differs by is noted, and known after a restart', async () => {
    await mixed()
    expect([session.said, session.halts, gaps()]).toEqual([[], [], [{ of: '', off: '-1.25000000' }]])
    await goOn()
    await compare()
    expect([session.said, session.halts, gaps()]).toEqual([[], [], [{ of: '', off: '-1.25000000' }]])
    await session.settle(close())
    stub.fill(
      stub.find(({ type, status }) => type === 'MARKET' && status === 'NEW'),
      session.position,
      '110',
    )
    await until('all is sold', () => session.position === 0)
    await compare()
    expect([session.said, session.halts, gaps().at(-1)]).toEqual([[], [], { of: '', off: '0' }])
    expect(wallet()).toBeCloseTo(stub.wallet, 7)
  })

  test.each(['at once', 'after a restart'])('hides no withdrawal: %s', async (when) => {
    await mixed()
    if (when === 'after a restart') await goOn()
    stub.wallet -= 1.25
    await compare()
    expect([session.said, session.halts]).toEqual([
      ['balance critical'],
      [expect.stringContaining("1.25 less than this session's trades and what is known beside them explain")],
    ])
    // nor one that would put right what differs
    await session.resume()
    stub.wallet += 2 * 1.25
    await compare()
    expect(session.said.at(-1)).toBe('balance warning')
  })

  test('hides no trade of somebody else, and is reckoned with it in one order', async () => {
    await mixed()
    const [before, here] = [stub.wallet, wallet()]
    // 1.5 are held at 102.50 there, of which somebody sells 1 and buys it back
    for (const side of ['SELL', 'BUY'] as const)
      stub.fill(stub.foreign({ clientId: 'web_1', side, type: 'MARKET' }), 1, side === 'SELL' ? '112' : '111')
    await until('it is said', () => session.halts.length === 2)
    await compare()
    expect(new Set(session.said)).toEqual(new Set(['foreign-order critical']))
    expect([stub.wallet - before, wallet() - here]).toEqual([9.5, 0])
    await session.resume()
    expect(session.halts).toHaveLength(2)
  })
})
