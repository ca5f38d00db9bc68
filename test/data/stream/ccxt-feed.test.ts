import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import { CCXT_FEED } from '../../../src/data/stream/ccxt-feed.ts'
import { loadCcxt } from '../../../src/data/stream/load-ccxt.ts'
import { SYSTEM_CLOCK } from '../../../src/data/stream/stream-clock.ts'
import { ROOT } from '../../cli/klinelab.ts'
import { Heard } from './heard.ts'
import { type SocketServer, startSocketServer, until } from './socket-server.ts'

const SHARED = join(ROOT, '..', 'shared', 'datasets')
const CANDLES = join(SHARED, 'ws-events', 'kucoin-candles-ws.jsonl')
const OTHERS = (venue: string) => join(SHARED, 'recorded-http', venue, 'wsHandleData.json')
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const PAIRS = {
  XXBTZUSD: {
    ...{
      altname: 'XBTUSD',
      wsname: 'XBT/USD',
      base: 'XXBT',
      quote: 'ZUSD',
      aclass_base: 'currency',
      aclass_quote: 'currency',
    },
    ...{ pair_decimals: 1, lot_decimals: 8, cost_decimals: 5, lot_multiplier: 1, leverage_buy: [], leverage_sell: [] },
    ...{
      fees: [[0, 0.4]],
      fees_maker: [[0, 0.25]],
      ordermin: '0.00005',
      costmin: '0.5',
      tick_size: '0.1',
      status: 'online',
    },
  },
}
const ASSETS = {
  XXBT: { aclass: 'currency', altname: 'XBT', decimals: 10, display_decimals: 5, status: 'enabled' },
  ZUSD: { aclass: 'currency', altname: 'USD', decimals: 4, display_decimals: 2, status: 'enabled' },
}

/** What Kraken answers to ccxt, and its websocket v2. */
async function kraken(): Promise<SocketServer> {
  const server = await startSocketServer({
    onRequest: (path) =>
      path.includes('AssetPairs')
        ? { error: [], result: PAIRS }
        : path.includes('Assets')
          ? { error: [], result: ASSETS }
          : undefined,
    onMessage: ({ method, req_id, params }, socket) => {
      if (method === 'ping') socket.send(JSON.stringify({ method: 'pong', req_id }))
      if (method === 'subscribe')
        socket.send(JSON.stringify({ method: 'subscribe', req_id, result: params, success: true }))
    },
  })
  ends.push(server.close)
  return server
}

const SYMBOL = {
  ...{ symbol: 'BTC-USDT', name: 'BTC-USDT', baseCurrency: 'BTC', quoteCurrency: 'USDT', feeCurrency: 'USDT' },
  ...{
    market: 'USDS',
    baseMinSize: '0.00001',
    quoteMinSize: '0.1',
    baseMaxSize: '10000000000',
    quoteMaxSize: '99999999',
  },
  ...{ baseIncrement: '0.00000001', quoteIncrement: '0.000001', priceIncrement: '0.1', priceLimitRate: '0.1' },
  ...{ minFunds: '0.1', isMarginEnabled: true, enableTrading: true },
}

/** What KuCoin answers to ccxt: the address of the socket comes from a POST first. */
async function kucoin(pingInterval = 18_000): Promise<SocketServer> {
  let tokens = 0
  const server = await startSocketServer({
    onRequest: (path, origin) => {
      if (path.includes('bullet-public')) {
        const endpoint = `${origin.replace('http', 'ws')}/endpoint`
        const instanceServers = [{ endpoint, encrypt: true, protocol: 'websocket', pingInterval, pingTimeout: 10_000 }]
        return { code: '200000', data: { token: `token-${++tokens}`, instanceServers } }
      }
      if (path.includes('symbols')) return { code: '200000', data: [SYMBOL] }
      return { code: '200000', data: [] }
    },
    onOpen: (socket) => socket.send(JSON.stringify({ id: 'x', type: 'welcome' })),
    onMessage: ({ type, id }, socket) => {
      if (type === 'subscribe') socket.send(JSON.stringify({ id, type: 'ack' }))
      if (type === 'ping') socket.send(JSON.stringify({ id, type: 'pong' }))
    },
  })
  ends.push(server.close)
  return server
}

