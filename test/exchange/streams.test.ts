import { afterEach, describe, expect, test } from 'vitest'
import { type Heard, listen, quiet } from './listen.ts'
import { barsOf, FROM, KEYS, MINUTE, type Played, play, slotOf } from './played.ts'

let played: Played
const sockets: Heard[] = []

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
  await played.close()
  expect(played.errors).toEqual([])
})

const BARS = barsOf([
  [100.1, 103.5, 99.2, 102.4, 8],
  [102.4, 104, 101, 101.5, 4],
])

async function begin(options = {}) {
  played = await play({ slots: [slotOf(BARS)], ...options })
}

async function at(path: string): Promise<Heard> {
  const heard = await listen(played.wsOrigin + path)
  sockets.push(heard)
  return heard
}

const isWrapped = (frame: Record<string, unknown> | undefined) =>
  frame !== undefined && 'stream' in frame && 'data' in frame

describe('addresses of streams', () => {
  // exchange.md (b): who asks where, and whether the name is about the event
  test.each([
    ['/market/ws/btcusdt@kline_1m', null, false],
    ['/market/ws/0', ['btcusdt@kline_1m'], false],
    ['/market/ws', ['btcusdt@kline_1m'], false],
    ['/market/stream?streams=btcusdt@kline_1m/btcusdt@none', null, true],
    ['/market/stream?streams=', ['btcusdt@kline_1m'], true],
    ['/market/stream', ['btcusdt@kline_1m'], true],
    ['/public/stream?streams=btcusdt@bookTicker', null, true],
    ['/public/ws/btcusdt@bookTicker', null, false],
  ])('%s %j', async (path, subscribe, wrapped) => {
    await begin()
    const heard = await at(path)
    if (subscribe !== null) {
      heard.ask({ method: 'SUBSCRIBE', params: subscribe, id: 1 })
      await heard.until(1)
      expect(heard.frames.shift()).toEqual({ result: null, id: 1 })
    }
    await played.step()
    await heard.until(1)
    expect(isWrapped(heard.frames[0])).toBe(wrapped)
  })

  test.each([
    ['/ws/btcusdt@kline_1m'],
    ['/stream?streams=btcusdt@kline_1m'],
    // streams of the other road
    ['/public/ws/btcusdt@kline_1m'],
    ['/market/ws/btcusdt@bookTicker'],
    // names in capitals, of symbols and intervals that are not there
    ['/market/ws/BTCUSDT@kline_1m'],
    ['/market/ws/ethusdt@kline_1m'],
    ['/market/ws/btcusdt@kline_7m'],
    // candles finer than the bars
    ['/private/ws/no-such-key'],
  ])('%s opens, acknowledges and stays silent', async (path) => {
    await begin()
    const heard = await at(path)
    heard.ask({ method: 'SUBSCRIBE', params: ['btcusdt@no'], id: 'a' })
    await heard.until(1)
    expect(heard.frames).toEqual([{ result: null, id: 'a' }])
    await played.step()
    await played.step()
    await quiet(30)
    expect(heard.frames).toHaveLength(1)
  })

  test('a path that is none is refused', async () => {
    await begin()
    await expect(listen(`${played.wsOrigin}/other`)).rejects.toThrow('404')
    await expect(listen(`${played.wsOrigin}/ws-fapi/v1`)).rejects.toThrow('404')
  })

  test('spot has one road for everything', async () => {
    const bars = barsOf([[100.1, 103.5, 99.2, 102.4, 8]], 0, 'BTCUSDT', 'spot')
    played = await play({ kind: 'spot', slots: [slotOf(bars, 'spot')] })
    const heard = await at('/stream?streams=btcusdt@kline_1m/btcusdt@bookTicker/btcusdt@trade')
    await played.step()
    await heard.until(3)
    expect(heard.frames.map(({ stream }) => stream).sort()).toEqual([
      'btcusdt@bookTicker',
      'btcusdt@kline_1m',
      'btcusdt@trade',
    ])
    await expect(listen(`${played.wsOrigin}/market/ws`)).rejects.toThrow('404')
  })
})

