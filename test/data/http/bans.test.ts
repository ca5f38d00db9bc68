import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { VenueError, type VenueErrorFacts } from '../../../src/data/http/venue-error.ts'
import { type HttpOptions, openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { BINANCE } from '../../../src/data/venues/binance.ts'
import type { Fault } from '../../servers/faults.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'

let server: VenueServer
let clock: HttpClock & { time: number; slept: number[] }
beforeEach(async () => {
  server = await startVenueServer()
  clock = {
    time: NOW_THERE,
    slept: [],
    now() {
      return this.time
    },
    async sleep(ms) {
      this.slept.push(ms)
      this.time += Math.max(0, ms)
    },
  }
})
afterEach(() => server.close())

const status = (code: number, retryAfter?: number): Fault => ({ kind: 'status', status: code, retryAfter })

/** These faults, one a request, then none. */
function inTurn(...faults: readonly (Fault | null)[]): void {
  let nth = 0
  server.fault = () => faults[nth++] ?? null
}

function open(options: HttpOptions = {}) {
  return openVenueHttp(BINANCE, { origin: server.origin, clock, seed: 1, ...options })
}

function asked(http = open()): Promise<string> {
  return http.get(BINANCE.clock.ask, ({ body }) => body)
}

async function refused(http = open()): Promise<VenueErrorFacts & { readonly message: string }> {
  const error = await asked(http).catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(VenueError)
  const { facts, message } = error as VenueError
  return { ...facts, message }
}

describe('a venue that says to come back at once', () => {
  test('and limits again is left alone for a second, and twice as long each time', async () => {
    inTurn(status(429, 0), status(429, 0), status(429, 0), status(429, 0))
    await asked()
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000])
  })

  test('for a minute in the end', async () => {
    inTurn(...Array.from({ length: 9 }, () => status(429, 0)))
    await asked()
    // 1 + 2 + 4 + 8 + 16 + 32 s, and then a minute each
    expect(clock.slept.slice(5)).toEqual([32_000, 60_000, 60_000, 60_000])
  })

  test('while it bans is left alone as long as one that does not say, and twice as long each time, up to an hour', async () => {
    inTurn(...Array.from({ length: 7 }, () => status(418, 0)))
    await asked()
    expect(clock.slept.map((ms) => ms / 60_000)).toEqual([2, 4, 8, 16, 32, 60, 60])
  })

  test('a second at a time is believed once', async () => {
    inTurn(status(418, 5), status(418, 5), status(429, 5))
    await asked()
    expect(clock.slept).toEqual([5000, 240_000, 5000])
  })

  test('a good answer in between begins anew', async () => {
    inTurn(status(429, 0), status(429, 0), null, status(429, 0))
    const http = open()
    await asked(http)
    await asked(http)
    expect(clock.slept).toEqual([1000, 2000, 1000])
  })

  test('many refusals of one moment are one', async () => {
    inTurn(...Array.from({ length: 4 }, () => status(429, 0)))
    server.latency = 30
    const http = open()
    await Promise.all([asked(http), asked(http), asked(http), asked(http)])
    expect(Math.max(...clock.slept)).toBe(1000)
    expect(server.count()).toBe(8)
  })

  test.each([
    [429, 'limit', 5, /429 Too Many Requests/],
    [418, 'banned', 1, /418 I'm a Teapot/],
  ])('%i for ever is the error, after a handful of requests', async (code, kind, most, says) => {
    server.fault = () => status(code, 0)
    const error = await refused(open({ patience: 20_000 }))
    expect(error).toMatchObject({ kind, status: code })
    expect(error.message).toMatch(says)
    expect(server.count()).toBeLessThanOrEqual(most)
  })
})

describe('when the patience is over', () => {
  test('nothing more is sent, and the limit before it is the error', async () => {
    server.fault = () => status(429, 10)
    const error = await refused(open({ patience: 10_000 }))
    expect(error).toMatchObject({ kind: 'limit', status: 429, code: '-1003' })
    expect(error.message).not.toContain('no whole answer')
    expect(server.count()).toBe(1)
  })

  test('before the first request, that is said', async () => {
    const http = open({ patience: 1000 })
    clock.time += 1000
    const error = await refused(http)
    expect(error.kind).toBe('patience')
    expect(error.message).toContain('the time for all of it was over before its turn came')
    expect(server.count()).toBe(0)
  })

  test('in the middle of the request behind a limit, the limit is the error', async () => {
    inTurn(status(429, 1), { kind: 'silent' })
    const error = await refused(open({ patience: 1100 }))
    expect(error).toMatchObject({ kind: 'limit', status: 429 })
    expect(server.count()).toBe(2)
  })
})