async function listen(series: readonly Series[], server: SocketServer, heartbeat?: number): Promise<Heard> {
  const heard = new Heard()
  const origins = { origin: server.origin, restOrigin: server.restOrigin }
  for (const group of CCXT_FEED.split(series)) {
    const feed = await CCXT_FEED.open(group, heard, {
      ...{ clock: SYSTEM_CLOCK, ...origins, pause: 20 },
      ...(heartbeat !== undefined && { heartbeat }),
    })
    ends.push(() => feed.close())
  }
  return heard
}

const subscriptions = ({ said }: SocketServer) => said.filter(({ method, type }) => (method ?? type) === 'subscribe')

function ohlc(minute: number, close: number, trades: number, type = 'update', interval = 1): object {
  const begin = new Date(minute * 60_000).toISOString()
  const candle = {
    symbol: 'BTC/USD',
    open: 100.1,
    high: 102.5,
    low: 99.9,
    close,
    trades,
    volume: 0.00012345,
    vwap: 100,
  }
  return {
    channel: 'ohlc',
    type,
    timestamp: begin,
    data: [{ ...candle, interval_begin: begin, interval, timestamp: begin }],
  }
}

const candle = (minute: number, close: string, volume = '1234567890.12345678') => ({
  ...{ topic: '/market/candles:BTC-USDT_1min', type: 'message', subject: 'trade.candles.update' },
  data: {
    symbol: 'BTC-USDT',
    candles: [String(minute * 60), '67644.9', close, '67724.8', '67243.8', volume, '3027558.991928447'],
    time: 1,
  },
})

const brief = ({ closed }: Heard) => closed.map(({ bar }) => [bar.openTime / 60_000, bar.close, bar.trades])

describe('Kraken through ccxt.pro', () => {
  const [MINUTES, FIVES] = ['kraken:XBTUSD:1m', 'kraken:XBTUSD:5m'].map(parseSeries)

  test('a bar closes when the next one appears, with its number of trades', async () => {
    const server = await kraken()
    const heard = await listen([MINUTES!], server)
    await until(() => subscriptions(server).length === 1)
    expect(subscriptions(server)[0]).toMatchObject({ params: { channel: 'ohlc', symbol: ['BTC/USD'], interval: 1 } })
    for (const frame of [ohlc(10, 101.1, 3), ohlc(10, 101.2, 4), ohlc(11, 101.3, 1), ohlc(12, 101.4, 1)]) {
      server.send(frame)
      const seen = heard.all.length
      await until(() => heard.all.length > seen)
    }
    expect(brief(heard)).toEqual([
      [10, '101.2', 4],
      [11, '101.3', 1],
    ])
    expect(heard.closed[0]!.bar).toMatchObject({ open: '100.1', high: '102.5', low: '99.9', volume: '0.00012345' })
  })

  test('each interval has an instance, and its own candles', async () => {
    const server = await kraken()
    const heard = await listen([MINUTES!, FIVES!], server)
    await until(() => subscriptions(server).length === 2)
    expect(server.paths).toHaveLength(2)
    expect(CCXT_FEED.split([MINUTES!, FIVES!])).toEqual([[MINUTES], [FIVES]])
    const other = parseSeries('kucoin:BTC-USDT:1m')
    expect(CCXT_FEED.split([other, { ...other, interval: '5m' }])).toHaveLength(1)
    expect(heard.failures).toEqual([])
  })

  test('the bar that was open when the connection was lost is not handed on', async () => {
    const server = await kraken()
    const heard = await listen([MINUTES!], server)
    await until(() => subscriptions(server).length === 1)
    server.send(ohlc(10, 101.1, 3))
    await until(() => heard.all.length === 1)
    server.drop()
    await until(() => subscriptions(server).length === 2)
    server.send(ohlc(11, 101.3, 1))
    await until(() => heard.all.length === 2)
    server.send(ohlc(12, 101.4, 1))
    await until(() => heard.closed.length === 1)
    expect(brief(heard)).toEqual([[11, '101.3', 1]])
    expect(heard.states).toEqual(['up', 'down', 'up'])
  })

  test('a connection that has gone half is noticed by its pings', async () => {
    const server = await kraken()
    const heard = await listen([MINUTES!], server, 50)
    await until(() => subscriptions(server).length === 1)
    server.freeze()
    await until(() => subscriptions(server).length === 2)
    expect(heard.states).toEqual(['up', 'down', 'up'])
  })

  test('a market that it has not got is a failure', async () => {
    const server = await kraken()
    const heard = await listen([parseSeries('kraken:NOSUCH:1m')], server)
    await until(() => heard.failures.length === 1)
    expect(heard.failures[0]).toMatchObject({ name: 'DataError', message: 'kraken has no market NOSUCH' })
  })

  test.skipIf(!existsSync(OTHERS('kraken')))('recorded frames of other kinds say nothing about bars', async () => {
    const server = await kraken()
    const heard = await listen([MINUTES!], server)
    await until(() => subscriptions(server).length === 1)
    for (const line of readFileSync(OTHERS('kraken'), 'utf8').trim().split('\n')) server.send(line)
    server.send(ohlc(10, 101.1, 3))
    await until(() => heard.all.length === 1)
    expect(heard.closed).toEqual([])
  })
})

