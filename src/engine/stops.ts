import { type AmendRequest, amend, type CloseRequest, close, type OrderView } from '../core/order.ts'
import { didYouMean } from '../core/suggest.ts'
import type { PositionView } from './strategy.ts'

/**
 * Stops that move by what a strategy sees at a close; those that trail by a fixed distance or percentage are orders of
 * their own (`trailingStop`). Each is a request to return beside others; a stop is only ever moved towards the price.
 */

/** What they look at: an `onBar` context is one. */
interface Holding {
  readonly position: PositionView
  readonly orders: readonly OrderView[]
}

/** Moves every stop that protects the position to `level`, where that is nearer to the price than it stands. */
export function moveStop({ position, orders }: Holding, level: number): AmendRequest[] {
  if (position.qty === 0 || !Number.isFinite(level)) return []
  const isLong = position.qty > 0
  return orders
    .filter((order) => isProtective(order, isLong) && (isLong ? level > order.trigger! : level < order.trigger!))
    .map((order) => amend(order.id, { stop: level }, { symbol: order.symbol }))
}

function isProtective({ type, side, reduceOnly, trigger }: OrderView, isLong: boolean): boolean {
  return type === 'stop' && reduceOnly && trigger !== null && side === (isLong ? 'sell' : 'buy')
}

/**
 * Chandelier exit: `times` average true ranges below the highest price since the entry (above the lowest, of a short).
 * Nothing while the range is not known (NaN). Source: Le Beau, in Elder, Come Into My Trading Room, 2002.
 * @throws RangeError for a number that is not above 0, or a name it does not know
 */
export function chandelierStop(holding: Holding, of: { readonly atr: number; readonly times: number }): AmendRequest[] {
  checkAbove0('chandelierStop', of, ['times', 'atr'])
  const { position } = holding
  const distance = of.atr * of.times
  return moveStop(holding, position.qty > 0 ? position.high - distance : position.low + distance)
}

/**
 * Once the position has gained `after` times what its stop risks (R: entry to stop), the stop moves to the entry. One that
 * has been moved beyond the entry already stays where it is.
 * @throws RangeError for a number that is not above 0, or a name it does not know
 */
export function breakEvenStop(holding: Holding, of: { readonly after: number }): AmendRequest[] {
  checkAbove0('breakEvenStop', of, ['after'])
  const { position, orders } = holding
  const isLong = position.qty > 0
  const entry = position.entryPrice
  const risks = orders
    .filter((order) => isProtective(order, isLong))
    .map((order) => (isLong ? entry - order.trigger! : order.trigger! - entry))
    .filter((risk) => risk > 0)
  const gained = isLong ? position.high - entry : entry - position.low
  return risks.length > 0 && gained >= of.after * Math.max(...risks) ? moveStop(holding, entry) : []
}

/** Closes a position that has been held for `bars` bars. @throws RangeError for a number that is not above 0 */
export function timeStop({ position }: Pick<Holding, 'position'>, bars: number): CloseRequest | undefined {
  checkAbove0('timeStop', { bars }, ['bars'])
  return position.qty !== 0 && position.bars >= bars ? close({ tag: 'time' }) : undefined
}

/** An average true range may not be known yet; anything else that is no number above 0 is a slip. */
function checkAbove0(who: string, given: object, names: readonly string[]): void {
  const values = given as Readonly<Record<string, unknown>>
  for (const name of Object.keys(given))
    if (!names.includes(name)) throw new RangeError(`${who} knows no "${name}"${didYouMean(name, names)}`)
  for (const name of names) {
    const value = values[name]
    const isUnknown = name === 'atr' && Number.isNaN(value)
    if (!isUnknown && !(typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY))
      throw new RangeError(`${who}: ${name} is ${String(value)}: write a number above 0`)
  }
}
