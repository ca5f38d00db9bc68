import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VENUES, type Venue } from '../../src/core/series.ts'
import { WALL_CLOCK } from '../../src/data/http/http-clock.ts'
import { reachVenues } from '../../src/runs/doctor-venues.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'

const NOW = Date.UTC(2026, 10, 26, 12, 30, 15, 123)

let server: VenueServer
let now: number
beforeEach(async () => {
  now = NOW
  // one each: an allowance is that of an address, and the next test has its own clock
  server = await startVenueServer({ now: () => now })
})
afterEach(() => server.close())

const originsAt = (origin: string) => ({
  rest: Object.fromEntries(VENUES.map((venue) => [venue, origin])) as Record<Venue, string>,
})
/** In it time passes by waiting only. */
const STILL = {
  now: () => now,
  sleep: async (ms: number) => {
    now += ms
  },
}
const reached = async (clock = STILL) => {
  const all = await reachVenues(originsAt(server.origin), clock)
  return Object.fromEntries(all.map((one) => [one.venue, one])) as Record<Venue, (typeof all)[number]>
}

describe('a venue that answers', () => {
  test('is told with the offset of its clock, to what it rounds to', async () => {
    server.now = () => now + 4210
    const all = await reached()
    for (const venue of ['binance', 'binance-usdm', 'coinbase', 'kucoin'] as const)
      expect(all[venue]).toMatchObject({ isReached: true, why: null, roundTrip: 0, offset: 4210, within: 1 })
    // whole seconds are told, and the middle of one meant: the true offset is no further from it than is said
    expect(all.kraken).toMatchObject({ isReached: true, roundTrip: 0, within: 500 })
    expect(Math.abs(all.kraken.offset! - 4210)).toBeLessThanOrEqual(500)
  })

  test('its answer is taken to be made in the middle of the round trip, and half of that is left open', async () => {
    server.now = Date.now
    // all of it on the way there: the answer is made at the end
    server.latency = 200
    const { binance } = await reached(WALL_CLOCK)
    expect(binance.roundTrip).toBeGreaterThanOrEqual(199)
    // however long the way back took on a busy machine
    expect(binance.offset).toBeGreaterThanOrEqual(198 - binance.roundTrip! / 2)
    expect(binance.offset).toBeLessThanOrEqual(binance.within!)
    expect(binance.within).toBe(Math.ceil(binance.roundTrip! / 2 + 1))
  })

  test('a connection that takes long is no part of it', async () => {
    server.fault = ({ path }, nth) => {
      server.latency = path === '/api/v3/time' && nth === 1 ? 600 : 0
      return null
    }
    const { binance } = await reached(WALL_CLOCK)
    expect(binance.roundTrip).toBeLessThan(500)
  })

  test('says what is used of its allowance, where it says so', async () => {
    const all = await reached()
    expect(all.binance).toMatchObject({ limit: 6000, window: 60_000 })
    expect(all['binance-usdm']).toMatchObject({ limit: 2400, window: 60_000 })
    expect(all.binance.used).toBeGreaterThanOrEqual(1)
    expect(all.binance.used).toBeLessThan(20)
    expect([all.coinbase.used, all.kraken.used, all.kucoin.used]).toEqual([null, null, null])
    expect(all.binance.host).toBe(new URL(server.origin).host)
  })

  test('a fault that passes is no fault, and no part of the round trip', async () => {
    server.fault = ({ path }, nth) =>
      path === '/0/public/Time' && nth % 2 === 1 ? { kind: 'status', status: 502 } : null
    const { kraken } = await reached(WALL_CLOCK)
    expect(kraken).toMatchObject({ isReached: true })
    // the shortest wait before an answer is asked for again is 250 ms
    expect(kraken.roundTrip).toBeLessThan(240)
  })
})

describe('a venue that does not', () => {
  test('is told with its reason, and the others all the same', async () => {
    const faults: Partial<Record<Venue | 'archive', { kind: 'status'; status: number }>> = {
      binance: { kind: 'status', status: 451 },
      coinbase: { kind: 'status', status: 403 },
    }
    server.fault = ({ venue }) => faults[venue] ?? null
    const all = await reached()
    const out = { isReached: false, roundTrip: null, offset: null, within: null, used: null }
    expect(all.binance).toMatchObject({ ...out, why: expect.stringMatching(/binance: GET \/api\/v3\/time: 451/) })
    expect(all.coinbase).toMatchObject({ ...out, why: expect.stringMatching(/coinbase: GET \/time: 403/) })
    for (const venue of ['binance-usdm', 'kraken', 'kucoin'] as const) expect(all[venue].isReached).toBe(true)
  })

  test('nobody there, no such name, no TLS, never an answer: all told within some three seconds', async () => {
    const gone = await startVenueServer()
    await gone.close()
    server.fault = ({ venue }) => (venue === 'kucoin' ? { kind: 'silent' } : null)
    const rest = {
      ...originsAt(server.origin).rest,
      ...{ binance: gone.origin, 'binance-usdm': 'http://nobody.invalid' },
      coinbase: server.origin.replace('http:', 'https:'),
    }
    const start = performance.now()
    const all = await reachVenues({ rest })
    expect(performance.now() - start).toBeLessThan(4500)
    const why = Object.fromEntries(all.map((one) => [one.venue, one.why]))
    expect(why['binance']).toMatch(/ECONNREFUSED/)
    expect(why['binance-usdm']).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(why['coinbase']).toMatch(/SSL|TLS/i)
    expect(why['kucoin']).toMatch(/no whole answer within/)
    expect(why['kraken']).toBeNull()
  })
})
