import { fromUnits } from '../core/decimal.ts'
import type { Cancelled, RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Trade } from '../core/trade.ts'
import { Acceptance, snapLive } from './acceptance.ts'
import type { Account } from './account.ts'
import { Books } from './books.ts'
import { bracketLegs } from './bracket.ts'
import {
  capAtLimit,
  extremeFor,
  isLimitReached,
  isTriggered,
  isWithinLimit,
  slip,
  type UnitBar,
  waitsAbove,
} from './fill-model.ts'
import { Liquidation } from './liquidation.ts'
import { isStopLike, type LiveOrder, viewOrder } from './live-order.ts'
import type { Margin } from './margin.ts'
import { wholeSteps } from './position.ts'
import { regridPrices, trailPrice } from './prices.ts'
import type { RiskGuard } from './risk-guard.ts'
import { gridDown, gridUp, type Refusal, type Rules } from './rules.ts'
import type { Slot } from './slot.ts'
import type { SlotMargin } from './slot-margin.ts'

export interface BrokerOptions {
  /** fills.md 8: a limit fills at a mere touch. */
  readonly limitTouch: boolean
}

type Phase = Fill['phase']

/** Classes inside a bar, fills.md 7: (b) reducing stops, (c) opening stops, (d) opening limits, (e) reducing limits. */
const CLASSES = 4

function classOf(order: LiveOrder, sign: number): number {
  const reduces = order.reduceOnly || (sign !== 0 && order.side === -sign)
  if (isStopLike(order)) return reduces ? 0 : 1
  return reduces ? 3 : 2
}

/** Where orders meet bars: steps 2 and 3 of the life of a bar, by the rules of fills.md. */
export class Broker {
  readonly acceptance: Acceptance
  readonly #books: Books
  readonly #guard: RiskGuard | null
  readonly #liquidation: Liquidation | null
  readonly #slots: readonly Slot[]
  readonly #emit: (slot: Slot, event: RunEvent) => void
  readonly #options: BrokerOptions

