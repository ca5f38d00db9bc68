import type { Cancelled } from '../core/event.ts'
import type { Acceptance } from './acceptance.ts'
import type { Refusal } from './filter-check.ts'
import type { LiveOrder } from './live-order.ts'
import type { Participation } from './participation.ts'
import { wholeSteps } from './position.ts'
import { onlyTakes } from './reach.ts'
import type { RiskGuard } from './risk-guard.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** How orders end that cannot be filled. */
export interface Endings {
  end(slot: Slot, order: LiveOrder): void
  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void
}

/** At which price (units) so much (units) of an order would fill that meets the market at `reference` (units). */
type PriceOf = (slot: Slot, order: LiveOrder, reference: number, side: 1 | -1, qty: number, rules: Rules) => number

/**
 * What of an order can be filled now: reduce-only is cut to the position, everything to its share of the bar's volume,
 * and spot to what is held or can be paid.
 */
export class FillQuantity {
  readonly #acceptance: Acceptance
  readonly #guard: RiskGuard | null
  readonly #participation: Participation | null
  readonly #endings: Endings
  readonly #priceOf: PriceOf

  constructor(
    acceptance: Acceptance,
    guard: RiskGuard | null,
    participation: Participation | null,
    endings: Endings,
    priceOf: PriceOf,
  ) {
    this.#priceOf = priceOf
    this.#acceptance = acceptance
    this.#guard = guard
    this.#participation = participation
    this.#endings = endings
  }

  /** Units; with 0 the order has ended, or, if it is alive, waits for volume. */
  of(slot: Slot, order: LiveOrder, at: number, rules: Rules, reference: number, side: 1 | -1): number {
    const wanted = order.reduceOnly ? this.#reducible(slot, order, at, rules) : order.qty
    if (wanted === 0) return 0
    const granted = this.#participation?.grant(slot, wanted, Math.max(1, rules.lot.step)) ?? wanted
    if (granted < wanted && order.tif === 'FOK') {
      this.#endings.cancel(slot, order, at, 'expired')
      return 0
    }
    if (order.reduceOnly || granted === 0) return granted
    const beyond = this.#guard === null ? null : this.#guard.refusalAtFill(slot, order, granted)
    if (beyond !== null) return this.#refuse(slot, order, at, beyond)
    if (order.side === -1 && slot.margin === null) return this.#sellable(slot, order, granted, at)
    // fills.md 16: what only reduces binds no margin, whatever rests beside it and would turn the position round
    if (onlyTakes(slot, order.side, granted)) return granted
    return this.#payable(slot, order, granted, this.#priceOf(slot, order, reference, side, granted, rules), at, rules)
  }

  /** fills.md 19: cut to the position as it now is, and cancelled where there is none. */
  #reducible(slot: Slot, order: LiveOrder, at: number, rules: Rules): number {
    const { units } = slot.position
    const reducible =
      order.isClose || Math.sign(units) === -order.side ? wholeSteps(Math.abs(units), Math.max(1, rules.lot.step)) : 0
    if (reducible === 0) {
      this.#endings.cancel(slot, order, at, 'flat')
      return 0
    }
    if (order.role === 'order' && order.qty > reducible)
      this.#acceptance.noteCut(slot, order, reducible, 'REDUCE_ONLY', at)
    order.qty = order.isClose ? reducible : Math.min(order.qty, reducible)
    return order.qty
  }

  #sellable(slot: Slot, order: LiveOrder, granted: number, at: number): number {
    const held = slot.position.units
    if (order.qty <= held) return granted
    return this.#refuse(slot, order, at, this.#acceptance.funds.beyondHolding(slot, order.qty, held, 'held'))
  }

  /** fills.md 16 at the fill: the open may have moved beyond what was locked. */
  #payable(slot: Slot, order: LiveOrder, granted: number, price: number, at: number, rules: Rules): number {
    const acceptance = this.#acceptance
    const qty = acceptance.payable(slot, order, price, rules, granted)
    if (qty === granted) return qty
    if (order.mayCut && order.type === 'market' && acceptance.isLegal(slot, rules, order, qty, price)) {
      acceptance.noteCut(slot, order, qty, acceptance.cutReason(slot, order, granted, price), at)
      order.qty = qty
      return qty
    }
    return this.#refuse(slot, order, at, acceptance.funds.shortage(slot, order, granted, price)!)
  }

  #refuse(slot: Slot, order: LiveOrder, at: number, refusal: Refusal): 0 {
    this.#endings.end(slot, order)
    this.#acceptance.reject(slot, order, at, refusal)
    return 0
  }
}
