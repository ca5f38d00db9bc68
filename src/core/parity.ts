/** `parity.json` of a session: its own bars through the backtest engine, and what makes the difference. */

/** Bars that were revised, late or missing; timing of orders; a filter; a fill's price; fees; funding; state carried over; what others did on the account. */
export const PARITY_CAUSES = ['data', 'timing', 'filter', 'price', 'fee', 'funding', 'state', 'foreign'] as const
export type ParityCause = (typeof PARITY_CAUSES)[number]

/** One thing that was otherwise. */
export interface ParityDifference {
  readonly cause: ParityCause
  readonly symbol: string
  /** UTC ms. */
  readonly at: number
  /** One sentence. */
  readonly text: string
  readonly paper: string
  readonly backtest: string
  /** What it did to the result, paper less backtest, in the quote asset. */
  readonly money: number
}

export interface ParityDocument {
  readonly session: string
  readonly strategy: string
  /** sha256 of the strategy's code, as in run.json. */
  readonly code: string
  readonly params: Readonly<Record<string, number | string | boolean>>
  readonly series: readonly string[]
  readonly broker: string
  readonly mode: 'live' | 'replay'
  readonly quote: string
  readonly cash: number
  /** First open and last close that both have gone through, UTC ms. */
  readonly from: number
  readonly to: number
  /** Of bars on which it could trade: neither those that it did not have count, nor those while it was halted. */
  readonly days: number
  readonly bars: number
  /**
   * Whether both did the same: where orders met bars, to the last byte (fills, trades, equity, events); where an exchange filled
   * them, each fill in the same bar, at the same price, for the same fee.
   */
  readonly same: boolean
  readonly fills: { readonly paper: number; readonly backtest: number }
  /** On paper what its account came to: with what others did on it. */
  readonly netProfit: { readonly paper: number; readonly backtest: number }
  /** All of them, in the order in which the backtest is turned into the session. */
  readonly causes: readonly { readonly cause: ParityCause; readonly count: number; readonly money: number }[]
  readonly differences: readonly ParityDifference[]
  /** Difference in net profit that no cause explains, in the quote asset: 0 where all is accounted for. */
  readonly unexplained: number
  /** What differs and has no cause, in words. */
  readonly unaccounted: readonly string[]
  /** What a reader must know to judge it: bars that could not be looked up, another version of klinelab. */
  readonly remarks: readonly string[]
}

/**
 * Whether a session did what its backtest does but for causes that a backtest may differ by: what others did on its account has a cause
 * as well, and says that the account is not the session's alone.
 */
export function isAccounted({
  unexplained,
  unaccounted,
  causes,
}: {
  readonly unexplained: number
  readonly unaccounted: readonly string[]
  readonly causes: readonly { readonly cause: string; readonly count: number }[]
}): boolean {
  const isForeign = causes.some(({ cause, count }) => cause === 'foreign' && count > 0)
  return unexplained === 0 && unaccounted.length === 0 && !isForeign
}
