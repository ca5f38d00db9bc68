import { fromUnits } from '../core/decimal.ts'
import { type Acceptance, snapLive } from './acceptance.ts'
import type { EventLog } from './event-log.ts'
import { type LiveOrder, viewOrder } from './live-order.ts'
import { regridPrices } from './prices.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** What a newer grid does to orders, and who is told. */
export interface Regridding {
  readonly acceptance: Acceptance
  readonly log: EventLog
  /** Ends an order of which nothing is left on the grid. */
  expire(slot: Slot, order: LiveOrder, at: number): void
}

/**
 * A newer grid comes into force: what rests is cut to its step and moved to its tick, as nobody could submit it any
 * more, and what is held below one step can no longer be sold and becomes dust (fills.md 14, 17).
 */
export function regrid(slot: Slot, desk: Regridding): void {
  const rules = slot.rulesAt(slot.openTime)
  for (const order of slot.orders) if (order.isAlive && !order.isClose) regridOrder(slot, order, rules, desk)
  const dust = slot.position.regrid(Math.max(1, rules.lot.step))
  if (dust !== 0)
    desk.log.record(slot, {
      type: 'dust',
      at: slot.openTime,
      symbol: slot.symbol,
      qty: fromUnits(dust, slot.scales.qtyDecimals),
    })
}

function regridOrder(slot: Slot, order: LiveOrder, rules: Rules, desk: Regridding): void {
  const at = slot.openTime
  const qty = snapLive(order, order.qty, rules)
  const { limit, trigger } = regridPrices(order, rules)
  const isMoved = limit !== order.limit || trigger !== order.trigger
  if (qty === order.qty && !isMoved) return
  if (qty === 0 || limit === 0 || trigger === 0) return desk.expire(slot, order, at)
  if (qty !== order.qty) desk.acceptance.noteCut(slot, order, qty, 'LOT_SIZE', at)
  Object.assign(order, { qty, limit, trigger })
  desk.acceptance.funds.shrink(slot, order, rules)
  if (isMoved) desk.log.record(slot, { type: 'amended', at, order: viewOrder(order, slot.symbol, slot.scales) })
}
