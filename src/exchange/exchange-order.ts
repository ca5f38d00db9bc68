import type { AlgoOrder } from './algo-order.ts'
import { padded, quotient } from './amounts.ts'

export type WireSide = 'BUY' | 'SELL'
export type WireTif = 'GTC' | 'IOC' | 'FOK' | 'GTX' | 'GTD'
export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED'

/** Decimals in which a symbol's figures are counted, and with which they are written. */
export interface Scale {
  readonly price: number
  readonly qty: number
  readonly writtenPrice: number
  readonly writtenQty: number
}

/** An order in the matching engine, whole units of its symbol's scale. */
export interface ExchangeOrder {
  readonly id: number
  /** The engine's id of it; a triggered algo order keeps that under which it waited. */
  readonly engineId: string
  readonly symbol: string
  readonly scale: Scale
  readonly clientId: string
  readonly side: WireSide
  readonly type: 'LIMIT' | 'MARKET' | 'LIQUIDATION'
  readonly origType: string
  readonly tif: WireTif
  /** 0 of a market order. */
  price: bigint
  qty: bigint
  executed: bigint
  /** What the engine may still fill: less than the rest once reduce-only was cut to the position. */
  remaining: bigint
  /** Σ price × quantity of its trades, 10^-(price + qty). */
  quote: bigint
  status: OrderStatus
  readonly reduceOnly: boolean
  readonly stp: string
  readonly goodTillDate: number
  readonly time: number
  updateTime: number
  amendments: number
  /** That it came from. */
  readonly algo: AlgoOrder | null
}

export function isOpen({ status }: ExchangeOrder): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED'
}

export function priceText(units: bigint, { price, writtenPrice }: Scale): string {
  return padded(units, price, writtenPrice)
}

export function qtyText(units: bigint, { qty, writtenQty }: Scale): string {
  return padded(units, qty, writtenQty)
}

/** Average price of what was filled. */
export function averageText({ executed, quote, scale }: ExchangeOrder): string {
  const decimals = Math.max(scale.price, 8)
  const average =
    executed === 0n
      ? 0n
      : quotient(quote * 10n ** BigInt(scale.qty), executed * 10n ** BigInt(scale.price + scale.qty), decimals)
  return padded(average, decimals, Math.max(5, scale.writtenPrice))
}

/** What every reply about an order says of it. */
function common(order: ExchangeOrder) {
  const { scale } = order
  return {
    orderId: order.id,
    symbol: order.symbol,
    status: order.status,
    clientOrderId: order.clientId,
    price: priceText(order.price, scale),
    origQty: qtyText(order.qty, scale),
    executedQty: qtyText(order.executed, scale),
    timeInForce: order.tif,
    type: order.type,
    reduceOnly: order.reduceOnly,
    closePosition: order.algo?.closePosition ?? false,
    side: order.side,
    positionSide: 'BOTH',
    stopPrice: order.algo === null ? '0' : order.algo.triggerPrice,
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: order.origType,
    priceMatch: 'NONE',
    selfTradePreventionMode: order.stp,
    goodTillDate: order.goodTillDate,
    updateTime: order.updateTime,
  }
}

/** The reply to GET. */
export function orderReply(order: ExchangeOrder) {
  return { ...common(order), avgPrice: averageText(order), cumQuote: cumQuote(order), time: order.time }
}

/** The reply to POST, PUT and DELETE: without avgPrice and cumQuote since July 2026. */
export function changeReply(order: ExchangeOrder, shape: '2025' | '2026') {
  const { scale } = order
  const reply = { ...common(order), cumQty: qtyText(order.executed, scale) }
  return shape === '2026' ? reply : { ...reply, avgPrice: averageText(order), cumQuote: cumQuote(order) }
}

function cumQuote({ quote, scale }: ExchangeOrder): string {
  return padded(quote, scale.price + scale.qty, Math.max(5, scale.writtenPrice))
}
