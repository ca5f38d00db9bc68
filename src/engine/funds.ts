import { unitsText } from '../core/decimal.ts'
import type { Account } from './account.ts'
import { buyingCost } from './fee-model.ts'
import type { Refusal } from './filter-check.ts'
import type { LiveOrder } from './live-order.ts'
import type { Margin } from './margin.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

type Priced = Pick<LiveOrder, 'side' | 'qty' | 'limit' | 'trigger'>

/** fills.md 16: what resting orders hold back, and whether an order can be paid for. */
export class Funds {
  readonly #account: Account
  readonly #margin: Margin | null

  constructor(account: Account, margin: Margin | null) {
    this.#account = account
    this.#margin = margin
  }

  /**
   * The price (units) that size and funds are reckoned from: the order's own, else the close of row `known`; with
   * slippage. A sale is reckoned without its own impact, since a lower price would bind less.
   */
  priceOf(slot: Slot, order: Priced, rules: Rules, known = slot.row): number {
    return this.expectedPrice(slot, order.side === 1 ? order : { ...order, qty: 0 }, rules, known)
  }

  /** The price (units) at which it would fill if the market came to it, or stood still, as it is. */
  expectedPrice(slot: Slot, { side, qty, limit, trigger }: Priced, rules: Rules, known = slot.row): number {
    if (limit !== -1) return limit
    const from = trigger !== -1 ? Math.max(trigger, 1) : slot.toPrice(slot.bars.close[known]!)
    return slot.slippage.priceOf(slot, from, side, qty, rules.price, known)
  }

  /** Locks the cash, the base asset or the margin that the order needs at `price`, or says what is missing. */
  lock(slot: Slot, order: LiveOrder, price: number): Refusal | null {
    order.lock = 0
    order.lockQty = 0
    if (order.reduceOnly) return null
    if (slot.margin === null && order.side === -1) {
      let locked = 0
      for (const other of slot.orders) if (other.isAlive && other.id !== order.id) locked += other.lockQty
      const free = Math.max(0, slot.position.units - locked)
      if (order.qty > free) return this.beyondHolding(slot, order.qty, free, 'free')
      order.lockQty = order.qty
      return null
    }
    const need = this.need(slot, order, order.qty, price)
    const short = this.#shortageOf(slot, order, order.qty, price, need)
    if (short !== null) return short
    if (slot.margin !== null) order.lock = this.#margin!.notional(slot, order.qty, price)
    else {
      order.lock = need
      this.#account.locked += need
    }
    return null
  }

  /**
   * A part of an order, no longer counted in it, is about to be filled at `price`: gives back what that needs, and leaves
   * the rest what it needs and is there.
   */
  split(slot: Slot, order: LiveOrder, part: number, price: number, rules: Rules): void {
    const isPaid = slot.margin === null && order.side === 1
    const most = isPaid ? this.free(order) - this.need(slot, order, part, price) : Number.POSITIVE_INFINITY
    this.shrink(slot, order, rules)
    if (order.lock <= most) return
    this.#account.locked -= order.lock - most
    order.lock = most
  }

  /** Gives back what an order no longer needs that has been cut before or on its bar: the close before is the last known. */
  shrink(slot: Slot, order: LiveOrder, rules: Rules): void {
    order.lockQty = Math.min(order.lockQty, order.qty)
    if (order.lock === 0) return
    const price = this.priceOf(slot, order, rules, slot.knownRow)
    const need =
      slot.margin === null ? this.need(slot, order, order.qty, price) : this.#margin!.notional(slot, order.qty, price)
    // a trigger that the coarser tick has made dearer takes no more: what is missing shows at the fill
    const lock = Math.min(order.lock, need)
    if (slot.margin === null) this.#account.locked -= order.lock - lock
    order.lock = lock
  }

  /** Gives back what an order held. `lock` stays readable so that a failed amend can take it again. */
  release(slot: Slot, order: LiveOrder): void {
    if (slot.margin === null) this.#account.locked -= order.lock
  }

  takeAgain(slot: Slot, order: LiveOrder): void {
    if (slot.margin === null) this.#account.locked += order.lock
  }

  /** Ledger units an order may use: what is free, and what it holds back itself. */
  free(order: LiveOrder): number {
    return this.#margin === null ? this.#account.freeUnits + order.lock : this.#margin.free(order)
  }

  /**
   * Ledger units that `qty` at `price` takes; fees as taker, since a limit may fill at the open, where they are taken in quote. On margin it is the
   * initial margin of what the order adds to the larger side; an order that only reduces takes nothing.
   */
  need(slot: Slot, order: LiveOrder, qty: number, price: number): number {
    const { margin, costs, scales } = slot
    if (margin === null) return buyingCost(this.#account.ledger, scales, price, qty, slot.quoteFee)
    const account = this.#margin!
    const before = account.required(slot, margin, order)
    const notional = account.notional(slot, qty, price)
    const more = account.required(slot, margin, order, { side: order.side, notional }) - before
    return more <= 0 ? 0 : more + account.notional(slot, qty, price, costs.dearest)
  }

  /** What is missing for `qty` at `price`; `null` where nothing is. */
  shortage(slot: Slot, order: LiveOrder, qty: number, price: number): Refusal | null {
    return this.#shortageOf(slot, order, qty, price, this.need(slot, order, qty, price))
  }

  #shortageOf(slot: Slot, order: LiveOrder, qty: number, price: number, need: number): Refusal | null {
    const free = this.free(order)
    if (need > 0 && need > free) return this.insufficient(slot, need, free)
    const { margin } = slot
    if (margin === null || need === 0) return null
    const reach = this.#margin!.reach(slot, order.side, this.#margin!.notional(slot, qty, price), order)
    if (reach <= margin.mostNotional) return null
    const text = (units: number) =>
      Number.isFinite(units) ? unitsText(units, this.#account.ledger.decimals) : 'more than can be counted'
    return {
      filter: 'MAX_NOTIONAL_AT_LEVERAGE',
      value: text(reach),
      limit: `${text(margin.mostNotional)} ${slot.instrument.quote} at leverage ${margin.leverage}`,
    }
  }

  beyondHolding(slot: Slot, qty: number, limit: number, what: 'free' | 'held'): Refusal {
    const text = (units: number) => unitsText(units, slot.scales.qtyDecimals)
    return {
      filter: 'INSUFFICIENT_BALANCE',
      value: text(qty),
      limit: `${text(limit)} ${slot.instrument.base} ${what}`,
    }
  }

  insufficient(slot: Slot, need: number, free: number): Refusal {
    const { decimals } = this.#account.ledger
    const text = (units: number) => unitsText(units, decimals)
    return {
      filter: slot.margin === null ? 'INSUFFICIENT_BALANCE' : 'INSUFFICIENT_MARGIN',
      value: Number.isFinite(need) ? text(need) : `more than ${text(Number.MAX_SAFE_INTEGER)}`,
      limit: `${text(Math.max(0, free))} ${slot.instrument.quote} free`,
    }
  }
}
