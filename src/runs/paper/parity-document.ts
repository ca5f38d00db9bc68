/** `parity.json` of a session: its own bars through the backtest engine, and what makes the difference. */

/** Bars that were revised, late or missing; timing of orders; a filter; a fill's price; fees; funding; state carried over. */
export const PARITY_CAUSES = ['data', 'timing', 'filter', 'price', 'fee', 'funding', 'state'] as const
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
  /** First open and last close that both have gone through, UTC ms, and days between them. */
  readonly from: number
  readonly to: number
  readonly days: number
  /** Whether everything is the same to the last byte: fills, trades, equity, events. */
  readonly same: boolean
  readonly fills: { readonly paper: number; readonly backtest: number }
  readonly netProfit: { readonly paper: number; readonly backtest: number }
  readonly causes: readonly { readonly cause: ParityCause; readonly count: number; readonly money: number }[]
  readonly differences: readonly ParityDifference[]
  /** Difference in net profit that no cause explains, in the quote asset: 0 where all is accounted for. */
  readonly unexplained: number
}
