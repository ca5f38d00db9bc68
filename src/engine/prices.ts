import { ceilUnits, decimalOf, floorUnits, type Rounding } from '../core/decimal.ts'
import type { Leg, Offset } from '../core/order.ts'
import type { LiveOrder } from './live-order.ts'
import { gridDown, gridUp, type Rules, type Scales } from './rules.ts'

/**
 * fills.md 14: how prices a strategy asks for reach the grid. Limits never become worse than asked for; triggers never
 * later than asked for.
 */

export function snapLimit(price: number, side: 1 | -1, rules: Rules, scales: Scales): number {
  return snap(price, side === 1 ? 'down' : 'up', rules, scales)
}

/** Sell stops round up, buy stops down. */
export function snapStop(price: number, side: 1 | -1, rules: Rules, scales: Scales): number {
  return snap(price, side === 1 ? 'down' : 'up', rules, scales)
}

/** A touch waits on the other side: a buy waits below and so rounds up, a sell waits above and rounds down. */
export function snapTouch(price: number, side: 1 | -1, rules: Rules, scales: Scales): number {
  return snap(price, side === 1 ? 'up' : 'down', rules, scales)
}

function snap(price: number, rounding: Rounding, rules: Rules, scales: Scales): number {
  return toGrid(toUnits(price, rounding, scales), rounding, rules)
}

function toUnits(price: number, rounding: Rounding, scales: Scales): number {
  return rounding === 'down' ? floorUnits(price, scales.priceDecimals) : ceilUnits(price, scales.priceDecimals)
}

/** Prices of an open order on a newer grid, to the sides that they were rounded to when it was placed; 0 where none is left. */
export function regridPrices(order: LiveOrder, rules: Rules): { readonly limit: number; readonly trigger: number } {
  const isTouch = order.type === 'touch' || order.type === 'touch-limit'
  const [near, far] = order.side === 1 ? (['down', 'up'] as const) : (['up', 'down'] as const)
  return {
    limit: order.limit === -1 ? -1 : toGrid(order.limit, near, rules),
    trigger: order.trigger === -1 ? -1 : toGrid(order.trigger, isTouch ? far : near, rules),
  }
}

/** What is not above 0 becomes 0, what passes 2^53 its last whole number: prices that PRICE_FILTER can name and refuse. */
function toGrid(units: number, rounding: Rounding, rules: Rules): number {
  if (units <= 0) return 0
  const within = Math.min(units, Number.MAX_SAFE_INTEGER)
  const price = rounding === 'down' ? gridDown(rules.price, within) : gridUp(rules.price, within)
  return Math.min(Math.max(price, 0), Number.MAX_SAFE_INTEGER)
}

/**
 * `base` (units) moved by an offset in direction `sign` and rounded to whole units. Reckoned in decimals: 100 × 1.1 is
 * 110 and 100.1 + 0.1 is 100.2, which floats miss by enough to cost a tick.
 */
function moved(base: number, offset: Offset, sign: 1 | -1, rounding: Rounding, scales: Scales): number {
  const amountRounding = (sign === 1) === (rounding === 'up') ? 'up' : 'down'
  if ('distance' in offset) return base + sign * toUnits(offset.distance, amountRounding, scales)
  const { digits, decimals } = decimalOf(offset.percent)
  const divisor = 10n ** BigInt(decimals)
  const product = BigInt(base) * digits
  const amount = product / divisor
  return base + sign * Number(amountRounding === 'up' && amount * divisor !== product ? amount + 1n : amount)
}

/** The trigger of a stop-loss leg: `side` is the leg's own side, `base` the entry's fill. */
export function stopLegPrice(leg: Leg, side: 1 | -1, base: number, rules: Rules, scales: Scales): number {
  return legPrice(leg, side, side, base, rules, scales)
}

/** The limit of a take-profit leg. */
export function targetLegPrice(leg: Leg, side: 1 | -1, base: number, rules: Rules, scales: Scales): number {
  return legPrice(leg, side, side === 1 ? -1 : 1, base, rules, scales)
}

/** Where a trailing stop of `side` stands when the best price so far is `extreme`. */
export function trailPrice(trail: Offset, side: 1 | -1, extreme: number, rules: Rules, scales: Scales): number {
  return legPrice(trail, side, side, extreme, rules, scales)
}

function legPrice(leg: Leg, side: 1 | -1, sign: 1 | -1, base: number, rules: Rules, scales: Scales): number {
  const rounding = side === 1 ? 'down' : 'up'
  const units = typeof leg === 'number' ? toUnits(leg, rounding, scales) : moved(base, leg, sign, rounding, scales)
  return toGrid(units, rounding, rules)
}
