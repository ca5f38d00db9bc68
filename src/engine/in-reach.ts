import { fromUnits } from '../core/decimal.ts'
import { waitsAbove } from './fill-model.ts'
import type { LiveOrder } from './live-order.ts'
import type { Slot } from './slot.ts'

/**
 * Whether no open order can notice this bar: each has rested before, does not expire or trail, and waits at a price beyond
 * the bar's extremes. Compared as numbers: of two decimals on one grid the doubles are in the same order.
 */
export function isOutOfReach({ orders, cursor, lows, highs, openTimes, scales }: Slot): boolean {
  const { row } = cursor
  for (let k = 0; k < orders.length; k++) {
    const order = orders[k]!
    if (order.acceptedRow >= row - 1 || order.expiresAt <= openTimes[row]! || !order.isAlive) return false
  }
  return !isAnyInReach(orders, lows, highs, row, scales.priceDecimals)
}

/**
 * Whether an order may notice the prices of a row; one that trails, or waits for volume, notices all. Columns are handed
 * over and not their numbers, which would be boxed.
 */
export function isAnyInReach(
  orders: readonly LiveOrder[],
  lows: Float64Array,
  highs: Float64Array,
  row: number,
  priceDecimals: number,
): boolean {
  for (let k = 0; k < orders.length; k++) {
    const order = orders[k]!
    if (!order.isAlive) continue
    if (order.type === 'market' || order.type === 'trailing-stop' || order.hasTriggered) return true
    const level = fromUnits(order.type === 'limit' ? order.limit : order.trigger, priceDecimals)
    if (waitsAbove(order) ? highs[row]! >= level : lows[row]! <= level) return true
  }
  return false
}

/**
 * Whether it matters in which order the bar's prices came: two orders may meet it, an entry and its bracket, or an order
 * and a liquidation.
 */
export function hangsOnPath(
  { orders, row, highs, lows, scales, margin }: Slot,
  isLiquidationInReach: boolean,
): boolean {
  // half of the way that the leverage leaves, as other positions may have lost already
  const mayLiquidate = margin !== null && 2 * margin.leverage * (highs[row]! - lows[row]!) > lows[row]!
  let reached = isLiquidationInReach ? 1 : 0
  for (const order of orders) {
    if (order.type === 'trailing-stop' || order.legs !== null) return true
    const level = fromUnits(order.type === 'limit' ? order.limit : order.trigger, scales.priceDecimals)
    const isAtOpen = order.type === 'market' || order.hasTriggered
    if (!isAtOpen && (waitsAbove(order) ? highs[row]! < level : lows[row]! > level)) continue
    // what it opens may be liquidated by a price that came before
    if (mayLiquidate && !order.reduceOnly) return true
    reached++
  }
  return reached > 1
}

/** Whether an order was accepted at the close just before this bar. */
export function hasWaited({ orders, row }: Slot): boolean {
  return orders.some((order) => order.acceptedRow === row - 1)
}
