import { describe, expect, test } from 'vitest'
import type { Series } from '../../../src/core/series.ts'
import { EventQueue } from '../../../src/data/stream/event-queue.ts'
import type { FeedKind, FeedListener } from '../../../src/data/stream/feed.ts'
import { BTC, MINUTE } from './played-venue.ts'
import { at, playing, up } from './playing.ts'

const play = playing()

describe('bars of a stream', () => {
  test('come in the order of time, once, as the venue stated them, and REST is not asked', async () => {
    const venue = play()
    await up(venue)
    await venue.play(at(0), at(4))
    expect(venue.bars).toEqual(['0 stream', '1 stream', '2 stream', '3 stream'])
    expect(venue.of('bar').map(({ bar }) => bar)).toEqual(venue.truth.texts(BTC, at(0), at(4)))
    expect(venue.asked).toEqual([])
  })

  test('that are not closed are not handed on', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(0) + 30_000)
    venue.feed.bar(BTC, { ...venue.bar(at(0)), close: '1' }, false, null)
    await venue.clock.moveTo(at(1) + 5_000)
    expect(venue.bars).toEqual([])
  })

  test('missed while the connection was down come by REST before the next live one', async () => {
    const venue = play()
    await up(venue)
    await venue.play(at(0), at(2))
    venue.feed.disconnected('played')
    venue.restFault = 'network'
    await venue.clock.moveTo(at(5) - 1000)
    expect(venue.bars).toEqual(['0 stream', '1 stream'])
    venue.restFault = null
    venue.feed.connected()
    venue.close(at(5))
    await venue.clock.moveTo(at(5) + 500)
    venue.feed.bar(BTC, venue.bar(at(5)), true, null)
    await venue.play(at(5), at(7))
    expect(venue.bars).toEqual(['0 stream', '1 stream', '2 rest', '3 rest', '4 rest', '5 stream', '6 stream'])
    expect(venue.events.filter(({ kind }) => kind !== 'bar').map(({ kind }) => kind)).toEqual([
      ...['connected', 'disconnected', 'silent', 'connected', 'heard'],
    ])
  })

  test('of a market that is not there end with an alarm, and those of the others go on; with the last one the stream ends', async () => {
    const other: Series = { venue: 'binance', symbol: 'SOLUSDT', interval: '1m' }
    const venue = play({ series: [BTC, other] })
    venue.restFaultOf = other
    venue.restFault = 'symbol'
    await up(venue)
    await venue.play(at(0), at(2))
    expect(venue.bars).toEqual(['0 stream', '1 stream'])
    expect(venue.of('ended')).toEqual([{ kind: 'ended', series: other, why: 'played: symbol' }])
    expect(venue.ended).toBe('no')
    // whatever is said of it afterwards is nobody's
    venue.close(at(1), other)
    await venue.clock.moveTo(at(2) + 600)
    expect(venue.of('bar').filter(({ series }) => series === other)).toEqual([])
    venue.restFaultOf = BTC
    venue.restFault = 'blocked'
    await venue.clock.moveTo(at(4))
    expect(venue.of('ended').map(({ series }) => series.symbol)).toEqual(['SOLUSDT', 'BTCUSDT'])
    expect(String(venue.ended)).toContain('played: blocked')
  })

  test('of a venue whose feed cannot be opened end, however early, and those of the others go on', async () => {
    const kraken: Series = { venue: 'kraken', symbol: 'XBTUSD', interval: '1m' }
    const venue = play({ series: [kraken, BTC], deaf: 'kraken' })
    await up(venue)
    await venue.play(at(0), at(2))
    expect(venue.of('ended')).toEqual([{ kind: 'ended', series: kraken, why: 'kraken is deaf' }])
    expect(venue.bars).toEqual(['0 stream', '1 stream'])
    expect(venue.ended).toBe('no')
    // the feed goes with the last of its series
    expect(venue.closedFeeds).toBe(0)
    venue.feed.failed(new Error('it is over', { cause: new Error('so it is') }))
    await venue.clock.moveTo(at(2) + 600)
    expect(venue.of('ended').map(({ why }) => why)).toEqual(['kraken is deaf', 'it is over: so it is'])
    expect(String(venue.ended)).toBe('Error: it is over')
    expect([venue.closedFeeds, venue.clock.pending]).toEqual([1, 0])
  })

  test('end with their own connection, and the venue is up when the others are', async () => {
    const [minutes, hours]: Series[] = ['1m', '1h'].map((interval) => ({ ...BTC, interval }) as Series)
    const listeners = new Map<string, FeedListener>()
    const closed: string[] = []
    const kind: FeedKind = {
      isNeverQuiet: true,
      hasClock: true,
      split: (all) => all.map((one) => [one]),
      open: async ([one], listener) => {
        listeners.set(one!.interval, listener)
        return { close: async () => void closed.push(one!.interval) }
      },
    }
    const venue = play({ series: [minutes!, hours!], options: { feed: async () => kind } })
    await venue.clock.moveTo(at(0))
    listeners.get('1h')!.failed(new Error('no such market'))
    await venue.clock.moveTo(at(0) + 100)
    expect(closed).toEqual(['1h'])
    listeners.get('1m')!.connected()
    listeners.get('1h')!.disconnected('played')
    await venue.clock.moveTo(at(0) + 200)
    expect(venue.events.map(({ kind }) => kind)).toEqual(['ended', 'connected'])
  })

  test('that were not whole are asked for again, and told as revised', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(1) + 500)
    venue.feed.bar(BTC, { ...venue.bar(at(0)), volume: '1' }, true, null)
    venue.feed.doubted(BTC, at(0))
    // nobody was told of this one
    venue.feed.doubted(BTC, at(-400))
    await venue.clock.moveTo(at(1) + 10_499)
    expect(venue.asked).toEqual([])
    await venue.clock.moveTo(at(1) + 10_500)
    expect(venue.asked.map(({ from, to }) => [from, to])).toEqual([[at(0), at(1)]])
    const [revised] = venue.of('revised')
    expect(revised).toMatchObject({ bar: venue.bar(at(0)), revision: { was: '1', origin: 'api.played.test' } })
    await venue.play(at(1), at(4))
    expect(venue.asked).toHaveLength(1)
  })

  test('are asked for again until there is an answer', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(1) + 500)
    venue.feed.bar(BTC, { ...venue.bar(at(0)), volume: '1' }, true, null)
    venue.feed.doubted(BTC, at(0))
    venue.restFault = 'network'
    await venue.clock.moveTo(at(1) + 15_000)
    venue.restFault = null
    await venue.clock.moveTo(at(1) + 30_000)
    expect(venue.of('revised')).toHaveLength(1)
  })

  test('that wait for older ones and were not whole come by REST', async () => {
    const venue = play()
    await up(venue)
    venue.restFault = 'network'
    await venue.clock.moveTo(at(2) + 500)
    venue.feed.bar(BTC, { ...venue.bar(at(1)), volume: '1' }, true, null)
    venue.feed.doubted(BTC, at(1))
    venue.restFault = null
    await venue.play(at(2), at(3))
    expect(venue.bars).toEqual(['0 rest', '1 rest', '2 stream'])
  })

  test('since the last stored one come first', async () => {
    const venue = play({ options: { from: () => at(-7) } })
    await up(venue)
    await venue.play(at(0), at(1))
    expect(venue.bars).toEqual([...[-7, -6, -5, -4, -3, -2, -1].map((minute) => `${minute} rest`), '0 stream'])
    expect(venue.of('late')).toEqual([])
  })

  test('said twice are handed on once, in whatever order they come', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(3) + 500)
    for (const minute of [1, 0, 0, 2, 1, 2, 0]) venue.close(at(minute))
    await venue.clock.moveTo(at(3) + 700)
    expect(venue.bars.map((bar) => bar.split(' ')[0])).toEqual(['0', '1', '2'])
    expect(venue.of('revised')).toEqual([])
  })

  test('stated otherwise later are told as revised, with what they were', async () => {
    const venue = play()
    await up(venue)
    await venue.play(at(0), at(1))
    const { close } = venue.bar(at(0))
    venue.feed.bar(BTC, { ...venue.bar(at(0)), close: '7' }, true, null)
    venue.feed.bar(BTC, { ...venue.bar(at(0)), close: '7.00' }, true, null)
    await venue.clock.moveTo(at(1) + 600)
    expect(venue.of('revised').map(({ revision }) => revision)).toEqual([
      { openTime: at(0), field: 'close', was: close, is: '7', origin: 'binance stream', at: at(1) + 500 },
    ])
  })

  test('that the stream forgets come by REST after their close and a grace', async () => {
    const venue = play()
    await up(venue)
    await venue.play(at(0), at(1))
    await venue.clock.moveTo(at(2) + 9_999)
    expect(venue.bars).toEqual(['0 stream'])
    await venue.clock.moveTo(at(2) + 10_000)
    expect(venue.bars).toEqual(['0 stream', '1 rest'])
    expect(venue.asked).toHaveLength(1)
  })

  test('later than they may be are told so', async () => {
    const venue = play()
    await up(venue)
    venue.restFault = 'server'
    await venue.clock.moveTo(at(1) + 45_000)
    venue.close(at(0))
    await venue.clock.moveTo(at(1) + 46_000)
    expect(venue.of('late')).toEqual([{ kind: 'late', series: BTC, openTime: at(0), by: 45_000, missed: null }])
  })

  test('off the grid or from the future are not believed', async () => {
    const venue = play()
    await up(venue)
    await venue.clock.moveTo(at(1) + 500)
    venue.feed.bar(BTC, { ...venue.bar(at(0)), openTime: at(0) + 28_000 }, true, null)
    venue.feed.bar(BTC, venue.bar(at(500)), true, null)
    venue.close(at(0))
    await venue.clock.moveTo(at(1) + 600)
    expect(venue.bars).toEqual(['0 stream'])
    expect(venue.asked).toEqual([])
  })

  test('of a perpetual have the mark at their close, heard or asked for', async () => {
    const perpetual: Series = { venue: 'binance-usdm', symbol: 'BTCUSDT', interval: '1m' }
    const venue = play({ series: [perpetual] })
    await up(venue)
    await venue.clock.moveTo(at(1) + 500)
    venue.close(at(0), perpetual, '67000.1')
    await venue.clock.moveTo(at(2) + 11_000)
    const [mark] = venue.truth.texts({ ...perpetual, symbol: 'BTCUSDT@mark' }, at(1), at(2))
    expect(venue.of('bar').map(({ mark, from }) => [mark, from])).toEqual([
      ['67000.1', 'stream'],
      [mark!.close, 'rest'],
    ])
  })

  test('of a mark price come by REST, and nobody alarms', async () => {
    const mark: Series = { venue: 'binance-usdm', symbol: 'BTCUSDT@mark', interval: '1m' }
    const venue = play({ series: [mark] })
    await venue.clock.moveTo(at(4) + 3_000)
    expect(venue.bars).toEqual(['0 rest', '1 rest', '2 rest', '3 rest'])
    expect(venue.of('silent')).toEqual([])
  })
})

