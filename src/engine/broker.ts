import { fromUnits } from '../core/decimal.ts'
import type { Cancelled, RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import { fromLedger, notionalUnits } from '../core/money.ts'
import type { Trade } from '../core/trade.ts'
import { Acceptance, snapLive } from './acceptance.ts'
import type { Account } from './account.ts'
import { bracketLegs } from './bracket.ts'
import { capAtLimit, extremeFor, isLimitReached, isTriggered, isWithinLimit, slip, type UnitBar } from './fill-model.ts'
import { isStopLike, type LiveOrder } from './live-order.ts'
import { trailPrice } from './prices.ts'
import { gridDown, gridUp, type Refusal, type Rules } from './rules.ts'
import type { Slot } from './slot.ts'

export interface BrokerOptions {
  /** fills.md 8: a limit fills at a mere touch. */
  readonly limitTouch: boolean
}

type Phase = Fill['phase']

/** Classes inside a bar, fills.md 7: (b) reducing stops, (c) opening stops, (d) opening limits, (e) reducing limits. */
const CLASSES = ['b', 'c', 'd', 'e'] as const

/** Where orders meet bars: steps 2 and 3 of the life of a bar, by the rules of fills.md. */
export class Broker {
  readonly fills: Fill[] = []
  readonly trades: Trade[] = []
  readonly acceptance: Acceptance
  readonly #account: Account
  readonly #emit: (slot: Slot, event: RunEvent) => void
  readonly #options: BrokerOptions

  constructor(
    account: Account,
    emit: (slot: Slot, event: RunEvent) => void,
    remark: (text: string) => void,
    options: BrokerOptions,
  ) {
    this.#account = account
    this.#emit = emit
    this.#options = options
    this.acceptance = new Acceptance(account, emit, remark)
  }

  /** Lets the slot's open orders meet its current bar. */
  match(slot: Slot): void {
    const bar = slot.loadUnitBar()
    const rules = slot.rulesAt(slot.openTime)
    this.#noteGap(slot)
    this.#expire(slot)
    const hasTraded = slot.hasTraded
    // the list grows while it is walked: legs of entries that fill at the open meet the same open
    for (let k = 0; k < slot.orders.length; k++) this.#atOpen(slot, slot.orders[k]!, bar, rules, hasTraded)
    if (hasTraded) {
      this.#insideBar(slot, bar, rules)
      this.#moveTrails(slot, bar, rules)
    }
    this.sweep(slot)
  }

  /**
   * A newer step size comes into force: what rests is cut to it, as nobody could submit it any more, and what is held
   * below one step can no longer be sold and becomes dust (fills.md 14, 17).
   */
  regrid(slot: Slot): void {
    const rules = slot.rulesAt(slot.openTime)
    for (const order of slot.orders) {
      if (!order.isAlive || order.isClose) continue
      const qty = snapLive(order, order.qty, rules)
      if (qty === order.qty) continue
      if (qty === 0) {
        this.cancel(slot, order, slot.openTime, 'expired')
        continue
      }
      this.acceptance.noteCut(slot, order, qty, 'LOT_SIZE', slot.openTime)
      order.qty = qty
      order.lockQty = Math.min(order.lockQty, qty)
    }
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

  /** Drops the orders that have ended. */
  sweep(slot: Slot): void {
    const { orders } = slot
    let kept = 0
    for (const order of orders) if (order.isAlive) orders[kept++] = order
    orders.length = kept
  }

  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void {
    if (!order.isAlive) return
    this.#end(order)
    this.#emit(slot, { type: 'cancelled', at, symbol: slot.symbol, id: order.id, reason })
  }

  /** fills.md 4, `--close-at-end`: sells what is held at the last close, with costs. */
  closeAtEnd(slot: Slot, at: number): void {
    if (slot.position.units === 0) return
    const bar = slot.loadUnitBar()
    const rules = slot.rulesAt(slot.openTime)
    this.acceptance.submitClose(slot, 'end', at)
    const order = slot.orders.at(-1)
    if (order?.isClose) this.#execute(slot, order, bar.close, 'close', rules)
    this.sweep(slot)
  }

  #end(order: LiveOrder): void {
    order.isAlive = false
    this.acceptance.funds.release(order)
    order.lock = 0
    order.lockQty = 0
  }

  #noteGap(slot: Slot): void {
    const bars = slot.missingBefore
    if (bars > 0 && slot.orders.some((o) => o.acceptedRow === slot.row - 1))
      this.#emit(slot, { type: 'gap', at: slot.openTime, symbol: slot.symbol, bars })
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
    const { orders } = slot
    const count = orders.length
    if (count === 0) return
    const sign = Math.sign(slot.position.units)
    const classOf = (order: LiveOrder): string => {
      const reduces = order.reduceOnly || (sign !== 0 && order.side === -sign)
      if (isStopLike(order)) return reduces ? 'b' : 'c'
      return reduces ? 'e' : 'd'
    }
    const classes = orders.map(classOf)
    for (const name of CLASSES)
      for (let k = 0; k < count; k++) {
        const order = orders[k]!
        if (classes[k] !== name || !order.isAlive || order.actedRow === slot.row || order.insideRow === slot.row)
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
    const at = phase === 'close' ? slot.bar.closeTime : slot.openTime
    order.actedRow = slot.row
    const isMaker = order.type === 'limit' && phase === 'inside'
    const price = this.#price(slot, order, reference, rules)
    const qty = this.#quantity(slot, order, price, at, rules)
    if (qty === 0) return
    const { position, scales, costs } = slot
    const side = order.isClose ? (position.units > 0 ? -1 : 1) : order.side
    const feeInBase = costs.feeAsset === 'received' && slot.instrument.kind === 'spot' && side === 1
    const isFine = costs.feeAsset === 'received' && slot.instrument.kind === 'spot'
    // the bad extreme may have come before a target: it counts; what came after a stop does not
    if (isMaker && position.units !== 0) {
      const bad = position.units > 0 ? slot.bar.low : slot.bar.high
      position.track(bad, bad)
    }
    const before = position.units
    const settled = position.settle(
      {
        side, qty, price,
        fee: isMaker ? costs.maker : costs.taker,
        feeInBase,
        time: at,
        row: slot.row,
        isInside: phase === 'inside',
        entryTag: order.tag ?? 'entry',
        exitTag: order.tag ?? exitCause(order),
      },
      this.#account,
      Math.max(1, rules.lot.step),
      isFine ? rules.lot.min : 0,
    ) // biome-ignore format: short keys on one line
    const { ledger } = this.#account
    const slippage = notionalUnits(
      ledger,
      Math.abs(price - reference),
      scales.priceDecimals,
      qty,
      scales.qtyDecimals,
      'up',
    )
    this.#account.slippageUnits += slippage
    order.qty -= Math.min(qty, order.qty)
    const isDone = order.qty === 0 || order.isClose || order.reduceOnly
    if (isDone) this.#end(order)
    const fill: Fill = {
      n: this.fills.length + 1,
      order: order.id,
      symbol: slot.symbol,
      side: side === 1 ? 'buy' : 'sell',
      role: order.role,
      time: at,
      phase,
      qty: fromUnits(qty, scales.qtyDecimals),
      price: fromUnits(price, scales.priceDecimals),
      reference: fromUnits(reference, scales.priceDecimals),
      liquidity: isMaker ? 'maker' : 'taker',
      fee: fromLedger(ledger, settled.fee),
      feeAsset: feeInBase ? slot.instrument.base : slot.instrument.quote,
      slippage: fromLedger(ledger, slippage),
      realised: fromLedger(ledger, settled.realised),
      position: position.qty,
      tag: order.tag,
    }
    this.fills.push(fill)
    this.#emit(slot, { type: 'fill', at, fill })
    if (settled.closed !== null) this.trades.push({ n: this.trades.length + 1, symbol: slot.symbol, ...settled.closed })
    if (settled.dust !== 0)
      this.#emit(slot, { type: 'dust', at, symbol: slot.symbol, qty: fromUnits(settled.dust, scales.qtyDecimals) })
    // what opened or added: after a flip (fills.md 20) that is all of the new position
    const opened = Math.max(0, side * position.units) - Math.max(0, side * before)
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
      const reducible = order.isClose || Math.sign(units) === -order.side ? Math.abs(units) : 0
      if (reducible === 0) {
        this.cancel(slot, order, at, 'flat')
        return 0
      }
      if (order.role === 'order' && order.qty > reducible)
        this.acceptance.noteCut(slot, order, reducible, 'REDUCE_ONLY', at)
      return order.isClose ? reducible : Math.min(order.qty, reducible)
    }
    if (slot.instrument.kind !== 'spot') return order.qty
    return order.side === 1 ? this.#payable(slot, order, price, at, rules) : this.#sellable(slot, order, at)
  }

  #sellable(slot: Slot, order: LiveOrder, at: number): number {
    const held = slot.position.units
    if (order.qty <= held) return order.qty
    return this.#refuseAtFill(slot, order, at, this.acceptance.funds.beyondHolding(slot, order.qty, held, 'held'))
  }

  /** fills.md 16 at the fill: the open may have moved beyond what was locked. */
  #payable(slot: Slot, order: LiveOrder, price: number, at: number, rules: Rules): number {
    const { acceptance } = this
    const free = this.#account.freeUnits + order.lock
    const qty = acceptance.payable(slot, order, price, free, rules)
    if (qty === order.qty) return qty
    if (order.mayCut && order.type === 'market' && acceptance.isLegal(slot, rules, order, qty, price)) {
      acceptance.noteCut(slot, order, qty, 'INSUFFICIENT_BALANCE', at)
      order.qty = qty
      return qty
    }
    const need = acceptance.funds.need(slot, order.qty, price)
    return this.#refuseAtFill(slot, order, at, acceptance.funds.insufficient(slot, need, free))
  }

  #refuseAtFill(slot: Slot, order: LiveOrder, at: number, refusal: Refusal): 0 {
    this.#end(order)
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
  }

  /** fills.md 11: a bracket lives from its entry's fill. */
  #attach(slot: Slot, entry: LiveOrder, price: number, qty: number, phase: Phase, rules: Rules): void {
    for (const leg of bracketLegs(slot, entry, price, qty, rules, () => this.acceptance.nextId())) {
      if (phase === 'inside') leg.insideRow = slot.row
      if (!this.acceptance.acceptLeg(slot, leg, slot.openTime)) continue
      // the bad extreme is assumed to come after the fill, the good one before it: a stop can be hit, a target cannot
      if (phase !== 'inside' || leg.type === 'limit' || !isTriggered(leg, extremeFor(leg, slot.unitBar))) continue
      // beyond its trigger already, it goes where the entry was filled; either price may have slipped out of the bar
      const reference = isTriggered(leg, price) ? price : leg.trigger
      return this.#execute(slot, leg, clamp(reference, slot.unitBar), phase, rules)
    }
  }
}

function clamp(price: number, bar: UnitBar): number {
  return Math.min(Math.max(price, bar.low), bar.high)
}

function exitCause(order: LiveOrder): string {
  if (order.role === 'stop' || order.role === 'target' || order.role === 'trail') return order.role
  if (order.type === 'trailing-stop') return 'trail'
  return isStopLike(order) ? 'stop' : 'signal'
}
