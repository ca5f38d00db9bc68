import type { Cancelled } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Acceptance } from './acceptance.ts'
import { bracketLegs } from './bracket.ts'
import type { EventLog } from './event-log.ts'
import { extremeFor, isLimitReached, isTriggered, type UnitBar } from './fill-model.ts'
import { type LiveOrder, type Uncovered, viewOrder } from './live-order.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** What a fill did: quantity and price in units, and how much of it opened or added. */
interface Filled {
  readonly qty: number
  readonly price: number
  readonly phase: Fill['phase']
  readonly opened: number
  /** Whether its order had ended before: at an exchange a cancel takes time, and what has filled meanwhile may find no leg left that grows. */
  readonly isLate?: boolean
}

/** What happens to legs beyond their being there. */
interface LegActions {
  fill(slot: Slot, leg: LiveOrder, reference: number, rules: Rules): void
  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void
  /** Judges the liquidation that comes before a stop at `before`, after an entry at `entered`; says whether the position is gone. */
  liquidate(slot: Slot, rules: Rules, way: { readonly before: number; readonly entered: number }): boolean
}

/** The life of brackets, fills.md 11: what a fill does to legs, its own and those of others. */
export class Brackets {
  readonly #acceptance: Acceptance
  readonly #log: EventLog
  readonly #options: { readonly limitTouch: boolean; readonly path: 'worse' | 'better' }
  readonly #actions: LegActions

  constructor(
    acceptance: Acceptance,
    log: EventLog,
    options: { readonly limitTouch: boolean; readonly path: 'worse' | 'better' },
    actions: LegActions,
  ) {
    this.#options = options
    this.#acceptance = acceptance
    this.#log = log
    this.#actions = actions
  }

  /** Legs of the entry, the other leg of a bracket, and everything that must go once the position is flat. */
  followUp(slot: Slot, order: LiveOrder, filled: Filled, rules: Rules): void {
    const at = slot.actsAt
    this.endEntry(slot, order)
    // what one leg has sold, the other need no longer protect (they differ where one was amended)
    if (order.bracket !== null)
      for (const other of slot.orders) {
        if (other === order || other.bracket !== order.bracket || !other.isAlive) continue
        if (other.qty <= filled.qty) this.#actions.cancel(slot, other, at, 'oco')
        else this.#resize(slot, other, -filled.qty)
      }
    const held = Math.sign(slot.position.units)
    for (const other of slot.orders) {
      if (other.bracket === null) {
        // what fills of an entry once all that it had bought is gone is as its first part
        if (held !== other.side) other.uncovered = null
      } else if (held === 0 || held === other.side) this.#actions.cancel(slot, other, at, 'flat')
    }
    if (order.legs === null || filled.opened === 0 || filled.phase === 'close') return
    const opened = { ...filled, qty: Math.min(filled.qty, filled.opened) }
    this.#attach(slot, order, opened, this.#grow(slot, order, opened), rules)
  }

  /** What is left of a leg's entry goes when the leg fills or triggers: the plan that it was a part of is over. */
  endEntry(slot: Slot, leg: LiveOrder): void {
    if (leg.bracket === null) return
    for (const other of slot.orders)
      if (other.sequence === leg.bracket) this.#actions.cancel(slot, other, slot.actsAt, 'oco')
  }

  #resize(slot: Slot, leg: LiveOrder, by: number): void {
    leg.qty += by
    this.#log.record(slot, { type: 'amended', at: slot.actsAt, order: viewOrder(leg, slot.symbol, slot.scales) })
  }

  /**
   * The legs that earlier parts of an entry brought cover this part too, at the prices that they have. Says how much each
   * of the others is to cover: what it was refused for before as well; nothing where the strategy has cancelled it, unless
   * all that it was for is gone.
   */
  #grow(slot: Slot, entry: LiveOrder, { qty, phase, isLate = false }: Filled): Uncovered {
    const held = Math.abs(slot.position.units)
    const isGone = isLate && !slot.orders.some((leg) => leg.bracket === entry.sequence && leg.isAlive)
    const isFirst = held <= qty || isGone
    const cover = (before = -1) => (isFirst || before === -1 ? qty : before === 0 ? 0 : Math.min(held, before + qty))
    const { uncovered } = entry
    const wanted = { stop: cover(uncovered?.stop), trail: cover(uncovered?.trail), target: cover(uncovered?.target) }
    for (const leg of slot.orders) {
      if (leg.bracket !== entry.sequence || !leg.isAlive) continue
      wanted[leg.role as keyof Uncovered] = 0
      // as after any fill inside the bar, its good extreme came before
      if (phase === 'inside' && leg.type === 'limit') leg.insideOf = slot.meeting
      this.#resize(slot, leg, qty)
    }
    return wanted
  }

  /** A bracket lives from its entry's fill; `wanted` says how much of it each leg is to cover. */
  #attach(slot: Slot, entry: LiveOrder, { price, phase }: Filled, wanted: Uncovered, rules: Rules): void {
    const { stopLoss, trailingStop, takeProfit } = entry.legs!
    const legs = {
      stopLoss: wanted.stop === 0 ? undefined : stopLoss,
      trailingStop: wanted.trail === 0 ? undefined : trailingStop,
      takeProfit: wanted.target === 0 ? undefined : takeProfit,
    }
    entry.uncovered ??= { stop: 0, trail: 0, target: 0 }
    const { uncovered } = entry
    const live: LiveOrder[] = []
    for (const leg of bracketLegs(slot, { ...entry, legs }, price, 0, rules, () => this.#acceptance.nextId())) {
      const role = leg.role as keyof Uncovered
      leg.qty = wanted[role]
      if (phase === 'inside') leg.insideOf = slot.meeting
      const isAccepted = this.#acceptance.acceptLeg(slot, leg, slot.actsAt)
      uncovered[role] = isAccepted ? 0 : leg.qty
      if (isAccepted) live.push(leg)
    }
    // all of them live before one fills: that of a stop which is hit at once cancels a target, as it does later
    if (phase === 'inside') this.#meetAtOnce(slot, live, price, rules)
  }

  /** Legs meet the bar inside which their entry was filled at `entered` (units). */
  #meetAtOnce(slot: Slot, legs: readonly LiveOrder[], entered: number, rules: Rules): void {
    for (const leg of legs) {
      if (this.#options.path === 'better') {
        // the other way round: the good extreme comes after the fill, the bad one came before
        if (leg.type !== 'limit') continue
        if (isLimitReached(leg, slot.unitBar, this.#options.limitTouch))
          return this.#actions.fill(slot, leg, leg.limit, rules)
        continue
      }
      // the bad extreme is assumed to come after the fill, the good one before it: a stop can be hit, a target cannot
      if (leg.type === 'limit' || !isTriggered(leg, extremeFor(leg, slot.unitBar))) continue
      // of a stop and the liquidation the one nearer to the entry comes first
      if (this.#actions.liquidate(slot, rules, { before: leg.trigger, entered })) return
      // beyond its trigger already, it goes where the entry was filled; either price may have slipped out of the bar
      const reference = isTriggered(leg, entered) ? entered : leg.trigger
      return this.#actions.fill(slot, leg, clamp(reference, slot.unitBar), rules)
    }
  }
}

function clamp(price: number, bar: UnitBar): number {
  return Math.min(Math.max(price, bar.low), bar.high)
}
