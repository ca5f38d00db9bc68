import { type Interval, intervalMs } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { decimalText, jsonOf, listOf } from './answer-text.ts'
import { candlesOf } from './candles.ts'
import { exactJson, plainDigits } from './exact-json.ts'
import {
  type Ask,
  type BarText,
  type MarketRules,
  type Ticker,
  type VenueApi,
  VenueContentError,
  type VenueFault,
} from './venue.ts'

const HOST = 'https://api.exchange.coinbase.com'
/** One more, and the request is rejected. */
const PAGE_ROWS = 300
/** The granularities of the documentation: 60, 300, 900, 3600, 21600 and 86400 s. */
const INTERVALS: readonly Interval[] = ['1m', '5m', '15m', '1h', '6h', '1d']

/** Both ends are inclusive, and a bucket counts by its opening: a second before `to` opens none. */
function askBars({ symbol, interval }: Series, from: number, to: number): Ask {
  const query = {
    granularity: String(intervalMs(interval) / 1000),
    start: new Date(from).toISOString(),
    end: new Date(to - 1000).toISOString(),
  }
  return { path: `/products/${symbol}/candles`, query, weight: 1 }
}

/** Newest first; times in seconds, all of them JSON numbers, so their digits are kept as they stand. */
function readBars(body: string): BarText[] {
  return candlesOf(exactJson(body), 'candles', ['time', 'low', 'high', 'open', 'close', 'volume'])
}

/** What a product may say that klinelab does not act out; percentages that are empty say nothing. */
const NOT_SIMULATED = [
  'max_slippage_percentage',
  'high_bid_limit_percentage',
  'post_only',
  'cancel_only',
  'auction_mode',
]

function readRules(body: string, at: number): MarketRules[] {
  const date = new Date(at).toISOString().slice(0, 10)
  return listOf(jsonOf(body), 'products').map((one, k): MarketRules => {
    const raw = one as Record<string, unknown>
    const { id, base_currency: base, quote_currency: quote, status } = raw
    if (typeof id !== 'string' || typeof base !== 'string' || typeof quote !== 'string' || typeof status !== 'string')
      throw new VenueContentError(`product ${k + 1} has no id, base_currency, quote_currency or status`)
    const text = (key: string) => decimalText(plainDigits(String(raw[key])), `${id}, ${key}`)
    const tick = text('quote_increment')
    const step = text('base_increment')
    const isOn = (key: string) => raw[key] === true
    const isClosed = isOn('trading_disabled') || isOn('cancel_only') || isOn('post_only') || isOn('auction_mode')
    const filters = {
      // "the min order price as well as the price increment"; base_min_size and base_max_size are gone since 2022-06-30
      price: { min: tick, max: '0', tick },
      lot: { min: step, max: '0', step },
      notional: {
        filter: 'MIN_NOTIONAL' as const,
        min: text('min_market_funds'),
        applyMinToMarket: true,
        avgPriceMins: 0,
        reduceOnlyExempt: false,
      },
      notSimulated: NOT_SIMULATED.filter((key) => isOn(key) || (typeof raw[key] === 'string' && raw[key] !== '')),
    }
    const orderTypes = isOn('limit_only') ? ['LIMIT', 'STOP_LOSS_LIMIT'] : ['LIMIT', 'MARKET', 'STOP_LOSS_LIMIT']
    const source = `coinbase products ${date}`
    return {
      instrument: {
        venue: 'coinbase',
        symbol: id,
        base,
        quote,
        kind: 'spot',
        gridFrom: 'zero',
        snapshots: [{ validFrom: at, filters, source, orderTypes }],
      },
      isTrading: status === 'online' && !isClosed,
      status: status === 'online' && isClosed ? 'online, but closed to trading' : status,
      listedAt: null,
      delistedAt: null,
      feeMaker: null,
      feeTaker: null,
      isStable: isOn('fx_stablecoin'),
    }
  })
}

/**
 * `/products/stats` has the 24 hours of all products (not documented; as long as `/products/{id}/stats`, which is). Quotes come one
 * product an answer, which does not name it: the answers follow the order of `symbols`.
 */
function readTickers([stats, ...quotes]: readonly string[], symbols: readonly string[] = []): Ticker[] {
  const quoted = new Map(quotes.map((body, k) => [symbols[k], jsonOf(body) as Record<string, unknown>]))
  return Object.entries(jsonOf(stats!) as Record<string, { stats_24hour?: Record<string, unknown> }>).map(
    ([symbol, { stats_24hour: day = {} }]) => {
      const number = (value: unknown) => (typeof value === 'string' && value !== '' ? Number(value) : Number.NaN)
      const [last, open] = [number(day['last']), number(day['open'])]
      return {
        symbol,
        last,
        change: open > 0 ? last / open - 1 : Number.NaN,
        high: number(day['high']),
        low: number(day['low']),
        // it states the base asset only; at the last price it is near enough to rank by
        quoteVolume: number(day['volume']) * last,
        bid: number(quoted.get(symbol)?.['bid']),
        ask: number(quoted.get(symbol)?.['ask']),
      }
    },
  )
}

/** `{"message":"NotFound"}` with a status that says the rest. */
function fault(status: number, body: string): VenueFault | null {
  if (status < 400) return null
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]
  if (message === undefined) return null
  const kind = status === 404 ? 'symbol' : status === 429 ? 'limit' : status >= 500 ? 'server' : 'request'
  return { code: String(status), message, kind }
}

/** Coinbase Exchange, https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles */
export const COINBASE: VenueApi = {
  venue: 'coinbase',
  origin: HOST,
  // 10 requests a second from one address, in bursts of up to 15
  limits: { weight: 10, window: 1000, usedHeader: null, parallel: 4 },
  bars: {
    intervals: INTERVALS,
    pageRows: PAGE_ROWS,
    horizon: null,
    // "No data is published for intervals where there are no ticks"
    omitsEmpty: true,
    ask: askBars,
    read: readBars,
  },
  rules: { ask: () => ({ path: '/products', query: {}, weight: 1 }), read: readRules },
  tickers: {
    asks: (symbols) => [
      { path: '/products/stats', query: {}, weight: 1 },
      ...symbols.map((symbol) => ({ path: `/products/${symbol}/ticker`, query: {}, weight: 1 })),
    ],
    read: readTickers,
  },
  clock: {
    ask: { path: '/time', query: {}, weight: 1 },
    read: (body) => {
      const at = Date.parse(String((jsonOf(body) as { iso?: unknown } | null)?.iso))
      if (Number.isNaN(at)) throw new VenueContentError(`time has no iso: ${body.slice(0, 80)}`)
      return at
    },
  },
  funding: null,
  fault,
}
