import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { faultLine } from '../../src/cli/exchange-text.ts'
import { type FaultSpec, parseFault } from '../../src/exchange/fault-spec.ts'
import { type FaultNote, Faults } from '../../src/exchange/faults.ts'
import { type Heard, listen, quiet } from './listen.ts'
import { barsOf, KEYS, MINUTE, type Played, play, slotOf } from './played.ts'

const FLAT = [50_000, 50_000, 50_000, 50_000] as const
const BARS = barsOf([FLAT, [50_000, 50_100, 49_900, 50_050], FLAT, FLAT], 1)

let played: Played
const sockets: Heard[] = []

async function begin(...faults: FaultSpec[]) {
  played = await play({ slots: [slotOf(BARS)], faults })
}

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
  await played?.close()
  expect(played?.errors ?? []).toEqual([])
})

async function ask(method: string, path: string, params: Record<string, string> = {}) {
  const query = new URLSearchParams({ ...params, timestamp: String(Date.now()) }).toString()
  const signature = createHmac('sha256', KEYS.secret).update(query).digest('hex')
  const reply = await fetch(`${played.origin}${path}?${query}&signature=${signature}`, {
    method,
    headers: { 'x-mbx-apikey': KEYS.key },
  })
  return { status: reply.status, retryAfter: reply.headers.get('retry-after'), text: await reply.text() }
}

const ORDER = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', quantity: '0.010', price: '49000.0', timeInForce: 'GTC' }

const order = (id: string, more: Record<string, string> = {}) =>
  ask('POST', '/fapi/v1/order', { ...ORDER, newClientOrderId: id, ...more })

/** Client ids of the orders that are open: what the exchange has taken, whatever it said. */
async function open(): Promise<string[]> {
  const { text } = await ask('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' })
  return (JSON.parse(text) as { clientOrderId: string }[]).map(({ clientOrderId }) => clientOrderId)
}

async function at(path: string): Promise<Heard> {
  const heard = await listen(played.wsOrigin + path)
  sockets.push(heard)
  return heard
}

const route = 'POST /fapi/v1/order'

