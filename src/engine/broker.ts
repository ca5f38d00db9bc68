import { fromUnits } from '../core/decimal.ts'
import type { Cancelled } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Trade } from '../core/trade.ts'
import { Acceptance } from './acceptance.ts'
import type { Account } from './account.ts'
import { Books } from './books.ts'
import { Brackets } from './bracket-life.ts'
import type { EventLog } from './event-log.ts'
import {
  capAtLimit,
  classOf,
  exitCause,
  extremeFor,
  isLimitReached,
  isTriggered,
  isWithinLimit,
  type UnitBar,
} from './fill-model.ts'
import { FillQuantity } from './fill-quantity.ts'
import { hangsOnPath, hasWaited, isAnyInReach, isOutOfReach } from './in-reach.ts'
import { type Exits, Liquidation } from './liquidation.ts'
import { isStopLike, type LiveOrder } from './live-order.ts'
import type { Margin } from './margin.ts'
import { Participation } from './participation.ts'
import { trailPrice } from './prices.ts'
import { type Regridding, regrid } from './regrid.ts'
import type { RiskGuard } from './risk-guard.ts'
import { gridDown, gridUp, type Rules } from './rules.ts'
import { shorten } from './shorten.ts'
import type { Slot } from './slot.ts'
import { ToldFills } from './told-fills.ts'

interface BrokerOptions {
  /** Orders meet bars here, or are filled elsewhere, and the engine is told. */
  readonly fills: 'bars' | 'told'
  /** fills.md 8: a limit fills at a mere touch. */
  readonly limitTouch: boolean
  /** Which of the paths that a bar allows is taken: fills.md 7 and 11 have the worse. */
  readonly path: Path
  /** Largest share of a bar's volume that is filled; `null` fills every order whole. */
  readonly participation: number | null
  /** Why an order is turned away at its trigger; `null`: it never is, or this one is not. */
  readonly turnsAway: ((symbol: string, id: string) => string | null) | null
}

type Phase = Fill['phase']

export type Path = 'worse' | 'better'

/**
 * Of fills.md 7, (b) to (e): stops that reduce, stops and limits that open, limits that reduce. On the better path targets
 * come before stops.
 */
const CLASSES: Readonly<Record<Path, readonly number[]>> = { worse: [0, 1, 2, 3], better: [3, 1, 2, 0] }

/** Where orders meet bars: steps 2 and 3 of the life of a bar, by the rules of fills.md. */
export class Broker {
  readonly acceptance: Acceptance
  readonly told: ToldFills | null
  readonly #books: Books
  readonly #brackets: Brackets
  readonly #quantity: FillQuantity
  readonly #participation: Participation | null
  readonly #liquidation: Liquidation | null
  readonly #regridding: Regridding
  readonly #log: EventLog
  readonly #options: BrokerOptions
  /** Bars that are being played fill by fill: how far, and how many orders their inside has found. */
  readonly #played = new Map<Slot, { readonly phase: 'open' | 'inside' | 'through'; readonly count: number }>()
  #lastPrice = 0

