import { unitsText } from '../core/decimal.ts'
import type { Account } from './account.ts'
import { buyingCost } from './fee-model.ts'
import { slip } from './fill-model.ts'
import type { LiveOrder } from './live-order.ts'
import type { Refusal, Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** fills.md 16: what resting orders hold back, and whether an order can be paid for. */
export class Funds {
  readonly #account: Account

  constructor(account: Account) {
    this.#account = account
  }

  /** The price (units) that size and funds are reckoned from: the order's own, else the last close; with slippage. */
  priceOf(slot: Slot, order: Pick<LiveOrder, 'side' | 'limit' | 'trigger'>, rules: Rules): number {
    if (order.limit !== -1) return order.limit
    const from = order.trigger !== -1 ? Math.max(order.trigger, 1) : slot.toPrice(slot.lastClose)
    return slip(from, order.side, slot.costs.slippage, rules.price)
  }

  /** Locks the cash or the base asset that the order needs at `price`, or says what is missing. */
  lock(slot: Slot, order: LiveOrder, price: number): Refusal | null {
    order.lock = 0
    order.lockQty = 0
    if (order.reduceOnly || slot.instrument.kind !== 'spot') return null
    if (order.side === -1) {
      const locked = slot.orders.reduce((sum, o) => (o.isAlive && o.id !== order.id ? sum + o.lockQty : sum), 0)
      const free = Math.max(0, slot.position.units - locked)
      if (order.qty > free) return this.beyondHolding(slot, order.qty, free, 'free')
      order.lockQty = order.qty
      return null
    }
    const need = this.need(slot, order.qty, price)
    const free = this.#account.freeUnits
    if (need > free) return this.insufficient(slot, need, free)
    order.lock = need
    this.#account.locked += need
    return null
  }

  /** Gives back what an order held. `lock` stays readable so that a failed amend can take it again. */
  release(order: LiveOrder): void {
    this.#account.locked -= order.lock
  }

  takeAgain(order: LiveOrder): void {
    this.#account.locked += order.lock
  }

  /** Ledger units that buying `qty` at `price` takes; as taker, since a limit may fill at the open. */
  need(slot: Slot, qty: number, price: number): number {
    return buyingCost(this.#account.ledger, slot.scales, price, qty, slot.costs.dearest)
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
      filter: 'INSUFFICIENT_BALANCE',
      value: Number.isFinite(need) ? text(need) : `more than ${text(Number.MAX_SAFE_INTEGER)}`,
      limit: `${text(Math.max(0, free))} ${slot.instrument.quote} free`,
    }
  }
}
