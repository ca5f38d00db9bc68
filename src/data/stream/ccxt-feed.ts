import { closeTimeOf, type Interval } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import type { BarText } from '../venues/venue.ts'
import { barDifference } from './bar-difference.ts'
import type { Feed, FeedKind, FeedListener, FeedOptions } from './feed.ts'
import { type CcxtExchange, type CcxtMarket, loadCcxt } from './load-ccxt.ts'
import { pause } from './stream-clock.ts'

/**
 * Kraken and KuCoin through ccxt.pro, an optional dependency. Neither has a flag that says that a bar is closed: one is closed when
 * the next one appears, and where none does, REST says so after a while.
 */
export const CCXT_FEED: FeedKind = {
  // a bar without trades is not pushed
  isNeverQuiet: false,
  // of a message ccxt hands on the candle alone
  hasClock: false,
  // ccxt.pro knows Kraken's candles by their symbol alone: a second interval on the same instance is handed the first one's
  split: (series) =>
    series[0]?.venue === 'kraken'
      ? [...Map.groupBy(series, ({ interval }) => interval).values()]
      : series.length > 0
        ? [series]
        : [],
  open: async (series, listener, options) => {
    const pro = await loadCcxt()
    const { heartbeat } = options
    const config = heartbeat === undefined ? {} : { streaming: { keepAlive: heartbeat } }
    return new CcxtFeed(new pro[series[0]!.venue]!(config), series, listener, options)
  },
}

/** What a venue says of a candle, of which ccxt keeps six numbers. */
type Extras = Pick<BarText, 'quoteVolume' | 'trades'>
/** Candles of which it is kept; what is forgotten comes again with the next message. */
const KEPT = 10_000
/** Candles that are looked at with each message: several may have begun since the last one was heard. */
const WATCHED = 5
const NOTHING: Extras = { quoteVolume: null, trades: null }

class CcxtFeed implements Feed {
  readonly #exchange: CcxtExchange
  readonly #series: readonly Series[]
  readonly #listener: FeedListener
  readonly #options: FeedOptions
  readonly #ending = new AbortController()
  /** The newest bars as they were heard, by series; forgotten with the connection, since trades may then be missing in them. */
  readonly #seen = new Map<Series, Map<number, BarText>>()
  /** What the venue said last of a candle, beyond what ccxt keeps of it. */
  readonly #extras = new Map<string, Extras>()
  readonly #markets = new Map<Series, CcxtMarket>()
  #isUp = false

  constructor(exchange: CcxtExchange, series: readonly Series[], listener: FeedListener, options: FeedOptions) {
    this.#exchange = exchange
    this.#series = series
    this.#listener = listener
    this.#options = options
    this.#prepare()
    this.#run().catch(listener.failed)
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#exchange.close()
  }

