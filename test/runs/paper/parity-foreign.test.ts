import { expect, test } from 'vitest'
import { incomeNote } from '../../../src/runs/paper/foreign-income.ts'
import { type ForeignTrade, foreignNote, gapNote } from '../../../src/runs/paper/foreign-trade.ts'
import type { JournalRecord } from '../../../src/runs/paper/session-record.ts'
import { filled, hour, PRICES, parityOf, SYMBOL } from './made-session.ts'

/** Bought 2 at 101 and sold at 110 by the session: 17.789 as in its backtest. The last bar closes at 110. */
const NET = 17.789

let trades = 0

function foreign(k: number, side: 'buy' | 'sell', qty: number, price: number, other: Partial<ForeignTrade> = {}) {
  const tradeId = String(++trades)
  const of = { symbol: SYMBOL, tradeId, orderId: `9${tradeId}`, clientId: 'web_1', system: null }
  const amounts = { qty: String(qty), price: String(price), fee: '0.05' }
  return foreignNote(`trade ${SYMBOL} ${tradeId}`, { ...of, side, ...amounts, at: hour(k) + 500, ...other })
}

const wallet = (off: number) => gapNote({ of: '', off: off.toFixed(8) })

/** After hour 3 it holds 2, after hour 7 nothing. */
const session = (after: Readonly<Record<number, readonly JournalRecord[]>>) =>
  parityOf({
    after: {
      ...after,
      3: [filled('in', 3, 101, 0.101), ...(after[3] ?? [])],
      7: [filled('out', 7, 110, 0.11), ...(after[7] ?? [])],
    },
  })

test('a trade of somebody else has its money: mark less price of what it bought, less its fee; the paper side is the account', async () => {
  // 3 at 104, worth 110 in the end: 18 less 0.05
  const document = await session({ 4: [foreign(4, 'buy', 3, 104)] })
  expect(document.differences).toMatchObject([
    {
      ...{ cause: 'foreign', symbol: SYMBOL, at: hour(4) + 500, money: 17.95 },
      text: expect.stringMatching(/^somebody else traded on the account: order 9\d+ \(web_1\)$/),
      ...{ paper: 'buy 3 at 104, 2023-01-01T04:00:00.500, fee 0.05', backtest: 'nobody else trades' },
    },
  ])
  expect(document).toMatchObject({ same: false, unexplained: 0, unaccounted: [], fills: { paper: 2 } })
  expect(document.netProfit).toEqual({ paper: 35.739, backtest: NET })
  expect(document.causes.at(-1)).toEqual({ cause: 'foreign', count: 1, money: 17.95 })
})

test('what the exchange itself traded away says so', async () => {
  const document = await session({ 4: [foreign(4, 'sell', 2, 90, { system: 'liquidation' })] })
  expect(document.differences[0]!.text).toContain('the exchange itself traded the position away: liquidation')
  // 2 × (90 − 110), and the fee
  expect(document.causes.at(-1)!.money).toBe(-40.05)
})

test('a wallet that those trades explain is no gap, though the average price of both is another', async () => {
  // 2 at 101 and 2 at 105 are 4 at 103: the session's sale at 110 brings 14 there and 18 here, and the fee is paid
  const document = await session({ 4: [foreign(4, 'buy', 2, 105)], 7: [wallet(-4.05)] })
  expect(document).toMatchObject({ unexplained: 0, unaccounted: [] })
  // sold at once, it is all of it: 2 × 4 of 107 − 103, where the session's 2 stay at 103
  const both = [foreign(4, 'buy', 2, 105), foreign(5, 'sell', 2, 107)]
  expect(await session({ 5: [...both, wallet(8 - 0.1)] })).toMatchObject({ unexplained: 0, unaccounted: [] })
  // and once the session has sold as well: 8 + 14 there, 18 here
  const later = { 5: [foreign(4, 'buy', 2, 105), foreign(5, 'sell', 2, 107)], 7: [wallet(4 - 0.1)] }
  expect(await session(later)).toMatchObject({ unexplained: 0, unaccounted: [] })
})

test('a wallet that no trade explains is unaccounted, with its money; one that has been set right is nothing', async () => {
  const document = await session({ 4: [foreign(4, 'buy', 2, 105)], 7: [wallet(-104.05)] })
  expect(document.unexplained).toBe(-100)
  expect(document.unaccounted).toEqual([
    'the wallet holds 100 USDT less than all trades explain, the session’s and those of others: changed by no trade',
  ])
  const { paper, backtest } = document.netProfit
  const explained = document.causes.reduce((sum, { money }) => sum + money, 0)
  expect(paper - backtest).toBeCloseTo(explained + document.unexplained, 8)
  expect(await session({ 4: [wallet(-100)], 7: [gapNote({ of: '', off: '0' })] })).toMatchObject({ same: true })
})

