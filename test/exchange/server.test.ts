import { createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { quiet } from './listen.ts'
import { barsOf, KEYS, type Played, play, slotOf } from './played.ts'

let played: Played

beforeAll(async () => {
  played = await play({
    slots: [
      slotOf(
        barsOf(
          [
            [100, 101, 99, 100],
            [100, 101, 99, 100],
          ],
          1,
        ),
      ),
    ],
    allowances: { weightPerMinute: 1e9, ordersPerLonger: 1e9, ordersPerTenSeconds: 1e9 },
  })
})

afterAll(() => played.close())

interface Answer {
  readonly status: number
  readonly body: string
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; origin?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body, origin = played.origin } = options
  return new Promise((resolve, reject) => {
    const request = httpRequest(origin, { path, method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (part) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode!, body: text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

describe('who is answered', () => {
  test.each([
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost:8787', 200],
    ['LOCALHOST', 200],
    ['[::1]:99', 200],
    ['fapi.binance.com', 403],
  ])('Host %s: %i', async (host, status) => {
    expect((await ask('/fapi/v1/ping', { headers: { host } })).status).toBe(status)
    expect((await ask('/state', { headers: { host }, origin: played.controlOrigin })).status).toBe(status)
  })

  test.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['http://localhost:3000', 200],
  ])('Origin %s: %i', async (origin, status) => {
    expect((await ask('/fapi/v1/ping', { headers: { origin } })).status).toBe(status)
    expect((await ask('/state', { headers: { origin }, origin: played.controlOrigin })).status).toBe(status)
  })

  test.each([[{ host: 'evil.example' }], [{ origin: 'https://evil.example' }]])(
    'a websocket with %j is refused',
    async (headers) => {
      const socket = new WebSocket(`${played.wsOrigin}/market/ws`, { headers })
      const error = await new Promise<Error>((resolve) => socket.on('error', resolve))
      expect(error.message).toContain('403')
    },
  )
})

test('a body that is too large is refused, and the exchange goes on', async () => {
  const answer = await ask('/fapi/v1/order', { method: 'POST', body: 'x'.repeat(70_000) }).catch(() => null)
  // the connection may be gone before its answer is read
  if (answer !== null) expect(answer.status).toBe(413)
  expect((await ask('/fapi/v1/ping')).status).toBe(200)
})

test('unknown paths and methods answer as Binance’s do', async () => {
  expect(await ask('/fapi/v1/nothing')).toEqual({
    status: 404,
    body: '{"code":-5000,"msg":"Path /fapi/v1/nothing, Method GET is invalid"}',
  })
  expect((await ask('/fapi/v1/klines', { method: 'PATCH' })).body).toContain('-5000')
  expect((await ask('/api/v3/ping')).status).toBe(404)
})

test('signatures are over the bytes as they were sent', async () => {
  // a space as %20 or as +, capitals or small letters in an escape: whatever the client chose
  for (const text of ['a%20b', 'a+b', 'a%2fb', 'a%2Fb', 'a~b']) {
    const query = `symbol=BTCUSDT&note=${text}&timestamp=${Date.now()}`
    const signature = createHmac('sha256', KEYS.secret).update(query).digest('hex')
    const path = `/fapi/v1/openOrders?${query}&signature=${signature}`
    expect(await ask(path, { headers: { 'x-mbx-apikey': KEYS.key } })).toEqual({ status: 200, body: '[]' })
  }
})

const PATHS = [
  ...['ping', 'exchangeInfo', 'klines', 'continuousKlines', 'markPriceKlines', 'fundingInfo', 'ticker/24hr'],
  ...['ticker/price', 'ticker/bookTicker', 'depth', 'trades', 'aggTrades', 'premiumIndex', 'fundingRate'],
  ...['order', 'batchOrders', 'algoOrder', 'openOrders', 'allOrders', 'userTrades', 'leverage', 'marginType'],
  ...['positionSide/dual', 'leverageBracket', 'income', 'listenKey', 'countdownCancelAll', 'forceOrders'],
].map((path) => `/fapi/v1/${path}`)

/** Of these HTTP itself reads something. */
const FRAMING = ['host', 'connection', 'upgrade', 'expect', 'trailer', 'te']

const NAMES = ['symbol', 'pair', 'interval', 'limit', 'startTime', 'endTime', 'fromId', 'side', 'type', 'quantity', 'price', 'triggerPrice', 'timeInForce', 'reduceOnly', 'newClientOrderId', 'orderId', 'batchOrders', 'leverage', 'algoType', 'closePosition'] // biome-ignore format: a list
const VALUES = ['BTCUSDT', '1m', '5m', '1M', '1', '0', '-1', '1e-7', 'NaN', 'Infinity', '9007199254740993', '99999999999999999999', '', '%', '%00', '[]', '[{}]', '{"a":1}', 'BUY', 'SELL', 'LIMIT', 'MARKET', 'STOP_MARKET', 'TRAILING_STOP_MARKET', 'CONDITIONAL', 'GTC', 'IOC', 'GTX', 'true', '0.01', '100', '100.0', '__proto__', 'constructor'] // biome-ignore format: a list

const params = fc.array(
  fc.tuple(
    fc.constantFrom(...NAMES),
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
      { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
    ),
  ),
  { maxLength: 8 },
)

/** Of any name, and of those that it reads. */
const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom('x-mbx-apikey', 'content-type', 'origin', 'accept-encoding', 'cookie', 'x-forwarded-for', 'range'),
    fc.stringMatching(/^[a-z][a-z-]{0,10}$/).filter((name) => !FRAMING.includes(name)),
  ),
  fc.stringMatching(/^[ -~]{0,30}$/),
  { maxKeys: 3 },
)

test('no request makes it fail, signed ones included', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        path: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PATHS) }, { weight: 1, arbitrary: fc.webPath() }),
        params,
        isSigned: fc.boolean(),
        isBody: fc.boolean(),
        odd: headers,
      }),
      async ({ method, path, params: given, isSigned, isBody, odd }) => {
        const plain = new URLSearchParams(given)
        if (isSigned) plain.append('timestamp', String(Date.now()))
        const text = plain.toString()
        const signature = createHmac('sha256', KEYS.secret).update(text).digest('hex')
        const whole = isSigned ? `${text}&signature=${signature}` : text
        const answer = await ask(isBody ? path || '/' : `${path || '/'}?${whole}`, {
          method,
          headers: {
            'x-mbx-apikey': KEYS.key,
            ...odd,
            ...(isBody && { 'content-length': String(Buffer.byteLength(whole)) }),
          },
          ...(isBody && { body: whole }),
        })
        expect(answer.status).not.toBe(500)
        expect(played.errors).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
})

