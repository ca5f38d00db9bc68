import type { AccountBook } from './account-book.ts'
import { Refused } from './error-codes.ts'
import { pageOf, refuseTimesBeside, windowOf } from './history.ts'
import { type OrderList, orderListReply } from './order-list.ts'
import { paramsOfLeg, paramsOfOldOco } from './order-list-params.ts'
import type { OrderLists } from './order-lists.ts'
import { tradedOf } from './order-params.ts'
import type { Params } from './params.ts'
import { type Routes, SIGNED } from './route.ts'
import type { MarketNow } from './wire.ts'

const PENDING = { side: 'pendingSide', quantity: 'pendingQuantity' }

/** Order lists of spot, in and out. */
export function orderListRoutes(lists: OrderLists, book: AccountBook, market: MarketNow): Routes {
  const working = (params: Params) =>
    paramsOfLeg(params, 'working', { side: 'workingSide', quantity: 'workingQuantity' })
  return {
    'POST /api/v3/orderList/oco': {
      ...SIGNED,
      ...{ weight: 1, orders: 2 },
      answer: (params) => lists.placeOco(params, [paramsOfLeg(params, 'above'), paramsOfLeg(params, 'below')]),
    },
    // superseded by the one above, and still there
    'POST /api/v3/order/oco': {
      ...SIGNED,
      ...{ weight: 1, orders: 2 },
      answer: (params) => lists.placeOco(params, paramsOfOldOco(params)),
    },
    'POST /api/v3/orderList/oto': {
      ...SIGNED,
      ...{ weight: 1, orders: 2 },
      answer: (params) => lists.placeOto(params, working(params), [paramsOfLeg(params, 'pending', PENDING)]),
    },
    'POST /api/v3/orderList/otoco': {
      ...SIGNED,
      ...{ weight: 1, orders: 3 },
      answer: (params) => {
        const legs = ['pendingAbove', 'pendingBelow'].map((prefix) => paramsOfLeg(params, prefix, PENDING))
        return lists.placeOto(params, working(params), legs)
      },
    },
    'DELETE /api/v3/orderList': {
      ...SIGNED,
      weight: 1,
      answer: (params) => cancelList(lists, book, params),
    },
    'GET /api/v3/orderList': {
      ...SIGNED,
      weight: 4,
      answer: (params) => {
        const list = found(lists, params, 'origClientOrderId')
        if (list === undefined) throw new Refused(-2013)
        return orderListReply(list)
      },
    },
    'GET /api/v3/allOrderList': {
      ...SIGNED,
      weight: 20,
      answer: (params) => {
        const from = params.integer('fromId')
        refuseTimesBeside(from, params)
        const window = windowOf(params, market.now(), 500, 1000)
        return pageOf(lists.all, ({ time }) => time, window, from).map(orderListReply)
      },
    },
    'GET /api/v3/openOrderList': {
      ...SIGNED,
      weight: 6,
      answer: () => [...lists.open].map(orderListReply),
    },
  }
}

function cancelList(lists: OrderLists, book: AccountBook, params: Params): object {
  const { symbol } = tradedOf(book, params)
  const list = found(lists, params, 'listClientOrderId')
  if (list?.symbol !== symbol) throw new Refused(-2011)
  return lists.cancel(list, params.text('newClientOrderId'))
}

/** By orderListId, or where that is not sent by its client's. */
function found(lists: OrderLists, params: Params, clientName: string): OrderList | undefined {
  const [id, clientId] = [params.integer('orderListId'), params.text(clientName)]
  if (id === undefined && clientId === undefined) throw new Refused(-1102, 'orderListId')
  return id === undefined ? lists.byClient(clientId!) : lists.byId(id)
}
