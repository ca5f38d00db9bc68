import { fromUnits } from '../core/decimal.ts'
import type { LiveOrder } from './live-order.ts'
import type { Slot } from './slot.ts'

/** What a symbol would hold, as signed notionals: with every open buy filled, and with every open sale. */
export interface Reach {
  readonly long: number
  readonly short: number
}

/**
 * Notionals of a symbol as limits of risk count them: what is held at the mark of `row`, the last bar that has ended (−1
 * before the first), and orders at their own prices, those at the market at that bar's close.
 */
export function reachOf(slot: Slot, row: number, orders: readonly LiveOrder[]): Reach {
  if (row === -1) return { long: 0, short: 0 }
  return { long: sideOf(slot, row, orders, 1), short: sideOf(slot, row, orders, -1) }
}

/** What is held alone. */
export function heldOf({ position, marks }: Slot, row: number): Reach {
  const value = row === -1 || position.heldQty === 0 ? 0 : position.heldQty * marks[row]!
  return { long: value, short: value }
}

/** Price (units) that an order is counted at. */
export function countedPrice(slot: Slot, { limit, trigger }: LiveOrder, row: number): number {
  return limit !== -1 ? limit : trigger !== -1 ? trigger : slot.toPrice(slot.bars.close[row]!)
}

/** The orders of one side first take down what is held on the other: the cheapest do, which leaves the most. */
function sideOf(slot: Slot, row: number, orders: readonly LiveOrder[], side: 1 | -1): number {
  const { position, scales, marks } = slot
  let taken = Math.max(0, -side * position.held)
  let notional = taken === 0 && position.heldQty !== 0 ? Math.abs(position.heldQty) * marks[row]! : 0
  const ofSide = orders.filter((order) => order.side === side && !order.reduceOnly)
  if (taken > 0) ofSide.sort((a, b) => countedPrice(slot, a, row) - countedPrice(slot, b, row))
  for (const order of ofSide) {
    const opens = Math.max(0, order.qty - taken)
    taken -= order.qty - opens
    const price = fromUnits(countedPrice(slot, order, row), scales.priceDecimals)
    notional += fromUnits(opens, scales.qtyDecimals) * price
  }
  return side * (taken > 0 ? -fromUnits(taken, scales.qtyDecimals) * marks[row]! : notional)
}

/**
 * Whether an order could leave more on its own side than nothing, the others of `orders` filled: what does not only
 * reduces. Reckoned in quantities, as prices say nothing of that; on spot a sale never opens.
 */
export function isOpening(slot: Slot, order: LiveOrder, orders: readonly LiveOrder[]): boolean {
  if (order.reduceOnly || (slot.margin === null && order.side === -1)) return false
  let after = order.side * slot.position.held + order.qty
  for (const other of orders) if (other.side === order.side && !other.reduceOnly) after += other.qty
  return after > 0
}

/** Whether so much (units), filled now, would only take from what is held. */
export function onlyTakes({ position: { held } }: Slot, side: 1 | -1, qty: number): boolean {
  return Math.sign(held) === -side && qty <= Math.abs(held)
}