  constructor(
    account: Account,
    slots: readonly Slot[],
    margin: Margin | null,
    guard: RiskGuard | null,
    log: EventLog,
    remark: (text: string) => void,
    options: BrokerOptions,
  ) {
    this.#log = log
    this.#options = options
    this.acceptance = new Acceptance(account, margin, log, remark, guard)
    this.#books = new Books(account, margin, guard, log)
    const { participation = null } = options
    this.#participation = participation === null ? null : new Participation(participation, remark)
    const endings = {
      end: (slot: Slot, order: LiveOrder) => this.#end(slot, order),
      cancel: (slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']) =>
        this.cancel(slot, order, at, reason),
    }
    this.#quantity = new FillQuantity(
      this.acceptance,
      guard,
      this.#participation,
      endings,
      (slot, order, reference, side, qty, rules) => this.#price(slot, order, reference, side, qty, rules),
    )
    const nextId = () => this.acceptance.nextId()
    const exits: Exits = {
      fill: (slot, stop, rules) => this.#trigger(slot, stop, stop.trigger, 'inside', rules),
      cancelAll: (slot) => {
        for (const order of slot.orders) this.cancel(slot, order, slot.openTime, 'liquidation')
      },
    }
    this.#liquidation =
      margin === null ? null : new Liquidation(account, margin, slots, this.#books, log, nextId, exits)
    this.#brackets = new Brackets(this.acceptance, log, options, {
      fill: (slot, leg, reference, rules) => this.#execute(slot, leg, reference, 'inside', rules),
      cancel: (slot, order, at, reason) => this.cancel(slot, order, at, reason),
      liquidate: (slot, rules, way) => this.#liquidate(slot, rules, 'inside', way),
    })
    this.told =
      options.fills === 'bars'
        ? null
        : new ToldFills(account, this.acceptance, this.#books, this.#brackets, log, {
            end: (slot, order) => this.#end(slot, order),
            cancel: (slot, order, at, reason) => this.cancel(slot, order, at, reason),
            moveTrails: (slot) => this.#moveTrails(slot, slot.unitBar, slot.rulesAt(slot.openTime)),
            sweep: (slot) => this.sweep(slot),
          })
    this.#regridding = {
      acceptance: this.acceptance,
      log,
      expire: (slot, order, at) => this.cancel(slot, order, at, 'expired'),
    }
  }

  get fills(): readonly Fill[] {
    return this.#books.fills
  }
  /** Lets go of the fills so far: nobody will ask for them. */
  forgetFills(): void {
    shorten(this.#books.fills, 0)
  }
  get trades(): readonly Trade[] {
    return this.#books.trades
  }

  /** Lets the slot's open orders meet its current bar. */
  match(slot: Slot): void {
    if (this.told !== null) return this.told.endBar(slot)
    if (isOutOfReach(slot) && !this.#isLiquidationInReach(slot)) return
    const { hasTraded } = slot
    const bar = slot.loadUnitBar()
    const rules = slot.rulesAt(slot.openTime)
    this.#noteGap(slot)
    this.#expire(slot)
    const { detail } = slot
    if (
      detail !== null &&
      hangsOnPath(slot, this.#isLiquidationInReach(slot)) &&
      detail.begin(slot.bars, slot.row, slot.closeTime)
    ) {
      while (detail.next())
        if (
          !detail.isLater ||
          isAnyInReach(slot.orders, detail.bars.low, detail.bars.high, detail.part, slot.scales.priceDecimals) ||
          this.#isLiquidationInReach(slot)
        ) {
          detail.load(bar, slot.scales.priceDecimals)
          this.#meet(slot, bar, rules, slot.hasTraded)
        }
      slot.loadUnitBar()
    } else this.#meet(slot, bar, rules, hasTraded)
    this.sweep(slot)
  }

  /** All bars of the instant have been met: what hangs on several positions on cross margin can be judged. */
  endInstant(): void {
    this.#liquidation?.judgeLeft()
  }

  /** All bars that were played fill by fill are through. */
  endPlaying(): void {
    this.#played.clear()
  }

  /** A bar taken apart, for who lets others act inside it: open orders meet its open. */
  meetOpen(slot: Slot): void {
    const bar = slot.loadUnitBar()
    this.#played.set(slot, { phase: 'open', count: 0 })
    this.#noteGap(slot)
    this.#expire(slot)
    this.#meetOpen(slot, bar, slot.rulesAt(slot.openTime), slot.hasTraded)
  }

  /** Then its inside, up to the next fill and with it. @returns false once the bar is through */
  meetInside(slot: Slot): boolean {
    const bar = slot.unitBar
    const rules = slot.rulesAt(slot.openTime)
    const { fills } = this.#books
    const before = fills.length
    const { hasTraded } = slot
    if (this.#played.get(slot)?.phase === 'open') {
      if (hasTraded) this.#liquidate(slot, rules, 'inside')
      else this.#meetWithoutTrades(slot, rules)
      this.#played.set(slot, { phase: 'inside', count: this.#classify(slot) })
      if (fills.length > before) return true
    }
    if (hasTraded && this.#walkInside(slot, bar, rules, this.#played.get(slot)!.count, true)) return true
    if (hasTraded) this.#moveTrails(slot, bar, rules)
    this.#played.set(slot, { phase: 'through', count: 0 })
    this.sweep(slot)
    return false
  }

  /**
   * Orders accepted after the one numbered `after`, inside a bar that is being played: at its open they meet the open; later a stop that
   * reduces meets the bad extreme, which is assumed to come later, as fills.md 11 has it for the leg of a bracket, and all else waits.
   */
  meetLate(slot: Slot, after: number): void {
    const bar = slot.unitBar
    const rules = slot.rulesAt(slot.openTime)
    const phase = this.#played.get(slot)?.phase
    // its bar has not opened yet
    if (phase === undefined) return
    for (let k = 0; k < slot.orders.length; k++) {
      const order = slot.orders[k]!
      if (order.sequence <= after || !order.isAlive) continue
      if (phase === 'open') {
        this.#atOpen(slot, order, bar, rules, slot.hasTraded)
        continue
      }
      order.insideOf = slot.meeting
      order.acceptedRow = slot.row
      const isProtective = phase === 'inside' && slot.position.units * order.side < 0 && isStopLike(order)
      if (!slot.hasTraded || !isProtective || !isTriggered(order, extremeFor(order, bar))) continue
      const entered = this.#lastPrice
      if (this.#liquidate(slot, rules, 'inside', { before: order.trigger, entered })) continue
      const price = isTriggered(order, entered) ? entered : order.trigger
      this.#trigger(slot, order, Math.min(Math.max(price, bar.low), bar.high), 'inside', rules)
    }
  }

  #meetOpen(slot: Slot, bar: UnitBar, rules: Rules, hasTraded: boolean): void {
    slot.meeting++
    // a gap through a stop and the liquidation price is a liquidation: it comes before everything else at the open
    if (hasTraded) this.#liquidate(slot, rules, 'open')
    // the list grows while it is walked: legs of entries that fill at the open meet the same open
    for (let k = 0; k < slot.orders.length; k++) this.#atOpen(slot, slot.orders[k]!, bar, rules, hasTraded)
  }

  /** Open orders meet a bar, or a part of it. */
  #meet(slot: Slot, bar: UnitBar, rules: Rules, hasTraded: boolean): void {
    this.#meetOpen(slot, bar, rules, hasTraded)
    if (hasTraded) {
      this.#liquidate(slot, rules, 'inside')
      this.#walkInside(slot, bar, rules, this.#classify(slot), false)
      this.#moveTrails(slot, bar, rules)
    } else this.#meetWithoutTrades(slot, rules)
  }

  #meetWithoutTrades(slot: Slot, rules: Rules): void {
    if (slot.margin?.isMarkedByBars === false) {
      // nobody traded, but the exchange's mark has moved
      if (!this.#liquidate(slot, rules, 'open')) this.#liquidate(slot, rules, 'inside')
    }
  }

  /** A newer grid comes into force. */
  regrid(slot: Slot): void {
    regrid(slot, this.#regridding)
    this.sweep(slot)
  }

  /** Drops the orders that have ended. */
  sweep(slot: Slot): void {
    // the walk through a bar's inside knows them by their places
    if (this.#played.size > 0 && this.#played.get(slot)?.phase === 'inside') return
    const { orders } = slot
    let kept = 0
    for (let k = 0; k < orders.length; k++) if (orders[k]!.isAlive) orders[kept++] = orders[k]!
    shorten(orders, kept)
  }

  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void {
    if (!order.isAlive) return
    this.#end(slot, order)
    this.#log.record(slot, { type: 'cancelled', at, symbol: slot.symbol, id: order.id, reason })
  }

  /**
   * fills.md 6 and 19, of orders that are at an exchange: what the next open would find expired, or with nothing to reduce, is taken back
   * ahead of it.
   */
  expireAhead(slot: Slot): void {
    const at = slot.closeTime
    for (const order of slot.orders) if (order.expiresAt <= at) this.cancel(slot, order, at, 'expired')
    this.told!.followPosition(slot, at)
    this.sweep(slot)
  }

  /** fills.md 4, `--close-at-end`: sells what is held at the last close, with costs. */
  closeAtEnd(slot: Slot, at: number): void {
    if (slot.position.units === 0) return
    for (const order of this.acceptance.submitParts(slot, at, { tag: 'end', decision: 0 }, true).open) {
      this.#execute(slot, order, slot.loadUnitBar().close, 'close', slot.rulesAt(at))
      this.cancel(slot, order, at, 'end')
    }
    this.sweep(slot)
  }

  #end(slot: Slot, order: LiveOrder): void {
    order.isAlive = false
    this.told?.note(slot, order)
    this.acceptance.funds.release(slot, order)
    order.lock = 0
    order.lockQty = 0
  }

  #noteGap(slot: Slot): void {
    const bars = slot.missingBefore
    if (bars > 0 && hasWaited(slot))
      this.#log.record(slot, { type: 'gap', at: slot.openTime, symbol: slot.symbol, bars })
  }

  #expire(slot: Slot): void {
    const at = slot.openTime
    for (const order of slot.orders) if (order.expiresAt <= at) this.cancel(slot, order, at, 'expired')
  }

  /** fills.md 5 and 6. */
  #atOpen(slot: Slot, order: LiveOrder, bar: UnitBar, rules: Rules, hasTraded: boolean): void {
    if (!order.isAlive) return
    const at = slot.openTime
    const isFirst = order.acceptedRow === slot.row - 1 && !slot.detail?.isLater
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
    if (order.type === 'market' || order.hasTriggered) this.#execute(slot, order, bar.open, 'open', rules)
    else if (isTriggered(order, bar.open)) this.#trigger(slot, order, bar.open, 'open', rules)
  }

  /** A trigger was reached at `price`: stops and touches fill there; with a limit only where the limit allows it. */
  #trigger(slot: Slot, order: LiveOrder, price: number, phase: Phase, rules: Rules): void {
    const why = this.#options.turnsAway?.(slot.symbol, order.id) ?? null
    if (why !== null) return this.#turnAway(slot, order, why)
    if (order.type !== 'stop-limit' && order.type !== 'touch-limit')
      return this.#execute(slot, order, price, phase, rules)
    const trigger = fromUnits(order.trigger, slot.scales.priceDecimals)
    this.#log.record(slot, { type: 'triggered', at: slot.openTime, symbol: slot.symbol, id: order.id, price: trigger })
    order.actedIn = slot.meeting
    if (isWithinLimit(order, price)) this.#execute(slot, order, price, phase, rules)
    // fills.md 10: what is not filled rests as a limit from the next bar on
    order.type = 'limit'
    order.trigger = -1
  }

  #turnAway(slot: Slot, order: LiveOrder, why: string): void {
    const { id, tag } = order
    this.#end(slot, order)
    this.#log.record(slot, {
      type: 'rejected', at: slot.openTime, symbol: slot.symbol, id, reason: 'EXCHANGE', filter: null, value: why,
      limit: 'what the exchange takes', tag,
    }) // biome-ignore format: one event
  }

  /** Classes are those of the position as the bar's inside finds it. @returns how many orders it finds */
  #classify({ orders, position }: Slot): number {
    const count = orders.length
    const sign = Math.sign(position.units)
    for (let k = 0; k < count; k++) orders[k]!.insideClass = classOf(orders[k]!, sign)
    return count
  }

  /**
   * fills.md 7: class by class; within a class in order of acceptance; each order at most once a bar. What a bar has not reached it
   * does not reach when it is walked again: so it can be left after a fill (`isPausing`) and gone on with.
   * @returns whether it was left after a fill
   */
  #walkInside(slot: Slot, bar: UnitBar, rules: Rules, count: number, isPausing: boolean): boolean {
    const { orders } = slot
    const classes = CLASSES[this.#options.path]
    const { fills } = this.#books
    const before = fills.length
    for (let at = 0; at < classes.length; at++)
      for (let k = 0; k < count; k++) {
        const order = orders[k]!
        if (
          order.insideClass !== classes[at] ||
          !order.isAlive ||
          order.actedIn === slot.meeting ||
          order.insideOf === slot.meeting
        )
          continue
        this.#orderInside(slot, order, bar, rules)
        if (isPausing && fills.length > before) return true
      }
    return false
  }

  #orderInside(slot: Slot, order: LiveOrder, bar: UnitBar, rules: Rules): void {
    if (order.type === 'market') return
    if (order.type === 'limit') {
      if (isLimitReached(order, bar, this.#options.limitTouch)) this.#execute(slot, order, order.limit, 'inside', rules)
    } else if (isTriggered(order, extremeFor(order, bar))) this.#trigger(slot, order, order.trigger, 'inside', rules)
  }

  /** fills.md 12: only after the bar has been met does its good extreme move a trailing stop. */
  #moveTrails(slot: Slot, bar: UnitBar, rules: Rules): void {
    for (const order of slot.orders) {
      if (!order.isAlive || order.type !== 'trailing-stop' || order.hasTriggered) continue
      // after a fill inside the bar only the close is known to have come later
      const good = order.insideOf === slot.meeting ? bar.close : order.side === -1 ? bar.high : bar.low
      const level = trailPrice(order.trail!, order.side, good, rules, slot.scales)
      order.trigger = order.side === -1 ? Math.max(order.trigger, level) : Math.min(order.trigger, level)
    }
  }

  /** Whether the bar, or the part of it at hand, may take away what is held. */
  #isLiquidationInReach(slot: Slot): boolean {
    return slot.margin !== null && !this.#liquidation!.isOutOfReach(slot, slot.margin)
  }

  /** fills.md 7 (a); says whether the position is gone. */
  #liquidate(
    slot: Slot,
    rules: Rules,
    phase: 'open' | 'inside',
    way?: { readonly before?: number; readonly entered: number },
  ): boolean {
    return slot.margin !== null && this.#liquidation!.judge(slot, slot.margin, rules, phase, way)
  }

  /** One execution at `reference` (units): quantity, price, funds, books, and what follows from it. */
  #execute(slot: Slot, order: LiveOrder, reference: number, phase: Phase, rules: Rules): void {
    const at = phase === 'close' ? slot.closeTime : slot.openTime
    order.actedIn = slot.meeting
    const { position, costs } = slot
    const isMaker = order.type === 'limit' && phase === 'inside'
    const side = order.isClose ? (position.units > 0 ? -1 : 1) : order.side
    const qty = this.#quantity.of(slot, order, at, rules, reference, side)
    if (qty === 0) return this.#keepRest(slot, order)
    const price = this.#price(slot, order, reference, side, qty, rules)
    this.#lastPrice = price
    // the bad extreme may have come before a target: it counts; what came after a stop does not
    if (isMaker && position.units !== 0) {
      const bad = position.units > 0 ? slot.bar.low : slot.bar.high
      position.track(bad, bad)
    }
    order.qty -= qty
    if (order.qty === 0) this.#end(slot, order)
    else this.acceptance.funds.split(slot, order, qty, price, rules)
    const fee = isMaker ? costs.maker : costs.taker
    const entry = { order, side, qty, price, reference, phase, isMaker, fee, exitCause: exitCause(order) } as const
    const opened = this.#books.enter(slot, entry, rules)
    this.#participation?.note(slot, qty)
    this.#brackets.followUp(slot, order, { qty, price, phase, opened }, rules)
    // what was opened inside the bar meets its bad extreme, which is assumed to come later
    if (opened > 0 && phase === 'inside') this.#liquidate(slot, rules, 'inside', { entered: price })
    this.#keepRest(slot, order)
  }

  /** What the bar's volume leaves of an order: IOC expires, a market or triggered order waits for the next open. */
  #keepRest(slot: Slot, order: LiveOrder): void {
    if (!order.isAlive) return
    const at = slot.openTime
    if (order.tif === 'IOC') return this.cancel(slot, order, at, 'expired')
    if (order.trigger === -1 || order.limit !== -1 || order.hasTriggered) return
    order.hasTriggered = true
    const price = fromUnits(order.trigger, slot.scales.priceDecimals)
    this.#log.record(slot, { type: 'triggered', at, symbol: slot.symbol, id: order.id, price })
    this.#brackets.endEntry(slot, order)
  }

  /** fills.md 13: limits fill at their price or better, everything else slips; all on the tick grid. */
  #price(slot: Slot, order: LiveOrder, reference: number, side: 1 | -1, qty: number, rules: Rules): number {
    if (order.type === 'limit') {
      const onGrid = side === 1 ? gridUp(rules.price, reference) : gridDown(rules.price, reference)
      return capAtLimit(order, onGrid)
    }
    // what bars before this one tell is known when the order fills, also at the open
    const slipped = slot.slippage.priceOf(slot, reference, side, qty, rules.price, slot.row - 1)
    return order.limit === -1 ? slipped : capAtLimit(order, slipped)
  }
}
