/** How long things may take, ms. */
export interface Patience {
  /** After its close a bar is waited for; then REST is asked for it. */
  readonly grace: number
  /** The same while nobody streams it. */
  readonly unheard: number
  /** A bar that nobody has this long after its close, at a venue that leaves empty ones out, had no trades. */
  readonly settle: number
  /** Between two questions for the same bars, the first time; twice as long each time, up to a minute. */
  readonly retry: number
  /** A bar may come this long after its close. */
  readonly late: number
  /** A feed may be silent for an interval and this. */
  readonly silence: number
  /** Between a lost connection and the next attempt: a venue blocks who connects 300 times in five minutes. */
  readonly reconnect: number
}

export const PATIENCE: Patience = {
  grace: 10_000, unheard: 2_000, settle: 30_000, retry: 2_000, late: 20_000, silence: 30_000, reconnect: 2_000,
} // biome-ignore format: a list
