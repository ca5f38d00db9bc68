import type { Interval } from '../../src/core/interval.ts'
import { lastDays } from './day.ts'
import { marketsOf, type TestMarket } from './markets.ts'
import { barText, decimal } from './truth.ts'
import { barsOf, json, ordered, page, type Reply, type Wire, type WireRequest } from './wire.ts'

const TYPES: Readonly<Record<string, Interval>> = {
  '1min': '1m',
  '3min': '3m',
  '5min': '5m',
  '15min': '15m',
  '30min': '30m',
  '1hour': '1h',
  '2hour': '2h',
  '4hour': '4h',
  '6hour': '6h',
  '8hour': '8h',
  '12hour': '12h',
  '1day': '1d',
  '1week': '1w',
  '1month': '1M',
}

/** KuCoin spot: https://www.kucoin.com/docs-new. Says errors of what is asked for with status 200. */
export const kucoin: Wire = {
  venue: 'kucoin',
  answer(request) {
    const symbol = request.query.get('symbol')
    switch (request.path) {
      case '/api/v1/market/candles':
        return candles(request)
      case '/api/v1/timestamp':
        return said(request.now)
      case '/api/v1/symbols':
      case '/api/v2/symbols':
        return said(marketsOf('kucoin').map(listing), 4)
      case '/api/v1/market/allTickers':
        return said({ time: request.now, ticker: tickers(request) }, 15)
      case '/api/v1/market/stats':
        return said(tickers(request).find((entry) => entry.symbol === symbol) ?? null, 15)
      case '/api/v3/currencies':
        return said(currencies(), 3)
      case '/api/v1/status':
        return said({ status: 'open', msg: '' })
      default:
        return request.path.startsWith('/api/v2/symbols/') ? oneListing(request) : null
    }
  },
}

function said(data: unknown, weight = 3): Reply {
  return json({ code: '200000', data }, weight)
}

function refused(code: string, msg: string): Reply {
  return json({ code, msg }, 3)
}

/**
 * Newest first; time (s), open, close, high, low, volume, turnover, all as strings; [startAt, endAt), and the newest 1500 of them.
 */
function candles(request: WireRequest): Reply {
  const { query, now } = request
  const market = marketsOf('kucoin').find((listed) => listed.symbol === query.get('symbol'))
  if (market === undefined) return refused('400100', 'This pair is not provided at present.')
  const interval = TYPES[query.get('type') ?? '']
  if (interval === undefined) return refused('400100', 'This type of Candlestick is currently not provided.')
  const series = { venue: 'kucoin', symbol: market.symbol, interval } as const
  const end = Number(query.get('endAt') ?? 0)
  const bars = barsOf(request, series, {
    from: Number(query.get('startAt') ?? 0) * 1000,
    to: end === 0 ? now : end * 1000 - 1,
    limit: 1500,
    keep: 'newest',
  })
  const rows = ordered(request, bars, 'newest').map((bar) => {
    const text = barText(series, bar)
    const time = (bar.openTime / 1000) * request.timeScale
    return `["${[time, text.open, text.close, text.high, text.low, text.volume, text.quoteVolume].join('","')}"]`
  })
  return page(`{"code":"200000","data":[${rows.join(',')}]}`, 3)
}

function listing(market: TestMarket) {
  return {
    symbol: market.symbol,
    name: market.symbol,
    baseCurrency: market.base,
    quoteCurrency: market.quote,
    feeCurrency: market.quote,
    market: 'USDS',
    baseMinSize: '0.00001',
    quoteMinSize: '0.1',
    baseMaxSize: '10000000000',
    quoteMaxSize: '99999999',
    baseIncrement: decimal(1, market.volumeDigits),
    quoteIncrement: '0.000001',
    priceIncrement: decimal(1, market.priceDigits),
    priceLimitRate: '0.1',
    minFunds: '0.1',
    isMarginEnabled: false,
    enableTrading: market.status === 'true',
    feeCategory: 1,
    makerFeeCoefficient: '1.00',
    takerFeeCoefficient: '1.00',
    st: false,
    callauctionIsEnabled: false,
    tradingStartTime: null,
  }
}

function oneListing(request: WireRequest): Reply {
  const symbol = decodeURIComponent(request.path.slice('/api/v2/symbols/'.length))
  const market = marketsOf('kucoin').find((listed) => listed.symbol === symbol)
  return market === undefined ? refused('900001', 'symbol not exists') : said(listing(market), 4)
}

function tickers(request: WireRequest) {
  return lastDays(request, 'kucoin').map((day) => {
    const change = day.last - day.open
    return {
      symbol: day.market.symbol,
      symbolName: day.market.symbol,
      buy: day.price(day.bid),
      bestBidSize: day.amount(5),
      sell: day.price(day.ask),
      bestAskSize: day.amount(7),
      changeRate: (change / day.open).toFixed(4),
      changePrice: `${change < 0 ? '-' : ''}${day.price(Math.abs(change))}`,
      high: day.price(day.high),
      low: day.price(day.low),
      vol: day.amount(day.volume),
      volValue: day.quote,
      last: day.price(day.last),
      averagePrice: day.price(day.open),
      takerFeeRate: '0.001',
      makerFeeRate: '0.001',
      takerCoefficient: '1',
      makerCoefficient: '1',
    }
  })
}

function currencies() {
  const names = new Set(marketsOf('kucoin').flatMap((market) => [market.base, market.quote]))
  return [...names].map((currency) => ({
    currency,
    name: currency,
    fullName: currency,
    precision: 8,
    confirms: null,
    contractAddress: null,
    isMarginEnabled: false,
    isDebitEnabled: false,
    chains: [],
  }))
}
