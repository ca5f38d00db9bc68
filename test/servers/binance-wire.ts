import { type Interval, isInterval } from '../../src/core/interval.ts'
import type { Venue } from '../../src/core/series.ts'
import { binanceRules } from './binance-rules.ts'
import { binanceBooks, binanceTickers } from './binance-tickers.ts'
import { marketOf, marketsOf } from './markets.ts'
import { barText, decimal, type TruthBar } from './truth.ts'
import { barsOf, json, ordered, page, type Reply, type Wire, type WireRequest } from './wire.ts'

const EIGHT_HOURS = 8 * 3_600_000
const FIRST_FUNDING = Date.UTC(2019, 8, 10, 8)

/** Binance spot: https://developers.binance.com/docs/binance-spot-api-docs */
export const binanceSpot: Wire = {
  venue: 'binance',
  answer(request) {
    if (!request.path.startsWith('/api/v3/')) return null
    switch (request.path.slice('/api/v3'.length)) {
      case '/klines':
      case '/uiKlines':
        // over the most it gives the most, and the weight is the same for all sizes
        return klines(request, 'binance', '', { limit: Math.min(limitOf(request, 500), 1000), weight: 2 })
      case '/exchangeInfo':
        return rules(request, 'binance', 20)
      case '/ticker/24hr':
        return oneOrAll(request, 'binance', binanceTickers, { one: 2, all: 80 })
      case '/ticker/bookTicker':
        return oneOrAll(request, 'binance', binanceBooks, { one: 2, all: 4 })
      case '/time':
        return json({ serverTime: request.now }, 1)
      case '/ping':
        return json({}, 1)
      default:
        return null
    }
  },
}

/** Binance USDS-M futures: https://developers.binance.com/docs/derivatives/usds-margined-futures */
export const binanceUsdm: Wire = {
  venue: 'binance-usdm',
  answer(request) {
    if (!request.path.startsWith('/fapi/v1/')) return null
    switch (request.path.slice('/fapi/v1'.length)) {
      case '/klines':
        return usdmKlines(request, '')
      case '/markPriceKlines':
        return usdmKlines(request, '@mark')
      case '/fundingRate':
        return fundingRates(request)
      case '/exchangeInfo':
        return rules(request, 'binance-usdm', 1)
      case '/ticker/24hr':
        return oneOrAll(request, 'binance-usdm', binanceTickers, { one: 1, all: 40 })
      case '/ticker/bookTicker':
        return oneOrAll(request, 'binance-usdm', binanceBooks, { one: 2, all: 5 })
      case '/leverageBracket':
        return leverageBrackets(request)
      case '/time':
        return json({ serverTime: request.now }, 1)
      case '/ping':
        return json({}, 1)
      default:
        return null
    }
  },
}

function refused(code: number, msg: string, status = 400): Reply {
  return json({ code, msg }, 1, status)
}

function usdmKlines(request: WireRequest, suffix: string): Reply {
  const limit = limitOf(request, 500)
  if (!(limit >= 1 && limit <= 1500)) return refused(-1130, "Data sent for parameter 'limit' is not valid.")
  return klines(request, 'binance-usdm', suffix, { limit, weight: usdmWeight(limit) })
}

/** `GET /fapi/v1/klines`: [1, 100) 1, [100, 500) 2, [500, 1000] 5, over 1000 10. */
function usdmWeight(limit: number): number {
  if (limit < 100) return 1
  if (limit < 500) return 2
  return limit <= 1000 ? 5 : 10
}

function limitOf(request: WireRequest, usual: number): number {
  const text = request.query.get('limit')
  return text === null ? usual : Number(text)
}

function klines(
  request: WireRequest,
  venue: Venue,
  suffix: string,
  { limit, weight }: { readonly limit: number; readonly weight: number },
): Reply {
  const { query } = request
  const interval = query.get('interval') ?? ''
  const symbol = query.get('symbol') ?? ''
  if (!isListed(venue, symbol)) return unknownSymbol(symbol)
  if (!isInterval(interval)) return refused(-1120, 'Invalid interval.')
  const series = { venue, symbol: symbol + suffix, interval: interval satisfies Interval }
  const start = query.get('startTime')
  const end = query.get('endTime')
  const bars = barsOf(request, series, {
    from: start === null ? 0 : Number(start),
    to: end === null ? request.now : Number(end),
    limit,
    keep: start === null ? 'newest' : 'oldest',
  })
  const rows = ordered(request, bars, 'oldest').map((bar) => klineRow(request, series, bar))
  return page(`[${rows.join(',')}]`, weight)
}

