import { VenueError } from '../http/venue-error.ts'
import { VenueContentError } from '../venues/venue.ts'
import type { RestSide } from './rest-side.ts'
import { pause, type StreamClock } from './stream-clock.ts'
import type { VenueClock } from './venue-clock.ts'

/** ms between two questions. */
const EVERY = 60_000
/** An answer that was longer underway, ms, its waits for the venue's allowance included, says little of now. */
const QUICK = 2_000
/** ms to the next question after one: the first is asked while the process is busy beginning. */
const SOON = 10_000

/** Asks a venue whose messages do not say what time it is there, until `signal` ends it. One that does not answer is asked again. */
export async function askTime(
  rest: RestSide,
  clock: StreamClock,
  venueClock: VenueClock,
  signal: AbortSignal,
): Promise<void> {
  for (let wait = EVERY; !signal.aborted; await pause(clock, wait, signal)) {
    wait = EVERY
    const askedAt = clock.now()
    try {
      const at = await rest.time(signal)
      const took = clock.now() - askedAt
      // below 0 our clock was set meanwhile
      if (took >= 0 && took <= QUICK) venueClock.heard(at)
      else wait = SOON
    } catch (error) {
      if (signal.aborted) return
      // bars are judged by our clock then, as if nobody had asked
      if (!(error instanceof VenueError || error instanceof VenueContentError)) throw error
    }
  }
}
