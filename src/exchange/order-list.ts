import { type ExchangeOrder, isOpen } from './exchange-order.ts'
import { cancelReply, placedReply } from './spot-replies.ts'
import type { SpotStated } from './spot-stated.ts'

/** An order of a list that is entered once the first one is filled. */
interface PendingOrder {
  readonly order: ExchangeOrder
  readonly stated: SpotStated
}

/** Spot orders that hang together. OCO: two that exclude each other; OTO: one, and those that its fill brings. */
export interface OrderList {
  readonly id: number
  readonly clientId: string
  readonly symbol: string
  /** As Binance calls it: an OTOCO is an OTO. */
  readonly contingency: 'OCO' | 'OTO'
  readonly orders: readonly ExchangeOrder[]
  /** Of these the first that acts ends the other. */
  readonly pair: readonly ExchangeOrder[]
  /** What has not been entered yet. */
  pending: readonly PendingOrder[]
  readonly time: number
  isDone: boolean
}

/** Whether it has been filled, in part at least, or its trigger was reached. */
export function hasActed({ executed, stopPrice, isWorking }: ExchangeOrder): boolean {
  return executed > 0n || (stopPrice > 0n && isWorking)
}

function common({ id, contingency, isDone, clientId, symbol, orders }: OrderList, time: number) {
  return {
    orderListId: id,
    contingencyType: contingency,
    listStatusType: isDone ? 'ALL_DONE' : 'EXEC_STARTED',
    listOrderStatus: isDone ? 'ALL_DONE' : 'EXECUTING',
    listClientOrderId: clientId,
    transactionTime: time,
    symbol,
    orders: orders.map((order) => ({ symbol, orderId: order.id, clientOrderId: order.clientId })),
  }
}

/** The reply to GET. */
export function orderListReply(list: OrderList) {
  return common(list, list.time)
}

/** The reply to POST: with an order's own reply of each. */
export function placedListReply(list: OrderList, shape: 'ACK' | 'RESULT' | 'FULL') {
  return { ...common(list, list.time), orderReports: list.orders.map((order) => placedReply(order, shape, [])) }
}

/** The reply to DELETE. */
export function cancelledListReply(list: OrderList, now: number, clientId?: string) {
  return { ...common(list, now), orderReports: list.orders.map((order) => cancelReply(order, clientId)) }
}

/** The event that a list has begun, or is over. */
export function listStatus(list: OrderList) {
  return {
    e: 'listStatus', s: list.symbol, g: list.id, c: list.contingency, l: list.isDone ? 'ALL_DONE' : 'EXEC_STARTED',
    L: list.isDone ? 'ALL_DONE' : 'EXECUTING', r: 'NONE', C: list.clientId,
    O: list.orders.map((order) => ({ s: list.symbol, i: order.id, c: order.clientId })),
  } // biome-ignore format: short keys on one line
}

export function isAllOver({ orders }: OrderList): boolean {
  return orders.every((order) => !isOpen(order))
}