function klineRow(request: WireRequest, series: { venue: Venue; symbol: string; interval: Interval }, bar: TruthBar) {
  const { priceDigits } = marketOf(series)
  const text = barText(series, bar)
  const scale = request.timeScale
  const isMark = series.symbol.endsWith('@mark')
  // spot and mark prices come with eight digits whatever the tick, futures' prices with those of the tick
  const price = (units: number) =>
    series.venue === 'binance' || isMark ? padded(decimal(units, priceDigits), 8) : decimal(units, priceDigits)
  const amount = (value: string) => (isMark ? '0' : series.venue === 'binance' ? padded(value, 8) : value)
  const times = [bar.openTime * scale, (bar.closeTime - 1) * scale]
  return (
    `[${times[0]},"${price(bar.open)}","${price(bar.high)}","${price(bar.low)}","${price(bar.close)}",` +
    `"${amount(text.volume)}",${times[1]},"${amount(text.quoteVolume!)}",${bar.trades},` +
    `"${amount(text.takerBase!)}","${amount(text.takerQuote!)}","0"]`
  )
}

function padded(text: string, digits: number): string {
  const [whole, fraction = ''] = text.split('.') as [string, string?]
  return `${whole}.${fraction.padEnd(digits, '0')}`
}

function isListed(venue: Venue, symbol: string): boolean {
  return marketsOf(venue).some((listed) => listed.symbol === symbol)
}

function unknownSymbol(symbol: string): Reply {
  return symbol === ''
    ? refused(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
    : refused(-1121, 'Invalid symbol.')
}

function rules(request: WireRequest, venue: Venue, weight: number): Reply {
  const symbol = request.query.get('symbol')
  if (symbol !== null && !isListed(venue, symbol)) return unknownSymbol(symbol)
  return json(binanceRules(venue, request.now, symbol), weight)
}

function oneOrAll(
  request: WireRequest,
  venue: Venue,
  list: (request: WireRequest, venue: Venue) => readonly { readonly symbol: string }[],
  weight: { readonly one: number; readonly all: number },
): Reply {
  const symbol = request.query.get('symbol')
  if (symbol === null) return json(list(request, venue), weight.all)
  const found = list(request, venue).find((entry) => entry.symbol === symbol)
  return found === undefined ? unknownSymbol(symbol) : json(found, weight.one)
}

/** Every eight hours, a few milliseconds late, as the venue states it. */
function fundingRates(request: WireRequest): Reply {
  const { query, now, truth } = request
  const symbol = query.get('symbol') ?? ''
  if (!isListed('binance-usdm', symbol)) return unknownSymbol(symbol)
  const limit = Math.min(limitOf(request, 100), 1000)
  const start = query.get('startTime')
  const to = Math.min(now, Number(query.get('endTime') ?? now))
  const from = Math.max(FIRST_FUNDING, start === null ? to - limit * EIGHT_HOURS : Number(start))
  const rows = []
  for (let due = Math.floor(from / EIGHT_HOURS) * EIGHT_HOURS; due <= to && rows.length < limit; due += EIGHT_HOURS) {
    const stated = fundingAt(truth, symbol, due)
    if (stated.fundingTime >= from && stated.fundingTime <= to) rows.push(stated)
  }
  return json(rows, 1)
}

/** The rate charged at `due`. */
export function fundingAt(truth: WireRequest['truth'], symbol: string, due: number) {
  const series = { venue: 'binance-usdm', symbol: `${symbol}@mark`, interval: '1m' } as const
  const mark = truth.bar(series, due)
  const units = mark === null ? 0 : (mark.open % 41) - 10
  return {
    symbol,
    fundingRate: `${units < 0 ? '-' : ''}${decimal(Math.abs(units) * 1000, 8)}`,
    fundingTime: due + (Math.abs(units) % 3),
    markPrice: mark === null ? '' : padded(decimal(mark.open, marketOf(series).priceDigits), 8),
  }
}

/** Wants a key; ccxt and this server's tests send one. */
function leverageBrackets(request: WireRequest): Reply {
  if (request.headers['x-mbx-apikey'] === undefined) return refused(-2014, 'API-key format invalid.', 401)
  const brackets = [
    { bracket: 1, initialLeverage: 125, notionalCap: 50_000, notionalFloor: 0, maintMarginRatio: 0.004, cum: 0 },
    { bracket: 2, initialLeverage: 100, notionalCap: 500_000, notionalFloor: 50_000, maintMarginRatio: 0.005, cum: 50 },
    {
      bracket: 3,
      initialLeverage: 50,
      notionalCap: 8_000_000,
      notionalFloor: 500_000,
      maintMarginRatio: 0.01,
      cum: 2550,
    },
  ]
  const symbol = request.query.get('symbol')
  return json(
    marketsOf('binance-usdm')
      .filter((listed) => symbol === null || listed.symbol === symbol)
      .map((listed) => ({ symbol: listed.symbol, brackets })),
    1,
  )
}
