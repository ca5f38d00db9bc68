import type { Venue } from '../../../src/core/series.ts'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import {
  type Answer,
  type Ask,
  type BarText,
  type VenueApi,
  VenueContentError,
  type VenueHttp,
} from '../../../src/data/venues/venue.ts'

/** Waits for nothing. */
export const AT_ONCE: HttpClock = {
  now: () => Date.now(),
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
}

/** Asks a test server as fast as it answers. */
export function quickHttp(origin: string, venue: Venue): VenueHttp {
  return openVenueHttp(venueApi(venue), { origin, isUnlimited: true, clock: AT_ONCE })
}

/** Hands answers out of a list, one an ask, and then the last one for ever. */
export function toldHttp(api: VenueApi, answers: readonly Answer[]): VenueHttp & { readonly asked: Ask[] } {
  const asked: Ask[] = []
  return {
    api,
    asked,
    async get(ask, check) {
      for (let attempt = 1; ; attempt++) {
        asked.push(ask)
        try {
          return check(answers[Math.min(asked.length, answers.length) - 1]!)
        } catch (error) {
          if (attempt === 3 || !(error instanceof VenueContentError)) throw error
        }
      }
    },
  }
}

/** The same numbers with no digits that say nothing: venues pad them, each in its way. */
export function unpadded(bars: readonly BarText[]): BarText[] {
  const plain = (text: string | null) => text?.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') ?? null
  return bars.map((bar) => ({
    ...bar,
    open: plain(bar.open)!,
    high: plain(bar.high)!,
    low: plain(bar.low)!,
    close: plain(bar.close)!,
    volume: plain(bar.volume)!,
    quoteVolume: plain(bar.quoteVolume),
    takerBase: plain(bar.takerBase),
    takerQuote: plain(bar.takerQuote),
  }))
}
