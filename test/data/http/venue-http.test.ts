import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Venue } from '../../../src/core/series.ts'
import { openVenueHttp } from '../../../src/data/http/venue-http.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import { type Ask, VenueContentError } from '../../../src/data/venues/venue.ts'
import { startUntrustedServer } from '../../servers/broken-servers.ts'
import { NOW_THERE, startVenueServer } from '../../servers/venue-server.ts'
import { always, eachAtServer, factsOf, get, inTurn, status, there } from './asked-venue.ts'

eachAtServer()

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
  const http = openVenueHttp(api, { origin: `${there.server.origin}/one-place`, isUnlimited: true })
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
    const { error, clock } = await get({ options: { origin: there.server.origin.replace('http:', 'https:') } })
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
    expect(there.server.asked[0]!.query.get('signature')).toBe('abc123secret')
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
    expect(there.server.asked.map(({ path }) => path)).toEqual(['/api/v3/time', '/fapi/v1/time'])
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
    expect(there.server.count()).toBeLessThan(6)
  })
})

describe('who stops', () => {
  test('is heard at once, in a wait and before an answer', async () => {
    always({ kind: 'silent' })
    const stop = new AbortController()
    const waiting = get({ options: { signal: stop.signal, timeout: 20_000 } })
    await expect.poll(() => there.server.count()).toBe(1)
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
