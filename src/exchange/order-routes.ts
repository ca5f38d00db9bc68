import { algoRoutes } from './algo-routes.ts'
import { Refused } from './error-codes.ts'
import { type ExchangeOrder, isOpen, orderReply } from './exchange-order.ts'
import { isForgotten } from './history.ts'
import { allOrders, amendments, forceOrders, userTrades } from './order-history.ts'
import { symbolIn, tradedOf } from './order-params.ts'
import { Params, paramsOfBatch } from './params.ts'
import { type Account, ALL_CANCELLED, perSymbol, type Routes, SIGNED } from './route.ts'

const MOST_IN_BATCH = 5

/** Orders of USDS-M in and out, and what became of them. */
export function orderRoutes(account: Account): Routes {
  const { book, entry, limits } = account
  const order = { ...SIGNED, weight: 0, orders: 1 }
  const batch = { ...SIGNED, weight: 5, orders: 5 }
  return {
    'POST /fapi/v1/order': { ...order, answer: (params) => entry.place(params) },
    'POST /fapi/v1/order/test': { ...SIGNED, weight: 1, answer: (params) => entry.place(params, true) },
    'PUT /fapi/v1/order': { ...order, weight: 1, answer: (params) => entry.modify(params) },
    'DELETE /fapi/v1/order': { ...SIGNED, weight: 1, answer: (params) => entry.cancel(params) },
    'GET /fapi/v1/order': { ...SIGNED, weight: 1, answer: (params) => orderReply(found(account, params)) },
    'GET /fapi/v1/openOrder': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        const one = found(account, params)
        if (!isOpen(one)) throw new Refused(-2013)
        return orderReply(one)
      },
    },
    'GET /fapi/v1/openOrders': {
      ...SIGNED,
      weight: perSymbol(1, 40),
      answer: (params) => book.openOrders(symbolIn(book, params)).map(orderReply),
    },
    'GET /fapi/v1/allOrders': { ...SIGNED, weight: 5, answer: (params) => allOrders(account, params) },
    'DELETE /fapi/v1/allOpenOrders': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        for (const one of book.openOrders(tradedOf(book, params).symbol)) entry.withdraw(one)
        return ALL_CANCELLED
      },
    },
    'POST /fapi/v1/batchOrders': {
      ...batch,
      answer: (params) => answerEach(params.list('batchOrders'), (one) => entry.place(paramsOfBatch(one))),
    },
    'PUT /fapi/v1/batchOrders': {
      ...batch,
      answer: (params) => answerEach(params.list('batchOrders'), (one) => entry.modify(paramsOfBatch(one))),
    },
    'DELETE /fapi/v1/batchOrders': { ...SIGNED, weight: 1, answer: (params) => cancelEach(account, params) },
    'GET /fapi/v1/userTrades': { ...SIGNED, weight: 5, answer: (params) => userTrades(account, params) },
    'GET /fapi/v1/orderAmendment': { ...SIGNED, weight: 1, answer: (params) => amendments(account, params) },
    'GET /fapi/v1/forceOrders': {
      ...SIGNED,
      weight: perSymbol(20, 50),
      answer: (params) => forceOrders(account, params),
    },
    ...algoRoutes(account),
    'GET /fapi/v1/rateLimit/order': { ...SIGNED, weight: 1, answer: () => limits.orderRules },
  }
}

function found({ entry, market }: Account, params: Params): ExchangeOrder {
  const one = entry.find(params)
  if (one === undefined || isForgotten(one, market.now())) throw new Refused(-2013)
  return one
}

function cancelEach({ book, entry }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const name = params.text('orderIdList') === undefined ? 'origClientOrderId' : 'orderId'
  return answerEach(
    params.list(`${name}List`),
    (id) =>
    entry.cancel(new Params(new Map([['symbol', symbol], [name, String(id)]]))), // biome-ignore format: one line
  )
}

/** One answer an order: a refusal is that of its order alone. */
function answerEach(list: readonly unknown[], one: (item: unknown) => object): object[] {
  if (list.length === 0 || list.length > MOST_IN_BATCH) throw new Refused(-4082)
  return list.map((item) => {
    try {
      return one(item)
    } catch (error) {
      if (error instanceof Refused) return { code: error.code, msg: error.message }
      throw error
    }
  })
}