describe('requests', () => {
  test.each<[FaultSpec, number, RegExp]>([
    [{ kind: 'unknown', route }, 503, /Unknown error, please check your request or try again later\./],
    [{ kind: 'timeout', route, ms: 5 }, 408, /"code":-1007/],
    [{ kind: 'delay', route, ms: 20 }, 200, /"clientOrderId":"a"/],
  ])('%j takes the order whatever it says', async (fault, status, text) => {
    await begin(fault)
    const reply = await order('a')
    expect(reply.status).toBe(status)
    expect(reply.text).toMatch(text)
    expect(await open()).toEqual(['a'])
  })

  test.each<[FaultSpec, number, RegExp]>([
    [{ kind: 'unavailable', route }, 503, /^Service Unavailable\.$/],
    [{ kind: 'internal', route }, 503, /Internal error; unable to process your request/],
    [{ kind: 'throttled', route }, 503, /"code":-1008/],
    [{ kind: 'waf', route }, 403, /<html>/],
    [{ kind: 'error', route, code: -1001, msg: 'Internal error' }, 400, /^\{"code":-1001,"msg":"Internal error"\}$/],
    // the client's clock is behind by more than the window, and ahead by more than a second
    [{ kind: 'clock', route, ms: 6000 }, 400, /"code":-1021/],
    [{ kind: 'clock', route, ms: -1500 }, 400, /"code":-1021/],
  ])('%j takes no order', async (fault, status, text) => {
    await begin(fault)
    const reply = await order('a')
    expect(reply.status).toBe(status)
    expect(reply.text).toMatch(text)
    expect(await open()).toEqual([])
  })

  test.each<[FaultSpec, string[]]>([
    [{ kind: 'reset', route }, ['a']],
    [{ kind: 'refused', route }, []],
    [{ kind: 'garbled', route }, ['a']],
  ])('%j cuts the connection', async (fault, taken) => {
    await begin(fault)
    await expect(order('a')).rejects.toThrow()
    expect(await open()).toEqual(taken)
  })

  test('a hung request is never answered, and was handled', async () => {
    await begin({ kind: 'hang', route })
    const asked = order('a').then(
      () => 'answered',
      () => 'cut',
    )
    expect(await Promise.race([asked, quiet(60).then(() => 'waiting')])).toBe('waiting')
    expect(await open()).toEqual(['a'])
  })

  test('throttling lets through what reduces', async () => {
    await begin({ kind: 'throttled', route: '* /fapi/v1/*' })
    expect((await order('a')).text).toContain('-1008')
    // nothing is held, so the order itself is refused: by the exchange, not by the throttle
    expect((await order('b', { reduceOnly: 'true' })).text).toContain('-2022')
    expect((await ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'a' })).text).toContain(
      '-2011',
    )
  })

  test.each<[FaultSpec['kind'], number]>([
    ['rate-limit', 429],
    ['ban', 418],
  ])('%s says when to come back', async (kind, status) => {
    await begin({ kind, seconds: 7 })
    expect(await order('a')).toMatchObject({ status, retryAfter: '7' })
  })

  test('a cancel that waits for the replay comes after the fill', async () => {
    await begin({ kind: 'late', route: 'DELETE /fapi/v1/order', steps: 2 })
    await order('a', { price: '49950.0' })
    const cancelled = ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'a' })
    await quiet(20)
    // open of the bar, then the limit is filled on its way down
    expect((await played.step()).at).toBe('open')
    expect((await played.step()).at).toBe('fill')
    expect((await cancelled).text).toContain('-2011')
  })

  test('candles are missing, misaligned or revised, and the last one is left as it is', async () => {
    await begin()
    for (let k = 0; k < 6; k++) await played.step()
    const candles = async () =>
      JSON.parse((await ask('GET', '/fapi/v1/klines', { symbol: 'BTCUSDT', interval: '1m' })).text)
    const whole = await candles()
    expect(whole.length).toBeGreaterThan(3)
    const spoilt = async (kind: string, more = {}) => {
      await played.control('POST', '/fault', { kind, route: '/fapi/v1/klines', ...more })
      const rows = await candles()
      await played.control('DELETE', '/fault')
      return rows
    }
    expect(await spoilt('missing-bars', { count: 2 })).toEqual([...whole.slice(0, -3), whole.at(-1)])
    const shifted = await spoilt('misaligned-bars', { ms: 15_000 })
    expect(shifted.at(-2)[0]).toBe(whole.at(-2)[0] + 15_000)
    expect(shifted.at(-1)).toEqual(whole.at(-1))
    const revised = await spoilt('revised-bars')
    expect(revised.at(-2)[5]).toBe(String(Number(whole.at(-2)[5]) / 2))
    expect(await candles()).toEqual(whole)
  })

  test('exchangeInfo states another grid than the one that holds', async () => {
    await begin({ kind: 'filters', tick: '0.5', notional: '5' })
    const { text } = await ask('GET', '/fapi/v1/exchangeInfo')
    expect(text).toContain('"tickSize":"0.5"')
    expect(text).toContain('"notional":"5"')
    expect((await order('a', { quantity: '0.001' })).text).toContain('-4164')
  })
})

describe('frames', () => {
  const closes = ({ frames }: Heard) =>
    frames
      .map(({ k }) => k as { t: number; x: boolean })
      .filter(({ x }) => x)
      .map(({ t }) => (t - BARS.openTime[1]!) / MINUTE)

  async function twoBars(heard: Heard) {
    for (let k = 0; k < 4; k++) await played.step()
    await quiet(40)
    return closes(heard)
  }

  test.each<[FaultSpec, number[]]>([
    // of the first bar the fourth frame closes it
    [{ kind: 'drop', stream: 'btcusdt@kline_1m', nth: 4 }, [1]],
    [{ kind: 'duplicate', stream: 'kline', nth: 4, ms: 0 }, [0, 0, 1]],
    // what closes the first bar comes after what opens the second, or after all of it
    [{ kind: 'reorder', stream: 'btcusdt@*', nth: 4 }, [0, 1]],
    [{ kind: 'drop', stream: 'ethusdt@*' }, [0, 1]],
  ])('%j', async (fault, expected) => {
    await begin(fault)
    expect(await twoBars(await at('/market/ws/btcusdt@kline_1m'))).toEqual(expected)
  })

  test('a frame that is held back comes after the one that follows it', async () => {
    await begin({ kind: 'reorder', nth: 1 })
    const heard = await at('/market/ws/btcusdt@kline_1m')
    await twoBars(heard)
    expect(heard.frames.slice(0, 2).map(({ k }) => (k as { n: number }).n)).toEqual([2, 1])
    const times = heard.frames.map(({ E }) => E as number)
    expect(times[1]).toBeLessThan(times[0]!)
  })

  test('a connection is half open: it says nothing more, and does not close', async () => {
    await begin({ kind: 'half-open', nth: 2 })
    const heard = await at('/market/ws/btcusdt@kline_1m')
    await twoBars(heard)
    expect(heard.frames).toHaveLength(1)
    let pongs = 0
    heard.socket.on('pong', () => pongs++)
    heard.socket.ping()
    await quiet(30)
    expect(pongs).toBe(0)
    expect(heard.socket.readyState).toBe(heard.socket.OPEN)
  })

  test('connections are closed, or cut, in the middle or all at once', async () => {
    await begin({ kind: 'close', nth: 1 })
    const heard = await at('/market/ws/btcusdt@kline_1m')
    await played.step()
    expect((await heard.closed).code).toBe(1001)
    const [market, other] = [await at('/market/ws'), await at('/public/ws')]
    expect(await played.control('POST', '/sockets', { act: 'cut', road: 'public' })).toEqual({ sockets: 1 })
    expect((await other.closed).code).toBe(1006)
    expect(market.socket.readyState).toBe(market.socket.OPEN)
  })
})

