import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { afterEach, expect, test } from 'vitest'
import { type Heard, listen } from './listen.ts'
import { barsOf, FROM, KEYS, MINUTE, type Played, play, slotOf } from './played.ts'

let played: Played
const sockets: Heard[] = []

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
  await played.close()
  expect(played.errors).toEqual([])
})

async function listenTo(names: readonly string[]): Promise<Heard> {
  const heard = await listen(`${played.wsOrigin}/market/stream?streams=${names.join('/')}`)
  sockets.push(heard)
  return heard
}

async function ask(method: string, path: string, params: Record<string, string> = {}): Promise<unknown> {
  const query = new URLSearchParams({ ...params, timestamp: String(Date.now()) }).toString()
  const signature = createHmac('sha256', KEYS.secret).update(query).digest('hex')
  const headers = { 'x-mbx-apikey': KEYS.key }
  const reply = await fetch(`${played.origin}${path}?${query}&signature=${signature}`, { method, headers })
  const answer = await reply.json()
  expect(reply.status, JSON.stringify(answer)).toBe(200)
  return answer
}

/** To the end of the replay, and beyond. */
async function playAll(): Promise<void> {
  for (let k = 0; k < 40; k++) await played.step()
  await played.run
}

const BUY = { side: 'BUY', type: 'MARKET', quantity: '0.900' }
/** What the candles of three bars say at least: each opens, moves twice, and closes. */
const LINES = 12
const CALM = [1000, 1001, 999, 1000] as const
const FALL = [1000, 1000, 850, 860] as const

test('a liquidation is told to the market, of its symbol and of all, once', async () => {
  const slots = ['BTCUSDT', 'ETHUSDT'].map((symbol) => slotOf(barsOf([CALM, CALM, FALL, CALM], 1, symbol)))
  // 900 with 100 behind it: gone before 900
  played = await play({ slots, cash: 100 })
  const of = await listenTo(['btcusdt@forceOrder', '!forceOrder@arr', 'ethusdt@forceOrder'])
  const seen = await listenTo(['btcusdt@kline_1m'])
  await played.step()
  await ask('POST', '/fapi/v1/order', { ...BUY, symbol: 'BTCUSDT' })
  await playAll()
  await seen.until(LINES)
  expect(of.frames.map(({ stream }) => stream).sort()).toEqual(['!forceOrder@arr', 'btcusdt@forceOrder'])
  const [{ data }] = of.frames as [{ data: { e: string; E: number; o: Record<string, unknown> } }]
  // developers.binance.com, Liquidation Order Streams: of all symbols single events too
  expect(Object.keys(data)).toEqual(['e', 'E', 'o'])
  expect(Object.keys(data.o)).toEqual(['s', 'S', 'o', 'f', 'q', 'p', 'ap', 'X', 'l', 'z', 'T'])
  expect(data).toMatchObject({
    e: 'forceOrder',
    o: { s: 'BTCUSDT', S: 'SELL', o: 'LIMIT', f: 'IOC', q: '0.900', X: 'FILLED', l: '0.900', z: '0.900' },
  })
  expect(Number(data.o['p'])).toBe(Number(data.o['ap']))
  expect(Number(data.o['ap'])).toBeLessThan(900)
  // in the bar that falls
  expect(data.o['T']).toBeGreaterThanOrEqual(FROM + MINUTE)
  expect(data.E).toBeLessThan(FROM + 2 * MINUTE)
})

test.each([
  ['liquidation', 1],
  ['adl', 0],
  ['settlement', 0],
] as const)('of what closes a position on demand, by %s, %i is told', async (kind, told) => {
  played = await play({ slots: [slotOf(barsOf([CALM, CALM, CALM, CALM], 1))], faults: [{ kind, times: 1 }] })
  const of = await listenTo(['!forceOrder@arr'])
  const seen = await listenTo(['btcusdt@kline_1m'])
  await played.step()
  await ask('POST', '/fapi/v1/order', { ...BUY, symbol: 'BTCUSDT' })
  await playAll()
  await seen.until(LINES)
  expect(await ask('GET', '/fapi/v3/positionRisk')).toEqual([])
  expect(of.frames).toHaveLength(told)
})

test('ccxt.pro hears of a liquidation as it does of Binance’s', async () => {
  played = await play({ slots: [slotOf(barsOf([CALM, CALM, FALL, CALM], 1))], cash: 100 })
  const { pro } = createRequire(import.meta.url)('ccxt')
  const paths = { fapiPublic: '/fapi/v1', fapiPublicV2: '/fapi/v2', fapiPublicV3: '/fapi/v3' }
  const api = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, played.origin + path]))
  const client = new pro.binanceusdm({
    ...{ enableRateLimit: false, newUpdates: true, options: { fetchCurrencies: false } },
    urls: { api: { ...api, ws: { future: `${played.wsOrigin}/ws` } } },
  })
  try {
    await client.loadHttpProxyAgent()
    const told = client.watchLiquidations('BTC/USDT:USDT')
    await expect.poll(() => played.control('GET', '/state'), { timeout: 10_000 }).toMatchObject({ sockets: 1 })
    await played.step()
    await ask('POST', '/fapi/v1/order', { ...BUY, symbol: 'BTCUSDT' })
    await playAll()
    const [liquidation] = await told
    expect(liquidation).toMatchObject({ symbol: 'BTC/USDT:USDT', side: 'sell', contracts: 0.9 })
    expect(liquidation.price).toBeLessThan(900)
  } finally {
    await client.close()
  }
})
