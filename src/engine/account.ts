import { type Decimal, LedgerError } from '../core/decimal.ts'
import { fromLedger, type Ledger, ledgerFor, toLedger } from '../core/money.ts'

/**
 * The one account of a run in whole ledger units. `wallet` is what a futures account calls it: start + transfers +
 * realised profit − fees − funding. What open positions cost is kept beside it, so that
 *
 *     wallet = start + transfers + realised − fees − funding      and      cash = wallet − cost of spot holdings
 *
 * hold exactly after every event, for spot and for margin alike.
 */
export class Account {
  readonly ledger: Ledger
  readonly start: number
  wallet: number
  /** Signed cost of all open positions. */
  cost = 0
  /** Cash held back by resting orders. */
  locked = 0
  /** Money brought in from outside, less what was taken out; a backtest has none. */
  transfersUnits = 0
  realised = 0
  feesUnits = 0
  slippageUnits = 0
  fundingUnits = 0
  /** Of closed trades: their number, how many won, and sums of what winners and losers came to, in the quote asset. */
  trades = 0
  wins = 0
  grossProfit = 0
  grossLoss = 0
  /** How often wallet, costs or positions have changed. */
  changes = 0
  /** wallet − cost as a number, kept current by `refresh`, so that marking a bar costs one addition. */
  readonly basis = new Float64Array(1)
  /** What a strategy sees as cash: the base on spot, the wallet where positions are held on margin. */
  cash: number
  /** Ledger units that new orders may bind, where positions are held on margin. */
  marginFree: (() => number) | null = null
  /** At the last mark: the double that is shown. */
  readonly marked = new Float64Array(1)
  /** At the last mark, without a rounding: what sizes are reckoned from. The engine knows the positions. */
  exactEquity: () => Decimal = () => ({ digits: BigInt(this.wallet - this.cost), decimals: this.ledger.decimals })

  constructor(cash: number) {
    this.ledger = ledgerFor(cash)
    this.start = toLedger(this.ledger, cash)
    this.wallet = this.start
    this.basis[0] = fromLedger(this.ledger, this.start)
    this.cash = this.base
    this.marked[0] = this.base
  }

  get base(): number {
    return this.basis[0]!
  }
  get equity(): number {
    return this.marked[0]!
  }

  get free(): number {
    return fromLedger(this.ledger, this.freeUnits)
  }
  get freeUnits(): number {
    return this.marginFree === null ? this.wallet - this.cost - this.locked : this.marginFree()
  }
  get fees(): number {
    return fromLedger(this.ledger, this.feesUnits)
  }

  /** Brings in `units` from outside the account, or takes them out where below 0: no profit and no loss. */
  transfer(units: number): void {
    this.transfersUnits += units
    this.wallet += units
    this.refresh()
  }

  /** A round trip has ended with `pnl`. */
  tally(pnl: number): void {
    this.trades++
    if (pnl > 0) {
      this.wins++
      this.grossProfit += pnl
    } else this.grossLoss -= pnl
  }

  /** After every change of the wallet or a cost. @throws LedgerError where the ledger's whole numbers are outgrown */
  refresh(): void {
    this.changes++
    const units = this.wallet - this.cost
    if (!Number.isSafeInteger(this.wallet) || !Number.isSafeInteger(units))
      throw new LedgerError(
        `the account has grown beyond ${Number.MAX_SAFE_INTEGER} units of 1e-${this.ledger.decimals}: start it with less cash`,
      )
    this.basis[0] = fromLedger(this.ledger, units)
    this.cash = this.marginFree === null ? this.base : fromLedger(this.ledger, this.wallet)
  }
}
