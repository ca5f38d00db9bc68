import type { OrderView } from '../../../core/order.ts'
import { textOf, unitsOf } from './exact.ts'

/** What an order says on the wire: which door it takes, and the fields that the doors differ in. */
export interface Terms {
  readonly route: 'order' | 'algo'
  readonly side: 'BUY' | 'SELL'
  readonly type: Type
  readonly qty: string
  readonly price: string | null
  readonly trigger: string | null
  readonly tif: 'GTC' | 'IOC' | 'FOK' | 'GTX' | null
  /** Whether it takes risk away, whatever becomes of it. */
  readonly reduceOnly: boolean
}

type Type =
  | 'MARKET'
  | 'LIMIT'
  | 'LIMIT_MAKER'
  | 'STOP'
  | 'STOP_MARKET'
  | 'STOP_LOSS'
  | 'STOP_LOSS_LIMIT'
  | 'TAKE_PROFIT'
  | 'TAKE_PROFIT_MARKET'
  | 'TAKE_PROFIT_LIMIT'

/** A date of expiry on USDS-M is in whole seconds and at least ten minutes off, and spot has none: the engine's own ends it. */
export function tifOf({ tif }: OrderView): Terms['tif'] {
  return tif === 'GTD' ? 'GTC' : tif
}

/** The same order as what it comes down to when it has to happen now. */
export function exitTerms(terms: Terms): Terms {
  return { ...terms, route: 'order', type: 'MARKET', price: null, trigger: null, tif: null, reduceOnly: true }
}

export function isReducing(view: OrderView): boolean {
  return view.reduceOnly || view.role !== 'order'
}

/** Whether a position stands unprotected without it. */
export function isProtective(view: OrderView): boolean {
  return isReducing(view) && (view.type === 'stop' || view.type === 'stop-limit' || view.type === 'trailing-stop')
}

/** Whether it is worth sending only while the price that it was decided at is the market's. */
export function isPerishable(view: OrderView, terms: Terms): boolean {
  return !terms.reduceOnly && (view.type === 'market' || view.tif === 'IOC' || view.tif === 'FOK')
}

/** What of it is not done by the exchange but by us; `null` where all is. */
export function ownWork(view: OrderView): string | null {
  if (view.type === 'trailing-stop')
    return `trailing stop ${view.id} of ${view.symbol} is run here: a stop at its level, replaced as bars move it`
  if (view.tif === 'GTD')
    return `order ${view.id} of ${view.symbol} rests as GTC there and is cancelled from here when its time is over`
  return null
}

/** Whether what rests there, less what has filled, is what the engine wants. */
export function isSame(sent: Terms, filled: bigint, wanted: Terms): boolean {
  return (
    unitsOf(sent.qty) - filled === unitsOf(wanted.qty) && sent.price === wanted.price && sent.trigger === wanted.trigger
  )
}

/** The whole quantity of an order of which `filled` is done and `wanted` is left. */
export function wholeQty(filled: bigint, wanted: Terms): string {
  return textOf(filled + unitsOf(wanted.qty))
}
