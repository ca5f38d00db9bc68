import { expect, test } from 'vitest'
import type { RunEvent } from '../../../../src/core/event.ts'
import type { Fill } from '../../../../src/core/fill.ts'
import type { OrderView } from '../../../../src/core/order.ts'
import { closedBefore } from '../../../../src/runs/paper/exchange/closed-before.ts'

const symbol = 'BTCUSDT'

const accepted = (id: string, more: Partial<OrderView> = {}): RunEvent => {
  const order = { id, symbol, type: 'market', tif: 'GTC', reduceOnly: false, ...more } as OrderView
  return { type: 'accepted', at: 0, order }
}
/** Signed: below 0 it is sold. */
const filled = (order: string, qty: number, time: number, of = symbol): RunEvent => {
  const fill = { order, symbol: of, side: qty > 0 ? 'buy' : 'sell', qty: Math.abs(qty), time } as Fill
  return { type: 'fill', at: time, fill }
}

const CLOSE = accepted('close', { reduceOnly: true })
const ENTRY = accepted('entry')
const LIMIT = accepted('entry', { type: 'limit' })

/** What a position came to of which `held` was held when the close was accepted. */
function closed(held: number, before: readonly RunEvent[], after: readonly RunEvent[]): string {
  const qty = after.reduce((sum, event) => {
    if (event.type !== 'fill' || event.fill.symbol !== symbol) return sum
    return sum + (event.fill.side === 'buy' ? event.fill.qty : -event.fill.qty)
  }, held)
  const run = { events: [...before, CLOSE, ...after], positionOf: () => ({ qty }) }
  return closedBefore(run as unknown as Parameters<typeof closedBefore>[0], { id: 'close', symbol } as OrderView)
}

test.each([
  ['that nobody touched', 'stands', closed(2, [], [])],
  ['of which a part was sold', 'stands', closed(2, [], [filled('stop', -1, 1)])],
  ['that another symbol’s fills are none of', 'stands', closed(2, [], [filled('stop', -2, 1, 'ETHUSDT')])],
  ['that an entry before it opens', 'stands', closed(0, [ENTRY], [filled('entry', 2, 1)])],
  ['that its stop has taken', 'gone', closed(2, [], [filled('stop', -2, 1)])],
  [
    'in whose stead a later entry has opened one',
    'gone',
    closed(2, [], [filled('stop', -2, 1), ENTRY, filled('entry', 1, 2)]),
  ],
  [
    'in whose stead a limit has, that rested before it',
    'gone',
    closed(2, [LIMIT], [filled('stop', -2, 1), filled('entry', 1, 2)]),
  ],
  [
    'in whose stead the entry before it has',
    'opened anew',
    closed(2, [ENTRY], [filled('stop', -2, 1), filled('entry', 1, 2)]),
  ],
  [
    'the same heard the other way round',
    'opened anew',
    closed(2, [ENTRY], [filled('entry', 1, 2), filled('stop', -2, 1)]),
  ],
  ['that an entry before it has turned round', 'opened anew', closed(2, [ENTRY], [filled('entry', -5, 1)])],
  ['that an entry behind it has turned round', 'gone', closed(2, [], [ENTRY, filled('entry', -5, 1)])],
  ['that was short and turned round', 'opened anew', closed(-2, [ENTRY], [filled('entry', 5, 1)])],
] as const)('a position %s: %s', (_, expected, found) => {
  expect(found).toBe(expected)
})
