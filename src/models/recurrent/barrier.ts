/**
 * Rounds that a thread looks before it sleeps, at most about a millisecond: threads mostly arrive within that of each other, and one
 * that is woken may be put on the processor of the one that woke it. Where others want the processors too, the thread that is waited
 * for is not running, and looking only keeps it from that: who has looked in vain looks half as long the next time.
 */
const LOOKS = 200_000
const LEAST_LOOKS = 2_000

/** Where threads wait for each other. Its state is two shared numbers: how many have come, and how often all had. */
export class Barrier {
  readonly #state: Int32Array
  readonly #threads: number
  #looks = LOOKS

  constructor(state: Int32Array, threads: number) {
    this.#state = state
    this.#threads = threads
  }

  wait(): void {
    if (this.#threads === 1) return
    const round = Atomics.load(this.#state, 1)
    if (Atomics.add(this.#state, 0, 1) === this.#threads - 1) {
      Atomics.store(this.#state, 0, 0)
      Atomics.store(this.#state, 1, round + 1)
      Atomics.notify(this.#state, 1)
      return
    }
    for (let look = 0; look < this.#looks; look++)
      if (Atomics.load(this.#state, 1) !== round) {
        this.#looks = Math.min(LOOKS, this.#looks * 2)
        return
      }
    this.#looks = Math.max(LEAST_LOOKS, this.#looks >> 1)
    while (Atomics.load(this.#state, 1) === round) Atomics.wait(this.#state, 1, round)
  }
}
