import type { RunEvent } from '../core/event.ts'
import { fromLedger } from '../core/money.ts'
import type { EngineResult } from '../core/run.ts'
import type { Account } from './account.ts'
import type { Broker } from './broker.ts'
import type { EquityCurve } from './equity-curve.ts'
import type { Slot } from './slot.ts'

/** What a run has come to at `at`, the close of its last bar. */
export function resultOf(
  at: number,
  of: {
    readonly account: Account
    readonly broker: Broker
    readonly slots: readonly Slot[]
    readonly curve: EquityCurve
    readonly events: readonly RunEvent[]
    readonly notes: readonly string[]
  },
): EngineResult {
  const { account, slots, curve, events, notes } = of
  const { fills, trades } = of.broker
  const { length } = curve
  const money = (units: number) => fromLedger(account.ledger, units)
  const openTrades = slots.flatMap((slot) => {
    const open = slot.position.openTrade(at)
    return open === null ? [] : [{ n: 0, symbol: slot.symbol, ...open }]
  })
  return {
    startEquity: money(account.start),
    endEquity: length > 0 ? curve.equity[length - 1]! : money(account.start),
    equity: curve.columns(),
    fills,
    trades,
    openTrades: openTrades.map((trade, k) => ({ ...trade, n: trades.length + k + 1 })),
    events,
    fees: money(account.feesUnits),
    slippage: money(account.slippageUnits),
    funding: money(account.fundingUnits),
    ...countsOf(events),
    notes,
  }
}

/** How many orders passed, and how many did not, by what refused them. */
function countsOf(events: readonly RunEvent[]): Pick<EngineResult, 'accepted' | 'cut' | 'rejected' | 'rejectedBy'> {
  let accepted = 0
  let cut = 0
  let rejected = 0
  const rejectedBy: Record<string, number> = {}
  for (const event of events) {
    if (event.type === 'accepted') accepted++
    if (event.type === 'cut') cut++
    if (event.type !== 'rejected') continue
    rejected++
    rejectedBy[event.reason] = (rejectedBy[event.reason] ?? 0) + 1
  }
  return { accepted, cut, rejected, rejectedBy }
}
