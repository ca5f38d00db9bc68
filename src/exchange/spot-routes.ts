import { cancelReplace } from './cancel-replace.ts'
import { Refused } from './error-codes.ts'
import { isOpen } from './exchange-order.ts'
import { isForgotten, pageOf, windowOf } from './history.ts'
import { cancelledListReply } from './order-list.ts'
import type { OrderLists } from './order-lists.ts'
import { symbolIn, tradedOf } from './order-params.ts'
import type { Params } from './params.ts'
import { type Account, perSymbol, type Routes, SIGNED } from './route.ts'
import { commissionReply, spotAccountReply } from './spot-account.ts'
import type { SpotEntry } from './spot-entry.ts'
import { cancelReply, spotOrderReply, spotTradeReply } from './spot-replies.ts'

/** Orders and account of spot. */
export function spotRoutes(account: Account, entry: SpotEntry, lists: OrderLists): Routes {
  const { book, market, limits } = account
  return {
    'POST /api/v3/order': { ...SIGNED, weight: 1, orders: 1, answer: (params) => entry.place(params) },
    'POST /api/v3/order/test': { ...SIGNED, weight: 1, answer: (params) => entry.place(params, true) },
    'POST /api/v3/order/cancelReplace': {
      ...SIGNED,
      ...{ weight: 1, orders: 1 },
      answer: (params) => cancelReplace(book, entry, lists, params),
    },
    'DELETE /api/v3/order': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        const order = entry.find(params)
        const list = lists.withdraw(order)
        if (list !== null) return cancelledListReply(list, market.now())
        return cancelReply(order!, params.text('newClientOrderId'))
      },
    },
    'GET /api/v3/order': {
      ...SIGNED,
      weight: 4,
      answer: (params) => {
        const order = entry.find(params)
        if (order === undefined || isForgotten(order, market.now())) throw new Refused(-2013)
        return spotOrderReply(order)
      },
    },
    'GET /api/v3/openOrders': {
      ...SIGNED,
      weight: perSymbol(6, 80),
      answer: (params) => book.openOrders(symbolIn(book, params)).map(spotOrderReply),
    },
    'DELETE /api/v3/openOrders': { ...SIGNED, weight: 1, answer: (params) => cancelOpen(account, lists, params) },
    'GET /api/v3/allOrders': { ...SIGNED, weight: 20, answer: (params) => allOrders(account, params) },
    'GET /api/v3/myTrades': { ...SIGNED, weight: 20, answer: (params) => myTrades(account, params) },
    'GET /api/v3/account': { ...SIGNED, weight: 20, answer: () => spotAccountReply(book, market.now()) },
    'GET /api/v3/account/commission': {
      ...SIGNED,
      weight: 20,
      answer: (params) => commissionReply(tradedOf(book, params)),
    },
    'GET /api/v3/rateLimit/order': { ...SIGNED, weight: 40, answer: () => limits.orderRules },
  }
}

/** Of a list's orders the one that comes first ends both. */
function cancelOpen({ book, market }: Account, lists: OrderLists, params: Params): object[] {
  const open = book.openOrders(tradedOf(book, params).symbol)
  if (open.length === 0) throw new Refused(-2011)
  return open.flatMap((order) => {
    if (!isOpen(order)) return []
    const list = lists.withdraw(order)
    return [list === null ? cancelReply(order) : cancelledListReply(list, market.now())]
  })
}

function allOrders({ book, market }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const from = params.integer('orderId')
  const window = windowOf(params, market.now(), 500, 1000)
  const all = book.orders.all.filter((one) => one.symbol === symbol)
  return pageOf(all, ({ time }) => time, window, from).map(spotOrderReply)
}

function myTrades({ book, market }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const [from, orderId] = [params.integer('fromId'), params.integer('orderId')]
  const window = windowOf(params, market.now(), 500, 1000)
  const all = book.trades.filter(
    ({ order }) => order.symbol === symbol && (orderId === undefined || order.id === orderId),
  )
  return pageOf(all, ({ time }) => time, window, from).map(spotTradeReply)
}
