import { algoReply } from './algo-order.ts'
import { padded } from './amounts.ts'
import { Refused } from './error-codes.ts'
import { isOpen, orderReply, priceText, qtyText } from './exchange-order.ts'
import { isForgotten, pageOf, windowOf, within } from './history.ts'
import { tradedOf } from './order-entry.ts'
import { Params, paramsOfBatch } from './params.ts'
import { type Account, perSymbol, type Routes } from './route.ts'
import { causeOf } from './system-order.ts'
import { type ExchangeTrade, moneyText } from './user-events.ts'

const MOST_IN_BATCH = 5

/** Orders of USDS-M in and out, and what became of them. */
export function orderRoutes(account: Account): Routes {
  const { book, entry, market } = account
  const now = () => market.now()
  const signed = { security: 'signed' as const }
  const order = { ...signed, weight: 0, orders: 1 }
  const found = (params: Params, code: -2011 | -2013) => {
    const one = entry.find(params)
    if (one === undefined || isForgotten(one, now())) throw new Refused(code)
    return one
  }
  return {
    'POST /fapi/v1/order': { ...order, answer: (params) => entry.place(params) },
    'POST /fapi/v1/order/test': { ...signed, weight: 1, answer: (params) => entry.place(params, true) },
    'PUT /fapi/v1/order': { ...order, weight: 1, answer: (params) => entry.modify(params) },
    'DELETE /fapi/v1/order': { ...signed, weight: 1, answer: (params) => entry.cancel(params) },
    'GET /fapi/v1/order': { ...signed, weight: 1, answer: (params) => orderReply(found(params, -2013)) },
    'GET /fapi/v1/openOrder': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const one = found(params, -2013)
        if (!isOpen(one)) throw new Refused(-2013)
        return orderReply(one)
      },
    },
    'GET /fapi/v1/openOrders': {
      ...signed,
      weight: perSymbol(1, 40),
      answer: (params) => book.openOrders(params.text('symbol') && tradedOf(book, params).symbol).map(orderReply),
    },
    'GET /fapi/v1/allOrders': {
      ...signed,
      weight: 5,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const from = params.integer('orderId')
        const window = windowOf(params, now(), 500, 1000)
        const all = book.orders.all.filter((one) => one.symbol === symbol && !isForgotten(one, now()))
        return pageOf(all, ({ time }) => time, window, from).map(orderReply)
      },
    },
    'DELETE /fapi/v1/allOpenOrders': {
      ...signed,
      weight: 1,
      answer: (params) => {
        for (const one of book.openOrders(tradedOf(book, params).symbol)) entry.withdraw(one)
        return { code: 200, msg: 'The operation of cancel all open order is done.' }
      },
    },
    'POST /fapi/v1/batchOrders': {
      ...order,
      weight: 5,
      orders: 5,
      answer: (params) => batch(params.list('batchOrders'), (one) => entry.place(paramsOfBatch(one))),
    },
    'PUT /fapi/v1/batchOrders': {
      ...order,
      weight: 5,
      orders: 5,
      answer: (params) => batch(params.list('batchOrders'), (one) => entry.modify(paramsOfBatch(one))),
    },
    'DELETE /fapi/v1/batchOrders': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const hasIds = params.text('orderIdList') !== undefined
        const name = hasIds ? 'orderId' : 'origClientOrderId'
        const one = (id: unknown) => new Params(new Map([['symbol', symbol], [name, String(id)]])) // biome-ignore format: one line
        return batch(params.list(`${name}List`), (id) => entry.cancel(one(id)))
      },
    },
    'GET /fapi/v1/userTrades': { ...signed, weight: 5, answer: (params) => userTrades(account, params) },
    'GET /fapi/v1/orderAmendment': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const { symbol } = tradedOf(book, params)
        const [id, clientId] = [params.integer('orderId'), params.text('origClientOrderId')]
        const all = book.amendments.filter(
          ({ order: one }) =>
            one.symbol === symbol &&
            (id === undefined || one.id === id) &&
            (clientId === undefined || one.clientId === clientId),
        )
        return within(all, ({ time }) => time, windowOf(params, now(), 50, 100)).map(({ order: one, ...amended }) => ({
          amendmentId: amended.id,
          symbol,
          pair: symbol,
          orderId: one.id,
          clientOrderId: one.clientId,
          time: amended.time,
          amendment: { price: amended.price, origQty: amended.origQty, count: amended.count },
          priceMatch: 'NONE',
        }))
      },
    },
    'GET /fapi/v1/forceOrders': {
      ...signed,
      weight: perSymbol(20, 50),
      answer: (params) => {
        const symbol = params.text('symbol')
        const type = params.oneOf('autoCloseType', ['LIQUIDATION', 'ADL'] as const)?.toLowerCase()
        const all = book.orders.all.filter((one) => {
          if (!one.isSystem || (symbol !== undefined && one.symbol !== symbol)) return false
          const cause = causeOf(one.engineId)
          return type === undefined ? cause !== 'settlement' : cause === type
        })
        return within(all, ({ time }) => time, windowOf(params, now(), 50, 100)).map(orderReply)
      },
    },
    ...algoRoutes(account),
    'GET /fapi/v1/rateLimit/order': {
      ...signed,
      weight: 1,
      answer: () => account.limits.orderRules,
    },
  }
  function batch(list: readonly unknown[], one: (item: unknown) => object): object[] {
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
}

