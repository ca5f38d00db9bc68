import { algoReply } from './algo-order.ts'
import { Refused } from './error-codes.ts'
import { pageOf, windowOf } from './history.ts'
import { symbolIn, tradedOf } from './order-params.ts'
import { type Account, ALL_CANCELLED, perSymbol, type Routes, SIGNED } from './route.ts'

/** Algo orders of USDS-M, which wait for their trigger, in and out. */
export function algoRoutes({ book, algos, market }: Account): Routes {
  return {
    'POST /fapi/v1/algoOrder': { ...SIGNED, weight: 0, orders: 1, answer: (params) => algos.place(params) },
    'DELETE /fapi/v1/algoOrder': { ...SIGNED, weight: 1, answer: (params) => algos.cancel(params) },
    'GET /fapi/v1/algoOrder': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        const one = algos.find(params)
        if (one === undefined) throw new Refused(-2013)
        return algoReply(one)
      },
    },
    'GET /fapi/v1/openAlgoOrders': {
      ...SIGNED,
      weight: perSymbol(1, 40),
      answer: (params) => {
        const id = params.integer('algoId')
        return book
          .openAlgos(symbolIn(book, params))
          .filter((one) => id === undefined || one.id === id)
          .map(algoReply)
      },
    },
    'DELETE /fapi/v1/algoOpenOrders': {
      ...SIGNED,
      weight: 1,
      answer: (params) => {
        for (const one of book.openAlgos(tradedOf(book, params).symbol)) algos.withdraw(one)
        return ALL_CANCELLED
      },
    },
    'GET /fapi/v1/allAlgoOrders': {
      ...SIGNED,
      weight: 5,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const from = params.integer('algoId')
        const window = windowOf(params, market.now(), 500, 1000)
        const all = book.algos.all.filter((one) => one.symbol === symbol)
        return pageOf(all, ({ createTime }) => createTime, window, from).map(algoReply)
      },
    },
  }
}