test('nothing that is asked of the control port makes it fall over', async () => {
  const json = fc.oneof(
    fc.json(),
    fc.string({ maxLength: 30 }),
    fc
      .dictionary(
        fc.constantFrom('kind', 'route', 'stream', 'symbol', 'nth', 'p', 'times', 'ms', 'part', 'act', 'road', 'id', 'path', 'method', 'params'),
        fc.oneof(
          fc.constantFrom<unknown>('unknown', 'orphan', 'adl', 'cut', 'private', 'POST', '/fapi/v1/order', '/nope', 'BTCUSDT', 1, 0, -1, 1e99, null),
          fc.anything({ maxDepth: 1 }),
        ),
      )
      .map((given) => JSON.stringify(given, (_, one) => (typeof one === 'bigint' ? String(one) : one))),
  ) // biome-ignore format: two lists
  const route = fc.constantFrom(
    'POST /fault',
    'DELETE /fault',
    'GET /fault',
    'POST /act',
    'POST /sockets',
    'GET /state',
    'PUT /x',
  )
  await fc.assert(
    fc.asyncProperty(fc.tuple(route, json), async ([asked, body]) => {
      const [method, path] = asked.split(' ')
      const length = { 'content-length': String(Buffer.byteLength(body)) }
      const answer = await ask(path!, { method: method!, body, headers: length, origin: played.controlOrigin })
      expect([200, 400, 404]).toContain(answer.status)
      if (answer.status !== 200) expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String) })
      // what it was told to break must not break the next request
      await ask('/fault', { method: 'DELETE', origin: played.controlOrigin })
    }),
    { numRuns: 200 },
  )
  expect((await ask('/fapi/v1/ping')).status).toBe(200)
  expect(played.errors).toEqual([])
})

test('no bytes make it fall over', async () => {
  const { port } = new URL(played.origin)
  const line = fc.oneof(
    fc.constantFrom(
      'GET / HTTP/1.1\r\n',
      'Host: localhost\r\n',
      'Upgrade: websocket\r\n',
      'Connection: Upgrade\r\n',
      '\r\n',
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      'GET /market/ws HTTP/1.1\r\n',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      'Sec-WebSocket-Version: 13\r\n',
      'POST /fapi/v1/order?% HTTP/1.1\r\n',
    ),
    fc.string({ maxLength: 30 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.write(lines.join('') || '\r\n', resolve))
      await quiet(1)
      socket.destroy()
    }),
    { numRuns: 100 },
  )
  expect((await ask('/fapi/v1/ping')).status).toBe(200)
  expect(played.errors).toEqual([])
})

test('frames of any kind do not make it fall over', async () => {
  const frame = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record({
        method: fc.constantFrom('SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'x'),
        params: fc.anything(),
        id: fc.anything(),
      })
      .map((value) => JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? ''),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 9 }), async (frames) => {
      const socket = new WebSocket(`${played.wsOrigin}/market/stream`)
      socket.on('error', () => undefined)
      await new Promise((resolve) => socket.on('open', resolve))
      let heard = 0
      socket.on('message', () => heard++)
      for (const one of frames) socket.send(one)
      for (let k = 0; heard < frames.length && k < 200; k++) await quiet(1)
      expect(heard).toBe(frames.length)
      socket.terminate()
    }),
    { numRuns: 40 },
  )
  expect(played.errors).toEqual([])
})
