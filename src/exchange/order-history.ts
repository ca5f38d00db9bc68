import { padded } from './amounts.ts'
import { orderReply, priceText, qtyText } from './exchange-order.ts'
import { isForgotten, pageOf, refuseTimesBeside, windowOf, within } from './history.ts'
import { tradedOf } from './order-params.ts'
import type { Params } from './params.ts'
import type { Account } from './route.ts'
import { causeOf } from './system-order.ts'
import { type ExchangeTrade, moneyText } from './user-events.ts'

/** Orders of one symbol on USDS-M, open or ended, as far as they can still be looked up. */
export function allOrders({ book, market }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const from = params.integer('orderId')
  const window = windowOf(params, market.now(), 500, 1000)
  const all = book.orders.all.filter((one) => one.symbol === symbol && !isForgotten(one, market.now()))
  return pageOf(all, ({ time }) => time, window, from).map(orderReply)
}

/** Trades of one symbol on USDS-M: by fromId, which goes with no times, or by time, or the newest. */
export function userTrades({ book, market }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const [fromId, orderId] = [params.integer('fromId'), params.integer('orderId')]
  refuseTimesBeside(fromId, params)
  const window = windowOf(params, market.now(), 500, 1000)
  const all = book.trades.filter(
    ({ order }) => order.symbol === symbol && (orderId === undefined || order.id === orderId),
  )
  return pageOf(all, ({ time }) => time, window, fromId).map((trade) => tradeReply(trade, book.quote))
}

/** How orders of one symbol were changed. */
export function amendments({ book, market }: Account, params: Params): object[] {
  const { symbol } = tradedOf(book, params)
  const [id, clientId] = [params.integer('orderId'), params.text('origClientOrderId')]
  const all = book.amendments.filter(
    ({ order }) =>
      order.symbol === symbol &&
      (id === undefined || order.id === id) &&
      (clientId === undefined || order.clientId === clientId),
  )
  const found = within(all, ({ time }) => time, windowOf(params, market.now(), 50, 100))
  return found.map(({ order, ...amended }) => ({
    amendmentId: amended.id,
    symbol,
    pair: symbol,
    orderId: order.id,
    clientOrderId: order.clientId,
    time: amended.time,
    amendment: { price: amended.price, origQty: amended.origQty, count: amended.count },
    priceMatch: 'NONE',
  }))
}

/** Orders by which the exchange has closed positions. */
export function forceOrders({ book, market }: Account, params: Params): object[] {
  const symbol = params.text('symbol')
  const type = params.oneOf('autoCloseType', ['LIQUIDATION', 'ADL'] as const)?.toLowerCase()
  const all = book.orders.all.filter((one) => {
    if (!one.isSystem || (symbol !== undefined && one.symbol !== symbol)) return false
    const cause = causeOf(one.engineId)
    return type === undefined ? cause !== 'settlement' : cause === type
  })
  return within(all, ({ time }) => time, windowOf(params, market.now(), 50, 100)).map(orderReply)
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
