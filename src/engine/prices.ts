import { ceilUnits, floorUnits, fromUnits } from '../core/decimal.ts'
import type { Leg, Offset } from '../core/order.ts'
import { gridDown, gridUp, type Rules, type Scales } from './rules.ts'

/**
 * fills.md 14: how prices a strategy asks for reach the grid. Limits never become worse than asked for; triggers never
 * later than asked for.
 */

export function snapLimit(price: number, side: 1 | -1, rules: Rules, scales: Scales): number {
  return side === 1 ? snapDown(price, rules, scales) : snapUp(price, rules, scales)
}

/** Sell stops round up, buy stops down. */
export function snapStop(price: number, side: 1 | -1, rules: Rules, scales: Scales): number {
  return side === 1 ? snapDown(price, rules, scales) : snapUp(price, rules, scales)
}

/** A touch waits on the other side: a buy waits below and so rounds up, a sell waits above and rounds down. */
export function snapTouch(price: number, side: 1 | -1, rules: Rules, scales: Scales): number {
  return side === 1 ? snapUp(price, rules, scales) : snapDown(price, rules, scales)
}

export function snapDown(price: number, rules: Rules, scales: Scales): number {
  return gridDown(rules.price, floorUnits(price, scales.priceDecimals))
}

export function snapUp(price: number, rules: Rules, scales: Scales): number {
  return gridUp(rules.price, ceilUnits(price, scales.priceDecimals))
}

/** `base` (units) moved by an offset in direction `sign`, as a plain number. */
export function offsetFrom(base: number, offset: Offset, sign: 1 | -1, scales: Scales): number {
  const price = fromUnits(base, scales.priceDecimals)
  return 'percent' in offset ? price * (1 + sign * offset.percent) : price + sign * offset.distance
}

/** The trigger of a stop-loss leg: `side` is the leg's own side, `base` the entry's fill. */
export function stopLegPrice(leg: Leg, side: 1 | -1, base: number, rules: Rules, scales: Scales): number {
  return snapStop(typeof leg === 'number' ? leg : offsetFrom(base, leg, side, scales), side, rules, scales)
}

/** The limit of a take-profit leg. */
export function targetLegPrice(leg: Leg, side: 1 | -1, base: number, rules: Rules, scales: Scales): number {
  const sign = side === 1 ? -1 : 1
  return snapLimit(typeof leg === 'number' ? leg : offsetFrom(base, leg, sign, scales), side, rules, scales)
}

/** Where a trailing stop of `side` stands when the best price so far is `extreme`. */
export function trailPrice(trail: Offset, side: 1 | -1, extreme: number, rules: Rules, scales: Scales): number {
  return snapStop(offsetFrom(extreme, trail, side, scales), side, rules, scales)
}