test('what another symbol did to the wallet is foreign, by kind; only what nothing explains is unaccounted', async () => {
  const of = (type: string, amount: string, k: number) =>
    incomeNote([{ symbol: 'ETHUSDT', type, amount, count: 1, at: hour(k) }], { at: hour(k), keys: [] })
  const notes = {
    4: [of('COMMISSION', '-0.59', 4), of('REALIZED_PNL', '-5.55', 4), wallet(-6.14)],
    6: [of('COMMISSION', '-0.08', 6), wallet(-6.22)],
  }
  const document = await session(notes)
  expect(document).toMatchObject({ same: false, unexplained: 0, unaccounted: [] })
  expect(document.netProfit).toEqual({ paper: 11.569, backtest: NET })
  expect(document.differences).toMatchObject([
    {
      ...{ cause: 'foreign', symbol: 'ETHUSDT', at: hour(6), money: -0.67 },
      text: 'somebody else traded ETHUSDT on the account: fees',
      paper: '-0.67 in 2 payments until 2023-01-01T06:00',
    },
    { cause: 'foreign', money: -5.55, text: expect.stringContaining('realised profit') },
  ])
  const more = await session({ ...notes, 7: [wallet(-106.22)] })
  expect(more).toMatchObject({ unexplained: -100, unaccounted: [expect.stringContaining('100 USDT less')] })
})

test('fees that are taken in another asset leave the wallet where it was, and are no gap', async () => {
  const told = { ...filled('in', 3, 101, 0.101) } as Extract<JournalRecord, { kind: 'told' }>
  const note = { kind: 'broker', note: 'told', key: 'trade', feeIn: 'BNB', told: told.told } as const
  expect(await session({ 3: [note, wallet(0.101)] })).toMatchObject({ same: true, unaccounted: [] })
})

test('contracts that no trade explains are unaccounted, those of somebody else’s trades are not', async () => {
  const gap = gapNote({ of: SYMBOL, off: '3' })
  expect(await session({ 4: [foreign(4, 'buy', 3, 104), gap] })).toMatchObject({ unaccounted: [] })
  expect((await session({ 4: [foreign(4, 'buy', 1, 104), gap] })).unaccounted).toEqual([
    `${SYMBOL}: the account holds 2 more than all trades explain, the session’s and those of others`,
  ])
})

test.each([
  ['before the backtest’s exit', 5, -5.997],
  ['after it, within what that exit left', 8, 0.003],
])(
  'what the exchange itself took of the session’s position %s is foreign, with all that follows from it',
  async (_, k, money) => {
    const system = { by: 'auto-deleveraging', side: 'sell' } as const
    const taken = filled('auto-deleveraging-77', k, PRICES[k - 1]!, 0.052, { qty: 1 }) as Extract<
      JournalRecord,
      { kind: 'told' }
    >
    const told = { ...taken.told, system } as Extract<JournalRecord, { kind: 'told' }>['told']
    const document = await parityOf({
      after: {
        3: [filled('in', 3, 101, 0.101)],
        [k]: [{ kind: 'told', told }],
        7: [filled('out', 7, 110, 0.055, { qty: 1 })],
      },
    })
    expect(document).toMatchObject({ unexplained: 0, unaccounted: [], fills: { paper: 3, backtest: 2 } })
    expect(document.differences).toMatchObject([
      {
        cause: 'foreign',
        text: expect.stringContaining('the exchange itself traded the position away: auto-deleveraging, order 77'),
      },
    ])
    // 1 sold at another price than 110, and less of a fee
    expect(document.causes.at(-1)).toEqual({ cause: 'foreign', count: 1, money })
  },
)

test('a wallet that the order of the session’s own fills explains is no gap', async () => {
  const noted = (id: number, record: JournalRecord): JournalRecord[] => {
    if (record.kind !== 'told') throw new Error('not told')
    return [{ kind: 'broker', note: 'told', key: `trade ${SYMBOL} ${id}`, told: record.told }, record]
  }
  // the second part of the entry is heard of behind the sale: 110 − 101 are realised here, 110 − 103 there
  const of = (off: number) =>
    parityOf({
      after: {
        3: noted(1, filled('in', 3, 101, 0.05, { qty: 1 })),
        7: [
          ...noted(3, filled('out', 7, 110, 0.05, { qty: 1 })),
          ...noted(2, filled('in', 3, 105, 0.05, { qty: 1, late: 400 })),
          wallet(off),
        ],
      },
    })
  expect((await of(-2)).unaccounted).toEqual([])
  expect((await of(-5)).unaccounted).toEqual([expect.stringContaining('holds 3 USDT less than all trades explain')])
})
