import { firstRowAt } from '../core/bar.ts'
import { fromUnits, POW10 } from '../core/decimal.ts'
import type { MarkColumns } from '../core/leverage.ts'
import { fromLedger, notionalUnits, type Rate } from '../core/money.ts'
import type { Account } from './account.ts'
import type { EventLog } from './event-log.ts'
import { isCounted } from './fee-model.ts'
import { isStopLike, type LiveOrder } from './live-order.ts'
import { CAUTION } from './safe-marks.ts'
import type { Slot } from './slot.ts'
import type { SlotMargin } from './slot-margin.ts'

/** No price: whether a position is liquidated hangs on others that have not met their bars yet. */
export const LEFT_TO_OTHERS = -2

/** The margin of the whole account: funding, what orders may use, and where liquidation begins. */
export class Margin {
  readonly #account: Account
  readonly #slots: readonly Slot[]
  readonly #log: EventLog
  readonly #remark: (text: string) => void
  /** Instruments of which it has been said that their funding lacks a mark. */
  readonly #unmarked = new Set<Slot>()
  /** State of the account (`Account.changes`) in which no bar of the instant at hand liquidates anything; −1 if not known. */
  #safeIn = -1
  /** By how much the account was safe when that was reckoned, less the funding since; quote asset. */
  #slack = 0

  constructor(account: Account, slots: readonly Slot[], log: EventLog, remark: (text: string) => void) {
    this.#account = account
    this.#slots = slots
    this.#log = log
    this.#remark = remark
  }

  /**
   * Charges the funding that fell due since the last bar, on the position as it stood then: before this bar's orders,
   * and inside a longer bar on the position at its open.
   * @param before close of the bar, UTC ms: what falls due there is the next bar's
   */
  chargeFunding(slot: Slot, margin: SlotMargin, before: number): void {
    const { position } = slot
    const { ledger } = this.#account
    while (margin.nextFundingTime < before) {
      const funding = margin.funding!
      const k = margin.nextFunding++
      const at = funding.time[k]!
      const known = funding.mark[k]!
      const isMarked = Number.isFinite(known)
      if (!isMarked && !this.#unmarked.has(slot)) {
        this.#unmarked.add(slot)
        this.#remark(`${slot.symbol}: funding is charged on the bar's open where no mark price of its time is stored`)
      }
      const price = isMarked ? known : slot.bars.open[slot.row]!
      const rate = funding.rate[k]!
      const paid = margin.fundingAt(price, rate)
      const isKnownSafe = this.#safeIn === this.#account.changes
      position.payFunding(paid, this.#account)
      if (margin.mode === 'isolated') margin.isolated -= paid
      // only the wallet has changed: the sum over all that is held need not be made again
      this.#slack -= fromLedger(ledger, paid)
      if (isKnownSafe && this.#slack > 0) this.#safeIn = this.#account.changes
      this.#log.record(slot, {
        type: 'funding', at, symbol: slot.symbol, rate, mark: price, qty: position.heldQty, paid: fromLedger(ledger, paid),
      }) // biome-ignore format: one event
    }
  }

  /** Whether the instant at hand is known to be safe for all positions on cross margin, and no funding falls due before its close. */
  isQuiet(margin: SlotMargin, clock: Float64Array): boolean {
    return this.#safeIn === this.#account.changes && margin.mode === 'cross' && margin.nextFundingTime >= clock[0]!
  }

  /** The instant is over: its marks are what is known from now on. */
  takeMarks(): void {
    this.#safeIn = -1
    for (let k = 0; k < this.#slots.length; k++) {
      const { margin, isFresh, cursor } = this.#slots[k]!
      if (margin !== null && isFresh) margin.markRow = cursor.row
    }
  }

  /** Ledger units that new orders may still bind; `except` is an open order that does not count against itself. */
  free(except?: LiveOrder): number {
    let free = this.#account.wallet
    for (const slot of this.#slots) {
      const { margin } = slot
      if (margin === null) continue
      if (margin.mode === 'cross') free += slot.position.held === 0 ? 0 : margin.unrealisedAt(margin.lastMark)
      free -= this.required(slot, margin, except)
    }
    return free
  }

  /**
   * Initial margin of a position and its open orders (Binance USDS-M: the larger of |position + bids| and |position −
   * asks|, over the leverage); `more` is an order that is not open yet. Orders that only reduce bind nothing.
   */
  required(slot: Slot, margin: SlotMargin, except?: LiveOrder, more?: { side: 1 | -1; notional: number }): number {
    const { position } = slot
    const held = position.held === 0 ? 0 : margin.valueAt(margin.lastMark)
    let bids = 0
    let asks = 0
    for (const order of slot.orders) {
      if (!order.isAlive || order.reduceOnly || order === except) continue
      if (order.side === 1) bids += order.lock
      else asks += order.lock
    }
    if (more?.side === 1) bids += more.notional
    if (more?.side === -1) asks += more.notional
    const most = Math.max(Math.abs(held + bids), Math.abs(held - asks))
    if (margin.mode === 'cross') return Math.ceil(most / margin.leverage)
    return margin.isolated + Math.ceil(Math.max(0, most - Math.abs(held)) / margin.leverage)
  }