  constructor(
    account: Account,
    slots: readonly Slot[],
    margin: Margin | null,
    guard: RiskGuard | null,
    emit: (slot: Slot, event: RunEvent) => void,
    remark: (text: string) => void,
    options: BrokerOptions,
  ) {
    this.#emit = emit
    this.#guard = guard
    this.#slots = slots
    this.#options = options
    this.acceptance = new Acceptance(account, margin, emit, remark, guard)
    this.#books = new Books(account, margin, guard, emit)
    this.#liquidation =
      margin === null ? null : new Liquidation(account, margin, this.#books, emit, () => this.acceptance.nextId())
  }

  get fills(): readonly Fill[] {
    return this.#books.fills
  }
  get trades(): readonly Trade[] {
    return this.#books.trades
  }

  /** Lets the slot's open orders meet its current bar. */
  match(slot: Slot): void {
    if (slot.margin === null && isOutOfReach(slot)) return
    const bar = slot.loadUnitBar()
    const rules = slot.rulesAt(slot.openTime)
    this.#noteGap(slot)
    this.#expire(slot)
    const hasTraded = slot.hasTraded
    // a gap through a stop and the liquidation price is a liquidation: it comes before everything else at the open
    if (hasTraded && slot.margin !== null) this.#liquidate(slot, slot.margin, rules, 'open')
    // the list grows while it is walked: legs of entries that fill at the open meet the same open
    for (let k = 0; k < slot.orders.length; k++) this.#atOpen(slot, slot.orders[k]!, bar, rules, hasTraded)
    if (hasTraded) {
      this.#insideBar(slot, bar, rules)
      this.#moveTrails(slot, bar, rules)
    }
    this.sweep(slot)
  }

  /**
   * A newer grid comes into force: what rests is cut to its step and moved to its tick, as nobody could submit it any
   * more, and what is held below one step can no longer be sold and becomes dust (fills.md 14, 17).
   */
  regrid(slot: Slot): void {
    const rules = slot.rulesAt(slot.openTime)
    for (const order of slot.orders) if (order.isAlive && !order.isClose) this.#regridOrder(slot, order, rules)
    const dust = slot.position.regrid(Math.max(1, rules.lot.step))
    if (dust !== 0)
      this.#emit(slot, {
        type: 'dust',
        at: slot.openTime,
        symbol: slot.symbol,
        qty: fromUnits(dust, slot.scales.qtyDecimals),
      })
    this.sweep(slot)
  }

  #regridOrder(slot: Slot, order: LiveOrder, rules: Rules): void {
    const at = slot.openTime
    const qty = snapLive(order, order.qty, rules)
    const { limit, trigger } = regridPrices(order, rules)
    const isMoved = limit !== order.limit || trigger !== order.trigger
    if (qty === order.qty && !isMoved) return
    if (qty === 0 || limit === 0 || trigger === 0) return this.cancel(slot, order, at, 'expired')
    if (qty !== order.qty) this.acceptance.noteCut(slot, order, qty, 'LOT_SIZE', at)
    Object.assign(order, { qty, limit, trigger })
    this.acceptance.funds.shrink(slot, order, rules)
    if (isMoved) this.#emit(slot, { type: 'amended', at, order: viewOrder(order, slot.symbol, slot.scales) })
  }

  /** Drops the orders that have ended. */
  sweep(slot: Slot): void {
    const { orders } = slot
    let kept = 0
    for (const order of orders) if (order.isAlive) orders[kept++] = order
    orders.length = kept
  }

  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void {
    if (!order.isAlive) return
    this.#end(slot, order)
    this.#emit(slot, { type: 'cancelled', at, symbol: slot.symbol, id: order.id, reason })
  }

  /** fills.md 4, `--close-at-end`: sells what is held at the last close, with costs. */
  closeAtEnd(slot: Slot, at: number): void {
    if (slot.position.units === 0) return
    const order = this.acceptance.submitClose(slot, 'end', at)
    if (order !== null) this.#execute(slot, order, slot.loadUnitBar().close, 'close', slot.rulesAt(at))
    this.sweep(slot)
  }

  #end(slot: Slot, order: LiveOrder): void {
    order.isAlive = false
    this.acceptance.funds.release(slot, order)
    order.lock = 0
    order.lockQty = 0
  }

  #noteGap(slot: Slot): void {
    const bars = slot.missingBefore
    if (bars > 0 && hasWaited(slot)) this.#emit(slot, { type: 'gap', at: slot.openTime, symbol: slot.symbol, bars })
  }

  #expire(slot: Slot): void {
    const at = slot.openTime
    for (const order of slot.orders) if (order.expiresAt <= at) this.cancel(slot, order, at, 'expired')
  }

  /** fills.md 5 and 6. */
  #atOpen(slot: Slot, order: LiveOrder, bar: UnitBar, rules: Rules, hasTraded: boolean): void {
    if (!order.isAlive) return
    const at = slot.openTime
    const isFirst = order.acceptedRow === slot.row - 1
    if (order.type === 'limit') {
      const wouldTake = isWithinLimit(order, bar.open)
      if (order.tif === 'IOC' || order.tif === 'FOK') {
        if (wouldTake && hasTraded) this.#execute(slot, order, bar.open, 'open', rules)
        else this.cancel(slot, order, at, 'expired')
      } else if (order.tif === 'GTX' && isFirst && wouldTake) this.cancel(slot, order, at, 'post-only')
      else if (hasTraded && wouldTake && bar.open !== order.limit) this.#execute(slot, order, bar.open, 'open', rules)
      return
    }
    if (!hasTraded) return
    if (order.type === 'market') this.#execute(slot, order, bar.open, 'open', rules)
    else if (isTriggered(order, bar.open)) this.#trigger(slot, order, bar.open, 'open', rules)
  }

  /** A trigger was reached at `price`: stops and touches fill there; with a limit only where the limit allows it. */
  #trigger(slot: Slot, order: LiveOrder, price: number, phase: Phase, rules: Rules): void {
    if (order.type !== 'stop-limit' && order.type !== 'touch-limit')
      return this.#execute(slot, order, price, phase, rules)
    const trigger = fromUnits(order.trigger, slot.scales.priceDecimals)
    this.#emit(slot, { type: 'triggered', at: slot.openTime, symbol: slot.symbol, id: order.id, price: trigger })
    order.actedRow = slot.row
    if (isWithinLimit(order, price)) return this.#execute(slot, order, price, phase, rules)
    // fills.md 10: it rests as a limit from the next bar on
    order.type = 'limit'
    order.trigger = -1
  }

  /** fills.md 7: class by class; within a class in order of acceptance; each order at most once a bar. */
  #insideBar(slot: Slot, bar: UnitBar, rules: Rules): void {
    const { orders, margin } = slot
    const count = orders.length
    if (margin !== null) this.#liquidate(slot, margin, rules, 'inside')
    if (count === 0) return
    const sign = Math.sign(slot.position.units)
    // classes are those of the position as the bar found it
    for (let k = 0; k < count; k++) orders[k]!.insideClass = classOf(orders[k]!, sign)
    for (let name = 0; name < CLASSES; name++)
      for (let k = 0; k < count; k++) {
        const order = orders[k]!
        if (order.insideClass !== name || !order.isAlive || order.actedRow === slot.row || order.insideRow === slot.row)
          continue
        this.#meetInside(slot, order, bar, rules)
      }
  }

  #meetInside(slot: Slot, order: LiveOrder, bar: UnitBar, rules: Rules): void {
    if (order.type === 'market') return
    if (order.type === 'limit') {
      if (isLimitReached(order, bar, this.#options.limitTouch)) this.#execute(slot, order, order.limit, 'inside', rules)
    } else if (isTriggered(order, extremeFor(order, bar))) this.#trigger(slot, order, order.trigger, 'inside', rules)
  }

  /** fills.md 12: only after the bar has been met does its good extreme move a trailing stop. */
  #moveTrails(slot: Slot, bar: UnitBar, rules: Rules): void {
    for (const order of slot.orders) {
      if (!order.isAlive || order.type !== 'trailing-stop') continue
      // after a fill inside the bar only the close is known to have come later
      const good = order.insideRow === slot.row ? bar.close : order.side === -1 ? bar.high : bar.low
      const level = trailPrice(order.trail!, order.side, good, rules, slot.scales)
      order.trigger = order.side === -1 ? Math.max(order.trigger, level) : Math.min(order.trigger, level)
    }
  }

  /** One execution at `reference` (units): price, quantity, funds, books, and what follows from it. */
  #execute(slot: Slot, order: LiveOrder, reference: number, phase: Phase, rules: Rules): void {
    const at = phase === 'close' ? slot.closeTime : slot.openTime
    order.actedRow = slot.row
    const isMaker = order.type === 'limit' && phase === 'inside'
    const price = this.#price(slot, order, reference, rules)
    const qty = this.#quantity(slot, order, price, at, rules)
    if (qty === 0) return
    const { position, costs } = slot
    const side = order.isClose ? (position.units > 0 ? -1 : 1) : order.side
    // the bad extreme may have come before a target: it counts; what came after a stop does not
    if (isMaker && position.units !== 0) {
      const bad = position.units > 0 ? slot.bar.low : slot.bar.high
      position.track(bad, bad)
    }
    order.qty -= Math.min(qty, order.qty)
    if (order.qty === 0 || order.isClose || order.reduceOnly) this.#end(slot, order)
    const fee = isMaker ? costs.maker : costs.taker
    const entry = { order, side, qty, price, reference, phase, isMaker, fee, exitCause: exitCause(order) } as const
    const opened = this.#books.enter(slot, entry, rules)
    this.#followUp(slot, order, qty, price, phase, rules, opened)
  }

  /** fills.md 13: limits fill at their price or better, everything else slips; all on the tick grid. */
  #price(slot: Slot, order: LiveOrder, reference: number, rules: Rules): number {
    if (order.type === 'limit') {
      const onGrid = order.side === 1 ? gridUp(rules.price, reference) : gridDown(rules.price, reference)
      return capAtLimit(order, onGrid)
    }
    const side = order.isClose ? (slot.position.units > 0 ? -1 : 1) : order.side
    const slipped = slip(reference, side, slot.costs.slippage, rules.price)
    return order.limit === -1 ? slipped : capAtLimit(order, slipped)
  }

  /** What can be filled now: reduce-only is cut to the position, spot to what is held or can be paid. 0 ends the order. */
  #quantity(slot: Slot, order: LiveOrder, price: number, at: number, rules: Rules): number {
    const { units } = slot.position
    if (order.reduceOnly) {
      const reducible =
        order.isClose || Math.sign(units) === -order.side ? wholeSteps(Math.abs(units), Math.max(1, rules.lot.step)) : 0
      if (reducible === 0) {
        this.cancel(slot, order, at, 'flat')
        return 0
      }
      if (order.role === 'order' && order.qty > reducible)
        this.acceptance.noteCut(slot, order, reducible, 'REDUCE_ONLY', at)
      return order.isClose ? reducible : Math.min(order.qty, reducible)
    }
    const beyond = this.#guard === null ? null : this.#guard.refusalAtFill(slot, order, order.qty)
    if (beyond !== null) return this.#refuseAtFill(slot, order, at, beyond)
    return order.side === 1 || slot.margin !== null
      ? this.#payable(slot, order, price, at, rules)
      : this.#sellable(slot, order, at)
  }

  #sellable(slot: Slot, order: LiveOrder, at: number): number {
    const held = slot.position.units
    if (order.qty <= held) return order.qty
    return this.#refuseAtFill(slot, order, at, this.acceptance.funds.beyondHolding(slot, order.qty, held, 'held'))
  }

  /** fills.md 16 at the fill: the open may have moved beyond what was locked. */
  #payable(slot: Slot, order: LiveOrder, price: number, at: number, rules: Rules): number {
    const { acceptance } = this
    const qty = acceptance.payable(slot, order, price, rules)
    if (qty === order.qty) return qty
    if (order.mayCut && order.type === 'market' && acceptance.isLegal(slot, rules, order, qty, price)) {
      const reason = slot.margin === null ? 'INSUFFICIENT_BALANCE' : 'INSUFFICIENT_MARGIN'
      acceptance.noteCut(slot, order, qty, reason, at)
      order.qty = qty
      return qty
    }
    return this.#refuseAtFill(slot, order, at, acceptance.funds.shortage(slot, order, order.qty, price)!)
  }

  #refuseAtFill(slot: Slot, order: LiveOrder, at: number, refusal: Refusal): 0 {
    this.#end(slot, order)
    this.acceptance.reject(slot, order, at, refusal)
    return 0
  }

  /** Legs of the entry, the other leg of a bracket, and everything that must go once the position is flat. */
  #followUp(
    slot: Slot,
    order: LiveOrder,
    qty: number,
    price: number,
    phase: Phase,
    rules: Rules,
    opened: number,
  ): void {
    const at = slot.openTime
    // fills.md 11: what one leg has sold, the other need no longer protect (they differ where one was amended)
    if (order.bracket !== null)
      for (const other of slot.orders) {
        if (other === order || other.bracket !== order.bracket || !other.isAlive) continue
        if (other.qty <= qty) this.cancel(slot, other, at, 'oco')
        else other.qty -= qty
      }
    const held = Math.sign(slot.position.units)
    for (const other of slot.orders)
      if (other.bracket !== null && (held === 0 || held === other.side)) this.cancel(slot, other, at, 'flat')
    if (order.legs !== null && opened > 0 && phase !== 'close')
      this.#attach(slot, order, price, Math.min(qty, opened), phase, rules)
    // what was opened inside the bar meets its bad extreme, which is assumed to come later
    if (slot.margin !== null && opened > 0 && phase === 'inside') this.#liquidate(slot, slot.margin, rules, 'inside')
  }

  /** fills.md 11: a bracket lives from its entry's fill. */
  #attach(slot: Slot, entry: LiveOrder, price: number, qty: number, phase: Phase, rules: Rules): void {
    for (const leg of bracketLegs(slot, entry, price, qty, rules, () => this.acceptance.nextId())) {
      if (phase === 'inside') leg.insideRow = slot.row
      if (!this.acceptance.acceptLeg(slot, leg, slot.openTime)) continue
      // the bad extreme is assumed to come after the fill, the good one before it: a stop can be hit, a target cannot
      if (phase !== 'inside' || leg.type === 'limit' || !isTriggered(leg, extremeFor(leg, slot.unitBar))) continue
      // of a stop and the liquidation the one nearer to the entry comes first
      if (slot.margin !== null && this.#liquidate(slot, slot.margin, rules, 'inside', leg.trigger)) return
      // beyond its trigger already, it goes where the entry was filled; either price may have slipped out of the bar
      const reference = isTriggered(leg, price) ? price : leg.trigger
      return this.#execute(slot, leg, clamp(reference, slot.unitBar), phase, rules)
    }
  }

  /**
   * fills.md 7 (a): judged at the bar's worst mark. Stops that reduce and lie nearer to the open come first, `before` is
   * one that is about to fill; says whether the position is gone.
   */
  #liquidate(slot: Slot, margin: SlotMargin, rules: Rules, phase: 'open' | 'inside', before?: number): boolean {
    const liquidation = this.#liquidation!
    for (;;) {
      const level = liquidation.levelOf(slot, margin)
      if (level === -1) return false
      if (phase === 'open' && !liquidation.isAtOpen(slot, margin, level)) return false
      const reach = liquidation.distance(slot, margin, level)
      const way = (trigger: number) => Math.abs(fromUnits(trigger - slot.unitBar.open, slot.scales.priceDecimals))
      if (before !== undefined && way(before) <= reach) return false
      const nearest = phase === 'open' ? null : this.#nearestStop(slot, way)
      if (nearest !== null && way(nearest.trigger) <= reach) {
        this.#trigger(slot, nearest, nearest.trigger, 'inside', rules)
        continue
      }
      const held = slot.position.units
      liquidation.takeAway(slot, margin, level, phase, rules)
      if (slot.position.units !== 0 && slot.position.units !== held) continue
      this.#cancelAfterLiquidation(slot, margin)
      return true
    }
  }

  /** The stop that reduces what is held, is reached by the bar, and lies nearest to its open. */
  #nearestStop(slot: Slot, way: (trigger: number) => number): LiveOrder | null {
    const side = slot.position.units > 0 ? -1 : 1
    const reached = slot.orders.filter(
      (order) =>
        order.isAlive &&
        order.side === side &&
        isStopLike(order) &&
        order.actedRow !== slot.row &&
        order.insideRow !== slot.row &&
        isTriggered(order, extremeFor(order, slot.unitBar)),
    )
    return reached.sort((a, b) => way(a.trigger) - way(b.trigger))[0] ?? null
  }

  /** The exchange cancels what is open with the position; with cross margin that is every order of the account. */
  #cancelAfterLiquidation(slot: Slot, margin: SlotMargin): void {
    for (const other of margin.mode === 'cross' ? this.#slots : [slot])
      for (const order of other.orders) this.cancel(other, order, slot.openTime, 'liquidation')
  }
}

