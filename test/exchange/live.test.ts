import { afterEach, expect, test } from 'vitest'
import { GrowingBars } from '../../src/core/growing-bars.ts'
import type { LiveEvent } from '../../src/data/stream/live.ts'
import { binanceClient } from './clients.ts'
import { listen, quiet } from './listen.ts'
import { barsOf, FROM, MINUTE, type Played, play, slotOf } from './played.ts'

let played: Played

afterEach(async () => {
  await played.close()
  expect(played.errors).toEqual([])
})

/** A live slot: one bar is known, the others are told of. */
function growing(symbol: string) {
  const bars = new GrowingBars(barsOf([[50_000, 50_000, 50_000, 50_000]], 1, symbol), 2)
  return { ...slotOf(bars), startRow: 1 }
}

function bar(symbol: string, minute: number, prices: readonly [string, string, string, string]): LiveEvent {
  const openTime = FROM + minute * MINUTE
  const [open, high, low, close] = prices
  const text = { openTime, closeTime: openTime + MINUTE, open, high, low, close, volume: '3', quoteVolume: null, trades: null, takerBase: null, takerQuote: null } // biome-ignore format: one bar
  const series = { venue: 'binance-usdm', symbol, interval: '1m' } as const
  return { kind: 'bar', series, bar: text as never, mark: null, from: 'stream' }
}

test('bars of a live stream are played as they close, symbols together; orders meet the next one', async () => {
  played = await play({ slots: [growing('BTCUSDT'), growing('ETHUSDT')], speed: 'max' })
  await played.run
  const events: (() => LiveEvent | Promise<LiveEvent>)[] = []
  const notes: string[] = []
  const client = binanceClient(played.origin)
  const heard = await listen(`${played.wsOrigin}/market/stream?streams=btcusdt@kline_1m/ethusdt@kline_1m`)
  const flat = ['50000', '50000', '50000', '50000'] as const
  events.push(
    () => bar('ETHUSDT', 0, flat),
    () => bar('BTCUSDT', 0, ['50000', '50100', '49900', '50050']),
    async () => {
      await heard.until(8)
      await client.place({ id: 'a', side: 'BUY', type: 'market', qty: 0.01 })
      return bar('BTCUSDT', 1, ['50060.5', '50070', '50060', '50065'])
    },
    () => bar('ETHUSDT', 1, flat),
    // a bar that comes once its instant is over
    () => bar('ETHUSDT', 1, flat),
    () => bar('ETHUSDT', 2, flat),
  )
  async function* stream(): AsyncGenerator<LiveEvent> {
    for (const event of events) yield await event()
  }
  await played.exchange.follow(stream(), (text) => notes.push(text))
  await quiet(20)
  const closed = heard.frames
    .map(({ data }) => data as { s: string; k: { t: number; x: boolean } })
    .filter(({ k }) => k.x)
  expect(closed.map(({ s, k }) => [s, (k.t - FROM) / MINUTE])).toEqual([
    ['BTCUSDT', 0],
    ['ETHUSDT', 0],
    ['BTCUSDT', 1],
    ['ETHUSDT', 1],
    ['ETHUSDT', 2],
  ])
  // taker fee 0.0005 of 0.01 × 50060.5
  expect(await client.fills()).toEqual([
    { side: 'BUY', price: 50_060.5, qty: 0.01, fee: 0.2503025, maker: false, realised: 0 },
  ])
  expect(notes).toEqual(['ETHUSDT: the bar of 2025-03-01T00:01 came too late and is left out'])
  heard.socket.terminate()
})