test('chances are drawn from the seed: the same for the same', () => {
  const draw = (seed: number) => {
    const faults = new Faults(seed)
    faults.add({ kind: 'unknown', p: 0.3 })
    return Array.from({ length: 200 }, () => faults.ofRequest('GET', '/x').length)
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  const hits = draw(7).reduce((sum, one) => sum + one, 0)
  expect(hits).toBeGreaterThan(35)
  expect(hits).toBeLessThan(85)
})

test('of each fault that happens there is a word: what it was done to, the how manieth that was, and no secret', async () => {
  const notes: FaultNote[] = []
  const faults: FaultSpec[] = [
    { kind: 'delay', route, nth: 2, ms: 1 },
    { kind: 'duplicate', stream: 'btcusdt@bookTicker', nth: 1 },
    { kind: 'drop', stream: 'ORDER_TRADE_UPDATE', times: 1 },
  ]
  played = await play({ slots: [slotOf(BARS)], faults, onFault: (note) => notes.push(note) })
  const { listenKey } = JSON.parse((await ask('POST', '/fapi/v1/listenKey')).text) as { listenKey: string }
  await at(`/private/ws/${listenKey}`)
  const prices = await at('/public/ws/btcusdt@bookTicker')
  await order('a')
  await order('b')
  await played.step()
  await prices.until(2)
  await played.control('POST', '/sockets', { act: 'close' })
  const [first, ...rest] = notes
  expect([first, ...rest]).toEqual([
    { kind: 'drop', event: 'ORDER_TRADE_UPDATE', nth: 1, done: 1, id: 3 },
    { kind: 'delay', route, nth: 2, done: 1, id: 1 },
    { kind: 'duplicate', stream: 'btcusdt@bookTicker', event: 'bookTicker', nth: 1, done: 1, id: 2 },
    { kind: 'close', sockets: 2 },
  ])
  expect(faultLine(first!, Date.UTC(2025, 6, 1), false)).toBe(
    '2025-07-01 fault kind=drop event=ORDER_TRADE_UPDATE nth=1 done=1 id=3\n',
  )
  expect(faultLine(notes[1]!, 5, false)).toContain(' route="POST /fapi/v1/order" ')
  expect(JSON.stringify(notes)).not.toContain(listenKey)
})

test('faults are read from text, and what is none is said', () => {
  expect(parseFault('unknown,route=POST /fapi/v1/order,nth=2')).toEqual({
    kind: 'unknown',
    route: 'POST /fapi/v1/order',
    nth: 2,
  })
  for (const [text, why] of [
    ['unknwon', /^"unknwon": unknown fault "unknwon" \(did you mean "unknown"\?\); known: unknown, /],
    ['drop,when=now', /^"drop,when=now": a fault has no "when"; it has nth, /],
    ['drop,tims=2', /^"drop,tims=2": a fault has no "tims" \(did you mean "times"\?\); it has nth, /],
    ['drop,nth=x', /^"drop,nth=x": nth "x" of a fault is no number$/],
    ['drop,nth=', /nth "" of a fault is no number/],
    ['drop,nth', /^"drop,nth": "nth" is not allowed; write name=value, such as nth=1$/],
    ['drop,streem', /write name=value, such as stream=…$/],
    ['rate-limit,p=5', /p 5 of a fault is not allowed; a chance is 0 to 1/],
    ['rate-limit,p=-0.1', /a chance is 0 to 1/],
    ['delay,ms=-5', /ms -5 of a fault is not allowed; it is 0 or more/],
    ['ban,seconds=-1', /it is 0 or more/],
    ['drop,nth=0', /nth 0 of a fault is not allowed; it is a whole number from 1/],
    ['drop,times=1.5', /it is a whole number from 1/],
    ['late,steps=-1', /it is a whole number from 0/],
    ['error,status=42', /a status is 200 to 599/],
  ] as const)
    expect(() => parseFault(text)).toThrow(why)
})

test('the control port takes a fault as --fault has it, and says what it expects where it is given something else', async () => {
  await begin()
  const post = async (path: string, body: string) =>
    (await fetch(`${played.controlOrigin}${path}`, { method: 'POST', body })).json() as Promise<{ error?: string }>
  const ban = { kind: 'ban', route: 'POST /fapi/v1/order', nth: 2 }
  for (const body of [
    JSON.stringify(ban),
    'ban,route=POST /fapi/v1/order,nth=2',
    '"ban,route=POST /fapi/v1/order,nth=2"',
  ])
    expect(await post('/fault', body)).toMatchObject(ban)
  const example =
    'write {"kind": "unknown", "route": "POST /fapi/v1/order", "nth": 2}, or as --fault has it unknown,route='
  for (const [body, why] of [
    ['nonsense', '"nonsense": unknown fault "nonsense"; known: unknown, '],
    ['{"fault":"adl"}', 'a fault needs a "kind", and this has "fault": write '],
    ['', 'a fault needs a "kind": write '],
    ['{kind: adl}', 'the body is no JSON ('],
    ['["adl"]', 'the body is no fault: write '],
  ] as const) {
    const { error } = await post('/fault', body)
    expect(error).toContain(why)
    expect(error).toContain(example)
  }
  expect((await post('/sockets', 'cut')).error).toMatch(/^the body is no JSON \(.*\): write \{"act": "cut"\}$/)
  expect((await post('/act', '[]')).error).toMatch(/^the body is no object: write \{"method": "POST", "path": /)
  // routes with their methods, each once
  const { error } = await post('/fault', 'unknown,route=POST/fapi/v1/order')
  expect(error).toContain('(did you mean "POST /fapi/v1/order"?)')
  const routes = error!.split('there are: ')[1]!.split(', ')
  expect(routes).toEqual(expect.arrayContaining(['POST /fapi/v1/order', 'GET /fapi/v1/order']))
  expect(new Set(routes).size).toBe(routes.length)
  expect(routes.filter((one) => !/^[A-Z]+ \//.test(one))).toEqual([])
})

test('the owner acts from elsewhere, and faults come and go by the control port', async () => {
  await begin()
  const acted = await played.control('POST', '/act', {
    path: '/fapi/v1/order',
    params: { ...ORDER, newClientOrderId: 'by-hand' },
  })
  expect(acted).toMatchObject({ status: 200, body: { clientOrderId: 'by-hand' } })
  expect(await open()).toEqual(['by-hand'])
  expect(await played.control('POST', '/fault', { kind: 'ban', nth: 2 })).toMatchObject({ id: 1, seen: 0 })
  expect(await played.control('GET', '/fault')).toHaveLength(1)
  expect((await order('a')).status).toBe(200)
  expect((await order('b')).status).toBe(418)
  expect((await order('c')).status).toBe(200)
  expect(await played.control('POST', '/fault', { kind: 'nonsense' })).toHaveProperty('error')
  for (const [fault, why] of [
    [{ kind: 'rate-limit', p: 5 }, /a chance is 0 to 1/],
    [{ kind: 'delay', route: 'PSOT /fapi/v1/order' }, /did you mean "POST \/fapi\/v1\/order"/],
    [{ kind: 'delay', route: '/fapi/v1/kline' }, /did you mean "\/fapi\/v1\/klines"/],
  ] as const) {
    const { error } = (await played.control('POST', '/fault', fault)) as { error: string }
    expect(error).toMatch(why)
  }
  expect(await played.control('POST', '/act', { path: '/nope' })).toEqual({
    error: 'the exchange has no POST /nope (404)',
  })
  expect(await played.control('DELETE', '/fault', { id: 1 })).toEqual([])
})
