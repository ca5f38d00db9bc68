import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Venue } from '../../../src/core/series.ts'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { VenueError, type VenueErrorFacts, type Wait } from '../../../src/data/http/venue-error.ts'
import { type HttpOptions, openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import { type Answer, type Ask, VenueContentError } from '../../../src/data/venues/venue.ts'
import { NO_SUCH_HOST, startUntrustedServer } from '../../servers/broken-servers.ts'
import type { Fault } from '../../servers/faults.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'

let server: VenueServer

beforeEach(async () => {
  server = await startVenueServer()
})

afterEach(() => server.close())

/** Waits are over at once, and counted: what is asked for in a day is tested in no time. */
function quickClock(): HttpClock & { time: number; readonly slept: number[] } {
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

const TIME: Readonly<Record<string, Ask>> = {
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
async function get({ venue = 'binance', ask = TIME[venue]!, check = bodyOf, options = {} }: Asked = {}) {
  const clock = quickClock()
  const waits: Wait[] = []
  const http = openVenueHttp(venueApi(venue), {
    origin: server.origin,
    clock,
    seed: 1,
    onWait: (wait) => waits.push(wait),
    ...options,
  })
  const outcome = await http.get(ask, check).then(
    (value) => ({ value, error: null }),
    (error: unknown) => ({ value: null, error }),
  )
  return { ...outcome, clock, waits, asked: server.asked.length }
}

function bodyOf({ body }: Answer): string {
  return body
}

function factsOf(error: unknown): VenueErrorFacts & { readonly message: string } {
  expect(error).toBeInstanceOf(VenueError)
  const { facts, message } = error as VenueError
  return { ...facts, message }
}

/** These faults, one a request, then none. */
function inTurn(...faults: readonly Fault[]): void {
  let nth = 0
  server.fault = () => faults[nth++] ?? null
}

function always(fault: Fault): void {
  server.fault = () => fault
}

const status = (code: number, retryAfter?: number): Fault => ({ kind: 'status', status: code, retryAfter })

describe('an answer', () => {
  test('comes with the venue’s clock and its headers', async () => {
    const { value } = await get({ check: (answer) => answer })
    expect(value).toMatchObject({
      body: JSON.stringify({ serverTime: NOW_THERE }),
      at: NOW_THERE,
      headers: { 'x-mbx-used-weight-1m': '1' },
    })
  })

  test('that a cache kept is as old as the cache says', async () => {
    const cache = createServer((_, response) => {
      response.writeHead(200, { date: new Date(NOW_THERE).toUTCString(), age: '45' })
      response.end('{}')
    })
    await new Promise<void>((ready) => cache.listen(0, '127.0.0.1', ready))
    const origin = `http://127.0.0.1:${(cache.address() as AddressInfo).port}`
    const { value } = await get({ check: ({ at }) => at, options: { origin } })
    cache.close()
    expect(value).toBe(NOW_THERE - 45_000)
  })

  test('that is not what was promised is asked for again, and given up with its own words in the end', async () => {
    let asked = 0
    const check = () => {
      asked++
      if (asked < 3) throw new VenueContentError('row 3 is null')
      return 'good'
    }
    expect((await get({ check })).value).toBe('good')
    const { error } = await get({
      check: () => {
        throw new VenueContentError('row 3 is null')
      },
    })
    expect(factsOf(error)).toMatchObject({ kind: 'content', status: 200 })
    expect(factsOf(error).message).toMatch(/^binance: GET \/api\/v3\/time: 200, row 3 is null: .*please report it$/)
  })

  test('that the reader cannot bear for a reason of its own is its own error', async () => {
    const check = () => {
      throw new TypeError('a bug of ours')
    }
    const { error, asked } = await get({ check })
    expect(error).toBeInstanceOf(TypeError)
    expect(asked).toBe(1)
  })
})

test('whose answer is there gives its place to the next before it is read', async () => {
  const api = { ...venueApi('binance'), limits: { ...venueApi('binance').limits, parallel: 1 } }
  const http = openVenueHttp(api, { origin: `${server.origin}/one-place`, isUnlimited: true })
  const order: string[] = []
  const one = (name: string) => {
    const sign = () => {
      order.push(`${name} leaves`)
      return { query: {} }
    }
    const ask = { path: '/../api/v3/time', query: {}, weight: 1, sign }
    return http.get(ask, () => order.push(`${name} is read`))
  }
  await Promise.all([one('first'), one('second')])
  expect(order).toEqual(['first leaves', 'second leaves', 'first is read', 'second is read'])
})

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
    const options = { origin: server.origin, clock }
    const [one, two] = [openVenueHttp(venueApi('binance'), options), openVenueHttp(venueApi('binance'), options)]
    await one.get(TIME['binance']!, bodyOf)
    expect(clock.time - NOW_THERE).toBe(122_000)
    expect(server.asked.map((asked) => asked.status)).toEqual([429, 418, 200])
    await two.get(TIME['binance']!, bodyOf)
    expect(clock.time - NOW_THERE).toBe(122_000)
  })

  test('a ban heard by one keeps all others from asking', async () => {
    const clock = quickClock()
    inTurn(status(418, 90))
    const impatient = openVenueHttp(venueApi('binance'), { origin: server.origin, clock, patience: 60_000 })
    await expect(impatient.get(TIME['binance']!, bodyOf)).rejects.toThrow(VenueError)
    const other = openVenueHttp(venueApi('binance'), { origin: server.origin, clock, patience: 60_000 })
    const error = await other.get(TIME['binance']!, bodyOf).catch((problem: unknown) => problem)
    expect(factsOf(error)).toMatchObject({ kind: 'banned', status: 418, code: '-1003', until: NOW_THERE + 90_000 })
    expect(factsOf(error).message).toBe(
      'binance: GET /api/v3/time: 418 I\'m a Teapot, to be asked again in 90 s, it says "-1003 Way too many requests; ' +
        'IP banned until 1764115200000. Please use the websocket for live updates to avoid bans.", until 2024-06-01T00:02: ' +
        'it has banned this address for asking too much, and asking before the ban ends makes it longer; ask again when it is over',
    )
    expect(server.count()).toBe(1)
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
    const http = openVenueHttp(venueApi('binance'), { origin: server.origin, clock })
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
      await server.close()
      server = await startVenueServer({ fault: (_, nth) => (nth < 4 ? status(500) : null) })
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
    const { origin } = server
    await server.close()
    const { error } = await get({ options: { origin } })
    expect(factsOf(error)).toMatchObject({ kind: 'network', status: null })
    expect(factsOf(error).message).toContain('(ECONNREFUSED)')
    server = await startVenueServer()
  })

  test('a name that does not resolve', async () => {
    const { error, clock } = await get({ options: { origin: NO_SUCH_HOST } })
    expect(factsOf(error).kind).toBe('network')
    expect(factsOf(error).message).toMatch(/venue\.invalid \((ENOTFOUND|EAI_AGAIN)\): check the connection/)
    expect(clock.slept).toHaveLength(3)
  })
})