describe('KuCoin through ccxt.pro', () => {
  const MINUTES = parseSeries('kucoin:BTC-USDT:1m')

  test('shakes hands by a POST, then a bar closes when the next one appears, in the venue’s digits', async () => {
    const server = await kucoin()
    const heard = await listen([MINUTES], server)
    await until(() => subscriptions(server).length === 1)
    expect(server.paths[0]).toMatch(/^\/endpoint\?token=token-1&/)
    expect(subscriptions(server)[0]).toMatchObject({ topic: '/market/candles:BTC-USDT_1min' })
    for (const frame of [candle(10, '67437.6'), candle(11, '67437.60'), candle(10, '67437.7')]) {
      server.send(frame)
      const seen = heard.all.length
      await until(() => heard.all.length > seen)
    }
    // the last word on the older bar comes after it was closed
    expect(brief(heard)).toEqual([
      [10, '67437.6', null],
      [10, '67437.7', null],
    ])
    const { bar } = heard.closed[0]!
    expect(bar).toMatchObject({ open: '67644.9', high: '67724.8', low: '67243.8', volume: '1234567890.12345678' })
    expect(bar.quoteVolume).toBe('3027558.991928447')
  })

  test.skipIf(!existsSync(CANDLES))('recorded candles of an hour are heard', async () => {
    const server = await kucoin()
    const heard = await listen([{ ...MINUTES, interval: '1h' }], server)
    await until(() => subscriptions(server).length === 1)
    const [second, first] = readFileSync(CANDLES, 'utf8').trim().split('\n')
    server.send(first!)
    await until(() => heard.all.length === 1)
    server.send(second!)
    await until(() => heard.all.length === 3)
    // 2020-05-20T10:00 and 2024-10-25T07:00, as they stand in the file
    expect(heard.closed.map(({ bar }) => bar)).toMatchObject([
      {
        openTime: 1589968800000,
        ...{ open: '9786.9', high: '9806.1', low: '9732', close: '9740.8', volume: '27.45649579' },
        quoteVolume: '268280.09830877',
      },
    ])
    expect(heard.all[2]!.bar).toMatchObject({ openTime: 1729839600000, close: '67437.6' })
  })

  test('the next connection asks for an address of its own', async () => {
    const server = await kucoin()
    const heard = await listen([MINUTES], server)
    await until(() => subscriptions(server).length === 1)
    server.drop()
    await until(() => subscriptions(server).length === 2)
    expect(server.paths[1]).toMatch(/token=token-2&/)
    expect(heard.states).toEqual(['up', 'down', 'up'])
  })
})

test('without ccxt it is said what to install', async () => {
  const missing = Object.assign(new Error("Cannot find package 'ccxt' imported from x"), {
    code: 'ERR_MODULE_NOT_FOUND',
  })
  await expect(loadCcxt(() => Promise.reject(missing))).rejects.toThrow(
    'streams of Kraken and KuCoin need ccxt, which is not installed: npm install ccxt',
  )
  const broken = new Error('something within it')
  await expect(loadCcxt(() => Promise.reject(broken))).rejects.toBe(broken)
})
