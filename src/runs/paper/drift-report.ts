/** What of a session is held against what it was expected to be. */
export type DriftKind = 'feature' | 'hit-rate' | 'return' | 'slippage'

/** One figure beside its band. Fractions; slippage in basis points. */
export interface DriftItem {
  readonly kind: DriftKind
  /** Of a feature: series, model and feature, `binance:BTCUSDT:1h direction.rsi`. */
  readonly name: string
  /** `null` where there is too little to say. */
  readonly figure: number | null
  /** Below it the figure has drifted; `null`: it cannot be too low. */
  readonly low: number | null
  readonly high: number | null
  readonly verdict: 'steady' | 'drifted' | 'unknown'
  /** One sentence: what was compared with what, or what is missing. */
  readonly words: string
}

/** How a session does beside its backtest and its models' training, as of the end of a day. */
export interface DriftReport {
  /** The last instant that was known, UTC ms. */
  readonly at: number
  /** The run that it is held against; `null`: there is none. */
  readonly run: string | null
  readonly items: readonly DriftItem[]
}