describe('what stops at once', () => {
  test.each([
    [403, 'blocked', 'turns this address away'],
    [451, 'legal', 'does not serve the place'],
    [400, 'request', 'does not take what was asked'],
  ])('%i is %s', async (code, kind, advice) => {
    always(status(code))
    const { error, asked, clock } = await get()
    expect(factsOf(error)).toMatchObject({ kind, status: code })
    expect(factsOf(error).message).toContain(advice)
    expect(asked).toBe(1)
    expect(clock.slept).toEqual([])
  })

  test.each<[Venue, Ask, string]>([
    [
      'binance',
      { path: '/api/v3/klines', query: { symbol: 'NOPE', interval: '1m' }, weight: 2 },
      '-1121 Invalid symbol.',
    ],
    [
      'binance-usdm',
      { path: '/fapi/v1/klines', query: { symbol: 'NOPE', interval: '1m' }, weight: 1 },
      '-1121 Invalid symbol.',
    ],
    ['coinbase', { path: '/products/NO-PE/candles', query: {}, weight: 1 }, 'NotFound'],
    ['kraken', { path: '/0/public/OHLC', query: { pair: 'NOPE' }, weight: 1 }, 'Unknown asset pair'],
    [
      'kucoin',
      { path: '/api/v1/market/candles', query: { symbol: 'NO-PE', type: '1min' }, weight: 3 },
      'This pair is not provided',
    ],
  ])('%s has no such market, whatever the status', async (venue, ask, said) => {
    const { error, asked } = await get({ venue, ask })
    const facts = factsOf(error)
    expect(facts).toMatchObject({ kind: 'symbol', venue })
    expect(facts.message).toContain(said)
    expect(facts.message).toContain(ask.path)
    expect(facts.message).toMatch(/it has no such market; write the symbol as the venue does$/)
    expect(asked).toBe(1)
  })

  test('a certificate that nobody trusts', async () => {
    const untrusted = await startUntrustedServer()
    const { error, clock } = await get({ options: { origin: untrusted.origin } })
    await untrusted.close()
    expect(factsOf(error).kind).toBe('network')
    expect(factsOf(error).message).toContain('(DEPTH_ZERO_SELF_SIGNED_CERT)')
    expect(clock.slept).toEqual([])
  })

  test('a server that speaks no TLS, in one line of words', async () => {
    const { error, clock } = await get({ options: { origin: server.origin.replace('http:', 'https:') } })
    expect(factsOf(error).message).toMatch(
      /^binance: GET \/api\/v3\/time: no TLS is spoken there \([a-z ]+\); is its address to begin with http: or ws:\? \([A-Z_]+\): check .*$/,
    )
    expect(clock.slept).toEqual([])
  })
})

