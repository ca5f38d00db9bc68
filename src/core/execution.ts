/** How the price of a market or stop fill is made worse; `bps` is each venue's own fraction. */
export type SlippageModel =
  | { readonly model: 'bps' }
  | { readonly model: 'ticks'; readonly ticks: number }
  | { readonly model: 'impact'; readonly spreadBps: number; readonly impact: number }

/** What keeps a run's orders from filling at once, whole and at the price that was seen. */
export interface Execution {
  readonly slippage: SlippageModel
  /** Largest share of a bar's volume that is filled; `null` fills every order whole. */
  readonly participation: number | null
  /** Until an order reaches the exchange, and until a cancel or an amendment does: ms. */
  readonly latency: number
  readonly cancelLatency: number
}

/** Every order fills whole, at the next open, at a fixed fraction: what holds where nobody says otherwise. */
export const PLAIN_EXECUTION: Execution = {
  slippage: { model: 'bps' },
  participation: null,
  latency: 0,
  cancelLatency: 0,
}