describe('messages', () => {
  test('ids come back as they were, of either kind; subscriptions are listed and ended', async () => {
    await begin()
    const heard = await at('/market/ws')
    heard.ask({ method: 'SUBSCRIBE', params: ['btcusdt@kline_1m', 'btcusdt@aggTrade'], id: 7 })
    heard.ask({ method: 'UNSUBSCRIBE', params: ['btcusdt@aggTrade'], id: '0123456789abcdef0123456789abcdef' })
    heard.ask({ method: 'LIST_SUBSCRIPTIONS', id: 9 })
    await heard.until(3)
    expect(heard.frames).toEqual([
      { result: null, id: 7 },
      { result: null, id: '0123456789abcdef0123456789abcdef' },
      { result: ['btcusdt@kline_1m'], id: 9 },
    ])
  })

  test.each([
    ['{"method":', { code: 3 }],
    ['[]', { code: 2 }],
    ['17', { code: 2 }],
    ['null', { code: 2 }],
    ['{"method":"EXPLODE","id":1}', { code: 2 }],
    ['{"method":"SUBSCRIBE","params":"btcusdt@trade","id":1}', { code: 2 }],
    ['{"method":"SUBSCRIBE","params":[1],"id":1}', { code: 2 }],
    ['{"method":"SUBSCRIBE","params":[],"id":{}}', { code: 2 }],
  ])('%s is refused', async (text, error) => {
    await begin()
    const heard = await at('/market/ws')
    heard.ask(text)
    await heard.until(1)
    expect(heard.frames[0]).toMatchObject({ error })
  })

  test('a connection has 1024 streams, and no more', async () => {
    await begin()
    const heard = await at('/market/ws')
    const names = Array.from({ length: 1025 }, (_, k) => `btcusdt@none${k}`)
    heard.ask({ method: 'SUBSCRIBE', params: names.slice(1), id: 1 })
    heard.ask({ method: 'SUBSCRIBE', params: names, id: 2 })
    await heard.until(2)
    expect(heard.frames[0]).toEqual({ result: null, id: 1 })
    expect(heard.frames[1]).toMatchObject({ error: { code: 2 }, id: 2 })
  })

  test('a name as long as none is is acknowledged as any that is none, and not kept', async () => {
    await begin()
    const heard = await at(`/market/ws/${'b'.repeat(5000)}`)
    heard.ask({ method: 'SUBSCRIBE', params: ['a'.repeat(60_000), 'btcusdt@none'], id: 1 })
    heard.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 })
    await heard.until(2)
    expect(heard.frames).toEqual([
      { result: null, id: 1 },
      { result: ['btcusdt@none'], id: 2 },
    ])
  })

  test('who sends more than ten messages a second is cut off', async () => {
    await begin()
    const heard = await at('/market/ws')
    for (let k = 0; k < 25; k++) heard.ask({ method: 'LIST_SUBSCRIPTIONS', id: k })
    expect((await heard.closed).code).toBe(1008)
    expect(heard.frames.length).toBeLessThanOrEqual(20)
  })
})

