import type { Series } from '../../core/series.ts'
import type { Feed, FeedKind, FeedListener, FeedOptions } from './feed.ts'
import { TradeCandles } from './trade-candles.ts'

const ORIGIN = 'wss://ws-feed.exchange.coinbase.com'
/** A heartbeat comes every second for every product: a connection that is silent for so long has gone half. */
const DEAD_AFTER = 15_000

interface Frame {
  readonly type: string
  readonly product_id?: string
  /** ISO, microseconds. */
  readonly time?: string
  readonly trade_id?: number
  readonly last_trade_id?: number
  readonly price?: string
  readonly size?: string
  readonly message?: string
  readonly reason?: string
}

/**
 * Coinbase Exchange has no stream of bars that are shorter than five minutes: they are made of its trades, channel `matches`, and
 * the channel `heartbeat` says what time it is there and which trade was the last one.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */
export const COINBASE_FEED: FeedKind = {
  isNeverQuiet: false,
  hasClock: true,
  split: (series) => (series.length === 0 ? [] : [series]),
  open: async (series, listener, options) => new CoinbaseFeed(series, listener, options),
}

/** What is known of one product. */
interface Product {
  readonly series: readonly Series[]
  readonly candles: readonly TradeCandles[]
  lastTrade: number | null
}

class CoinbaseFeed implements Feed {
  readonly #listener: FeedListener
  readonly #options: FeedOptions
  readonly #products = new Map<string, Product>()
  #socket: WebSocket | null = null
  #isClosed = false
  #cancel: () => void = () => undefined

  constructor(all: readonly Series[], listener: FeedListener, options: FeedOptions) {
    this.#listener = listener
    this.#options = options
    for (const [symbol, series] of Map.groupBy(all, ({ symbol }) => symbol)) {
      const candles = series.map(
        (one) =>
          new TradeCandles(
            one.interval,
            (bar, isClosed) => listener.bar(one, bar, isClosed, null),
            (openTime) => listener.doubted(one, openTime),
          ),
      )
      this.#products.set(symbol, { series, candles, lastTrade: null })
    }
    this.#connect()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    this.#socket?.close()
  }

  #connect(): void {
    const socket = new WebSocket(this.#options.origin ?? ORIGIN)
    this.#socket = socket
    // a socket that has been given up may still speak
    const ours = (act: (event: Event) => void) => (event: Event) => {
      if (socket === this.#socket && !this.#isClosed) act(event)
    }
    socket.addEventListener(
      'open',
      ours(() => {
        const channels = ['matches', 'heartbeat']
        socket.send(JSON.stringify({ type: 'subscribe', product_ids: [...this.#products.keys()], channels }))
        this.#listener.connected()
      }),
    )
    socket.addEventListener(
      'message',
      ours((event) => {
        this.#watch()
        this.#onFrame(String((event as MessageEvent).data))
      }),
    )
    socket.addEventListener(
      'error',
      ours(() => this.#lost('the connection failed')),
    )
    socket.addEventListener(
      'close',
      ours((event) => this.#lost(`closed by the venue, code ${(event as CloseEvent).code}`)),
    )
    this.#watch()
  }

  #watch(): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(DEAD_AFTER, () =>
      this.#lost(`nothing heard for ${DEAD_AFTER / 1000} s, no heartbeat either`),
    )
  }

  #lost(why: string): void {
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    for (const product of this.#products.values()) cut(product)
    this.#listener.disconnected(why)
    this.#cancel()
    this.#cancel = this.#options.clock.after(this.#options.pause, () => this.#connect())
  }

  #onFrame(data: string): void {
    const frame = frameOf(data)
    if (frame === null) return
    if (frame.type === 'error') return this.#lost(`the venue says: ${frame.message ?? ''} ${frame.reason ?? ''}`.trim())
    const product = this.#products.get(frame.product_id ?? '')
    const at = Date.parse(frame.time ?? '')
    if (product === undefined || Number.isNaN(at)) return
    if (frame.type === 'heartbeat') this.#listener.time(at)
    if (frame.type === 'heartbeat') this.#onHeartbeat(product, at, frame.last_trade_id ?? null)
    else if (frame.type === 'match') onTrade(product, at, frame)
    // the last trade before the subscription: what comes after it is whole
    else if (frame.type === 'last_match') product.lastTrade = frame.trade_id ?? null
  }

  #onHeartbeat(product: Product, at: number, lastTrade: number | null): void {
    const isBehind = lastTrade !== null && product.lastTrade !== null && lastTrade > product.lastTrade
    if (isBehind) cut(product)
    product.lastTrade ??= lastTrade
    for (const candles of product.candles) candles.time(at)
    for (const series of product.series) this.#listener.alive(series)
  }
}

function onTrade(product: Product, at: number, { trade_id: id, price, size }: Frame): void {
  if (id === undefined || price === undefined || size === undefined) return
  if (product.lastTrade !== null) {
    if (id <= product.lastTrade) return
    if (id > product.lastTrade + 1) cut(product)
  }
  product.lastTrade = id
  for (const candles of product.candles) candles.trade(at, price, size)
}

function cut(product: Product): void {
  product.lastTrade = null
  for (const candles of product.candles) candles.cut()
}

function frameOf(data: string): Frame | null {
  try {
    return JSON.parse(data) as Frame
  } catch {
    return null
  }
}
