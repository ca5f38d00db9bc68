import type { Figure } from './findings.ts'
import type { Overfitting, Params } from './search.ts'

/** Where a trial came from. `demo`: a backtest of the demo's own. */
export type TrialVerb = 'backtest' | 'sweep' | 'walk-forward' | 'model' | 'demo'

/** One of what was tried, as a verdict names it. */
export interface NamedTrial {
  readonly id: string
  readonly verb: TrialVerb
  /** Folder of the run it was made in. */
  readonly run: string
  /** Of strategy or model. */
  readonly name: string
  readonly params: Params
  readonly series: readonly string[]
  /** UTC ms, first open and last close. */
  readonly from: number
  readonly to: number
  /** Annual, from daily returns; `null` without any. */
  readonly sharpe: Figure
  readonly totalReturn: Figure
  readonly trades: Figure
}

/** `ledger.json`: what the trial ledger says of one trial; it grows with whatever else is tried, and is no part of the run. */
export interface LedgerVerdict {
  /** Lines that were read, and the different trials among them: the same run made twice is one. */
  readonly lines: number
  readonly trials: number
  readonly failed: number
  /** By name of strategy or model, and by verb: the most first. */
  readonly byName: readonly { readonly name: string; readonly trials: number }[]
  readonly byVerb: readonly { readonly verb: TrialVerb; readonly trials: number }[]
  /** When the first and the last of them were tried, UTC ms; `null` without any. */
  readonly first: number | null
  readonly last: number | null
  /** Trials with daily returns over the same days as the chosen one, itself among them. */
  readonly compared: number
  /** Lines that could not be read and are not counted. */
  readonly unreadable: number
  /** What the view was narrowed to: the verdict then counts less than was tried. */
  readonly view: { readonly name: string | null; readonly series: string | null }
  readonly chosen: NamedTrial | null
  /** `null` where the chosen trial has no daily returns. */
  readonly overfitting: Overfitting | null
}
