/** What is waited for in all until it comes, ms; and how long nothing waits any more where it has not come by then. */
const WAIT = 1000
const RESPITE = 10 * WAIT

/** How long fills of a symbol may wait for older ones: many of them no longer than one, as what has filled is to be protected. */
export class Patience {
  /** Monotonic clock, ms, at which waiting began. */
  readonly #since = new Map<string, number>()

  /** What is left of it, ms; from here on it is running out. */
  left(symbol: string): number {
    const now = performance.now()
    const since = this.#since.get(symbol)
    if (since !== undefined && now - since <= WAIT + RESPITE) return Math.max(0, WAIT - (now - since))
    this.#since.set(symbol, now)
    return WAIT
  }

  /** What was waited for has come. */
  restore(symbol: string): void {
    this.#since.delete(symbol)
  }
}
