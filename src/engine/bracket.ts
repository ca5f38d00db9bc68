import { unitsText } from '../core/decimal.ts'
import type { Refusal } from './filter-check.ts'
import { blankOrder, type LiveOrder } from './live-order.ts'
import { stopLegPrice, targetLegPrice, trailPrice } from './prices.ts'
import type { Rules } from './rules.ts'
import type { Slot } from './slot.ts'

/** The legs of an entry filled at `base` (units, slippage included): stop first, then trail, then target. */
export function bracketLegs(
  slot: Slot,
  entry: LiveOrder,
  base: number,
  qty: number,
  rules: Rules,
  nextId: () => string,
): LiveOrder[] {
  const { stopLoss, takeProfit, trailingStop } = entry.legs!
  const side = entry.side === 1 ? -1 : 1
  const { sequence: bracket, decision } = entry
  const common = { side, qty, reduceOnly: true, tag: null, bracket, decision, acceptedRow: slot.row } as const
  const legs: LiveOrder[] = []
  if (stopLoss !== undefined)
    legs.push(
      blankOrder({
        ...common,
        id: nextId(),
        type: 'stop',
        role: 'stop',
        trigger: stopLegPrice(stopLoss, side, base, rules, slot.scales),
      }),
    )
  if (trailingStop !== undefined)
    legs.push(
      blankOrder({
        ...common,
        id: nextId(),
        type: 'trailing-stop',
        role: 'trail',
        trail: trailingStop,
        trigger: trailPrice(trailingStop, side, base, rules, slot.scales),
      }),
    )
  if (takeProfit !== undefined)
    legs.push(
      blankOrder({
        ...common,
        id: nextId(),
        type: 'limit',
        role: 'target',
        limit: targetLegPrice(takeProfit, side, base, rules, slot.scales),
      }),
    )
  return legs
}

/** No filter's name, but as one: what is refused because it would trigger at once. */
export const WOULD_TRIGGER = 'WOULD_TRIGGER'

/** A stop beyond the entry, or a target behind it, would trigger at once (the exchange's error −2021). */
export function wrongSide(entry: LiveOrder, legs: readonly LiveOrder[], price: number, slot: Slot): Refusal | null {
  for (const leg of legs) {
    const level = leg.limit !== -1 ? leg.limit : leg.trigger
    const isAbove = level > price
    const mustBeAbove = (leg.role === 'target') === (entry.side === 1)
    if (level !== price && isAbove === mustBeAbove) continue
    const text = (units: number) => unitsText(units, slot.scales.priceDecimals)
    return {
      filter: WOULD_TRIGGER,
      value: `${leg.role} ${text(level)}`,
      limit: `${mustBeAbove ? 'above' : 'below'} the entry's ${text(price)}`,
    }
  }
  return null
}
