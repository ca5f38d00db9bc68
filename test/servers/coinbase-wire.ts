import type { Interval } from '../../src/core/interval.ts'
import { lastDays } from './day.ts'
import { marketsOf, type TestMarket } from './markets.ts'
import { barText, decimal } from './truth.ts'
import { barsOf, json, ordered, page, type Reply, type Wire, type WireRequest } from './wire.ts'

const GRANULARITIES: Readonly<Record<string, Interval>> = {
  60: '1m',
  300: '5m',
  900: '15m',
  3600: '1h',
  21600: '6h',
  86400: '1d',
}

/** Coinbase Exchange: https://docs.cdp.coinbase.com/exchange/reference */
export const coinbase: Wire = {
  venue: 'coinbase',
  answer(request) {
    const { path } = request
    if (path === '/time') return json({ iso: new Date(request.now).toISOString(), epoch: request.now / 1000 }, 1)
    if (path === '/currencies') return json(currencies(), 1)
    if (path === '/products') return json(marketsOf('coinbase').map(product), 1)
    if (path === '/products/stats') return json(allStats(request), 1)
    const [, id, what] = /^\/products\/([^/]+)(?:\/(candles|ticker|stats|book))?$/.exec(path) ?? []
    if (id === undefined) return null
    const market = marketsOf('coinbase').find((listed) => listed.symbol === id)
    if (market === undefined) return json({ message: 'NotFound' }, 1, 404)
    if (what === undefined) return json(product(market), 1)
    if (what === 'candles') return candles(request, market)
    const day = lastDays(request, 'coinbase').find((entry) => entry.market === market)!
    const [bid, ask, volume] = [day.price(day.bid), day.price(day.ask), day.amount(day.volume)]
    if (what === 'book')
      return json({ bids: [[bid, day.amount(5), 1]], asks: [[ask, day.amount(7), 1]], sequence: 1 }, 1)
    if (what === 'stats') return json(stats(request, market), 1)
    const time = new Date(request.now).toISOString()
    return json({ ask, bid, volume, trade_id: 1, price: day.price(day.last), size: day.amount(1), time }, 1)
  },
}

/** Newest first; time, low, high, open, close, volume as JSON numbers; now and then a candle from before `start`. */
function candles(request: WireRequest, market: TestMarket): Reply {
  const { query } = request
  const interval = GRANULARITIES[query.get('granularity') ?? '60']
  if (interval === undefined) return json({ message: 'Unsupported granularity' }, 1, 400)
  const step = Number(query.get('granularity') ?? '60') * 1000
  const start = timeOf(query.get('start'))
  const end = timeOf(query.get('end'))
  // one without the other is ignored
  const isAsked = start !== null && end !== null
  if (isAsked && Math.floor((end - start) / step) + 1 > 300)
    return json(
      { message: 'granularity too small for the requested time range. Count of aggregations requested exceeds 300' },
      1,
      400,
    )
  const series = { venue: 'coinbase', symbol: market.symbol, interval } as const
  const early = isAsked && (start / step) % 3 === 0 ? step : 0
  const bars = barsOf(request, series, {
    from: isAsked ? start - early : 0,
    to: isAsked ? end : request.now,
    limit: 300,
    keep: 'newest',
  })
  const rows = ordered(request, bars, 'newest').map((bar) => {
    const text = barText(series, bar)
    const time = (bar.openTime / 1000) * request.timeScale
    return `[${[time, ...[text.low, text.high, text.open, text.close, text.volume].map(shortNumber)].join(',')}]`
  })
  return page(`[${rows.join(',')}]`, 1)
}

function timeOf(text: string | null): number | null {
  if (text === null) return null
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
}

/** As a JSON number is written: without zeros at the end. */
function shortNumber(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function product(market: TestMarket) {
  return {
    id: market.symbol,
    base_currency: market.base,
    quote_currency: market.quote,
    quote_increment: decimal(1, market.priceDigits),
    base_increment: decimal(1, market.volumeDigits),
    display_name: `${market.base}-${market.quote}`,
    min_market_funds: '1',
    margin_enabled: false,
    post_only: false,
    limit_only: false,
    cancel_only: false,
    status: market.status,
    status_message: '',
    trading_disabled: market.status !== 'online',
    fx_stablecoin: false,
    max_slippage_percentage: '0.02000000',
    auction_mode: false,
    high_bid_limit_percentage: '',
  }
}

function stats(request: WireRequest, market: TestMarket) {
  const day = lastDays(request, 'coinbase').find((entry) => entry.market === market)!
  return {
    open: day.price(day.open),
    high: day.price(day.high),
    low: day.price(day.low),
    last: day.price(day.last),
    volume: day.amount(day.volume),
    volume_30day: day.amount(day.volume * 30),
  }
}

function allStats(request: WireRequest) {
  return Object.fromEntries(
    marketsOf('coinbase').map((market) => {
      const { volume_30day, ...day } = stats(request, market)
      return [market.symbol, { stats_30day: { volume: volume_30day }, stats_24hour: day }]
    }),
  )
}

function currencies() {
  const names = new Set(marketsOf('coinbase').flatMap((market) => [market.base, market.quote]))
  return [...names].map((id) => ({
    id,
    name: id,
    min_size: '0.00000001',
    status: 'online',
    message: '',
    max_precision: '0.00000001',
    convertible_to: [],
    details: { type: id === 'USD' ? 'fiat' : 'crypto' },
  }))
}
