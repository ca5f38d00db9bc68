import { firstRowAt } from '../core/bar.ts'
import type { OrderView } from '../core/order.ts'
import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import type { Seen } from './explain-watch.ts'

/** Orders drawn; more lines could not be told apart. */
const LINES = 6

/**
 * Where orders waited while a trade was held, as lines on the price: for each bar the level with which an order met it.
 * On the bar of the entry itself that is the level with which it was accepted.
 */
export function levelLines({ bars, events }: RunResult, trade: Trade, resting: Seen['resting']): RunResult['plots'] {
  const slot = bars.findIndex(({ series }) => series.symbol === trade.symbol)
  const { openTime, length } = bars[slot]!
  const lines = new Map<string, { readonly order: OrderView; readonly values: Float64Array }>()
  const draw = (row: number, order: OrderView) => {
    const level = order.type === 'limit' ? order.limit : order.trigger
    if (level === null || row >= length) return
    const line = lines.get(order.id) ?? { order, values: new Float64Array(length).fill(Number.NaN) }
    line.values[row] = level
    lines.set(order.id, line)
  }
  const entry = firstRowAt(openTime, trade.entryTime)
  for (const event of events)
    if (event.type === 'accepted' && event.at === trade.entryTime && event.order.symbol === trade.symbol)
      if (event.order.role !== 'order') draw(entry, event.order)
  for (const { at, orders } of resting) {
    const row = firstRowAt(openTime, at)
    for (const order of orders) draw(row, order)
  }
  const shown = [...lines.values()].slice(0, LINES)
  return shown.map(({ order, values }) => ({
    slot,
    values,
    name: nameOf(
      order,
      shown.map((line) => line.order),
    ),
  }))
}

/** What it is; with its id where several are of a kind. */
function nameOf(order: OrderView, all: readonly OrderView[]): string {
  const kind = ({ role, side, type }: OrderView) => (role === 'order' ? `${side} ${type}` : role)
  return all.filter((other) => kind(other) === kind(order)).length > 1 ? `${kind(order)} ${order.id}` : kind(order)
}
