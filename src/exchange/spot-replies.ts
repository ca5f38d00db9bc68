import { padded } from './amounts.ts'
import { type ExchangeOrder, isOpen, priceText, qtyText } from './exchange-order.ts'
import type { ExchangeTrade } from './user-events.ts'

function quoteText({ quote, scale }: ExchangeOrder): string {
  return padded(quote, scale.price + scale.qty, 8)
}

function state(order: ExchangeOrder) {
  const { scale } = order
  return {
    price: priceText(order.price, scale),
    origQty: qtyText(order.qty, scale),
    executedQty: qtyText(order.executed, scale),
    origQuoteOrderQty: '0.00000000',
    cummulativeQuoteQty: quoteText(order),
    status: order.status,
    timeInForce: order.tif,
    type: order.type,
    side: order.side,
    ...(order.stopPrice > 0n && { stopPrice: priceText(order.stopPrice, scale) }),
    workingTime: order.isWorking ? order.time : -1,
    selfTradePreventionMode: order.stp,
  }
}

/** The reply to POST, as much of it as was asked for. */
export function placedReply(order: ExchangeOrder, kind: 'ACK' | 'RESULT' | 'FULL', trades: readonly ExchangeTrade[]) {
  const ack = {
    symbol: order.symbol,
    orderId: order.id,
    orderListId: order.listId,
    clientOrderId: order.clientId,
    transactTime: order.updateTime,
  }
  if (kind === 'ACK') return ack
  const result = { ...ack, ...state(order) }
  if (kind === 'RESULT') return result
  const fills = trades
    .filter((trade) => trade.order === order)
    .map((trade) => ({
      price: priceText(trade.price, order.scale),
      qty: qtyText(trade.qty, order.scale),
      commission: trade.commission,
      commissionAsset: trade.feeAsset,
      tradeId: trade.id,
    }))
  return { ...result, fills }
}

/** The reply to DELETE: a cancel has a client id of its own. */
export function cancelReply(order: ExchangeOrder, clientId = `c${order.id}`) {
  return {
    symbol: order.symbol,
    origClientOrderId: order.clientId,
    orderId: order.id,
    orderListId: order.listId,
    clientOrderId: clientId,
    transactTime: order.updateTime,
    ...state(order),
  }
}

/** The reply to GET. */
export function spotOrderReply(order: ExchangeOrder) {
  return {
    symbol: order.symbol,
    orderId: order.id,
    orderListId: order.listId,
    clientOrderId: order.clientId,
    ...state(order),
    stopPrice: priceText(order.stopPrice, order.scale),
    icebergQty: '0.00000000',
    time: order.time,
    updateTime: order.updateTime,
    isWorking: order.isWorking,
  }
}

export function spotTradeReply({ order, ...trade }: ExchangeTrade) {
  const { scale } = order
  return {
    symbol: order.symbol,
    id: trade.id,
    orderId: order.id,
    orderListId: order.listId,
    price: priceText(trade.price, scale),
    qty: qtyText(trade.qty, scale),
    quoteQty: padded(trade.qty * trade.price, scale.price + scale.qty, 8),
    commission: trade.commission,
    commissionAsset: trade.feeAsset,
    time: trade.time,
    isBuyer: order.side === 'BUY',
    isMaker: trade.isMaker,
    isBestMatch: true,
  }
}

/** One event of an order. */
export function executionReport(order: ExchangeOrder, x: string, trade: ExchangeTrade | null) {
  const { scale } = order
  return {
    e: 'executionReport',
    s: order.symbol,
    // a cancel has an id of its own, and names that of the order beside it
    c: x === 'CANCELED' ? `c${order.id}` : order.clientId,
    S: order.side,
    o: order.type,
    f: order.tif,
    q: qtyText(order.qty, scale),
    p: priceText(order.price, scale),
    P: priceText(order.stopPrice, scale),
    F: '0.00000000',
    g: order.listId,
    C: x === 'CANCELED' ? order.clientId : '',
    x,
    X: order.status,
    r: 'NONE',
    i: order.id,
    l: trade === null ? '0.00000000' : qtyText(trade.qty, scale),
    z: qtyText(order.executed, scale),
    L: trade === null ? '0.00000000' : priceText(trade.price, scale),
    n: trade === null ? '0' : trade.commission,
    N: trade === null ? null : trade.feeAsset,
    t: trade === null ? -1 : trade.id,
    I: 2 * order.id + (trade?.id ?? 0),
    w: order.isWorking && (isOpen(order) || order.status === 'FILLED') && order.status !== 'PENDING_NEW',
    m: trade?.isMaker ?? false,
    M: false,
    O: order.time,
    Z: quoteText(order),
    Y: trade === null ? '0.00000000' : padded(trade.qty * trade.price, scale.price + scale.qty, 8),
    Q: '0.00000000',
    W: order.time,
    V: order.stp,
  }
}
