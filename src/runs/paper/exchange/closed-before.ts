import type { RunEvent } from '../../../core/event.ts'
import type { Fill } from '../../../core/fill.ts'
import type { OrderView } from '../../../core/order.ts'
import type { BrokerRun } from '../paper-broker.ts'
import { unitsOf } from './exact.ts'

/**
 * What became of the position that a close was sent for. `stands`: it was never gone since. `gone`: another order had closed it, its stop for
 * one, and what is held now is none of the close's. `opened anew`: by an entry that the close came behind, so that it is for that too, as
 * in a backtest, where both meet the same open.
 */
type Closed = 'stands' | 'gone' | 'opened anew'

/** By the exchange's own times: what it tells of may be heard in another order, and under load is. */
export function closedBefore(run: Pick<BrokerRun, 'events' | 'positionOf'>, close: OrderView): Closed {
  const { symbol, id } = close
  const begun = run.events.findLastIndex((event) => isAccepted(event, symbol, id))
  const fills = run.events
    .slice(begun + 1)
    .flatMap((event) => (event.type === 'fill' && event.fill.symbol === symbol ? [event.fill] : []))
    .sort((a, b) => a.time - b.time)
  let held = unitsOf(run.positionOf(symbol).qty) - fills.reduce((sum, fill) => sum + signed(fill), 0n)
  let since: Fill[] | null = null
  for (const fill of fills) {
    const before = held
    held += signed(fill)
    if (held === 0n) since = []
    // what turns a position round has closed it, and opened the next
    else if (before > 0n !== held > 0n && before !== 0n) since = [fill]
    else since?.push(fill)
  }
  if (since === null) return 'stands'
  const earlier = run.events.slice(0, begun)
  const entries = since.filter(({ order }) =>
    earlier.some((event) => isAccepted(event, symbol, order) && isAtOnce(event.order)),
  )
  return entries.length > 0 ? 'opened anew' : 'gone'
}

type Accepted = Extract<RunEvent, { type: 'accepted' }>

function isAccepted(event: RunEvent, symbol: string, id: string): event is Accepted {
  return event.type === 'accepted' && event.order.symbol === symbol && event.order.id === id
}

/** It takes what there is at the open that a close behind it meets; what rests fills some time, and is not waited for. */
function isAtOnce({ type, tif, reduceOnly }: OrderView): boolean {
  return !reduceOnly && (type === 'market' || tif === 'IOC' || tif === 'FOK')
}

function signed({ side, qty }: Fill): bigint {
  return side === 'buy' ? unitsOf(qty) : -unitsOf(qty)
}
