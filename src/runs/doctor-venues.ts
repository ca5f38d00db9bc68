import { VENUES, type Venue } from '../core/series.ts'
import { type HttpClock, WALL_CLOCK } from '../data/http/http-clock.ts'
import { VenueError } from '../data/http/venue-error.ts'
import { openVenueHttp } from '../data/http/venue-http.ts'
import { venueApi } from '../data/venues/all-venues.ts'
import type { Origins } from '../data/venues/origins.ts'
import type { VenueApi } from '../data/venues/venue.ts'
import { duration } from '../report/format.ts'

/** Whether a venue answers, and what its answer says. */
export interface VenueHealth {
  readonly venue: Venue
  /** Who was asked; `null`: nobody, since what is set says nothing of whom. */
  readonly host: string | null
  readonly isReached: boolean
  /** Why not; `null` where it was. */
  readonly why: string | null
  /** Until the answer was there, ms. */
  readonly roundTrip: number | null
  /** The venue's clock less this machine's, ms: above 0 this machine is behind. */
  readonly offset: number | null
  /** The true one lies this far from it at most, ms: half the round trip, and half of what the venue rounds to. */
  readonly within: number | null
  /** Weight used, as the venue counts it; `null` where it does not say. */
  readonly used: number | null
  readonly limit: number
  /** What `limit` is for, ms. */
  readonly window: number
}

/** A venue that takes longer is called out of reach, ms. */
const PATIENCE = 3000

/**
 * Asks every venue for its clock, all of them at once. One that does not answer is told of, and is no error.
 * @param wrong what is wrong with the address that is set for a venue: it is not asked
 */
export function reachVenues(
  origins: Origins,
  clock: HttpClock = WALL_CLOCK,
  pauses?: string,
  wrong: Partial<Record<Venue, string>> = {},
): Promise<readonly VenueHealth[]> {
  return Promise.all(
    VENUES.map(async (venue) => {
      const [api, why] = [venueApi(venue), wrong[venue]]
      return why === undefined ? reach(api, origins.rest?.[venue], clock, pauses) : notReached(api, null, why)
    }),
  )
}

function notReached({ venue, limits }: VenueApi, host: string | null, why: string): VenueHealth {
  const none = { roundTrip: null, offset: null, within: null, used: null }
  return { venue, host, isReached: false, why, ...none, limit: limits.weight, window: limits.window }
}

/** How far clocks are apart, as people say it. */
export function apartText(ms: number): string {
  const apart = Math.abs(ms)
  if (apart < 1000) return `${apart} ms`
  return apart < 120_000 ? `${(apart / 1000).toFixed(1)} s` : duration(apart)
}

async function reach(
  api: VenueApi,
  origin: string | undefined,
  wall: HttpClock,
  pauses: string | undefined,
): Promise<VenueHealth> {
  const { venue, limits } = api
  const facts = { venue, host: new URL(origin ?? api.origin).host, limit: limits.weight, window: limits.window }
  let asked = 0
  const clock: HttpClock = {
    now: wall.now,
    // what it waits before it asks again is no part of a round trip
    async sleep(ms, signal) {
      await wall.sleep(ms, signal)
      asked = wall.now()
    },
  }
  // two small requests; Kraken's one a second would leave no patience for anything else
  const options = { patience: PATIENCE, clock, isUnlimited: true }
  const http = openVenueHttp(api, {
    ...options,
    ...(origin !== undefined && { origin }),
    ...(pauses !== undefined && { pauses }),
  })
  const ask = () => {
    asked = wall.now()
    return http.get(api.clock.ask, ({ body, headers }) => ({
      ...readClock(api, body),
      answered: wall.now(),
      used: limits.usedHeader === null ? Number.NaN : Number(headers[limits.usedHeader] ?? Number.NaN),
    }))
  }
  try {
    // the first answer has the connection in its time, the second is a round trip
    await ask()
    const { time, rounding, answered, used } = await ask()
    const roundTrip = Math.max(0, answered - asked)
    return {
      ...{ ...facts, isReached: true, why: null, roundTrip },
      offset: Math.round(time - (answered - roundTrip / 2)),
      within: Math.ceil(roundTrip / 2 + rounding),
      used: Number.isNaN(used) ? null : used,
    }
  } catch (error) {
    if (!(error instanceof VenueError)) throw error
    return notReached(api, facts.host, error.message)
  }
}

/** Where a venue tells whole seconds its clock is in the middle of one, half a second at most from it. */
function readClock({ clock }: VenueApi, body: string): { readonly time: number; readonly rounding: number } {
  const time = clock.read(body)
  return time % 1000 === 0 ? { time: time + 500, rounding: 500 } : { time, rounding: 1 }
}
