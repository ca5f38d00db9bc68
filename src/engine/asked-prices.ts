import type { OrderRequest } from '../core/order.ts'
import { snapLimit, snapStop, snapTouch, trailPrice } from './prices.ts'
import { asOffset } from './request.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** Side and prices of an order that is asked for, on the grid, units; −1 where it has none. */
export interface AskedPrices {
  readonly side: 1 | -1
  readonly limit: number
  readonly trigger: number
}

/** A trailing stop stands where the last close puts it. */
export function askedPrices(slot: Slot, request: OrderRequest, rules: Rules): AskedPrices {
  const { scales } = slot
  const side = request.side === 'buy' ? 1 : -1
  const trail = asOffset(request.trail)
  const trigger =
    request.stop !== undefined
      ? snapStop(request.stop, side, rules, scales)
      : request.touch !== undefined
        ? snapTouch(request.touch, side, rules, scales)
        : trail !== undefined
          ? trailPrice(trail, side, slot.toPrice(slot.lastClose), rules, scales)
          : -1
  return { side, limit: request.limit === undefined ? -1 : snapLimit(request.limit, side, rules, scales), trigger }
}
