import type { OrderView } from '../../../core/order.ts'
import { unitsOf } from './exact.ts'

/** A sale that the engine wants, with the bracket that it is a leg of. */
export interface Sale {
  readonly view: OrderView
  readonly bracket: number | null
}

/** Why a sale does not rest at the exchange: said once, where it is lasting. */
type Waiting = 'exit' | 'nearer-stop' | 'no-list' | 'nothing-left'

/**
 * Who may hold which coins back. On spot every sale that rests locks what it would sell, and what is locked once is not there for
 * another (-2010): of a stop and a target at the same coins one rests, or both in an order list (OCO), of which one cancels the other.
 */
export interface Claims {
  /** What of it may rest, in units of `exact.ts`; a sale that is absent waits. */
  readonly qty: ReadonlyMap<string, bigint>
  /** Targets by the stop with which they stand in one list. */
  readonly targetOf: ReadonlyMap<string, string>
  readonly stopOf: ReadonlyMap<string, string>
  readonly waiting: ReadonlyMap<string, Waiting>
}

interface Terms {
  /** Coins that can be sold, in units of `exact.ts`. */
  readonly held: bigint
  /** Orders that leave at the market whatever they were. */
  readonly exits: ReadonlySet<string>
  /** Stops that are placed without their target: the exchange has no order lists, or has refused this one. */
  readonly isAlone: (stop: string) => boolean
}

/** @param sales of one symbol, in order of acceptance */
export function claimsOf(sales: readonly Sale[], { held, exits, isAlone }: Terms): Claims {
  const qty = new Map<string, bigint>()
  const [targetOf, stopOf] = [new Map<string, string>(), new Map<string, string>()]
  const waiting = new Map<string, Waiting>()
  let left = held
  const claim = ({ id, qty: wanted }: OrderView) => {
    let most = unitsOf(wanted)
    if (most > left) most = left
    if (most <= 0n) return void waiting.set(id, 'nothing-left')
    left -= most
    qty.set(id, most)
  }
  const isLeaving = ({ view }: Sale) => view.type === 'market' || exits.has(view.id)
  const leaving = sales.filter(isLeaving)
  for (const { view } of leaving) claim(view)
  // what has nothing to sell is in nobody's way
  if (qty.size > 0) {
    for (const { view } of sales) if (!qty.has(view.id)) waiting.set(view.id, 'exit')
    return { qty, targetOf, stopOf, waiting }
  }
  const resting = sales.filter((sale) => !isLeaving(sale))
  for (const legs of byBracket(resting)) {
    const stop = nearestStop(legs)
    const target = legs.find(({ role }) => role === 'target')
    for (const leg of legs) if (leg !== stop && leg !== target) waiting.set(leg.id, 'nearer-stop')
    if (stop !== undefined) claim(stop)
    if (target === undefined) continue
    const claimed = stop === undefined ? undefined : qty.get(stop.id)
    if (stop === undefined) claim(target)
    else if (claimed === undefined || claimed !== unitsOf(target.qty) || isAlone(stop.id))
      waiting.set(target.id, 'no-list')
    else {
      qty.set(target.id, claimed)
      targetOf.set(stop.id, target.id)
      stopOf.set(target.id, stop.id)
    }
  }
  for (const { view, bracket } of resting) {
    if (bracket !== null) continue
    if (view.reduceOnly) claim(view)
    // the engine holds these coins back as well: where a leg has them, the exchange says no
    else qty.set(view.id, unitsOf(view.qty))
  }
  return { qty, targetOf, stopOf, waiting }
}

function byBracket(sales: readonly Sale[]): OrderView[][] {
  const groups = new Map<number, OrderView[]>()
  for (const { view, bracket } of sales) {
    if (bracket === null) continue
    const group = groups.get(bracket)
    if (group === undefined) groups.set(bracket, [view])
    else group.push(view)
  }
  return [...groups.values()]
}

/** A falling price comes to the highest first; one that has triggered and rests as a limit is on its way already. */
function nearestStop(legs: readonly OrderView[]): OrderView | undefined {
  const level = ({ trigger }: OrderView) => trigger ?? Number.POSITIVE_INFINITY
  return legs
    .filter(({ role }) => role === 'stop' || role === 'trail')
    .reduce<OrderView | undefined>(
      (best, leg) => (best === undefined || level(leg) > level(best) ? leg : best),
      undefined,
    )
}

/** What of a sale that waits is done here, in words; `null` where nothing has to be said. */
export function waitingWork({ id, symbol }: OrderView, why: Waiting | undefined): string | null {
  if (why === 'nearer-stop')
    return `stop ${id} of ${symbol} waits here while a nearer one rests there: the same coins cannot be held back twice`
  if (why === 'no-list')
    return `target ${id} of ${symbol} waits here, since its stop holds the coins back and no order list has both: it leaves at the market once a bar has closed beyond it`
  return null
}