describe('a signed request', () => {
  const ask = {
    path: '/fapi/v1/leverageBracket',
    query: { timestamp: '1717200030000', signature: 'abc123secret' },
    weight: 1,
    headers: { 'x-mbx-apikey': 'key456secret' },
  }

  test('takes its key along', async () => {
    const { value } = await get({ venue: 'binance-usdm', ask })
    expect(value).toContain('"brackets"')
    expect(server.asked[0]!.query.get('signature')).toBe('abc123secret')
  })

  test('says neither key nor signature in messages and waits, and sends them nowhere else', async () => {
    const other = await startVenueServer()
    inTurn(status(503), status(503), status(503), { kind: 'redirect', to: `${other.origin}/fapi/v1/leverageBracket` })
    const { error, waits } = await get({ venue: 'binance-usdm', ask })
    expect(factsOf(error).message).toContain('GET /fapi/v1/leverageBracket?timestamp=1717200030000: 302')
    expect(waits).not.toHaveLength(0)
    expect(JSON.stringify([factsOf(error), waits])).not.toContain('secret')
    expect(other.count()).toBe(0)
    await other.close()
  })
})

describe('redirects', () => {
  test('within the origin are followed', async () => {
    inTurn({ kind: 'redirect', to: '/fapi/v1/time' })
    expect((await get()).value).toBe(JSON.stringify({ serverTime: NOW_THERE }))
    expect(server.asked.map(({ path }) => path)).toEqual(['/api/v3/time', '/fapi/v1/time'])
  })

  test('that lead elsewhere are named and not followed', async () => {
    const other = await startVenueServer()
    always({ kind: 'redirect', to: `${other.origin}/api/v3/time?token=secret` })
    const { error } = await get()
    expect(factsOf(error)).toMatchObject({ kind: 'blocked', status: 302 })
    expect(factsOf(error).message).toContain(
      `binance: GET /api/v3/time: 302, sends on to ${other.origin}/api/v3/time, which is another server and is not followed`,
    )
    expect(factsOf(error).message).not.toContain('secret')
    expect(other.count()).toBe(0)
    await other.close()
  })

  test('that go in circles are given up', async () => {
    always({ kind: 'redirect', to: '/api/v3/time' })
    expect(factsOf((await get()).error).message).toContain('sends on in circles')
    expect(server.count()).toBeLessThan(6)
  })
})

describe('who stops', () => {
  test('is heard at once, in a wait and before an answer', async () => {
    always({ kind: 'silent' })
    const stop = new AbortController()
    const waiting = get({ options: { signal: stop.signal, timeout: 20_000 } })
    await expect.poll(() => server.count()).toBe(1)
    stop.abort(new Error('enough'))
    expect((await waiting).error).toMatchObject({ message: 'enough' })
  })
})

describe('an answer beyond all size', () => {
  let flood: ReturnType<typeof createServer>
  let origin: string

  beforeAll(async () => {
    flood = createServer((_, response) => {
      const much = Buffer.alloc(1 << 20)
      const pour = () => {
        while (!response.destroyed && response.write(much));
      }
      response.on('drain', pour)
      pour()
    })
    await new Promise<void>((ready) => flood.listen(0, '127.0.0.1', ready))
    origin = `http://127.0.0.1:${(flood.address() as AddressInfo).port}`
  })

  afterAll(() => flood.close())

  test('is not read to its end', async () => {
    const { error } = await get({ options: { origin } })
    expect(factsOf(error).kind).toBe('content')
    expect(factsOf(error).message).toMatch(/an answer of more than 6\d{7} bytes/)
  })
})
