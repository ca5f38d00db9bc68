/** Time as a stream knows it; tests hand in one that stands still until it is moved. */
export interface StreamClock {
  /** UTC ms. */
  now(): number
  /** @returns what takes it back */
  after(ms: number, act: () => void): () => void
  /** Of a market whose time goes otherwise than here: a clock of ours, ms, since connections are as slow there as anywhere. */
  readonly here?: () => number
}

/** Node cannot wait longer in one go. */
const LONGEST = 2 ** 31 - 1

export const SYSTEM_CLOCK: StreamClock = {
  now: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, Math.min(Math.max(ms, 0), LONGEST))
    return () => clearTimeout(timer)
  },
}

/** Waits, or ends early where `signal` says so. */
export function pause(clock: StreamClock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
