import { fromLedger } from '../core/money.ts'
import type { EngineResult } from '../core/run.ts'
import type { Account } from './account.ts'
import type { Broker } from './broker.ts'
import type { EquityCurve } from './equity-curve.ts'
import type { EventLog } from './event-log.ts'
import type { Slot } from './slot.ts'

/** What a run has come to at `at`, the close of its last bar. */
export function resultOf(
  at: number,
  of: {
    readonly account: Account
    readonly broker: Broker
    readonly slots: readonly Slot[]
    readonly curve: EquityCurve
    readonly log: EventLog
    readonly notes: readonly string[]
  },
): EngineResult {
  const { account, slots, curve, log, notes } = of
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
    events: log.events,
    fees: money(account.feesUnits),
    slippage: money(account.slippageUnits),
    funding: money(account.fundingUnits),
    ...log.counts,
    notes,
  }
}
