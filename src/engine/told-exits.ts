import type { Cancelled } from '../core/event.ts'
import type { EventLog } from './event-log.ts'
import { type LiveOrder, viewOrder } from './live-order.ts'
import { wholeSteps } from './position.ts'
import type { Slot } from './slot.ts'

/** Who is told of what becomes of an exit. */
interface Desk {
  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void
  readonly log: EventLog
}

/**
 * fills.md 19 of exits that are filled at an exchange: there is no open at which they would be cut to the position, and ended where there
 * is none. So they follow it as it changes: what would reduce nothing is never sent, and nothing waits for it.
 */
export function followPosition(slot: Slot, at: number, desk: Desk): void {
  const { orders, position, scales } = slot
  const step = Math.max(1, slot.rulesAt(at).lot.step)
  for (const order of orders) {
    // on spot nobody is short: what sells there can only reduce
    const isExit = order.reduceOnly || (slot.margin === null && order.side === -1)
    if (!order.isAlive || order.type !== 'market' || !isExit) continue
    const isWaiting = canOpenBefore(orders, order)
    // it is for all that the order before it opens, in however many parts that comes
    if (isWaiting && order.qty === 0) continue
    const held = order.isClose || position.units * order.side < 0 ? wholeSteps(Math.abs(position.units), step) : 0
    if (held === 0 && !isWaiting) desk.cancel(slot, order, at, 'flat')
    // what is no more than it says is judged by the exchange
    if (!order.isAlive || (held === 0 && !order.isClose) || !order.reduceOnly) continue
    const qty = order.isClose ? held : Math.min(order.qty, held)
    const side = held === 0 ? order.side : position.units < 0 ? 1 : -1
    if (qty === order.qty && side === order.side) continue
    Object.assign(order, { qty, side })
    desk.log.record(slot, { type: 'amended', at, order: viewOrder(order, slot.symbol, scales) })
  }
}

/** Whether an order that a backtest would fill at the same open, and ahead of this one, may yet open what this one is to close. */
function canOpenBefore(orders: readonly LiveOrder[], exit: LiveOrder): boolean {
  return orders.some(
    ({ isAlive, sequence, reduceOnly, type, tif, hasTriggered }) =>
      isAlive &&
      sequence < exit.sequence &&
      !reduceOnly &&
      (type === 'market' || tif === 'IOC' || tif === 'FOK' || hasTriggered),
  )
}
