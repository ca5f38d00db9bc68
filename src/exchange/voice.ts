import type { AlgoOrder } from './algo-order.ts'
import type { ExchangeOrder } from './exchange-order.ts'
import type { ExchangeTrade, Execution } from './user-events.ts'

/** Says on the user-data stream what has happened, as the market of the account does. */
export interface Voice {
  /** Before anything else is said of a fill. */
  trade(trade: ExchangeTrade): void
  /** @param er why it expired: 2 the rest of an IOC, 5 liquidation, 0 nothing of this kind */
  order(order: ExchangeOrder, x: Execution, trade?: ExchangeTrade | null, er?: string): void
  algo(algo: AlgoOrder): void
  /** An algo order was turned away when it was triggered. */
  rejected(algo: AlgoOrder): void
  /** @param change of the balance by what is no fill, ledger units */
  account(reason: string, change: bigint, symbols: readonly string[]): void
}
