import type { Bars, Gap } from './bar.ts'
import type { RunEvent } from './event.ts'
import type { Execution } from './execution.ts'
import type { Fill } from './fill.ts'
import type { Figure, NearFaults, PathBand, PerpetualUsed, Portfolio, Stress } from './findings.ts'
import type { Interval as BarInterval } from './interval.ts'
import type { MarginMode } from './leverage.ts'
import type { Luck } from './luck.ts'
import type { RiskLimits } from './risk.ts'
import type { OpenTrade, Trade } from './trade.ts'

/** The equity curve as columns, one row per instant at which bars closed. */
export interface EquityColumns {
  readonly length: number
  /** Close time, UTC ms. */
  readonly time: Float64Array
  /** Cash plus open positions at the close, quote asset. */
  readonly equity: Float64Array
  readonly cash: Float64Array
  /** Gross notional of open positions ÷ equity. */
  readonly exposure: Float64Array
}

/** What the engine hands back when the last bar is done: facts only, nothing judged. */
export interface EngineResult {
  readonly startEquity: number
  readonly endEquity: number
  readonly equity: EquityColumns
  readonly fills: readonly Fill[]
  readonly trades: readonly Trade[]
  readonly openTrades: readonly OpenTrade[]
  readonly events: readonly RunEvent[]
  /** Quote asset, summed exactly in the ledger. */
  readonly fees: number
  readonly slippage: number
  readonly funding: number
  readonly accepted: number
  /** How often an order was cut to what can be had. */
  readonly cut: number
  readonly rejected: number
  /** Filter or reason → count. */
  readonly rejectedBy: Readonly<Record<string, number>>
  /** What a reader must know to judge the figures, in plain sentences (assumed filters, approximations, …). */
  readonly notes: readonly string[]
}

/** A model that a run asked. */
export interface ModelUsed {
  readonly name: string
  readonly series: string
  /** Open time of the first bar that it has not learnt from, UTC ms. */
  readonly outOfSampleFrom: number
  readonly folds: number
  /** It has learnt outside of klinelab: nobody can tell from which bars. */
  readonly isFromElsewhere: boolean
  /** Its folds learn from bars after those they foretell, which nobody could have traded. */
  readonly learnsFromLater: boolean
  /** sha256 of what it was defined as, and of what was trained. */
  readonly definition: string
  readonly artifact: string
}

/** Each figure is documented, with formula and source, in `metrics/table.ts`. */
export type Metrics = Readonly<Record<string, Figure>>

export interface SplitRow {
  readonly trades: number
  readonly winRate: Figure
  readonly netProfit: number
}

/** One series as a run used it. */
export interface SeriesUsed {
  readonly series: string
  readonly rows: number
  /** UTC ms, first open and last close (exclusive). */
  readonly from: number
  readonly to: number
  /** Over the canonical rows in use. */
  readonly sha256: string
  readonly gaps: { readonly count: number; readonly bars: number }
  /** Bars that no venue stated: made flat at the last close (`--fill flat`), or holding such a one (`data resample`). Absent where there are none. */
  readonly made?: number
  /** Stretches that the venue was asked for and has no bars of, by cause; bars may have been made there. Absent where there are none. */
  readonly holes?: Readonly<Record<string, { readonly count: number; readonly bars: number }>>
}

/** `run.json`: everything the report shows, as numbers. Fractions, UTC ms, quote currency. */
export interface RunDocument {
  readonly run: string
  readonly strategy: string
  readonly params: Readonly<Record<string, number | string | boolean>>
  readonly tradeHash: string
  readonly data: readonly SeriesUsed[]
  /** Range asked for and bars read before it so that indicators have settled. */
  readonly range: { readonly from: number; readonly to: number; readonly warmup: number }
  readonly engine: { readonly version: string; readonly bars: number }
  readonly costs: {
    /** Below 0: the exchange pays its makers. */
    readonly feeMaker: number
    readonly feeTaker: number
    /** Step of the venue's fee schedule that the rates are of, the discount taken off; `null`: they were given. */
    readonly feeTier: string | null
    readonly feeDiscount: number
    readonly slippageBps: number
    readonly fees: number
    readonly slippage: number
    readonly funding: number
    /** True after --no-costs: the report says so in red. */
    readonly none: boolean
  }
  readonly execution: Execution
  readonly cash: number
  readonly quote: string
  readonly metrics: Metrics
  readonly band: PathBand
  /** `null` where it was not asked for (`--stress`). */
  readonly stress: Stress | null
  readonly nearFaults: NearFaults
  /** What it would have been by other orders, other draws and other entries. */
  readonly luck: Luck
  readonly portfolio: Portfolio
  /** Models that the strategy asked, and whether of bars that they have learnt from, which nobody can do. */
  readonly models: { readonly used: readonly ModelUsed[]; readonly inSample: boolean }
  /** Terms of the perpetuals among the series, in declared order. */
  readonly perpetuals: readonly PerpetualUsed[]
  /** The benchmark's curve by the same formulas: those figures of `metrics` that need no trades. */
  readonly peer: Metrics
  /** Why a figure is null: key, or `peer.` and key → reason. */
  readonly notes: Readonly<Record<string, string>>
  /** Sentences about the run as a whole. */
  readonly remarks: readonly string[]
  readonly split: {
    readonly long: SplitRow
    readonly short: SplitRow
    readonly byTag: Readonly<Record<string, SplitRow>>
    readonly bySymbol: Readonly<Record<string, SplitRow>>
  }
  readonly orders: {
    readonly accepted: number
    readonly cut: number
    readonly rejected: number
    readonly byFilter: Readonly<Record<string, number>>
  }
  readonly openTrades: readonly OpenTrade[]
  /** Filters in force, per symbol, by snapshot. */
  readonly filters: readonly {
    readonly symbol: string
    readonly source: string
    /** UTC ms; `null` where no exchange info is stored for the symbol. */
    readonly validFrom: number | null
    readonly assumed: boolean
    readonly notSimulated: readonly string[]
  }[]
  readonly certificates: readonly Certificate[]
  readonly benchmark: string
  readonly riskFree: number
  /** What is drawn to judge the run (`luck`) is drawn with it; nothing in the run itself is random. */
  readonly seed: number
  readonly reproduce: {
    readonly command: string
    /** What `verify` and `report` run again; `null` for a strategy that was handed over as an object. */
    readonly request: RecordedRequest | null
    readonly code: string
    readonly config: string
    /** What `config` is made of, by name: sha256 of each. */
    readonly inputs: Readonly<Record<string, string>>
    readonly versions: Readonly<Record<string, string>>
  }
}

