import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { MainClient } from 'binance'
import { afterEach, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { Tail } from '../../src/data/collect/tail.ts'
import { openStore } from '../../src/data/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { startSocketServer, until } from '../data/stream/socket-server.ts'
import { startVenueServer } from '../servers/venue-server.ts'
import { listen } from './listen.ts'

const RECORDED = join(ROOT, '..', 'shared', 'datasets', 'ws-events', 'binance-kline-ws.jsonl')
const SERIES = parseSeries('binance:BTCUSDT:1m')
const MINUTE = 60_000
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Kline {
  readonly t: number
  readonly T: number
  readonly o: string
  readonly h: string
  readonly l: string
  readonly c: string
  readonly v: string
}

/** A store whose last bar stands still at `price`, and closes at `end`. */
async function storeUpTo(end: number, price: string): Promise<string> {
  const dir = join(scratch(), 'store')
  const tail = await Tail.open(await openStore(dir), SERIES)
  const still = { open: price, high: price, low: price, close: price, volume: '1', quoteVolume: price }
  tail.append(
    { openTime: end - MINUTE, closeTime: end, ...still, trades: 1, takerBase: '0', takerQuote: '0' } as never,
    end,
  )
  await tail.fold()
  await tail.close()
  return dir
}

async function startExchange(dir: string, env: Record<string, string>) {
  const args = [
    'exchange',
    '--live',
    'binance:BTCUSDT:1m',
    '--store',
    dir,
    '--port',
    '0',
    '--cash',
    '100000',
    '--slippage-bps',
    '0',
    '--json',
  ]
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  ends.push(() => child.kill('SIGKILL'))
  const stderr: string[] = []
  child.stderr!.on('data', (part) => stderr.push(String(part)))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const { value } = await lines.next()
  if (value === undefined) throw new Error(`it does not listen: ${stderr.join('')}`)
  return { child, origin: (JSON.parse(value) as { origin: string }).origin, stderr }
}

test.skipIf(!existsSync(RECORDED))(
  'exchange --live plays the bars of a real feed: what was recorded of one, and its close (needs ../shared/datasets)',
  async () => {
    const frame = readFileSync(RECORDED, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { e?: string; E: number; k?: Kline & { i: string } })
      .find(({ k }) => k?.i === '1m')!
    const k = frame.k!
    let there = frame.E
    const rest = await startVenueServer({ now: () => there })
    const feed = await startSocketServer({
      onMessage: ({ id }, socket) => socket.send(JSON.stringify({ result: null, id })),
    })
    ends.push(rest.close, feed.close)
    const dir = await storeUpTo(k.t, k.o)
    const { child, origin, stderr } = await startExchange(dir, {
      KLINELAB_URL_BINANCE: rest.origin,
      KLINELAB_WS_BINANCE: feed.origin,
    })
    await until(() => feed.said.length > 0)
    expect(feed.said.flatMap(({ params }) => params)).toEqual(['btcusdt@kline_1m'])
    const heard = await listen(`${origin.replace('http', 'ws')}/ws/btcusdt@kline_1m`)
    ends.push(() => heard.socket.terminate())
    const client = new MainClient({ api_key: 'klinelab', api_secret: 'klinelab', baseUrl: origin, disableTimeSync: true }) // biome-ignore format: one line
    const placed = await client.submitNewOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: 0.01 } as never) // biome-ignore format: one line
    expect(placed).toMatchObject({ status: 'NEW' })

    // as it was recorded, the candle is unfinished: nothing may come of it
    feed.send(frame)
    feed.send({ ...frame, k: { ...k, h: '99999.00' } })
    // its last frame is the same with the close
    there = k.T + 1
    feed.send({ ...frame, E: k.T + 5, k: { ...k, x: true } })
    await until(() => heard.frames.some((one) => (one['k'] as { x: boolean }).x))
    const closed = heard.frames.map((one) => one['k'] as Kline & { x: boolean }).filter(({ x }) => x)
    expect(closed).toMatchObject([{ t: k.t, T: k.T, o: k.o, h: k.h, l: k.l, c: k.c, v: k.v }])
    expect(heard.frames.map((one) => (one['k'] as Kline).h)).not.toContain('99999.00000000')
    const trades = await client.getAccountTradeList({ symbol: 'BTCUSDT' })
    expect(trades).toMatchObject([{ price: k.o, qty: '0.01000000', time: k.t, isBuyer: true }])
    // the last one has only begun
    const candles = await client.getKlines({ symbol: 'BTCUSDT', interval: '1m' })
    expect(candles.at(-2)!.slice(0, 6)).toEqual([k.t, k.o, k.h, k.l, k.c, k.v])

    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect([code, stderr.filter((text) => /a request failed|hole|too late/.test(text))]).toEqual([0, []])
  },
  60_000,
)
