import { expect, test } from 'vitest'
import { foreignOf, gapOf } from '../../../../src/runs/paper/foreign-trade.ts'
import { elsewhere, goOn, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** Somebody else trades the session's symbol on its account. */
useStub()

const kept = () => session.journal.flatMap((one) => ('note' in one ? (foreignOf(one.note) ?? []) : []))
const gaps = () => session.journal.flatMap((one) => ('note' in one ? (gapOf(one.note) ?? []) : []))

/** Bought and sold again, so that neither a position nor a wallet differs in the end. */
async function inAndOut(): Promise<void> {
  for (const side of ['BUY', 'SELL'] as const)
    stub.fill(stub.foreign({ clientId: 'web_1', side, type: 'MARKET' }), 1, '95', { fee: '0.001' })
  await until('both are known', () => kept().length === 2)
}

test.each(['usdm', 'spot'] as const)(
  '%s: the journal keeps its trades, and a restart does not halt again',
  async (kind) => {
    if (kind === 'spot') await elsewhere('spot')
    await inAndOut()
    expect(kept()).toMatchObject([
      { symbol: 'BTCUSDT', clientId: 'web_1', system: null, side: 'buy', qty: '1', price: '95', fee: '0.001' },
      { side: 'sell', tradeId: '2', orderId: String(stub.orders[1]!.id), at: stub.trades[1]!.time },
    ])
    expect(session.said).toEqual(['foreign-order critical', 'foreign-order critical'])
    const halts = session.journal.filter((one) => 'input' in one && one.input.kind === 'command').length
    await goOn()
    expect([session.said, session.halts, kept()]).toEqual([[], [], [expect.anything(), expect.anything()]])
    expect(session.journal.filter((one) => 'input' in one && one.input.kind === 'command')).toHaveLength(halts)
  },
)

test('a trade whose event was lost, and that left no position, is found where the wallet differs', async () => {
  await hold()
  stub.fill(stub.foreign({ clientId: 'web_1', side: 'BUY', type: 'MARKET' }), 1, '90', { isTold: false })
  stub.fill(stub.foreign({ clientId: 'web_1', side: 'SELL', type: 'MARKET' }), 1, '99', { isTold: false })
  await session.broker.reconcile()
  expect(kept().map(({ side, price }) => `${side} ${price}`)).toEqual(['buy 90', 'sell 99'])
})

test('a gap of the wallet is noted when it changes, and when it is right again', async () => {
  stub.wallet -= 100
  for (let k = 0; k < 2; k++) await session.broker.reconcile()
  expect(gaps()).toEqual([{ of: '', off: '-100.00000000' }])
  await goOn()
  expect(gaps()).toHaveLength(1)
  stub.wallet += 100
  await session.broker.reconcile()
  expect(gaps().at(-1)).toEqual({ of: '', off: '0' })
})

test('a position that is not the session’s is noted, with the trades that made it', async () => {
  stub.positions.set('BTCUSDT', 3)
  await session.broker.reconcile()
  expect(gaps()).toEqual([{ of: 'BTCUSDT', off: '3' }])
})
