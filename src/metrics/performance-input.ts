import type { Fill } from '../core/fill.ts'
import type { EquityColumns } from '../core/run.ts'
import type { OpenTrade, Trade } from '../core/trade.ts'

/** What a run leaves behind, and what it is judged against. */
export interface PerformanceInput {
  readonly equity: EquityColumns
  /** Open time of the first bar of the range, UTC ms. */
  readonly from: number
  readonly startEquity: number
  readonly trades: readonly Trade[]
  readonly openTrades: readonly OpenTrade[]
  readonly fills: readonly Fill[]
  readonly fees: number
  readonly slippage: number
  readonly funding: number
  /** Equity of the benchmark on the same instants. */
  readonly benchmark: Float64Array | null
  /** A year's risk-free return as a fraction. */
  readonly riskFree: number
}

/** Close of the last bar, or `from` where there is none. */
export function endTimeOf({ equity, from }: Pick<PerformanceInput, 'equity' | 'from'>): number {
  return equity.length > 0 ? equity.time[equity.length - 1]! : from
}
