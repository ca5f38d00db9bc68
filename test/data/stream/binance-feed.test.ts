import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import { BINANCE_FEED } from '../../../src/data/stream/binance-feed.ts'
import type { Feed } from '../../../src/data/stream/feed.ts'
import { SYSTEM_CLOCK } from '../../../src/data/stream/stream-clock.ts'
import { ROOT } from '../../cli/klinelab.ts'
import { Heard } from './heard.ts'
import { type SocketServer, startSocketServer, until } from './socket-server.ts'

const RECORDED = join(ROOT, '..', 'shared', 'datasets', 'ws-events', 'binance-kline-ws.jsonl')
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Acknowledges subscriptions, as the venue does whatever is asked for. */
async function binance(port?: number): Promise<SocketServer> {
  const server = await startSocketServer({
    ...(port !== undefined && { port }),
    onMessage: ({ method, id }, socket) => {
      if (method === 'SUBSCRIBE') socket.send(JSON.stringify({ result: null, id }))
    },
  })
  ends.push(server.close)
  return server
}

async function listen(
  series: readonly Series[],
  server: SocketServer,
  heartbeat?: number,
): Promise<Heard & { feed: Feed }> {
  const heard = new Heard()
  const options = { clock: SYSTEM_CLOCK, origin: server.origin, pause: 20, ...(heartbeat && { heartbeat }) }
  const feed = await BINANCE_FEED.open(series, heard, options)
  ends.push(() => feed.close())
  return Object.assign(heard, { feed })
}

const topics = ({ said }: SocketServer) => said.flatMap(({ params }) => params as string[])

function kline(symbol: string, interval: string, t: number, T: number, x: boolean, close = '101.50'): object {
  const k = {
    t,
    T,
    s: symbol,
    i: interval,
    o: '100.10',
    c: close,
    h: '102',
    l: '99.9',
    v: '12.5',
    n: 7,
    x,
    q: '1260.1',
    V: '6',
    Q: '600',
  }
  return { stream: `${symbol.toLowerCase()}@kline_${interval}`, data: { e: 'kline', E: T + 5, s: symbol, k } }
}

describe('Binance through its client library', () => {
  test.skipIf(!existsSync(RECORDED))('recorded frames are heard digit by digit, none of them closed', async () => {
    const server = await binance()
    const heard = await listen(['binance:BTCUSDT:5m', 'binance:BTCUSDT:1m'].map(parseSeries), server)
    await until(() => topics(server).length === 2)
    const lines = readFileSync(RECORDED, 'utf8').trim().split('\n')
    for (const line of lines) server.send(line)
    await until(() => heard.all.length === 4)
    expect(server.paths).toEqual(['/stream'])
    expect(topics(server)).toEqual(['btcusdt@kline_5m', 'btcusdt@kline_1m'])
    expect(heard.closed).toEqual([])
    // the first line of the file, as it stands there
    expect(heard.all[0]).toEqual({
      series: parseSeries('binance:BTCUSDT:5m'),
      bar: {
        ...{ openTime: 1757523000000, closeTime: 1757523300000 },
        ...{ open: '113647.98000000', high: '113708.45000000', low: '113627.74000000', close: '113670.12000000' },
        ...{ volume: '46.64096000', quoteVolume: '5302412.42715770', trades: 5963 },
        ...{ takerBase: '14.72666000', takerQuote: '1674287.91322410' },
      },
      ...{ isClosed: false, mark: null },
    })
    expect(heard.all[3]!.bar).toMatchObject({ openTime: 1785617880000, volume: '3.418', trades: 272 })
  })

  test('perpetuals go by the market path, with the mark at the close', async () => {
    const server = await binance()
    const series = parseSeries('binance-usdm:BTCUSDT:1m')
    const heard = await listen([series], server)
    await until(() => topics(server).length === 2)
    expect(server.paths).toEqual(['/market/stream'])
    expect(topics(server)).toEqual(['btcusdt@kline_1m', 'btcusdt@markPrice@1s'])
    const mark = (E: number, p: string) =>
      server.send({
        stream: 'btcusdt@markPrice@1s',
        data: { e: 'markPriceUpdate', E, s: 'BTCUSDT', p, i: '1', P: '1', r: '0', T: 0 },
      })
    mark(58_000, '100.7')
    mark(59_000, '100.8')
    mark(60_000, '100.9')
    server.send(kline('BTCUSDT', '1m', 0, 59_999, true))
    server.send(kline('BTCUSDT', '1m', 60_000, 119_999, true))
    await until(() => heard.all.length === 2)
    // the second close has no mark of its own: the last one is a minute old
    expect(heard.closed.map(({ bar, mark }) => [bar.openTime, bar.closeTime, mark])).toEqual([
      [0, 60_000, '100.8'],
      [60_000, 120_000, null],
    ])
    // every frame says what time it was there
    expect(heard.times).toEqual([58_000, 59_000, 60_000, 60_004, 120_004])
  })

  test('a lost connection is told and comes again with all its subscriptions', async () => {
    const server = await binance()
    const heard = await listen([parseSeries('binance:BTCUSDT:1m'), parseSeries('binance:ETHUSDT:1m')], server)
    await until(() => topics(server).length === 2)
    server.drop()
    await until(() => topics(server).length === 4)
    server.send(kline('ETHUSDT', '1m', 0, 59_999, true))
    await until(() => heard.closed.length === 1)
    expect(heard.states).toEqual(['up', 'down', 'up'])
    expect(heard.closed[0]!.series.symbol).toBe('ETHUSDT')
  })

  test('a connection that has gone half is noticed by its pings', async () => {
    const server = await binance()
    const heard = await listen([parseSeries('binance:BTCUSDT:1m')], server, 60)
    await until(() => topics(server).length === 1)
    server.freeze()
    await until(() => topics(server).length === 2)
    expect(heard.states).toEqual(['up', 'down', 'up'])
  })

  test('one that cannot be made is told, and made when it can', async () => {
    const gone = await startSocketServer()
    await gone.close()
    const heard = await listen([parseSeries('binance:BTCUSDT:1m')], gone)
    await until(() => heard.states.length > 0)
    expect([heard.states, heard.why]).toEqual([['down'], 'the connection failed'])
    const server = await binance(Number(new URL(gone.origin).port))
    await until(() => topics(server).length === 1)
    expect(heard.states).toEqual(['down', 'up'])
  })

  test('closed, it leaves no connection and does not come again', async () => {
    const server = await binance()
    const { feed } = await listen([parseSeries('binance:BTCUSDT:1m')], server)
    await until(() => topics(server).length === 1)
    await feed.close()
    await until(() => server.open === 0)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(server.paths).toHaveLength(1)
  })

  test('more than a hundred series are spread over connections', () => {
    const many = Array.from({ length: 250 }, (_, k) => parseSeries(`binance:T${k}USDT:1m`))
    expect(BINANCE_FEED.split(many).map(({ length }) => length)).toEqual([100, 100, 50])
    expect(BINANCE_FEED.split(many).flat()).toEqual(many)
  })
})
