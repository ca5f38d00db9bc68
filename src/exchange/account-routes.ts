import type { Traded } from './account-book.ts'
import { isUsed, positionRisk } from './account-figures.ts'
import { accountReply, balanceReply, bracketsReply, mostNotional } from './account-replies.ts'
import { windowOf, within } from './history.ts'
import { tradedOf } from './order-params.ts'
import type { Params } from './params.ts'
import { type Account, type Routes, SIGNED } from './route.ts'
import { moneyText } from './user-events.ts'

/** What the account has, on USDS-M. */
export function accountRoutes(account: Account): Routes {
  const { book, market } = account
  const signed = { ...SIGNED, weight: 5 }
  const some = (params: Params) =>
    params.text('symbol') === undefined ? [...book.traded.values()] : [tradedOf(book, params)]
  const risks = (all: readonly Traded[], version: 2 | 3) => all.map((one) => positionRisk(book, one, market, version))
  return {
    'GET /fapi/v2/account': { ...signed, answer: () => accountReply(book, market, 2) },
    'GET /fapi/v3/account': { ...signed, answer: () => accountReply(book, market, 3) },
    'GET /fapi/v2/balance': { ...signed, answer: () => [balanceReply(book, market)] },
    'GET /fapi/v3/balance': { ...signed, answer: () => [balanceReply(book, market)] },
    'GET /fapi/v2/positionRisk': { ...signed, answer: (params) => risks(some(params), 2) },
    // of version 3 only what has a position or an open order
    'GET /fapi/v3/positionRisk': { ...signed, answer: (params) => risks(some(params).filter(isUsed), 3) },
    'GET /fapi/v1/adlQuantile': {
      ...signed,
      answer: (params) =>
        some(params)
          .filter(({ held }) => held.qty !== 0n)
          .map(({ symbol }) => ({ symbol, adlQuantile: { LONG: 0, SHORT: 0, BOTH: 0 } })),
    },
    'GET /fapi/v1/income': { ...signed, weight: 30, answer: (params) => incomeRows(account, params) },
    'GET /fapi/v1/commissionRate': {
      ...signed,
      weight: 20,
      answer: (params) => commissionReply(tradedOf(book, params)),
    },
    'GET /fapi/v1/leverageBracket': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const all = some(params).map(bracketsReply)
        return params.text('symbol') === undefined ? all : all[0]
      },
    },
    'GET /fapi/v1/accountConfig': {
      ...signed,
      answer: () => ({
        feeTier: 0, canTrade: true, canDeposit: true, canWithdraw: true, dualSidePosition: false, updateTime: 0,
        multiAssetsMargin: false, tradeGroupId: -1,
      }), // biome-ignore format: two lines
    },
    'GET /fapi/v1/symbolConfig': {
      ...signed,
      answer: (params) =>
        some(params).map(({ slot, symbol }) => ({
          symbol,
          marginType: slot.margin!.mode === 'isolated' ? 'ISOLATED' : 'CROSSED',
          isAutoAddMargin: false,
          leverage: slot.margin!.leverage,
          maxNotionalValue: mostNotional(book, slot.margin!.mostNotional),
        })),
    },
  }
}

/** Page by page where one is asked for, else the newest of the window. */
function incomeRows({ book, market }: Account, params: Params): object[] {
  const [symbol, type] = [params.text('symbol'), params.text('incomeType')]
  const window = windowOf(params, market.now(), 100, 1000)
  const page = params.integer('page') ?? 1
  const all = book.income.filter(
    (one) => (symbol === undefined || one.symbol === symbol) && (type === undefined || one.incomeType === type),
  )
  const found = within(all, ({ time }) => time, { ...window, limit: Number.MAX_SAFE_INTEGER })
  const { limit } = window
  const rows = window.isNewest && page === 1 ? found.slice(-limit) : found.slice((page - 1) * limit, page * limit)
  return rows.map(({ units, ...one }) => ({
    symbol: one.symbol,
    incomeType: one.incomeType,
    income: moneyText(units, book.ledgerDecimals),
    asset: book.quote,
    info: one.incomeType,
    time: one.time,
    tranId: one.tranId,
    tradeId: one.tradeId,
  }))
}

function commissionReply({ slot, symbol }: Traded) {
  const rate = ({ digits, decimals }: { digits: number; decimals: number }) => moneyText(BigInt(digits), decimals)
  const [maker, taker] = [rate(slot.costs.maker), rate(slot.costs.taker)]
  return { symbol, makerCommissionRate: maker, takerCommissionRate: taker, rpiCommissionRate: maker }
}
