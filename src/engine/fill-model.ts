import { mulDiv, POW10 } from '../core/decimal.ts'
import type { Rate } from '../core/money.ts'
import { isStopLike, type LiveOrder } from './live-order.ts'
import { type GridRule, gridDown, gridUp } from './rules.ts'

/** A bar in whole price units, made only on bars that orders meet. */
export interface UnitBar {
  open: number
  high: number
  low: number
  close: number
}

/** fills.md 13: slippage worsens the price, which is then rounded to the tick against the trader. */
export function slip(reference: number, side: 1 | -1, slippage: Rate, tick: GridRule): number {
  const worse = slippage.digits === 0 ? 0 : mulDiv(reference, slippage.digits, POW10[slippage.decimals]!, 'up')
  if (side === 1) return gridUp(tick, reference + worse)
  return Math.max(gridDown(tick, reference - worse), gridUp(tick, Math.max(tick.min, 1)))
}

/** Whether an order waits for prices to rise to it: buy stops, sell touches and sell limits do. */
export function waitsAbove({ side, type }: LiveOrder): boolean {
  const isAgainst = type === 'limit' || type === 'touch' || type === 'touch-limit'
  return (side === 1) !== isAgainst
}

/** fills.md 5 and 9: whether a trigger has been reached at price `p`, coming from the side it waits on. */
export function isTriggered(order: LiveOrder, p: number): boolean {
  return waitsAbove(order) ? p >= order.trigger : p <= order.trigger
}

/** The bar's extreme that a trigger waits for: a buy stop and a sell touch the high, the others the low. */
export function extremeFor(order: LiveOrder, bar: UnitBar): number {
  return waitsAbove(order) ? bar.high : bar.low
}

/** fills.md 8: a limit fills where the bar trades through it; at a mere touch only with `--limit-touch`. */
export function isLimitReached(order: LiveOrder, bar: UnitBar, limitTouch: boolean): boolean {
  if (order.side === 1) return limitTouch ? bar.low <= order.limit : bar.low < order.limit
  return limitTouch ? bar.high >= order.limit : bar.high > order.limit
}

/** Whether `price` is as good as the order's limit or better. */
export function isWithinLimit(order: LiveOrder, price: number): boolean {
  return order.side === 1 ? price <= order.limit : price >= order.limit
}

/** The worse of two prices for the trader, never beyond the order's limit (fills.md 10). */
export function capAtLimit(order: LiveOrder, price: number): number {
  return order.side === 1 ? Math.min(price, order.limit) : Math.max(price, order.limit)
}

/**
 * Classes inside a bar, fills.md 7, in their order: (b) reducing stops, (c) opening stops, (d) opening limits, (e)
 * reducing limits. `sign` is that of the position.
 */
export function classOf(order: LiveOrder, sign: number): number {
  const reduces = order.reduceOnly || (sign !== 0 && order.side === -sign)
  if (isStopLike(order)) return reduces ? 0 : 1
  return reduces ? 3 : 2
}

/** Why a trade ended, where its order has no tag. */
export function exitCause(order: LiveOrder): string {
  if (order.role === 'stop' || order.role === 'target' || order.role === 'trail') return order.role
  if (order.type === 'trailing-stop') return 'trail'
  return isStopLike(order) ? 'stop' : 'signal'
}
