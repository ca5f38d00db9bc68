import { afterEach, beforeEach, expect } from 'vitest'
import type { Venue } from '../../../src/core/series.ts'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { VenueError, type VenueErrorFacts, type Wait } from '../../../src/data/http/venue-error.ts'
import { type HttpOptions, openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import type { Answer, Ask } from '../../../src/data/venues/venue.ts'
import type { Fault } from '../../servers/faults.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'

/** The venues' server, anew for every test. */
export const there = {} as { server: VenueServer }

/** Starts it for the tests of a file. */
export function eachAtServer(): void {
  beforeEach(async () => {
    there.server = await startVenueServer()
  })
  afterEach(() => there.server.close())
}

/** Waits are over at once, and counted: what is asked for in a day is tested in no time. */
export function quickClock(): HttpClock & { time: number; readonly slept: number[] } {
  return {
    time: NOW_THERE,
    slept: [],
    now() {
      return this.time
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      this.slept.push(ms)
      this.time += Math.max(0, ms)
    },
  }
}

export const TIME: Readonly<Record<string, Ask>> = {
  binance: { path: '/api/v3/time', query: {}, weight: 1 },
  'binance-usdm': { path: '/fapi/v1/time', query: {}, weight: 1 },
  coinbase: { path: '/time', query: {}, weight: 1 },
  kraken: { path: '/0/public/Time', query: {}, weight: 1 },
  kucoin: { path: '/api/v1/timestamp', query: {}, weight: 3 },
}

interface Asked {
  readonly venue?: Venue
  readonly ask?: Ask
  readonly check?: (answer: Answer) => unknown
  readonly options?: HttpOptions
}

/** Asks once, by a clock of its own. */
export async function get({ venue = 'binance', ask = TIME[venue]!, check = bodyOf, options = {} }: Asked = {}) {
  const clock = quickClock()
  const waits: Wait[] = []
  const http = openVenueHttp(venueApi(venue), {
    origin: there.server.origin,
    clock,
    seed: 1,
    onWait: (wait) => waits.push(wait),
    ...options,
  })
  const outcome = await http.get(ask, check).then(
    (value) => ({ value, error: null }),
    (error: unknown) => ({ value: null, error }),
  )
  return { ...outcome, clock, waits, asked: there.server.asked.length }
}

export function bodyOf({ body }: Answer): string {
  return body
}

export function factsOf(error: unknown): VenueErrorFacts & { readonly message: string } {
  expect(error).toBeInstanceOf(VenueError)
  const { facts, message } = error as VenueError
  return { ...facts, message }
}

/** These faults, one a request, then none. */
export function inTurn(...faults: readonly Fault[]): void {
  let nth = 0
  there.server.fault = () => faults[nth++] ?? null
}

export function always(fault: Fault): void {
  there.server.fault = () => fault
}

export const status = (code: number, retryAfter?: number): Fault => ({ kind: 'status', status: code, retryAfter })