describe('the end', () => {
  test('closes feeds and timers, and ends the iteration', async () => {
    const venue = play()
    await up(venue)
    await venue.play(at(0), at(1))
    await venue.stream.close()
    await venue.clock.moveTo(at(1) + 1_000)
    expect(venue.ended).toBe('quietly')
    expect(venue.closedFeeds).toBe(1)
    expect(venue.clock.pending).toBe(0)
  })

  test('comes with the error where waiting does not help', async () => {
    const venue = play()
    await up(venue)
    venue.restFault = 'symbol'
    await venue.clock.moveTo(at(1) + 11_000)
    expect(venue.ended).toMatchObject({ name: 'VenueError', message: 'played: symbol' })
    expect(venue.clock.pending).toBe(0)
  })

  test('comes at once for an interval that the venue has not got', () => {
    expect(() => play({ series: [{ ...BTC, interval: '3m' }] })).toThrow(
      'binance:BTCUSDT:3m: binance has no such bars; it has 1m 1h',
    )
  })
})

describe('a slow consumer', () => {
  test('that has gone lets everybody go who waits for room', async () => {
    const queue = new EventQueue<number>(1, async () => undefined)
    queue.push(1)
    const room = queue.room().then(() => 'room')
    expect(await Promise.race([room, Promise.resolve('full')])).toBe('full')
    queue.end()
    expect(await room).toBe('room')
  })

  test('loses nothing, and slows the bars of the past down', async () => {
    const venue = play({ isRead: false, pageRows: 1000, options: { from: () => at(-20_000) } })
    await up(venue)
    await venue.play(at(0), at(3))
    // the first page that finds no room is the sixth
    expect(venue.stream.waiting).toBeGreaterThanOrEqual(5_000)
    expect(venue.stream.waiting).toBeLessThanOrEqual(6_001)
    let next = at(-20_000)
    for await (const event of venue.stream) {
      await venue.clock.moveTo(venue.clock.now())
      if (event.kind !== 'bar') continue
      expect(event.bar.openTime).toBe(next)
      next += MINUTE
      if (next === at(3)) break
    }
    expect(venue.stream.waiting).toBe(0)
    expect(venue.closedFeeds).toBe(1)
  }, 20_000)
})
