import type { RunEvent } from '../../core/event.ts'
import type { Fill } from '../../core/fill.ts'
import type { OrderView } from '../../core/order.ts'
import type { LiveRun } from './live-run.ts'
import type { SessionFile } from './session-file.ts'

/** What was paid beyond the model's price, in basis points of it, of the newest fills that the model has slip. */
export function slippageBeyondModel(
  { slots, execution, fills: where }: Pick<SessionFile, 'slots' | 'execution' | 'fills'>,
  run: Pick<LiveRun, 'openAt'>,
  fills: readonly Fill[],
  events: readonly RunEvent[],
): readonly number[] {
  const orders = ordersOf(events)
  return fills.flatMap((fill) => {
    const k = slots.findIndex(({ instrument }) => instrument.symbol === fill.symbol)
    const reference = where === 'bars' ? fill.reference : referenceOf(fill, orders.get(fill.order), run, k)
    if (fill.liquidity === 'maker' || reference === null) return []
    const { instrument, costs } = slots[k]!
    const tick = Number(instrument.snapshots.at(-1)!.filters.price?.tick ?? 0) / reference
    // prices are rounded to the tick against the trader: by half a one, in the mean
    const { slippage } = execution
    const modelled = (slippage.model === 'ticks' ? slippage.ticks * tick : costs.slippageBps / 10_000) + tick / 2
    const paid = ((fill.side === 'buy' ? 1 : -1) * (fill.price - reference)) / reference
    return [(paid - modelled) * 10_000]
  })
}

/** Orders as they were last, by id. */
function ordersOf(events: readonly RunEvent[]): ReadonlyMap<string, OrderView> {
  const orders = new Map<string, OrderView>()
  for (const event of events)
    if (event.type === 'accepted' || event.type === 'amended') orders.set(event.order.id, event.order)
  return orders
}

/** The price that a backtest would begin at: a market order's is the open of its bar, a stop's its trigger. Of a limit there is none. */
function referenceOf(
  { role, time }: Fill,
  order: OrderView | undefined,
  run: Pick<LiveRun, 'openAt'>,
  slot: number,
): number | null {
  if (role === 'liquidation' || order === undefined || order.limit !== null) return null
  return order.trigger ?? run.openAt(slot, time)
}
