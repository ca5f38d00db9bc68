import type { Cancelled, RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Acceptance } from './acceptance.ts'
import { bracketLegs } from './bracket.ts'
import { extremeFor, isLimitReached, isTriggered, type UnitBar } from './fill-model.ts'
import { type LiveOrder, viewOrder } from './live-order.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** What a fill did: quantity and price in units, and how much of it opened or added. */
interface Filled {
  readonly qty: number
  readonly price: number
  readonly phase: Fill['phase']
  readonly opened: number
}

/** What happens to legs beyond their being there. */
interface LegActions {
  fill(slot: Slot, leg: LiveOrder, reference: number, rules: Rules): void
  cancel(slot: Slot, order: LiveOrder, at: number, reason: Cancelled['reason']): void
  /** Judges the liquidation that comes before a stop at `before`; says whether the position is gone. */
  liquidate(slot: Slot, rules: Rules, before: number): boolean
}

/** The life of brackets, fills.md 11: what a fill does to legs, its own and those of others. */
export class Brackets {
  readonly #acceptance: Acceptance
  readonly #emit: (slot: Slot, event: RunEvent) => void
  readonly #options: { readonly limitTouch: boolean; readonly path: 'worse' | 'better' }
  readonly #actions: LegActions

  constructor(
    acceptance: Acceptance,
    emit: (slot: Slot, event: RunEvent) => void,
    options: { readonly limitTouch: boolean; readonly path: 'worse' | 'better' },
    actions: LegActions,
  ) {
    this.#options = options
    this.#acceptance = acceptance
    this.#emit = emit
    this.#actions = actions
  }

  /** Legs of the entry, the other leg of a bracket, and everything that must go once the position is flat. */
  followUp(slot: Slot, order: LiveOrder, filled: Filled, rules: Rules): void {
    const at = slot.openTime
    this.endEntry(slot, order)
    // what one leg has sold, the other need no longer protect (they differ where one was amended)
    if (order.bracket !== null)
      for (const other of slot.orders) {
        if (other === order || other.bracket !== order.bracket || !other.isAlive) continue
        if (other.qty <= filled.qty) this.#actions.cancel(slot, other, at, 'oco')
        else other.qty -= filled.qty
      }
    const held = Math.sign(slot.position.units)
    for (const other of slot.orders)
      if (other.bracket !== null && (held === 0 || held === other.side)) this.#actions.cancel(slot, other, at, 'flat')
    if (order.legs === null || filled.opened === 0 || filled.phase === 'close') return
    const isOpen = { ...filled, qty: Math.min(filled.qty, filled.opened) }
    if (!this.#grow(slot, order, isOpen)) this.#attach(slot, order, isOpen, rules)
  }

  /** What is left of a leg's entry goes when the leg fills or triggers: the plan that it was a part of is over. */
  endEntry(slot: Slot, leg: LiveOrder): void {
    if (leg.bracket === null) return
    for (const other of slot.orders)
      if (other.sequence === leg.bracket) this.#actions.cancel(slot, other, slot.openTime, 'oco')
  }

  /** The legs that the first part of an entry brought cover every further part, at the prices that they have. */
  #grow(slot: Slot, entry: LiveOrder, { qty, phase }: Filled): boolean {
    let isGrown = false
    for (const leg of slot.orders) {
      if (leg.bracket !== entry.sequence || !leg.isAlive) continue
      isGrown = true
      leg.qty += qty
      // as after any fill inside the bar, its good extreme came before
      if (phase === 'inside' && leg.type === 'limit') leg.insideOf = slot.meeting
      this.#emit(slot, { type: 'amended', at: slot.openTime, order: viewOrder(leg, slot.symbol, slot.scales) })
    }
    return isGrown
  }

  /** A bracket lives from its entry's fill. */
  #attach(slot: Slot, entry: LiveOrder, { qty, price, phase }: Filled, rules: Rules): void {
    for (const leg of bracketLegs(slot, entry, price, qty, rules, () => this.#acceptance.nextId())) {
      if (phase === 'inside') leg.insideOf = slot.meeting
      if (!this.#acceptance.acceptLeg(slot, leg, slot.openTime)) continue
      if (this.#options.path === 'better') {
        // the other way round: the good extreme comes after the fill, the bad one came before
        if (phase !== 'inside' || leg.type !== 'limit') continue
        if (isLimitReached(leg, slot.unitBar, this.#options.limitTouch))
          return this.#actions.fill(slot, leg, leg.limit, rules)
        continue
      }
      // the bad extreme is assumed to come after the fill, the good one before it: a stop can be hit, a target cannot
      if (phase !== 'inside' || leg.type === 'limit' || !isTriggered(leg, extremeFor(leg, slot.unitBar))) continue
      // of a stop and the liquidation the one nearer to the entry comes first
      if (this.#actions.liquidate(slot, rules, leg.trigger)) return
      // beyond its trigger already, it goes where the entry was filled; either price may have slipped out of the bar
      const reference = isTriggered(leg, price) ? price : leg.trigger
      return this.#actions.fill(slot, leg, clamp(reference, slot.unitBar), rules)
    }
  }
}

function clamp(price: number, bar: UnitBar): number {
  return Math.min(Math.max(price, bar.low), bar.high)
}
