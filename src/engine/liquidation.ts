import { ceilUnits, floorUnits, fromUnits, POW10 } from '../core/decimal.ts'
import { fromLedger } from '../core/money.ts'
import type { Account } from './account.ts'
import type { Books } from './books.ts'
import type { EventLog } from './event-log.ts'
import { extremeFor, isTriggered, type UnitBar } from './fill-model.ts'
import { isStopLike, type LiveOrder } from './live-order.ts'
import { LEFT_TO_OTHERS, type Margin, openMark } from './margin.ts'
import { gridDown, gridUp, type Rules } from './rules.ts'
import type { Slot } from './slot.ts'
import type { SlotMargin } from './slot-margin.ts'

/** What orders have to do with a liquidation. */
export interface Exits {
  /** Fills a stop that lies nearer to the open, at its trigger. */
  fill(slot: Slot, stop: LiveOrder, rules: Rules): void
  /** Cancels what is open in one instrument. */
  cancelAll(slot: Slot): void
}

/** Where a position is taken away by the exchange: fills.md 7 (a). */
export class Liquidation {
  readonly #account: Account
  readonly #margin: Margin
  readonly #books: Books
  readonly #log: EventLog
  readonly #slots: readonly Slot[]
  readonly #exits: Exits
  readonly #nextId: () => string
  /** Positions whose turn was left to others, and the price (units) of their entry inside the bar, if that is where their way begins. */
  readonly #left = new Map<Slot, number | undefined>()

  constructor(
    account: Account,
    margin: Margin,
    slots: readonly Slot[],
    books: Books,
    log: EventLog,
    nextId: () => string,
    exits: Exits,
  ) {
    this.#account = account
    this.#margin = margin
    this.#books = books
    this.#log = log
    this.#nextId = nextId
    this.#slots = slots
    this.#exits = exits
  }

