import type { MarginMode } from './leverage.ts'

/** What is found out about a run once it is done, as its document tells of it. */

/** A figure that may not exist; where it is `null`, `notes[key]` says why. */
export type Figure = number | null

/** An interval; `low` is never above `high`. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** What the result would be under the worst and under the best of the paths that the bars allow. */
export interface PathBand {
  /** `repriced`: trade by trade, later decisions held; `full`: the whole run once more with the better choice. */
  readonly method: 'repriced' | 'full'
  /** Bars whose outcome hangs on the path inside them. */
  readonly bars: number
  readonly endEquity: Interval
  readonly totalReturn: Interval
  readonly maxDrawdown: Interval
  /** What the better paths would have added, as a share of the sum of all trades' |pnl|; `null` where none was closed. */
  readonly share: number | null
}

/** The highest value of something through a run, and the close at which it was. */
export interface Highest {
  readonly value: number
  /** UTC ms. */
  readonly at: number
}

/** What each symbol did to the account. */
export interface Portfolio {
  /** Those that were traded, in declared order. Their profits add up to that of the account. */
  readonly symbols: readonly {
    readonly symbol: string
    /** After all costs, what is still open at its last mark. */
    readonly netProfit: number
    /** netProfit ÷ start equity: they add up to the total return. */
    readonly returnShare: number
    /** What it lost from the peak to the valley of the largest drawdown ÷ that peak: they add up to the drawdown. */
    readonly drawdownShare: number
    readonly fees: number
    readonly slippage: number
    readonly funding: number
    /** Share of bars with a position in it at the close. */
    readonly exposure: number
  }[]
  /** Peak and valley of the largest drawdown, UTC ms; `null` where there is none. */
  readonly drawdown: { readonly from: number; readonly to: number } | null
  /** Of daily returns of the closes, a row and a column for each of `symbols`. */
  readonly correlation: readonly (readonly Figure[])[]
  /** Highest initial and maintenance margin of positions ÷ margin balance at a close; `null` without margin. */
  readonly margin: { readonly initial: Highest | null; readonly maintenance: Highest | null } | null
}

/** What a perpetual was held to, and what that came to. */
export interface PerpetualUsed {
  readonly symbol: string
  readonly margin: MarginMode
  readonly leverage: number
  /** Fraction of notional. */
  readonly liquidationFee: number
  /** The series that it was marked and liquidated by; `null`: the last price. */
  readonly marks: string | null
  /** Bars for which that series has no mark; they kept the last price. */
  readonly marksMissing: number
  /** `assumed`: read off the exchange after the run begins. */
  readonly tiers: { readonly source: string; readonly asOf: number; readonly assumed: boolean }
  /** Sums of what was paid and of what was received, both above 0; `null` where funding was switched off. */
  readonly funding: {
    readonly charges: number
    readonly paid: number
    readonly received: number
    /** Rates that are not stored, for which nothing was charged. */
    readonly missing: number
  } | null
  readonly liquidations: { readonly count: number; readonly fees: number; readonly shortfall: number }
}

/** Trades beside faults of the data, and the result without them. */
export interface NearFaults {
  /** Bars between an entry or exit and a gap, an outage, a flat run or a bar without volume. */
  readonly within: number
  readonly trades: number
  /** Quote asset. */
  readonly pnl: number
  readonly netProfitWithout: number
}

/** The run's return with other costs. */
export interface StressCell {
  readonly fees: number
  /** In the unit of `Stress.slippage`. */
  readonly slippage: number
  /** Beyond the run's own latency. */
  readonly latencyBars: number
  readonly totalReturn: number
}

/** The axis of slippage: in the run's own model, so that one cell is the run itself. */
export interface SlippageAxis {
  /** Basis points, ticks, or multiples of spread and impact. */
  readonly unit: 'bps' | 'ticks' | 'times'
  readonly values: readonly number[]
}

/** The result over fee × slippage × latency, what the edge bears, and return against account size. */
export interface Stress {
  /** Whether decisions were found to hang on costs, so that every cell was run, or not, so that fills were priced anew. */
  readonly method: 'repriced' | 'rerun'
  readonly slippage: SlippageAxis
  /** The run's own latency, ms. */
  readonly latency: number
  readonly grid: readonly StressCell[]
  /** All-in cost of a side, in basis points of what is traded, at which nothing is left; `null`: nothing to begin with. */
  readonly breakEvenBps: number | null
  /** Basis points a side that the run paid. */
  readonly paidBps: number
  readonly participation: number
  readonly capacity: readonly { readonly cash: number; readonly totalReturn: number }[]
  /** Whether sizes of orders do not hang on cash, so that a larger account earns as much and not more. */
  readonly isFixedSize: boolean
}
