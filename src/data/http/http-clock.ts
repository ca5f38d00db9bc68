import { setTimeout as wait } from 'node:timers/promises'

/** The wall clock, and what waits by it: tests bring their own. */
export interface HttpClock {
  /** UTC ms. */
  now(): number
  /** @throws what the signal says */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** ms of the wall clock for a request that may take so many; as many where absent. */
  patienceFor?(ms: number): number
}

/** A timer holds no more than 2^31 − 1 ms; who waits longer looks at the clock again. */
const LONGEST = 2_000_000_000

export const WALL_CLOCK: HttpClock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted()
    try {
      // what was to be waited for may be over by now
      await wait(Math.max(0, Math.min(ms, LONGEST)), undefined, { signal })
    } catch (problem) {
      signal?.throwIfAborted()
      throw problem
    }
  },
}