describe('a candle', () => {
  test('closes once, with the bar’s own figures, and moves before', async () => {
    await begin()
    const heard = await at('/market/ws/btcusdt@kline_1m')
    for (let k = 0; k < 4; k++) await played.step()
    await heard.until(8)
    const candles = heard.frames.map(({ k }) => k as Record<string, unknown>)
    expect(candles.filter(({ x }) => x).map(({ t }) => t)).toEqual([FROM, FROM + MINUTE])
    // open, low, high, close of the first bar: nobody holds anything, so the low comes first
    expect(candles.slice(0, 4).map(({ c }) => c)).toEqual(['100.10', '99.20', '103.50', '102.40'])
    const [, , , first] = candles
    expect(first).toMatchObject({ t: FROM, T: FROM + MINUTE - 1, s: 'BTCUSDT', i: '1m', x: true })
    expect(first).toMatchObject({ o: '100.10', h: '103.50', l: '99.20', c: '102.40', v: '8.000', n: 4, B: '0' })
    // 0.001 at open, low and high, the rest at the close: 0.3028 + 7.997 × 102.4 = 819.1956, bought 0.001 × (100.1 + 103.5) = 0.2036
    expect(first).toMatchObject({ q: '819.19560', V: '0.002', Q: '0.20360' })
    // until then nothing tells how much is to come
    expect(candles.slice(0, 3).map(({ v }) => v)).toEqual(['0.001', '0.002', '0.003'])
  })

  test('of five minutes closes with its last minute only', async () => {
    const minutes = barsOf(Array.from({ length: 6 }, (_, k) => [100 + k, 101 + k, 99 + k, 100.5 + k, 1] as const))
    played = await play({ slots: [slotOf(minutes)] })
    const heard = await at('/market/ws/btcusdt@kline_5m')
    for (let k = 0; k < 12; k++) await played.step()
    await heard.until(24)
    const closed = heard.frames.map(({ k }) => k as Record<string, unknown>).filter(({ x }) => x)
    expect(closed).toHaveLength(1)
    expect(closed[0]).toMatchObject({ t: FROM, o: '100.00', h: '105.00', l: '99.00', c: '104.50', v: '5.000', n: 20 })
  })

  test('its mark price comes ahead of it', async () => {
    const marks = { open: [100], high: [104], low: [98], close: [102.9] }
    const columns = Object.fromEntries(Object.entries(marks).map(([name, values]) => [name, Float64Array.from(values)]))
    const slot = { ...slotOf(barsOf([[100.1, 103.5, 99.2, 102.4, 8]])), marks: { ...columns, decimals: 2 } as never }
    played = await play({ slots: [slot] })
    const heard = await at('/market/stream?streams=btcusdt@markPrice@1s/btcusdt@kline_1m')
    await played.step()
    await played.step()
    await heard.until(8)
    const said = heard.frames.map(({ data }) => data as { e: string; E: number; p?: string; k?: { x: boolean } })
    const [mark, close] = said.slice(-2)
    expect(mark).toMatchObject({ e: 'markPriceUpdate', E: FROM + MINUTE - 1, p: '102.90' })
    expect(close).toMatchObject({ e: 'kline', E: FROM + MINUTE, k: { x: true } })
  })
})

describe('connections', () => {
  test('are pinged, and closed when they do not answer or are a day old', async () => {
    await begin({ times: { pingEvery: 100, pongWithin: 800, life: 1e9 } })
    const alive = await at('/market/ws')
    let pings = 0
    alive.socket.on('ping', () => pings++)
    const dead = await at('/market/ws')
    dead.socket.pong = () => undefined
    expect((await dead.closed).code).toBe(1008)
    expect(pings).toBeGreaterThan(0)
    expect(alive.socket.readyState).toBe(alive.socket.OPEN)
  })

  test('end after a day', async () => {
    await begin({ times: { life: 300 } })
    const heard = await at('/market/ws')
    expect((await heard.closed).code).toBe(1001)
  })
})

describe('user events', () => {
  const asked = async (method: string, path: string) => {
    const reply = await fetch(played.origin + path, { method, headers: { 'x-mbx-apikey': KEYS.key } })
    return (await reply.json()) as { listenKey: string }
  }

  test('go to every address of a live key, wrapped by the path, and to no other', async () => {
    await begin()
    const { listenKey } = await asked('POST', '/fapi/v1/listenKey')
    const raw = [await at(`/private/ws?listenKey=${listenKey}`), await at(`/private/ws/${listenKey}`)]
    const wrapped = [
      await at(`/private/stream?listenKey=${listenKey}`),
      await at(`/private/stream?streams=${listenKey}`),
    ]
    const later = await at('/private/stream?streams=')
    later.ask({ method: 'SUBSCRIBE', params: [listenKey], id: 'x' })
    await later.until(1)
    const filtered = await at(`/private/ws?listenKey=${listenKey}&events=ORDER_TRADE_UPDATE`)
    const silent = [await at(`/ws/${listenKey}`), await at('/private/ws?listenKey=another')]
    await asked('DELETE', '/fapi/v1/listenKey')
    for (const heard of [...raw, ...wrapped]) await heard.until(1)
    await later.until(2)
    for (const { frames } of raw) expect(frames[0]).toMatchObject({ e: 'listenKeyExpired', listenKey })
    for (const { frames } of wrapped)
      expect(frames[0]).toMatchObject({ stream: listenKey, data: { e: 'listenKeyExpired' } })
    expect(later.frames[1]).toMatchObject({ stream: listenKey, data: { e: 'listenKeyExpired' } })
    await quiet(20)
    for (const { frames } of [filtered, ...silent]) expect(frames).toEqual([])
  })
})
