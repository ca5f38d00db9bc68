import { parseDecimal } from '../core/decimal.ts'
import { compare } from './amounts.ts'
import { Refused } from './error-codes.ts'
import type { Params } from './params.ts'
import type { SpotStated } from './spot-stated.ts'

/** What the orders of lists have of their own, whatever they are called. */
const OWN = ['type', 'price', 'stopPrice', 'timeInForce', 'icebergQty', 'trailingDelta', 'pegPriceType', 'quoteOrderQty'] as const // biome-ignore format: one line

/** One order of a list: its parameters begin with `prefix`, but for what `shared` calls otherwise. */
export function paramsOfLeg(params: Params, prefix: string, shared: Readonly<Record<string, string>> = {}): Params {
  const own = Object.fromEntries(OWN.map((name) => [name, `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`]))
  return params.called({ ...own, newClientOrderId: `${prefix}ClientOrderId`, ...shared })
}

/** The two orders of `order/oco`, which has been superseded: a limit, and a stop that may have a limit. */
export function paramsOfOldOco(params: Params): readonly [Params, Params] {
  const isStopLimit = params.text('stopLimitPrice') !== undefined
  const none = { quoteOrderQty: 'no such', trailingDelta: 'trailingDelta', pegPriceType: 'pegPriceType' }
  const limit = params.called(
    { ...none, type: '1', newClientOrderId: 'limitClientOrderId', icebergQty: 'limitIcebergQty', timeInForce: 'no such' },
    { 1: 'LIMIT_MAKER' },
  ) // biome-ignore format: one order
  const stop = params.called(
    { ...none, type: '2', newClientOrderId: 'stopClientOrderId', icebergQty: 'stopIcebergQty', price: 'stopLimitPrice', timeInForce: 'stopLimitTimeInForce' },
    { 2: isStopLimit ? 'STOP_LOSS_LIMIT' : 'STOP_LOSS' },
  ) // biome-ignore format: one order
  return params.text('side') === 'SELL' ? [limit, stop] : [stop, limit]
}

/** Where an order waits: its trigger, or its limit. */
const levelOf = ({ stop, price }: SpotStated) => (stop ?? price)?.value

/**
 * One takes the profit and one stops the loss, on either side of the last price.
 * @throws Refused for another pair, and for one that the engine would not end in time
 */
export function checkPair(above: SpotStated, below: SpotStated, last: string | null): void {
  const [stop, target] = above.side === 'SELL' ? [below, above] : [above, below]
  const isTarget = target.type === 'LIMIT_MAKER' || target.type.startsWith('TAKE_PROFIT')
  if (!stop.type.startsWith('STOP_LOSS') || !isTarget) throw new Refused(-1116)
  const wrong = () => new Refused(-2010, 'The relationship of the prices for the orders is not correct.')
  const [high, low] = [levelOf(above), levelOf(below)]
  if (high === undefined || low === undefined || compare(high, low) <= 0) throw wrong()
  if (last === null) return
  const price = parseDecimal(last)
  if (compare(high, price) <= 0 || compare(low, price) >= 0) throw wrong()
}

/**
 * A limit that is not reached when its trigger is would rest inside a bar in which the other order may still fill.
 * @throws Refused
 */
export function refuseResting({ side, type, price, stop }: SpotStated, params: Params): void {
  if (!type.endsWith('_LIMIT')) return
  const order = compare(price!.value, stop!.value)
  if (side === 'SELL' ? order > 0 : order < 0) throw new Refused(-1130, params.nameOf('price'))
}