  /**
   * Judges at the bar's worst mark. Stops that reduce and lie nearer to where the way there begins come first: at the open,
   * or at the price (units) of an entry inside the bar, `entered`. `before` is one that is about to fill. Says whether the
   * position is gone.
   */
  judge(
    slot: Slot,
    margin: SlotMargin,
    rules: Rules,
    phase: 'open' | 'inside',
    { before, entered, isLast = false }: { before?: number; entered?: number | undefined; isLast?: boolean } = {},
  ): boolean {
    const { priceDecimals } = slot.scales
    for (;;) {
      const from = entered === undefined ? openMark(slot, margin) : fromUnits(entered, priceDecimals)
      const level = this.#levelOf(slot, margin, phase, from, isLast)
      if (level === LEFT_TO_OTHERS) this.#left.set(slot, entered)
      else if (this.#left.size > 0) this.#left.delete(slot)
      if (level < 0) return false
      // a gap, which no stop comes before
      if (phase === 'open' && level !== margin.toUnits(openMark(slot, margin))) return false
      const reach = Math.abs(fromUnits(level, margin.markDecimals) - from)
      const bar = barOfMarks(slot, margin)
      const way = (trigger: number) => Math.abs(fromUnits(trigger - (entered ?? bar.open), priceDecimals))
      if (before !== undefined && way(before) <= reach) return false
      const nearest = phase === 'open' || !slot.hasTraded ? null : nearestStop(slot, bar, way)
      if (nearest !== null && way(nearest.trigger) <= reach) {
        this.#exits.fill(slot, nearest, rules)
        continue
      }
      const held = slot.position.units
      this.#takeAway(slot, margin, level, phase, rules)
      if (slot.position.units !== 0 && slot.position.units !== held) continue
      // the exchange cancels what is open with the position; with cross margin that is every order of the account
      for (const other of margin.mode === 'cross' ? this.#slots : [slot]) this.#exits.cancelAll(other)
      return true
    }
  }

  /** All of an instant have met their bars: what was left to others is judged by what has become of these. */
  judgeLeft(): void {
    // an iterator is made of nothing, too
    if (this.#left.size === 0) return
    for (const [slot, entered] of this.#left) {
      const rules = slot.rulesAt(slot.openTime)
      this.judge(slot, slot.margin!, rules, 'inside', { entered, isLast: true })
    }
    this.#left.clear()
  }

  /** Whether nothing is held that the bar at hand could take away. */
  isOutOfReach(slot: Slot, margin: SlotMargin): boolean {
    return slot.position.held === 0 || this.#margin.isOutOfReach(slot, margin)
  }

  /** The mark (units) at which the bar, from `from` on, liquidates what is held; below 0 where it does not. */
  #levelOf(slot: Slot, margin: SlotMargin, phase: 'open' | 'inside', from: number, isLast: boolean): number {
    if (this.isOutOfReach(slot, margin)) return -1
    return this.#margin.liquidationLevel(slot, margin, phase, margin.toUnits(from), isLast)
  }

  /**
   * Takes the position away at the mark `level`, tier by tier as the exchange does: down to the largest notional of the
   * tier below, and all of it in the lowest. The fee is capped at what the margin still holds, so that only a gap can
   * cost more than the margin; what it then costs is named as `shortfall`.
   */
  #takeAway(slot: Slot, margin: SlotMargin, level: number, phase: 'open' | 'inside', rules: Rules): void {
    const { position, scales } = slot
    const { ledger } = this.#account
    const mark = fromUnits(level, margin.markDecimals)
    while (position.units !== 0) {
      const balance = this.#margin.balanceBehind(slot, margin, phase)
      const cushion = this.#margin.cushion(margin, balance, level)
      if (cushion > 0) return
      const tier = margin.tierAt(level)
      const maintenance = margin.maintenanceAt(level)
      const held = Math.abs(position.units)
      const qty = held - this.#kept(slot, tier.floor, mark, rules)
      const left = (at: number) =>
        balance + margin.unrealisedAt(at * POW10[margin.markDecimals - scales.priceDecimals]!)
      const against = this.#onGrid(slot, mark, rules)
      // the exchange sells at the bankruptcy price at worst: where the next tick is beyond it, that is not the holder's loss
      const nearer = against + Math.sign(position.units) * rules.price.step
      const isByRounding = phase !== 'open' && left(against) < 0 && left(nearer) >= 0
      const price = isByRounding ? nearer : against
      const equity = left(price)
      const charged = this.#margin.notional(slot, qty, price, margin.liquidationFee)
      const fee = Math.max(0, Math.min(charged, equity))
      const walletBefore = this.#account.wallet
      const side = position.units > 0 ? -1 : 1
      const order = { id: this.#nextId(), role: 'liquidation', tag: null } as const
      const base = { at: slot.openTime, symbol: slot.symbol, id: order.id } as const
      const money = (units: number) => fromLedger(ledger, units)
      const facts = {
        mode: margin.mode,
        side: side === -1 ? 'long' : 'short',
        qty: fromUnits(qty, scales.qtyDecimals),
        held: fromUnits(held, scales.qtyDecimals),
        mark,
        entryPrice: position.entryPrice,
        balance: money(balance),
        unrealised: money(margin.unrealisedAt(level)),
        bracket: tier.bracket,
        ratio: tier.ratio.digits / POW10[tier.ratio.decimals]!,
        cum: money(tier.cum),
        maintenance: money(maintenance),
        isGap: phase === 'open',
      } as const
      this.#books.enter(
        slot,
        { order, side, qty, price, reference: price, phase, isMaker: false, fee, exitCause: 'liquidation' },
        rules,
      )
      const wallet = this.#account.wallet
      // what this part has cost is gone from what stands behind the rest, and no more is added to that
      if (margin.mode === 'isolated' && position.units !== 0) margin.isolated = balance + wallet - walletBefore
      // of the last part: until then what is left still stands for what was lost
      const shortfall = position.units === 0 ? Math.max(0, -equity) : 0
      this.#log.record(slot, {
        type: 'liquidation', ...base, ...facts, fee: money(fee), shortfall: money(shortfall),
        walletBefore: money(walletBefore), walletAfter: money(wallet),
      }) // biome-ignore format: one event
    }
  }

  /** Units that stay: what fits below this tier, on the step; nothing in the lowest tier. */
  #kept(slot: Slot, floor: number, mark: number, rules: Rules): number {
    if (floor === 0) return 0
    const most = fromLedger(this.#account.ledger, floor) / mark
    const units = gridDown(rules.lot, Math.floor(most * POW10[slot.scales.qtyDecimals]!))
    return Math.min(Math.max(0, units), Math.abs(slot.position.units) - Math.max(1, rules.lot.step))
  }

  /** The mark on the price grid, rounded against the holder as every fill is (fills.md 13). */
  #onGrid(slot: Slot, mark: number, rules: Rules): number {
    const { priceDecimals } = slot.scales
    if (slot.position.units < 0) return gridUp(rules.price, ceilUnits(mark, priceDecimals))
    const lowest = gridUp(rules.price, Math.max(rules.price.min, 1))
    return Math.max(lowest, gridDown(rules.price, floorUnits(mark, priceDecimals)))
  }
}

/** The prices that belong to the marks at hand: of a whole bar, wherever finer bars have no marks of their own. */
function barOfMarks(slot: Slot, { isMarkedByBars }: SlotMargin): UnitBar {
  if (isMarkedByBars || !slot.detail?.isAtWork) return slot.unitBar
  return slot.loadUnitBar({ open: 0, high: 0, low: 0, close: 0 })
}

/** The stop that reduces what is held, is reached by the bar, and lies nearest to its open. */
function nearestStop(slot: Slot, bar: UnitBar, way: (trigger: number) => number): LiveOrder | null {
  const side = slot.position.units > 0 ? -1 : 1
  const reached = slot.orders.filter(
    (order) =>
      order.isAlive &&
      order.side === side &&
      isStopLike(order) &&
      order.actedIn !== slot.meeting &&
      order.insideOf !== slot.meeting &&
      isTriggered(order, extremeFor(order, bar)),
  )
  return reached.sort((a, b) => way(a.trigger) - way(b.trigger))[0] ?? null
}
