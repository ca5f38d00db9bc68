import { afterEach, describe, expect, test } from 'vitest'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import { COINBASE_FEED } from '../../../src/data/stream/coinbase-feed.ts'
import { Heard } from './heard.ts'
import { ManualClock } from './manual-clock.ts'
import { type SocketServer, startSocketServer, until } from './socket-server.ts'

const SERIES = parseSeries('coinbase:BTC-USD:1m')
const T0 = Date.UTC(2024, 5, 3, 12)
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Played {
  readonly heard: Heard
  readonly server: SocketServer
  readonly clock: ManualClock
}

async function coinbase(series: readonly Series[] = [SERIES]): Promise<Played> {
  const server = await startSocketServer()
  const [heard, clock] = [new Heard(), new ManualClock(T0)]
  const feed = await COINBASE_FEED.open(series, heard, { clock, origin: server.origin, pause: 1000 })
  ends.push(server.close, () => feed.close())
  await until(() => server.said.length === 1)
  return { heard, server, clock }
}

const time = (seconds: number) => new Date(T0 + seconds * 1000).toISOString().replace('Z', '123Z')
const match = (id: number, seconds: number, price: string, size: string, type = 'match') => ({
  ...{ type, trade_id: id, maker_order_id: 'm', taker_order_id: 't', side: 'buy', sequence: id, product_id: 'BTC-USD' },
  ...{ size, price, time: time(seconds) },
})
const heartbeat = (last_trade_id: number, seconds: number) => ({
  ...{ type: 'heartbeat', last_trade_id, sequence: 1, product_id: 'BTC-USD', time: time(seconds) },
})

/** Sends, and waits until the last of it has been heard: a heartbeat at the end. */
async function say({ server, heard }: Played, ...frames: readonly object[]): Promise<void> {
  const beats = heard.alives.length + frames.filter((frame) => 'last_trade_id' in frame).length
  for (const frame of frames) server.send(frame)
  await until(() => heard.alives.length === beats)
}

