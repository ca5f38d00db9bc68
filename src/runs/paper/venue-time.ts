import { type StreamClock, SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'

/** Between two questions, ms. */
const EVERY = 1000
/** Waits of such a length and more do not become shorter than it, however fast time goes there, ms. */
const LEAST = 500
/** A question is given up after this, ms. */
const PATIENCE = 5000

/**
 * What time it is in the market of a simulated exchange, which is that of the bars it plays: it may go faster there than here, or stand
 * still, so that it is asked and not reckoned. What is heard is never ahead of it.
 * @throws Error where nobody answers (yet)
 */
export async function venueTime(origin: string): Promise<StreamClock & { close(): void }> {
  const first = await asked(origin)
  let last = first
  const timer = setInterval(() => {
    asked(origin)
      .then((next) => {
        last = next
      })
      // it is the broker's to say that the exchange is gone
      .catch(() => undefined)
  }, EVERY)
  timer.unref()
  const rate = () => Math.max(1, (last.there - first.there) / Math.max(1, last.here - first.here))
  return {
    now: () => last.there,
    // nobody is asked more often for that
    after: (ms, act) => SYSTEM_CLOCK.after(Math.max(Math.min(ms, LEAST), ms / rate()), act),
    close: () => clearInterval(timer),
  }
}

interface Sample {
  /** By a clock of ours that nobody sets, ms. */
  readonly here: number
  readonly there: number
}

async function asked(origin: string): Promise<Sample> {
  try {
    const answer = await fetch(`${origin}/fapi/v1/ticker/bookTicker`, { signal: AbortSignal.timeout(PATIENCE) })
    // the server's own clock is that of this machine; each price bears the market's
    const there = Math.max(...((await answer.json()) as readonly { time: number }[]).map(({ time }) => time))
    if (!Number.isFinite(there)) throw new Error('it says no time')
    return { here: performance.now(), there }
  } catch (error) {
    const cause = (error as { cause?: Error }).cause?.message ?? (error as Error).message
    throw new Error(`--broker exchange ${origin}: does not say what time it is there (${cause}); is it running?`)
  }
}
