import { closeTimeOf, type Interval, intervalMs } from '../core/interval.ts'

/**
 * Milliseconds that pass between a decision and its arrival, in whole bars of the finest series of the run: bars cannot
 * show what happens inside them, so any part of one is one.
 */
export class Delay {
  readonly #bars: number
  readonly #finest: Interval

  /** @throws RangeError where `ms` is not a number of at least 0 */
  constructor(ms: number, intervals: readonly Interval[]) {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`latency ${ms}: write milliseconds, at least 0`)
    this.#finest = intervals.reduce((a, b) => (intervalMs(b) < intervalMs(a) ? b : a))
    this.#bars = Math.ceil(ms / intervalMs(this.#finest))
  }

  get isNone(): boolean {
    return this.#bars === 0
  }

  /** When that which is sent at `at`, the close of a bar, arrives. */
  after(at: number): number {
    if (this.#finest !== '1M') return at + this.#bars * intervalMs(this.#finest)
    // months differ: each ends where the next begins
    let due = at
    for (let k = 0; k < this.#bars; k++) due = closeTimeOf(due, this.#finest)
    return due
  }
}

/** What has been sent and has not arrived. */
export class Underway<T> {
  readonly #items: { readonly due: number; readonly item: T }[] = []

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Of what arrives together, that comes first which was sent first. */
  send(item: T, due: number): void {
    let k = this.#items.length
    while (k > 0 && this.#items[k - 1]!.due > due) k--
    this.#items.splice(k, 0, { due, item })
  }

  /** Takes out what arrives by `at`, the first instant at which bars close at or after it was due. */
  arrived(at: number): T[] {
    const first = this.#items.findIndex(({ due }) => due > at)
    return this.#items.splice(0, first === -1 ? this.#items.length : first).map(({ item }) => item)
  }
}