describe('Coinbase, bars of trades', () => {
  test('asks for trades and heartbeats, once a product', async () => {
    const { server } = await coinbase([SERIES, { ...SERIES, interval: '5m' }])
    expect(server.said).toEqual([{ type: 'subscribe', product_ids: ['BTC-USD'], channels: ['matches', 'heartbeat'] }])
  })

  test('a whole bar is what its trades say, exactly, and is closed by the first heartbeat a second after it', async () => {
    const played = await coinbase()
    await say(
      played,
      match(99, -30, '1', '1', 'last_match'),
      heartbeat(99, -1),
      match(100, 0, '67000.10', '0.1'),
      match(101, 10, '67009.90', '0.2'),
      match(102, 59, '66990.01', '0.00000003'),
      heartbeat(102, 59.5),
    )
    expect(played.heard.closed).toEqual([])
    await say(played, heartbeat(102, 61.2))
    // 0.1 + 0.2 is 0.30000000000000004 in doubles
    expect(played.heard.closed.map(({ bar }) => bar)).toEqual([
      {
        ...{
          openTime: T0,
          closeTime: T0 + 60_000,
          open: '67000.10',
          high: '67009.90',
          low: '66990.01',
          close: '66990.01',
        },
        ...{ volume: '0.30000003', quoteVolume: null, trades: null, takerBase: null, takerQuote: null },
      },
    ])
  })

  test('a later trade closes it too, and a bar without trades is not told', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 5, '10', '1'), match(101, 185, '11', '1'), heartbeat(101, 186))
    expect(played.heard.closed.map(({ bar }) => (bar.openTime - T0) / 60_000)).toEqual([0])
  })

  test('the bar in which the connection began is not whole', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, 1), match(100, 5, '10', '1'), match(101, 65, '11', '2'), heartbeat(101, 121))
    expect(played.heard.closed.map(({ bar }) => [(bar.openTime - T0) / 60_000, bar.volume])).toEqual([[1, '2']])
  })

  test('a missing trade leaves its bar to REST, seen by the next one', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 5, '10', '1'), match(102, 20, '11', '1'), heartbeat(102, 61))
    expect(played.heard.closed).toEqual([])
    await say(played, match(103, 70, '12', '3'), heartbeat(103, 121))
    expect(played.heard.closed.map(({ bar }) => bar.volume)).toEqual(['3'])
  })

  test('a missing trade leaves its bar to REST, seen by the heartbeat', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 5, '10', '1'), heartbeat(101, 60), heartbeat(101, 61))
    expect(played.heard.closed).toEqual([])
  })

  test('a trade that comes twice counts once', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 5, '10', '1'), match(100, 5, '10', '1'), heartbeat(100, 61))
    expect(played.heard.closed.map(({ bar }) => bar.volume)).toEqual(['1'])
  })

  test('a lost connection is made again, and what it missed is not whole', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 5, '10', '1'))
    played.server.drop()
    await until(() => played.heard.states.length === 2)
    await played.clock.moveTo(T0 + 10_000)
    await until(() => played.server.said.length === 2)
    await say(
      played,
      heartbeat(105, 30),
      match(106, 40, '10', '1'),
      heartbeat(106, 61),
      match(107, 61, '9', '4'),
      heartbeat(107, 121),
    )
    expect(played.heard.states).toEqual(['up', 'down', 'up'])
    expect(played.heard.closed.map(({ bar }) => bar.volume)).toEqual(['4'])
  })

  test('a bar in which the connection was lost is not whole, even where no trade is missing', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 5, '10', '1'))
    played.server.drop()
    await until(() => played.heard.states.length === 2)
    await played.clock.moveTo(T0 + 10_000)
    await until(() => played.server.said.length === 2)
    await say(played, heartbeat(100, 30), match(101, 40, '10', '1'), heartbeat(101, 61))
    expect(played.heard.closed).toEqual([])
  })

  test('a trade that is told after a heartbeat or a trade of the next bar still belongs to its own', async () => {
    const played = await coinbase()
    await say(
      played,
      heartbeat(99, -1),
      match(100, 5, '100', '1'),
      heartbeat(100, 60.001),
      match(101, 59.998, '105', '0.5'),
      match(102, 60.1, '104', '2'),
      match(103, 59.999, '95', '0.25'),
      heartbeat(103, 61),
    )
    expect(played.heard.closed.map(({ bar: { low, high, close, volume } }) => [low, high, close, volume])).toEqual([
      ['95', '105', '95', '1.75'],
    ])
    expect(played.heard.doubts).toEqual([])
    // one that is later still is no bar of its own, and its own was not whole
    await say(played, match(104, 59.5, '1', '7'), heartbeat(104, 62), heartbeat(104, 121))
    expect(played.heard.closed.map(({ bar }) => [(bar.openTime - T0) / 60_000, bar.volume])).toEqual([
      [0, '1.75'],
      [1, '2'],
    ])
    expect(played.heard.doubts).toEqual([T0])
    // heartbeats say what time it is there
    expect(played.heard.times.map((at) => (at - T0) / 1000)).toEqual([-1, 60.001, 61, 62, 121])
  })

  test('a trade of a bar that was handed on is not counted to the next one', async () => {
    const played = await coinbase()
    await say(played, heartbeat(99, -1), match(100, 61, '10', '1'), match(101, 59.9, '9', '5'), heartbeat(101, 121))
    expect(played.heard.closed.map(({ bar }) => [bar.openTime - T0, bar.low, bar.volume])).toEqual([
      [60_000, '10', '1'],
    ])
  })

  test('a connection that has gone half is noticed by its missing heartbeat', async () => {
    const { heard, server, clock } = await coinbase()
    server.freeze()
    await clock.moveTo(T0 + 14_999)
    expect(heard.states).toEqual(['up'])
    await clock.moveTo(T0 + 17_000)
    await until(() => server.said.length === 2)
    expect(heard.states).toEqual(['up', 'down', 'up'])
    expect(heard.why).toBe('nothing heard for 15 s, no heartbeat either')
  })

  test('what the venue complains of is told', async () => {
    const { heard, server } = await coinbase()
    server.send({ type: 'error', message: 'Failed to subscribe', reason: 'BTC-US is not a valid product' })
    await until(() => heard.states.length === 2)
    expect(heard.why).toBe('the venue says: Failed to subscribe BTC-US is not a valid product')
  })
})
