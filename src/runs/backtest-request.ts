import type { ParamValue, Strategy } from '../engine/index.ts'

/** What a backtest is asked for, apart from settings that have defaults. */
export interface BacktestRequest {
  /** Path of a strategy module, or the strategy itself. */
  readonly strategy: string | Strategy
  /** Series, written `venue:SYMBOL:interval`; none: those of the strategy's models. */
  readonly data: readonly string[]
  /** UTC ms; the whole stored range where absent. */
  readonly from?: number
  readonly to?: number
  readonly set?: Readonly<Record<string, ParamValue>>
  readonly closeAtEnd?: boolean
  /** Models are asked of bars that they have learnt from too; the report says so in red. */
  readonly allowInSample?: boolean
  /** The result over fees, slippage, latency and account size as well. */
  readonly stress?: boolean
  readonly benchmark?: string
}