/** All that decides a run besides code and data, with every default spelled out. */
export interface RecordedRequest {
  /** Path of the strategy module from its project's root. */
  readonly strategy: string
  readonly data: readonly string[]
  readonly from: number
  readonly to: number
  readonly set: Readonly<Record<string, number | string | boolean>>
  readonly cash: number
  readonly costs: Readonly<
    Record<
      string,
      {
        readonly feeMaker: number
        readonly feeTaker: number
        readonly feeTier: string | null
        readonly feeDiscount: number
        readonly slippageBps: number
      }
    >
  >
  readonly noCosts: boolean
  readonly riskFree: number
  /** Bars ahead of the range in use: a count, also where the default was asked for. */
  readonly warmup: number
  readonly limitTouch: boolean
  readonly execution: Execution
  readonly feeAsset: 'quote' | 'received'
  readonly closeAtEnd: boolean
  /** Whether a model was asked of bars that it has learnt from. */
  readonly allowInSample: boolean
  /** Whether it was run with other costs too. */
  readonly stress: boolean
  /** Of perpetuals; on spot nothing hangs on them. */
  readonly margin: MarginMode
  readonly leverage: Readonly<Record<string, number>>
  readonly funding: 'on' | 'off'
  /** Interval of the finer bars that decided fills. */
  readonly detail: BarInterval | null
  /** How the band was made. */
  readonly band: 'repriced' | 'full'
  /** Limits of the account; those of the strategy are in its code. */
  readonly risk: RiskLimits
  readonly benchmark: string | null
}

/** What was found in a range of a series; nothing in it has been repaired. */
export interface Certificate {
  readonly series: string
  readonly rows: number
  readonly from: number
  readonly to: number
  readonly gaps: readonly Gap[]
  readonly zeroVolumeBars: number
  readonly flatRuns: readonly { readonly start: number; readonly bars: number }[]
  readonly outliers: readonly {
    readonly openTime: number
    readonly field: string
    readonly value: number
    readonly median: number
  }[]
  /** Open times of bars whose close time came early: the exchange stopped inside them. */
  readonly outages: readonly number[]
  /** Bars that were made where the venue had none: flat, without volume. Absent where there are none. */
  readonly made?: readonly Gap[]
  /** Stretches that the venue was asked for and has no bars of, and why. Absent where there are none. */
  readonly holes?: readonly (Gap & { readonly cause: string; readonly because: string })[]
}

/** Instant by instant, as fractions of the margin balance at the close. */
export interface MarginColumns {
  /** Signed notional of all positions. */
  readonly net: Float64Array
  /** What positions bind. */
  readonly initial: Float64Array
  /** What they need: at 1 liquidation begins. Of isolated positions, that which is nearest to it. */
  readonly maintenance: Float64Array
}

/** What the report draws from, beside the document: columns, trades, fills, events. */
export interface RunResult {
  readonly document: RunDocument
  readonly bars: readonly Bars[]
  readonly equity: EquityColumns
  /** Equity of the benchmark on the same instants, starting from the same cash. */
  readonly benchmark: Float64Array | null
  readonly trades: readonly Trade[]
  readonly fills: readonly Fill[]
  readonly events: readonly RunEvent[]
  /** `null` where nothing was held on margin. */
  readonly margin: MarginColumns | null
  /** Indicators the strategy asked to see on the price: name → one value per row of `bars[slot]`. */
  readonly plots: readonly { readonly slot: number; readonly name: string; readonly values: Float64Array }[]
}
