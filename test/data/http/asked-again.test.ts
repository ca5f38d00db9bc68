import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { VenueError } from '../../../src/data/http/venue-error.ts'
import { openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import { NO_SUCH_HOST } from '../../servers/broken-servers.ts'
import type { Fault } from '../../servers/faults.ts'
import { NOW_THERE, startVenueServer } from '../../servers/venue-server.ts'
import { always, bodyOf, eachAtServer, factsOf, get, inTurn, quickClock, status, TIME, there } from './asked-venue.ts'

eachAtServer()

describe('limits and bans', () => {
  test('429 is waited out as the venue says, and the wait is told', async () => {
    inTurn(status(429, 30), status(429, 7))
    const { value, clock, waits, asked } = await get()
    expect(value).toContain('serverTime')
    expect(clock.slept).toEqual([30_000, 7000])
    expect(waits).toEqual([
      { venue: 'binance', reason: 'limit', why: '429 Too Many Requests, to be asked again in 30 s', for: 30_000 },
      { venue: 'binance', reason: 'limit', why: '429 Too Many Requests, to be asked again in 7 s', for: 7000 },
    ])
    expect(asked).toBe(3)
  })

  test('429 → 418 → recovery: nobody asks anything until the ban is over', async () => {
    inTurn(status(429, 2), status(418, 120))
    const clock = quickClock()
    const options = { origin: there.server.origin, clock }
    const [one, two] = [openVenueHttp(venueApi('binance'), options), openVenueHttp(venueApi('binance'), options)]
    await one.get(TIME['binance']!, bodyOf)
    expect(clock.time - NOW_THERE).toBe(122_000)
    expect(there.server.asked.map((asked) => asked.status)).toEqual([429, 418, 200])
    await two.get(TIME['binance']!, bodyOf)
    expect(clock.time - NOW_THERE).toBe(122_000)
  })

  test('a ban heard by one keeps all others from asking', async () => {
    const clock = quickClock()
    inTurn(status(418, 90))
    const impatient = openVenueHttp(venueApi('binance'), { origin: there.server.origin, clock, patience: 60_000 })
    await expect(impatient.get(TIME['binance']!, bodyOf)).rejects.toThrow(VenueError)
    const other = openVenueHttp(venueApi('binance'), { origin: there.server.origin, clock, patience: 60_000 })
    const error = await other.get(TIME['binance']!, bodyOf).catch((problem: unknown) => problem)
    expect(factsOf(error)).toMatchObject({ kind: 'banned', status: 418, code: '-1003', until: NOW_THERE + 90_000 })
    expect(factsOf(error).message).toBe(
      'binance: GET /api/v3/time: 418 I\'m a Teapot, to be asked again in 90 s, it says "-1003 Way too many requests; ' +
        'IP banned until 1764115200000. Please use the websocket for live updates to avoid bans.", until 2024-06-01T00:02: ' +
        'it has banned this address for asking too much, and asking before the ban ends makes it longer; ask again when it is over',
    )
    expect(there.server.count()).toBe(1)
  })

  test('a limit that outlasts the patience is the limit’s error', async () => {
    always(status(429, 40))
    const { error, asked } = await get({ options: { patience: 60_000 } })
    expect(factsOf(error)).toMatchObject({ kind: 'limit', status: 429, code: '-1003' })
    expect(asked).toBe(2)
  })

  test('a limit without a time is waited for too', async () => {
    inTurn(status(429), status(418))
    const { value, clock } = await get()
    expect(value).not.toBeNull()
    expect(clock.slept).toEqual([10_000, 120_000])
  })

  test('Retry-After may be a date, reckoned from the venue’s own', async () => {
    let nth = 0
    const dated = createServer((_, response) => {
      const date = new Date(NOW_THERE + 999_000).toUTCString()
      const headers = { date, 'retry-after': new Date(NOW_THERE + 999_000 + 25_000).toUTCString() }
      response.writeHead(nth++ === 0 ? 429 : 200, headers)
      response.end('{}')
    })
    await new Promise<void>((ready) => dated.listen(0, '127.0.0.1', ready))
    const { clock } = await get({ options: { origin: `http://127.0.0.1:${(dated.address() as AddressInfo).port}` } })
    dated.close()
    expect(clock.slept).toEqual([25_000])
  })

  test('weight that others used is read back, and the allowance keeps to it', async () => {
    const { weight } = venueApi('binance').limits
    const heavy = { ...TIME['binance']!, weight: weight - 1 }
    const { clock } = await get({ ask: heavy })
    expect(clock.slept).toEqual([])
    const http = openVenueHttp(venueApi('binance'), { origin: there.server.origin, clock })
    await http.get(TIME['binance']!, bodyOf)
    await http.get(TIME['binance']!, bodyOf)
    expect(clock.slept).toEqual([61_200])
  })
})

describe('faults that may pass', () => {
  test.each([408, 500, 502, 503, 504])('%i is asked again, later each time', async (code) => {
    inTurn(status(code), status(code), status(code))
    const { value, clock, asked } = await get()
    expect(value).toContain('serverTime')
    expect(asked).toBe(4)
    expect(clock.slept).toHaveLength(3)
    for (const [k, slept] of clock.slept.entries()) {
      expect(slept).toBeGreaterThanOrEqual(250 * 2 ** k)
      expect(slept).toBeLessThanOrEqual(500 * 2 ** k)
    }
  })

  test('and is given up with the venue’s own words', async () => {
    always(status(500))
    const { error, asked, waits } = await get()
    expect(factsOf(error)).toMatchObject({ kind: 'server', status: 500, code: '-1000', venue: 'binance' })
    expect(factsOf(error).message).toBe(
      'binance: GET /api/v3/time: 500 Internal Server Error, it says "-1000 An unknown error occurred while processing ' +
        'the request.": it is out of order; ask again later, and what is stored already is kept',
    )
    expect(asked).toBe(8)
    expect(waits.every(({ reason, why }) => reason === 'retry' && why.startsWith('/api/v3/time: 500'))).toBe(true)
    expect(waits.length).toBeGreaterThan(3)
  })

  test('or when the time for the whole work is over', async () => {
    always(status(503))
    const { error, clock } = await get({ options: { patience: 5000 } })
    expect(factsOf(error)).toMatchObject({ kind: 'patience', status: 503 })
    expect(clock.time - NOW_THERE).toBeLessThanOrEqual(5000)
    const [, times, wait, left] =
      /503 Service Unavailable, asked (\d+) times; the next time would be in ([\d.]+) s, and ([\d.]+) s of what was to be waited are left/
        .exec(factsOf(error).message)!
        .map(Number)
    expect(times).toBe(clock.slept.length + 1)
    expect(left).toBeCloseTo((5000 - clock.slept.reduce((sum, ms) => sum + ms, 0)) / 1000, 1)
    expect(wait).toBeGreaterThan(left!)
    expect(factsOf(error).message).toMatch(/: allow it more time, or ask again later: /)
  })

  test('waits differ by seed, and are the same for the same', async () => {
    const sleptWith = async (seed: number) => {
      await there.server.close()
      there.server = await startVenueServer({ fault: (_, nth) => (nth < 4 ? status(500) : null) })
      return (await get({ options: { seed } })).clock.slept
    }
    expect(await sleptWith(1)).toEqual(await sleptWith(1))
    expect(await sleptWith(1)).not.toEqual(await sleptWith(2))
  })

  test.each<Fault>([{ kind: 'reset' }, { kind: 'silent' }, { kind: 'drip', ms: 20 }])(
    '$kind is asked again',
    async (fault) => {
      inTurn(fault)
      const { value, asked } = await get({ options: { timeout: 250 } })
      expect(value).toBe(JSON.stringify({ serverTime: NOW_THERE }))
      expect(asked).toBe(2)
    },
  )

  test('a drip that never ends is a timeout in the end', async () => {
    always({ kind: 'drip', ms: 20 })
    const { error } = await get({ options: { timeout: 60 } })
    expect(factsOf(error)).toMatchObject({ kind: 'network', status: null })
    expect(factsOf(error).message).toContain('/api/v3/time: no whole answer within 0.06 s: check the connection')
  })

  test('nobody there', async () => {
    const { origin } = there.server
    await there.server.close()
    const { error } = await get({ options: { origin } })
    expect(factsOf(error)).toMatchObject({ kind: 'network', status: null })
    expect(factsOf(error).message).toContain('(ECONNREFUSED)')
    there.server = await startVenueServer()
  })

  test('a name that does not resolve', async () => {
    const { error, clock } = await get({ options: { origin: NO_SUCH_HOST } })
    expect(factsOf(error).kind).toBe('network')
    expect(factsOf(error).message).toMatch(/venue\.invalid \((ENOTFOUND|EAI_AGAIN)\): check the connection/)
    expect(clock.slept).toHaveLength(3)
  })
})