  /** Notional of an order, or a fraction of it, ledger units rounded up; Infinity where no ledger could hold it. */
  notional(slot: Slot, qty: number, price: number, rate?: Rate): number {
    const { priceDecimals, qtyDecimals } = slot.scales
    const { decimals } = this.#account.ledger
    if (!isCounted(fromUnits(price, priceDecimals) * fromUnits(qty, qtyDecimals) * POW10[decimals]!))
      return Number.POSITIVE_INFINITY
    return notionalUnits(this.#account.ledger, price, priceDecimals, qty, qtyDecimals, 'up', rate)
  }

  /** Largest notional that a position would have were an order of `qty` at `price` filled with all others of its side. */
  reach(slot: Slot, side: 1 | -1, notional: number, except?: LiveOrder): number {
    const { position, margin } = slot
    const held = position.held === 0 ? 0 : margin!.valueAt(margin!.lastMark)
    let same = notional
    for (const order of slot.orders)
      if (order.isAlive && !order.reduceOnly && order !== except && order.side === side) same += order.lock
    return Math.abs(held + side * same)
  }

  /** After a fill: funding begins with the next bar, and an isolated position sets aside or gives back. */
  reassign(slot: Slot, margin: SlotMargin, before: number, opened: number, price: number): void {
    const { funding } = margin
    if (before === 0 && funding !== null) margin.nextFunding = firstRowAt(funding.time, slot.closeTime)
    if (margin.mode !== 'isolated') return
    const { held } = slot.position
    const kept = Math.max(0, Math.abs(held) - opened)
    if (kept === 0) margin.isolated = 0
    else if (kept < Math.abs(before)) margin.isolated = Math.floor((margin.isolated * kept) / Math.abs(before))
    if (opened > 0) margin.isolated += Math.ceil(this.notional(slot, opened, price) / margin.leverage)
  }

  /**
   * What stands behind a position besides itself, ledger units: its isolated margin, or the wallet with the other
   * positions, less the maintenance these need. At the open these are worth what their marks open at; inside the bar they
   * count at their worst mark, or at a stop that closes them before that; those that have yet to leave at this very open (fills.md 5), at that.
   */
  balanceBehind(slot: Slot, margin: SlotMargin, phase: 'open' | 'inside'): number {
    if (margin.mode === 'isolated') return margin.isolated
    let balance = this.#account.wallet
    const own = this.#slots.indexOf(slot)
    for (let k = 0; k < this.#slots.length; k++) {
      const other = this.#slots[k]!
      const theirs = other.margin
      if (other === slot || theirs === null || other.position.held === 0) continue
      if (phase === 'inside' && k > own && other.isFresh && leavesAtOpen(other)) {
        balance += theirs.unrealisedAt(theirs.toUnits(openMark(other, theirs)))
        continue
      }
      const mark = !other.isFresh
        ? theirs.lastMark
        : phase === 'open'
          ? theirs.toUnits(openMark(other, theirs))
          : stoppedOrWorst(other, theirs)
      balance += theirs.unrealisedAt(mark) - theirs.maintenanceAt(mark)
    }
    return balance
  }

  /**
   * Whether what is lost already at where this position's way begins may be lost by one that has not met this bar yet: it
   * is that one which is judged then, where its own way takes it, and this one after.
   */
  #isOthersDoing(slot: Slot, margin: SlotMargin): boolean {
    if (margin.mode === 'isolated') return false
    for (let k = this.#slots.indexOf(slot) + 1; k < this.#slots.length; k++) {
      const { isFresh, position, margin: theirs } = this.#slots[k]!
      if (isFresh && position.held !== 0 && theirs !== null) return true
    }
    return false
  }

  /** Margin balance less maintenance margin at a mark price; liquidation begins where it is not above 0. */
  cushion(margin: SlotMargin, balance: number, mark: number): number {
    return balance + margin.unrealisedAt(mark) - margin.maintenanceAt(mark)
  }

