import type { OrderView } from '../../../core/order.ts'
import { plainText, textOf, unitsOf } from './exact.ts'

/** What an order says on the wire: which door it takes, and the fields that the doors differ in. */
export interface Terms {
  readonly route: 'order' | 'algo'
  readonly side: 'BUY' | 'SELL'
  readonly type: 'MARKET' | 'LIMIT' | 'STOP' | 'STOP_MARKET' | 'TAKE_PROFIT' | 'TAKE_PROFIT_MARKET'
  readonly qty: string
  readonly price: string | null
  readonly trigger: string | null
  readonly tif: 'GTC' | 'IOC' | 'FOK' | 'GTX' | null
  readonly reduceOnly: boolean
}

const TYPES = {
  market: 'MARKET',
  limit: 'LIMIT',
  stop: 'STOP_MARKET',
  'stop-limit': 'STOP',
  touch: 'TAKE_PROFIT_MARKET',
  'touch-limit': 'TAKE_PROFIT',
  // USDS-M trails by a rate of 0.1 to 10 % and moves at every trade; the engine's level moves once a bar, and is what was backtested
  'trailing-stop': 'STOP_MARKET',
} as const

/** An engine's order for Binance USDS-M, which takes conditional orders at a door of their own (error -4120 at the other). */
export function termsOf(view: OrderView): Terms {
  const type = TYPES[view.type]
  const hasPrice = type === 'LIMIT' || type === 'STOP' || type === 'TAKE_PROFIT'
  return {
    route: type === 'MARKET' || type === 'LIMIT' ? 'order' : 'algo',
    side: view.side === 'buy' ? 'BUY' : 'SELL',
    type,
    qty: plainText(view.qty),
    price: hasPrice ? plainText(view.limit!) : null,
    trigger: view.trigger === null ? null : plainText(view.trigger),
    // a date of expiry there is in whole seconds and at least ten minutes off: the engine's own ends it
    tif: hasPrice ? (view.tif === 'GTD' ? 'GTC' : view.tif) : null,
    reduceOnly: isReducing(view),
  }
}

/** The same order as what it comes down to when it has to happen now. */
export function exitTerms(view: OrderView): Terms {
  return { ...termsOf(view), route: 'order', type: 'MARKET', price: null, trigger: null, tif: null, reduceOnly: true }
}

/** The fields of a request that places it. */
export function paramsOf(symbol: string, terms: Terms, clientId: string): Record<string, string> {
  const { route, side, type, qty, price, trigger, tif, reduceOnly } = terms
  return {
    symbol,
    side,
    type,
    quantity: qty,
    ...(price !== null && { price }),
    ...(tif !== null && { timeInForce: tif }),
    ...(reduceOnly && { reduceOnly: 'true' }),
    ...(route === 'algo'
      ? { algoType: 'CONDITIONAL', triggerPrice: trigger!, clientAlgoId: clientId }
      : { newClientOrderId: clientId, newOrderRespType: 'RESULT' }),
  }
}

export function isReducing(view: OrderView): boolean {
  return view.reduceOnly || view.role !== 'order'
}

/** Whether a position stands unprotected without it. */
export function isProtective(view: OrderView): boolean {
  return isReducing(view) && (view.type === 'stop' || view.type === 'stop-limit' || view.type === 'trailing-stop')
}

/** Whether it is worth sending only while the price that it was decided at is the market's. */
export function isPerishable(view: OrderView): boolean {
  return !isReducing(view) && (view.type === 'market' || view.tif === 'IOC' || view.tif === 'FOK')
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
