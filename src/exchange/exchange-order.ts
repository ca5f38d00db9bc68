import { padded, quotient } from './amounts.ts'

export type WireSide = 'BUY' | 'SELL'
export type WireTif = 'GTC' | 'IOC' | 'FOK' | 'GTX' | 'GTD'
/** `PENDING_NEW`: of an order list, once another of its orders is filled. */
type OrderStatus = 'NEW' | 'PENDING_NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED'

/** Of spot, where stops are orders of the book like all others. */
type SpotType = 'LIMIT_MAKER' | 'STOP_LOSS' | 'STOP_LOSS_LIMIT' | 'TAKE_PROFIT' | 'TAKE_PROFIT_LIMIT'

/** Decimals in which a symbol's figures are counted, and with which they are written. */
export interface Scale {
  readonly price: number
  readonly qty: number
  readonly writtenPrice: number
  readonly writtenQty: number
}

/** What an order still says of the algo order that it was. */
interface Origin {
  readonly triggerPrice: string
  readonly closePosition: boolean
  readonly callbackRate: string
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
  readonly type: 'LIMIT' | 'MARKET' | 'LIQUIDATION' | SpotType
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
  /** What it waited for before it came here, where it did. */
  readonly algo: Origin | null
  /** Of spot: its trigger price, 0 without one; whether it is on the book; and whether it is to spend an amount of quote. */
  readonly stopPrice: bigint
  isWorking: boolean
  readonly isByQuote: boolean
  /** The order list that it is of; −1: of none. */
  readonly listId: number
  /** What it becomes when it is taken back. */
  endsAs: 'CANCELED' | 'EXPIRED'
  /** Made by the exchange itself. */
  readonly isSystem: boolean
}

type Fixed =
  | 'id'
  | 'engineId'
  | 'symbol'
  | 'scale'
  | 'clientId'
  | 'side'
  | 'type'
  | 'tif'
  | 'price'
  | 'qty'
  | 'time'
  | 'stp'

/** A new order of which nothing has been filled yet. */
export function newOrder(draft: Pick<ExchangeOrder, Fixed> & Partial<ExchangeOrder>): ExchangeOrder {
  return {
    origType: draft.type,
    executed: 0n,
    remaining: draft.qty,
    quote: 0n,
    status: 'NEW',
    reduceOnly: false,
    goodTillDate: 0,
    updateTime: draft.time,
    amendments: 0,
    algo: null,
    stopPrice: 0n,
    isWorking: true,
    isByQuote: false,
    listId: -1,
    endsAs: 'CANCELED',
    isSystem: false,
    ...draft,
  }
}

export function isOpen({ status }: ExchangeOrder): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED' || status === 'PENDING_NEW'
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
