import type { Bars } from '../core/bar.ts'
import type { RunDocument, RunResult } from '../core/run.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import type { BacktestRequest } from './backtest-request.ts'
import type { DetailBars } from './detail.ts'
import type { Perpetual } from './perpetual.ts'
import type { Settings } from './settings.ts'
import type { SimulateSlot } from './simulate.ts'

/** What is known of a run before it is run. */
export interface GroundFacts {
  readonly strategy: Strategy
  readonly params: Readonly<Record<string, ParamValue>>
  readonly request: BacktestRequest
  readonly settings: Settings
  readonly file: string | null
  readonly from: number
  readonly used: readonly Bars[]
  /** Bars ahead of the range, per series. */
  readonly warmups: readonly number[]
  /** What the strategy asks for where nobody says. */
  readonly defaultWarmup: number
  readonly certificates: RunDocument['certificates']
  readonly instruments: readonly SimulateSlot[]
  /** sha256 of the 1m bars behind PERCENT_PRICE, per series. */
  readonly averages: readonly (string | null)[]
  readonly models: RunDocument['models']
  /** Margin, marks and funding, per series; null of spot. */
  readonly perpetuals: readonly (Perpetual | null)[]
  /** Finer bars, per series; null where none decide. */
  readonly details: readonly (DetailBars | null)[]
}

/** All that is known of a run once it is done. */
export interface RunFacts extends GroundFacts {
  readonly metrics: RunDocument['metrics']
  readonly peer: RunDocument['peer']
  readonly band: RunDocument['band']
  readonly stress: RunDocument['stress']
  readonly nearFaults: RunDocument['nearFaults']
  readonly luck: RunDocument['luck']
  readonly portfolio: RunDocument['portfolio']
  readonly notes: RunDocument['notes']
  readonly split: RunDocument['split']
  /** `inputs`: what its curve is reckoned from, beyond the run's own bars and costs. */
  readonly benchmark: { readonly name: string; readonly inputs: Readonly<Record<string, unknown>> | null }
  /** Why the strategy was never asked; empty where it was. */
  readonly neverAsked: readonly string[]
  readonly tradeHash: string
  readonly bars: number
  readonly result: {
    readonly fees: number
    readonly slippage: number
    readonly funding: number
    readonly accepted: number
    readonly cut: number
    readonly rejected: number
    readonly rejectedBy: Readonly<Record<string, number>>
    readonly notes: readonly string[]
    readonly events: RunResult['events']
    readonly openTrades: RunDocument['openTrades']
  }
  readonly plots: RunResult['plots']
}
