/**
 * Rounds that a thread looks before it sleeps, about a millisecond: threads mostly arrive within that of each other, and one that
 * is woken may be put on the processor of the one that woke it.
 */
const LOOKS = 200_000

/** Where threads wait for each other. Its state is two shared numbers: how many have come, and how often all had. */
export class Barrier {
  readonly #state: Int32Array
  readonly #threads: number

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
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(this.#state, 1) !== round) return
    while (Atomics.load(this.#state, 1) === round) Atomics.wait(this.#state, 1, round)
  }
}
