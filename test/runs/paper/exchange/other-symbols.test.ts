import { expect, test } from 'vitest'
import { another, goOn, session, stub, useStub } from './stub-scene.ts'

/** Symbols that are not the session's, on its account: what the account's income says of them explains the wallet, and nothing else does. */
useStub()

let ids = 0

/** What trading in another symbol did to the wallet, as the exchange lists it. */
function pay(incomeType: string, income: number, { symbol = 'ETHUSDT', asset = 'USDT', time = Date.now() } = {}): void {
  stub.incomes.push({ symbol, income: String(income), time, tranId: ++ids, incomeType, asset })
  if (asset === 'USDT') stub.wallet += income
}

const notes = () => session.journal.flatMap((one) => ('note' in one ? [one.note] : []))
const incomes = () => notes().filter(({ note }) => note === 'foreign-income')

test('fees, realised profit and funding of another symbol halt nothing and are noted, in this process and the next', async () => {
  pay('COMMISSION', -0.59)
  pay('REALIZED_PNL', -50)
  await session.broker.reconcile()
  expect([session.said, session.halts]).toEqual([['other-symbol warning'], []])
  expect(session.alarms[0]!.text).toContain('ETHUSDT is traded on this account')
  pay('FUNDING_FEE', -0.08)
  pay('FUNDING_FEE', -0.07)
  await session.broker.reconcile()
  expect([session.said, session.halts]).toEqual([['other-symbol warning'], []])
  expect(incomes().map((one) => one['incomes'])).toMatchObject([
    [
      { symbol: 'ETHUSDT', type: 'COMMISSION', amount: '-0.59', count: 1 },
      { symbol: 'ETHUSDT', type: 'REALIZED_PNL', amount: '-50', count: 1 },
    ],
    [{ symbol: 'ETHUSDT', type: 'FUNDING_FEE', amount: '-0.15', count: 2 }],
  ])
  await goOn()
  pay('FUNDING_FEE', -0.08)
  await session.broker.reconcile()
  await session.broker.reconcile()
  expect([session.said, session.halts]).toEqual([['other-symbol warning'], []])
  expect(incomes()).toHaveLength(3)
})

test('what they paid while no process listened is taken, though it is older than the newest rows', async () => {
  pay('COMMISSION', -0.59)
  await session.broker.reconcile()
  await session.kill()
  pay('FUNDING_FEE', -4)
  // of the session's own symbol, and more than one answer has
  for (let k = 0; k < 1000; k++) pay('COMMISSION', 0, { symbol: 'BTCUSDT', time: Date.now() + 1 })
  await goOn()
  expect([session.said, session.halts]).toEqual([['other-symbol warning'], []])
})

test('what was paid before the session explains nothing', async () => {
  pay('COMMISSION', -0.59)
  const later = another()
  await later.open()
  await later.broker.reconcile()
  expect([later.said, later.halts]).toEqual([[], []])
  pay('COMMISSION', -0.2)
  await later.broker.reconcile()
  expect([later.said, later.halts]).toEqual([['other-symbol warning'], []])
  const noted = later.journal.flatMap((one) => ('note' in one && one.note.note === 'foreign-income' ? [one.note] : []))
  expect(noted.map((one) => one['incomes'])).toMatchObject([[{ amount: '-0.2', count: 1 }]])
  await later.kill()
})

test('money that no income of another symbol explains halts, and its text names them', async () => {
  pay('COMMISSION', -0.59)
  // a transfer names no symbol; what is paid in BNB is not in this wallet
  pay('TRANSFER', -7, { symbol: '' })
  pay('COMMISSION', -7, { asset: 'BNB' })
  await session.broker.reconcile()
  expect(session.said).toEqual(['other-symbol warning', 'balance critical'])
  expect(session.halts).toEqual([expect.stringMatching(/ 7\.00 less than .*\(others trade ETHUSDT on this account\)/)])
})

test('an income that cannot be read is no reason to halt: the wallet is left out', async () => {
  pay('COMMISSION', -0.59)
  let isDown = true
  const down = { status: 500, body: '{"code":-1001,"msg":"Internal error"}' }
  stub.fault('GET /fapi/v1/income', ({ carryOut }) => (isDown ? down : carryOut()), 1000)
  await session.broker.reconcile()
  expect([session.halts, incomes()]).toEqual([[], []])
  isDown = false
  await session.broker.reconcile()
  expect(incomes()).toHaveLength(1)
  expect(session.halts).toEqual([])
})