  /**
   * Whether the bar cannot reach a liquidation, by a cheap reckoning in doubles that errs to the other side: it is made on
   * every bar of everything that is held.
   */
  isOutOfReach(slot: Slot, margin: SlotMargin): boolean {
    const { ledger } = this.#account
    if (margin.mode === 'isolated') {
      const value = worstValue(slot, margin)
      const balance = fromLedger(ledger, margin.isolated) + value - fromLedger(ledger, slot.position.cost)
      return balance > CAUTION * roughMaintenance(margin, Math.abs(value))
    }
    // of cross positions each stands behind the others, so it is one sum for all of them, until something is booked
    if (this.#safeIn === this.#account.changes) return true
    let balance = fromLedger(ledger, this.#account.wallet)
    let maintenance = 0
    for (let k = 0; k < this.#slots.length; k++) {
      const other = this.#slots[k]!
      const theirs = other.margin
      if (theirs === null || other.position.heldQty === 0) continue
      const value = worstValue(other, theirs)
      balance += value - fromLedger(ledger, other.position.cost)
      maintenance += roughMaintenance(theirs, Math.abs(value))
    }
    const slack = balance - CAUTION * maintenance
    // a part of a bar says nothing of the whole
    if (slack > 0 && !slot.detail?.isAtWork) {
      this.#safeIn = this.#account.changes
      this.#slack = slack
    }
    return slack > 0
  }

  /**
   * The first mark price (units) from `from` towards the bar's worst mark at which the position is liquidated; −1 where
   * the bar does not reach one, and `LEFT_TO_OTHERS` where others are to be judged before that can be said. At the open only the open
   * itself counts.
   * @param isLast whether all of the instant have met their bars
   */
  liquidationLevel(slot: Slot, margin: SlotMargin, phase: 'open' | 'inside', from: number, isLast: boolean): number {
    const balance = this.balanceBehind(slot, margin, phase)
    if (this.cushion(margin, balance, from) <= 0)
      return phase === 'inside' && !isLast && this.#isOthersDoing(slot, margin) ? LEFT_TO_OTHERS : from
    if (phase === 'open') return -1
    const worst = adverse(slot, margin)
    if (this.cushion(margin, balance, worst) > 0) return -1
    // the cushion falls without a break towards the worst mark (tiers join continuously), so halving finds where it ends
    let safe = from
    let reached = worst
    while (Math.abs(reached - safe) > 1) {
      const middle = Math.floor((safe + reached) / 2)
      if (this.cushion(margin, balance, middle) > 0) safe = middle
      else reached = middle
    }
    return reached
  }
}

/** What is held at the worst mark of the bar at hand, or at the last where it has none; quote asset, negative if short. */
function worstValue(slot: Slot, margin: SlotMargin): number {
  const { heldQty } = slot.position
  if (!slot.isFresh) return heldQty * margin.marks.close[margin.markRow]!
  const { low, high } = marksAtHand(slot, margin)
  return heldQty * (heldQty > 0 ? low : high)[markRowAtHand(slot, margin)]!
}

/** Whether finer bars decide what happens, and tell the marks as well. */
function isMarkedInParts({ detail }: Slot, { isMarkedByBars }: SlotMargin): boolean {
  return isMarkedByBars && detail?.isAtWork === true
}

/** The marks of what orders meet, a bar or a part of it; two steps, so that nothing is allocated on a bar. */
function marksAtHand(slot: Slot, margin: SlotMargin): MarkColumns {
  return isMarkedInParts(slot, margin) ? slot.detail!.bars : margin.marks
}

function markRowAtHand(slot: Slot, margin: SlotMargin): number {
  return isMarkedInParts(slot, margin) ? slot.detail!.part : slot.cursor.row
}

/** The mark at which the bar, or the part of it, opens. */
export function openMark(slot: Slot, margin: SlotMargin): number {
  return marksAtHand(slot, margin).open[markRowAtHand(slot, margin)]!
}

/** Of a notional, quote asset; without the amount that `cum` takes off: more than is needed. */
function roughMaintenance({ bounds, ratios }: SlotMargin, notional: number): number {
  let tier = 0
  while (tier < bounds.length - 1 && notional > bounds[tier]!) tier++
  return notional * ratios[tier]!
}

/** The bar's worst mark for what is held, units. */
function adverse(slot: Slot, margin: SlotMargin): number {
  const { low, high } = marksAtHand(slot, margin)
  return margin.toUnits((slot.position.held > 0 ? low : high)[markRowAtHand(slot, margin)]!)
}

/** The same, but no further than a stop that closes all of it and that the bar reaches or opens beyond, units. */
function stoppedOrWorst(slot: Slot, margin: SlotMargin): number {
  const worst = adverse(slot, margin)
  // where nobody trades no stop is met
  if (!slot.hasTraded) return worst
  const { units } = slot.position
  const side = units > 0 ? -1 : 1
  const open = margin.toUnits(openMark(slot, margin))
  let mark = worst
  for (const order of slot.orders) {
    if (!order.isAlive || order.side !== side || !isStopLike(order) || order.qty < Math.abs(units)) continue
    const trigger = margin.toUnits(fromUnits(order.trigger, slot.scales.priceDecimals))
    mark = side === -1 ? Math.max(mark, Math.min(trigger, open)) : Math.min(mark, Math.max(trigger, open))
  }
  return mark
}

/** Whether an order that is due at the open of the bar at hand closes all that is held. */
function leavesAtOpen({ orders, position: { units }, row, hasTraded }: Slot): boolean {
  if (!hasTraded) return false
  for (const { isAlive, type, acceptedRow, isClose, side, qty } of orders)
    if (
      isAlive &&
      type === 'market' &&
      acceptedRow === row - 1 &&
      (isClose || (side * units < 0 && qty >= Math.abs(units)))
    )
      return true
  return false
}
