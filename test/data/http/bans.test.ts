import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { timeName } from '../../../src/core/time.ts'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { VenueError, type VenueErrorFacts, type Wait } from '../../../src/data/http/venue-error.ts'
import { type HttpOptions, openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { BINANCE } from '../../../src/data/venues/binance.ts'
import { scratch } from '../../cli/klinelab.ts'
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

describe('a ban outlives the process that heard of it', () => {
  let pauses: string
  beforeEach(() => {
    pauses = join(scratch(), 'cache', 'pauses.json')
  })

  /** As a process does that has just begun. */
  async function anew(options: HttpOptions = {}) {
    vi.resetModules()
    const { openVenueHttp: openAnew } = await import('../../../src/data/http/venue-http.ts')
    return openAnew(BINANCE, { origin: server.origin, clock, pauses, ...options })
  }

  test('the next one does not ask, says why, and where that is kept', async () => {
    inTurn(status(418, 600))
    await refused(open({ patience: 60_000, pauses }))
    clock.time += 300_000
    const error = await asked(await anew({ patience: 60_000 })).catch((problem: unknown) => problem)
    expect(server.count()).toBe(1)
    const facts = { kind: 'banned', status: 418, code: '-1003', until: NOW_THERE + 600_000 }
    expect(error).toMatchObject({ name: 'VenueError', facts })
    expect((error as Error).message).toContain(
      `418 I'm a Teapot, to be asked again in 600 s, as it said at ${timeName(NOW_THERE)} (kept in ${pauses})`,
    )
  })

  test('or waits for what is left of it, and tells', async () => {
    inTurn(status(418, 600))
    await refused(open({ patience: 60_000, pauses }))
    clock.time += 300_000
    const waits: Wait[] = []
    await asked(await anew({ onWait: (wait) => waits.push(wait) }))
    expect(waits).toMatchObject([{ reason: 'banned', for: 300_000, why: expect.stringContaining('as it said at') }])
    expect(clock.slept).toEqual([300_000])
  })

  test('nobody else is kept from asking, nor who asks elsewhere; when it is over it is forgotten', async () => {
    inTurn(status(418, 600))
    await refused(open({ patience: 60_000, pauses }))
    const mirror = await startVenueServer()
    await asked(await anew({ origin: mirror.origin }))
    await mirror.close()
    expect(clock.slept).toEqual([])
    clock.time += 600_000
    inTurn(status(429, 90))
    await asked(await anew())
    expect(clock.slept).toEqual([90_000])
    const kept = Object.values(JSON.parse(readFileSync(pauses, 'utf8')) as object)
    expect(kept).toMatchObject([{ reason: 'limit', until: NOW_THERE + 690_000 }])
  })

  test('short limits are not kept, short bans are', async () => {
    inTurn(status(429, 30))
    await asked(open({ pauses }))
    expect(existsSync(pauses)).toBe(false)
    inTurn(status(418, 30))
    await refused(open({ patience: 10_000, pauses }))
    const facts = { kind: 'banned', until: NOW_THERE + 60_000 }
    await expect(asked(await anew({ patience: 10_000 }))).rejects.toMatchObject({ name: 'VenueError', facts })
    expect(server.count()).toBe(3)
  })

  test.each(['', 'null', '[1]', '{"binance', '{"binance x":{"reason":"banned","until":"soon"}}'])(
    'a file that is no such file is none, and written over: %s',
    async (text) => {
      pauses = join(scratch(), 'pauses.json')
      writeFileSync(pauses, text.replace('binance x', `binance ${server.origin}`))
      inTurn(status(418, 600))
      await asked(await anew())
      expect(clock.slept).toEqual([600_000])
      expect(Object.keys(JSON.parse(readFileSync(pauses, 'utf8')) as object)).toEqual([`binance ${server.origin}`])
    },
  )

  test('a cache that cannot be written stops nobody', async () => {
    const file = join(scratch({ file: '' }), 'file', 'pauses.json')
    inTurn(status(418, 600))
    await asked(open({ pauses: file }))
    expect(clock.slept).toEqual([600_000])
  })
})