function algoRoutes({ book, algos, market }: Account): Routes {
  const signed = { security: 'signed' as const }
  return {
    'POST /fapi/v1/algoOrder': { ...signed, weight: 0, orders: 1, answer: (params) => algos.place(params) },
    'DELETE /fapi/v1/algoOrder': { ...signed, weight: 1, answer: (params) => algos.cancel(params) },
    'GET /fapi/v1/algoOrder': {
      ...signed,
      weight: 1,
      answer: (params) => {
        const one = algos.find(params)
        if (one === undefined) throw new Refused(-2013)
        return algoReply(one)
      },
    },
    'GET /fapi/v1/openAlgoOrders': {
      ...signed,
      weight: perSymbol(1, 40),
      answer: (params) => {
        const id = params.integer('algoId')
        const symbol = params.text('symbol') && tradedOf(book, params).symbol
        return book
          .openAlgos(symbol)
          .filter((one) => id === undefined || one.id === id)
          .map(algoReply)
      },
    },
    'DELETE /fapi/v1/algoOpenOrders': {
      ...signed,
      weight: 1,
      answer: (params) => {
        for (const one of book.openAlgos(tradedOf(book, params).symbol)) algos.withdraw(one)
        return { code: 200, msg: 'The operation of cancel all open order is done.' }
      },
    },
    'GET /fapi/v1/allAlgoOrders': {
      ...signed,
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

/** By fromId, which goes with no times, or by time, or the newest. */
function userTrades({ book, market }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const [fromId, orderId] = [params.integer('fromId'), params.integer('orderId')]
  const hasTimes = params.text('startTime') !== undefined || params.text('endTime') !== undefined
  if (fromId !== undefined && hasTimes) throw new Refused(-1128)
  const window = windowOf(params, market.now(), 500, 1000)
  const all = book.trades.filter(
    ({ order }) => order.symbol === symbol && (orderId === undefined || order.id === orderId),
  )
  return pageOf(all, ({ time }) => time, window, fromId).map((trade) => tradeReply(trade, book.quote))
}

function tradeReply({ order, ...trade }: ExchangeTrade, quote: string) {
  const { scale } = order
  return {
    symbol: order.symbol,
    id: trade.id,
    orderId: order.id,
    side: order.side,
    price: priceText(trade.price, scale),
    qty: qtyText(trade.qty, scale),
    realizedPnl: moneyText(trade.realised, trade.ledgerDecimals),
    quoteQty: padded(trade.qty * trade.price, scale.price + scale.qty, scale.writtenPrice),
    commission: trade.commission,
    commissionAsset: trade.feeAsset,
    time: trade.time,
    positionSide: 'BOTH',
    maker: trade.isMaker,
    buyer: order.side === 'BUY',
    marginAsset: quote,
  }
}
