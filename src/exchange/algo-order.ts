import { padded } from './amounts.ts'
import { averageText, type ExchangeOrder, qtyText, type Scale, type WireSide, type WireTif } from './exchange-order.ts'

type AlgoStatus = 'NEW' | 'CANCELED' | 'TRIGGERING' | 'TRIGGERED' | 'FINISHED' | 'REJECTED' | 'EXPIRED'

export const ALGO_TYPES = ['STOP_MARKET', 'TAKE_PROFIT_MARKET', 'STOP', 'TAKE_PROFIT', 'TRAILING_STOP_MARKET'] as const
export type AlgoType = (typeof ALGO_TYPES)[number]

/** An order that waits for its trigger outside of the matching engine, and becomes an order there with an id of its own. */
export interface AlgoOrder {
  readonly id: number
  readonly engineId: string
  readonly symbol: string
  readonly scale: Scale
  readonly clientId: string
  readonly side: WireSide
  readonly type: AlgoType
  readonly tif: WireTif
  /** 0 where it closes whatever is held. */
  readonly qty: bigint
  /** What it is cut to when it fills, where that is less. */
  cut: bigint | null
  readonly price: bigint
  /** As it is written; `0` of a trailing stop. */
  readonly triggerPrice: string
  readonly reduceOnly: boolean
  readonly closePosition: boolean
  /** Percent, as it was sent; empty where it does not trail. */
  readonly callbackRate: string
  readonly stp: string
  readonly goodTillDate: number
  readonly createTime: number
  updateTime: number
  triggerTime: number
  status: AlgoStatus
  /** Once it was triggered. */
  order: ExchangeOrder | null
  rejectReason: string
}

/** Whether it still waits. */
export function isWaiting({ status }: AlgoOrder): boolean {
  return status === 'NEW'
}

function common(algo: AlgoOrder) {
  return {
    algoId: algo.id,
    clientAlgoId: algo.clientId,
    algoType: 'CONDITIONAL',
    orderType: algo.type,
    symbol: algo.symbol,
    side: algo.side,
    positionSide: 'BOTH',
    timeInForce: algo.tif,
    quantity: qtyText(algo.qty, algo.scale),
    algoStatus: algo.status,
    triggerPrice: algo.triggerPrice,
    price: padded(algo.price, algo.scale.price, algo.scale.writtenPrice),
    icebergQuantity: null,
    selfTradePreventionMode: algo.stp,
    workingType: 'CONTRACT_PRICE',
    priceMatch: 'NONE',
    closePosition: algo.closePosition,
    priceProtect: false,
    reduceOnly: algo.reduceOnly,
    createTime: algo.createTime,
    updateTime: algo.updateTime,
    triggerTime: algo.triggerTime,
    goodTillDate: algo.goodTillDate,
    ...(algo.callbackRate !== '' && { callbackRate: algo.callbackRate }),
  }
}

/** The reply to POST. */
export function newAlgoReply(algo: AlgoOrder) {
  return common(algo)
}

/** The reply to GET: with what became of it. */
export function algoReply(algo: AlgoOrder) {
  const { order } = algo
  return {
    ...common(algo),
    actualOrderId: order === null ? '' : String(order.id),
    actualPrice: order === null ? '0.00000' : averageText(order),
    actualType: order === null ? '' : order.type,
    actualQty: qtyText(order?.executed ?? 0n, algo.scale),
    tpOrderType: '',
  }
}
