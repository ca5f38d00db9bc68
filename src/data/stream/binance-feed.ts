import type { Series } from '../../core/series.ts'
import type { BarText } from '../venues/venue.ts'
import type { Feed, FeedKind, FeedListener, FeedOptions } from './feed.ts'

/** Streams of one connection; the venue takes 1024, its client warns above 200, and a perpetual has two. */
const PER_CONNECTION = 100
/** A mark that was stated longer before the close is not the close's. */
const MARK_AGE = 5_000

/** One bar in a frame, https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#klinecandlestick-streams-for-utc */
interface Kline {
  readonly t: number
  /** Last millisecond. */
  readonly T: number
  readonly i: string
  readonly o: string
  readonly h: string
  readonly l: string
  readonly c: string
  readonly v: string
  readonly n: number
  /** Closed. */
  readonly x: boolean
  readonly q: string
  readonly V: string
  readonly Q: string
}

interface Frame {
  readonly e?: string
  readonly E?: number
  readonly s?: string
  readonly k?: Kline
  /** Mark price. */
  readonly p?: string
}

/**
 * Binance through its client library: spot on `/stream`, USDS-M on `/market/stream` (the bare paths have been deaf since 2026-04-23:
 * they acknowledge, and say nothing). The library answers and sends pings, notices a connection that has gone half, and connects again.
 */
export const BINANCE_FEED: FeedKind = {
  // also a bar without trades is pushed, closed, once
  isNeverQuiet: true,
  hasClock: true,
  split: (series) =>
    Array.from({ length: Math.ceil(series.length / PER_CONNECTION) }, (_, k) =>
      series.slice(k * PER_CONNECTION, (k + 1) * PER_CONNECTION),
    ),
  open: openBinance,
}

async function openBinance(all: readonly Series[], listener: FeedListener, options: FeedOptions): Promise<Feed> {
  const { WebsocketClient } = await import('binance')
  const isSpot = all[0]!.venue === 'binance'
  const byStream = new Map(all.map((series) => [`${series.symbol}@${series.interval}`, series]))
  const marks = new MarkTape()
  const log = () => undefined
  const client = new WebsocketClient(
    {
      reconnectTimeout: options.pause,
      ...(options.origin !== undefined && { wsUrl: options.origin }),
      ...(options.heartbeat !== undefined && { pingInterval: options.heartbeat, pongTimeout: options.heartbeat }),
    },
    { trace: log, info: log, error: log },
  )
  const onFrame = ({ e, E, s, k, p }: Frame) => {
    if (E !== undefined) listener.time(E)
    if (e === 'markPriceUpdate') marks.add(s!, E!, p!)
    if (e !== 'kline') return
    const series = byStream.get(`${s}@${k!.i}`)
    if (series !== undefined) listener.bar(series, barOf(k!), k!.x, isSpot || !k!.x ? null : marks.at(s!, k!.T + 1))
  }
  client.on('message', (frame) => onFrame(frame as Frame))
  client.on('open', listener.connected)
  client.on('reconnected', listener.connected)
  client.on('reconnecting', () => listener.disconnected('the connection was lost'))
  client.on('exception', ({ message, code }: { message?: string; code?: string }) =>
    listener.disconnected(message || code || 'the connection failed'),
  )
  const symbols = [...new Set(all.map(({ symbol }) => symbol.toLowerCase()))]
  const topics = [
    ...all.map(({ symbol, interval }) => `${symbol.toLowerCase()}@kline_${interval}`),
    ...(isSpot ? [] : symbols.map((symbol) => `${symbol}@markPrice@1s`)),
  ]
  // resolves when the connection is there, which may be never
  client.subscribe(topics, isSpot ? 'main' : 'usdm').catch(log)
  return {
    close: async () => {
      client.removeAllListeners('message')
      client.closeAll(true)
    },
  }
}

function barOf(k: Kline): BarText {
  return {
    openTime: k.t,
    closeTime: k.T + 1,
    ...{ open: k.o, high: k.h, low: k.l, close: k.c, volume: k.v },
    ...{ quoteVolume: k.q, trades: k.n, takerBase: k.V, takerQuote: k.Q },
  }
}

/** The last mark prices of each symbol. */
class MarkTape {
  readonly #tapes = new Map<string, { readonly at: number; readonly price: string }[]>()

  add(symbol: string, at: number, price: string): void {
    const tape = this.#tapes.get(symbol)
    if (tape === undefined) this.#tapes.set(symbol, [{ at, price }])
    else if (tape.push({ at, price }) > 20) tape.shift()
  }

  /** The mark just before an instant. */
  at(symbol: string, time: number): string | null {
    const last = this.#tapes.get(symbol)?.findLast(({ at }) => at < time && at >= time - MARK_AGE)
    return last?.price ?? null
  }
}