/**
 * Whether no open order can notice this bar: each has rested before, does not expire or trail, and waits at a price beyond
 * the bar's extremes. Compared as numbers: of two decimals on one grid the doubles are in the same order.
 */
function isOutOfReach({ orders, cursor, lows, highs, openTimes, scales }: Slot): boolean {
  const { row } = cursor
  for (let k = 0; k < orders.length; k++) {
    const order = orders[k]!
    if (order.acceptedRow >= row - 1 || order.expiresAt <= openTimes[row]! || !order.isAlive) return false
    if (order.type === 'market' || order.type === 'trailing-stop') return false
    const level = fromUnits(order.type === 'limit' ? order.limit : order.trigger, scales.priceDecimals)
    if (waitsAbove(order) ? highs[row]! >= level : lows[row]! <= level) return false
  }
  return true
}

/** Whether an order was accepted at the close just before this bar. */
function hasWaited({ orders, row }: Slot): boolean {
  return orders.some((order) => order.acceptedRow === row - 1)
}

function clamp(price: number, bar: UnitBar): number {
  return Math.min(Math.max(price, bar.low), bar.high)
}

function exitCause(order: LiveOrder): string {
  if (order.role === 'stop' || order.role === 'target' || order.role === 'trail') return order.role
  if (order.type === 'trailing-stop') return 'trail'
  return isStopLike(order) ? 'stop' : 'signal'
}
