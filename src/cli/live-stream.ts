import type { Series, Venue } from '../core/series.ts'
import { openVenueHttp } from '../data/http/venue-http.ts'
import type { LiveStream } from '../data/stream/live.ts'
import { openStream } from '../data/stream/open-stream.ts'
import { restSide } from '../data/stream/rest-side.ts'
import { SYSTEM_CLOCK } from '../data/stream/stream-clock.ts'
import { venueApi } from '../data/venues/all-venues.ts'
import type { FundingText } from '../data/venues/venue.ts'
import { pausesFile } from '../runs/connect-settings.ts'
import { originsFor } from '../runs/origins-for.ts'
import type { Io } from './io.ts'

/** A question for REST is given up after this, ms, and asked again: a stream has no end that it could wait for. */
const QUESTION = 5 * 60_000
/** One for a funding rate, which the next bar waits for. */
const RATE_QUESTION = 20_000
/** Waits that are worth a line, ms. */
const LONG_WAIT = 5_000

/**
 * Closed bars of the venues as a command streams them.
 * @param from open time of the first bar of a series that is wanted; `null`: the one that is open now
 */
export function streamOf(
  all: readonly Series[],
  from: (series: Series) => number | null,
  io: Io,
  alarm: (text: string) => void,
  clock = SYSTEM_CLOCK,
): LiveStream {
  const venues = all.map(({ venue }) => venue)
  const origins = originsFor(io.env, { rest: venues, stream: venues })
  const rest = (venue: Venue) => {
    const api = venueApi(venue)
    const origin = origins.rest?.[venue] ?? api.origin
    const onWait = ({ reason, why, for: ms }: { reason: string; why: string; for: number }) => {
      if (ms >= LONG_WAIT && reason !== 'allowance') alarm(`${venue}: waits ${Math.round(ms / 1000)} s: ${why}`)
    }
    const options = { origin, patience: QUESTION, onWait, pauses: pausesFile(io.env) }
    return restSide(() => openVenueHttp(api, options), origin, clock)
  }
  return openStream(all, { rest, origins, from, clock })
}

/** Funding rates of a perpetual as they are stated, `from` inclusive and `to` exclusive. */
export function ratesOf(io: Io): (symbol: string, from: number, to: number) => Promise<readonly FundingText[]> {
  const venue = 'binance-usdm'
  const api = venueApi(venue)
  const origin = originsFor(io.env, { rest: [venue] }).rest?.[venue] ?? api.origin
  return (symbol, from, to) => {
    const http = openVenueHttp(api, { origin, patience: RATE_QUESTION, pauses: pausesFile(io.env) })
    return http.get(api.funding!.ask(symbol, from, to), ({ body }) => api.funding!.read(body))
  }
}