  /** Addresses, texts instead of numbers, and an ear for what ccxt does not hand on. */
  #prepare(): void {
    const exchange = this.#exchange
    const { origin, restOrigin } = this.#options
    const { api } = exchange.urls
    if (restOrigin !== undefined)
      for (const [name, url] of Object.entries(api)) if (typeof url === 'string') api[name] = restOrigin
    if (origin !== undefined) api['ws'] = { ...(api['ws'] as object), publicV2: origin, spot: origin }
    // markets of other kinds are asked for elsewhere, and not streamed here
    exchange.options['fetchMarkets'] = { types: ['spot'], fetchTickersFees: false }
    exchange.has['fetchCurrencies'] = false
    exchange.newUpdates = false
    exchange.number = String
    const { handleOHLCV, onConnected, onError, onClose } = exchange
    exchange.handleOHLCV = (client, message) => {
      this.#keepExtras(message)
      handleOHLCV.call(exchange, client, message)
    }
    exchange.onConnected = (client, message) => {
      onConnected.call(exchange, client, message)
      this.#connected()
    }
    exchange.onError = (client, error) => {
      onError.call(exchange, client, error)
      this.#lost(textOf(error))
    }
    exchange.onClose = (client, error) => {
      onClose.call(exchange, client, error)
      this.#lost('the connection was closed')
    }
  }

  #connected(): void {
    if (this.#ending.signal.aborted || this.#isUp) return
    this.#isUp = true
    this.#listener.connected()
  }

  #lost(why: string): void {
    if (this.#ending.signal.aborted) return
    this.#isUp = false
    this.#seen.clear()
    this.#exchange.ohlcvs = {}
    // KuCoin's address is good for a day: the next connection asks for its own
    delete this.#exchange.options['urls']
    this.#listener.disconnected(why)
  }

  /** Asks for the markets until they come, then watches each series. */
  async #run(): Promise<void> {
    const { clock, pause: ms } = this.#options
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        await this.#exchange.loadHttpProxyAgent()
        await this.#exchange.loadMarkets()
        break
      } catch (error) {
        this.#lost(textOf(error))
        await pause(clock, ms, signal)
      }
    }
    if (!signal.aborted) await Promise.all(this.#series.map((series) => this.#watch(series)))
  }

  async #watch(series: Series): Promise<void> {
    const { clock, pause: ms } = this.#options
    const { signal } = this.#ending
    const market = marketOf(this.#exchange, series)
    this.#markets.set(series, market)
    while (!signal.aborted) {
      try {
        const candles = await this.#exchange.watchOHLCV(market.symbol, series.interval, undefined, WATCHED)
        this.#onCandles(series, candles)
      } catch (error) {
        if (signal.aborted) return
        // a connection that was lost has said so; here it cannot be begun, or this series is refused on one that lives
        if (!this.#isUp) this.#lost(textOf(error))
        await pause(clock, ms, signal)
      }
    }
  }

  /**
   * The newest candles, oldest first: asked for its "new updates", ccxt would hand on the newest one instead of an older one that was
   * updated after it.
   */
  #onCandles(series: Series, candles: readonly (readonly unknown[])[]): void {
    this.#connected()
    const before = this.#seen.get(series) ?? new Map<number, BarText>()
    const wasNewest = Math.max(...before.keys())
    const bars = candles.map((candle) => this.#barOf(series, candle))
    this.#seen.set(series, new Map(bars.map((bar) => [bar.openTime, bar])))
    for (const [k, bar] of bars.entries()) {
      const was = before.get(bar.openTime)
      const isChanged = was === undefined || barDifference(was, bar) !== null
      const isClosed = k < bars.length - 1
      if (isChanged || (isClosed && bar.openTime === wasNewest)) this.#listener.bar(series, bar, isClosed, null)
    }
    this.#listener.alive(series)
  }

  #barOf(series: Series, [time, open, high, low, close, volume]: readonly unknown[]): BarText {
    const openTime = Number(time)
    return {
      openTime,
      closeTime: closeTimeOf(openTime, series.interval),
      ...{ open: String(open), high: String(high), low: String(low), close: String(close), volume: String(volume) },
      ...(this.#extras.get(keyOf(this.#nameOf(series), series.interval, openTime)) ?? NOTHING),
      ...{ takerBase: null, takerQuote: null },
    }
  }

  /** The name that the venue's messages have for a series. */
  #nameOf(series: Series): string {
    const market = this.#markets.get(series)!
    return series.venue === 'kraken' ? market.symbol : market.id
  }

  #keepExtras(message: unknown): void {
    if (this.#extras.size > KEPT) this.#extras.clear()
    const { data, topic } = message as KrakenCandles & KucoinCandle
    if (Array.isArray(data))
      for (const { symbol, trades, interval_begin } of data as KrakenCandles['data'])
        this.#extras.set(keyOf(symbol, this.#series[0]!.interval, Date.parse(interval_begin)), {
          quoteVolume: null,
          trades,
        })
    else if (topic !== undefined) {
      const { symbol, candles } = data as unknown as KucoinCandle['data']
      const interval = topic.slice(topic.lastIndexOf('_') + 1).replace(/(?<=^\d+[a-z])[a-z]*$/, '')
      const extras = { quoteVolume: candles[6] ?? null, trades: null }
      this.#extras.set(keyOf(symbol, interval, Number(candles[0]) * 1000), extras)
    }
  }
}

/** https://docs.kraken.com/api/docs/websocket-v2/ohlc */
interface KrakenCandles {
  readonly data: readonly { readonly symbol: string; readonly trades: number; readonly interval_begin: string }[]
}

/** https://www.kucoin.com/docs-new/3470071w0: time (s), open, close, high, low, volume, turnover. */
interface KucoinCandle {
  readonly topic?: string
  readonly data: { readonly symbol: string; readonly candles: readonly string[] }
}

function keyOf(name: string, interval: Interval | string, openTime: number): string {
  return `${name} ${interval} ${openTime}`
}

/** @throws DataError for a market that the venue has not got */
function marketOf(exchange: CcxtExchange, { venue, symbol }: Series): CcxtMarket {
  const markets = Object.values(exchange.markets).filter(({ spot }) => spot !== false)
  const market = markets.find(({ id, info }) => id === symbol || info?.altname === symbol)
  if (market === undefined) throw new DataError(`${venue} has no market ${symbol}`)
  return market
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
