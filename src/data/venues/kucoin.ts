import { parseDecimal, unitsText } from '../../core/decimal.ts'
import type { Interval } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { decimalText, jsonOf, listOf, timeMs } from './answer-text.ts'
import { candlesOf } from './candles.ts'
import {
  type Ask,
  type BarText,
  type MarketRules,
  type Ticker,
  type VenueApi,
  VenueContentError,
  type VenueFault,
} from './venue.ts'

const PAGE_ROWS = 1500

/** Its weeks and months are left out: the documentation does not say on which day they open. Days resample into ours. */
const TYPES: Readonly<Partial<Record<Interval, string>>> = {
  '1m': '1min',
  '3m': '3min',
  '5m': '5min',
  '15m': '15min',
  '30m': '30min',
  '1h': '1hour',
  '2h': '2hour',
  '4h': '4hour',
  '6h': '6hour',
  '8h': '8hour',
  '12h': '12hour',
  '1d': '1day',
}

/** Whether `endAt` is inclusive it does not say: a second earlier opens no other bar, and 1501 would lose the oldest. */
function askBars({ symbol, interval }: Series, from: number, to: number): Ask {
  const query = { symbol, type: TYPES[interval]!, startAt: String(from / 1000), endAt: String(to / 1000 - 1) }
  return { path: '/api/v1/market/candles', query, weight: 3 }
}

function dataOf(body: string): unknown {
  const json = jsonOf(body) as { data?: unknown } | null
  if (json?.data !== undefined) return json.data
  throw new VenueContentError(`has no data: ${body.slice(0, 80)}`)
}

/** Newest first; times in seconds, all of them texts. */
function readBars(body: string): BarText[] {
  return candlesOf(dataOf(body), 'candles', ['time', 'open', 'close', 'high', 'low', 'volume', 'turnover'])
}

/** LV0 of the classes A, B and C, https://www.kucoin.com/vip/privilege, by `feeCategory`. */
const BASE_FEES: Readonly<Record<string, string>> = { 1: '0.001', 2: '0.002', 3: '0.003' }

/** The class's fee × the market's coefficient, exactly. */
function feeOf(category: unknown, coefficient: unknown, where: string): string | null {
  const base = BASE_FEES[String(category)]
  if (base === undefined || coefficient === undefined || coefficient === null) return null
  const [a, b] = [parseDecimal(base), parseDecimal(decimalText(coefficient, where))]
  return unitsText(a.digits * b.digits, a.decimals + b.decimals)
}

/** What a market may say that klinelab does not act out. */
const NOT_SIMULATED = ['quoteMaxSize', 'priceLimitRate', 'callauctionIsEnabled']
const ORDER_TYPES = ['LIMIT', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT']

function readRules(body: string, at: number): MarketRules[] {
  const date = new Date(at).toISOString().slice(0, 10)
  return listOf(dataOf(body), 'symbols').map((one, k): MarketRules => {
    const raw = one as Record<string, unknown>
    const { symbol, baseCurrency: base, quoteCurrency: quote, enableTrading, tradingStartTime: start } = raw
    if (typeof symbol !== 'string' || typeof base !== 'string' || typeof quote !== 'string')
      throw new VenueContentError(`symbol ${k + 1} has no symbol, baseCurrency or quoteCurrency`)
    if (typeof enableTrading !== 'boolean') throw new VenueContentError(`${symbol} has no enableTrading`)
    const text = (key: string) => decimalText(raw[key], `${symbol}, ${key}`)
    const tick = text('priceIncrement')
    const filters = {
      price: { min: tick, max: '0', tick },
      lot: { min: text('baseMinSize'), max: text('baseMaxSize'), step: text('baseIncrement') },
      notional: {
        filter: 'MIN_NOTIONAL' as const,
        // minFunds is of any order, quoteMinSize of market orders that are given in the quote asset
        min: text(raw['minFunds'] === null || raw['minFunds'] === undefined ? 'quoteMinSize' : 'minFunds'),
        applyMinToMarket: true,
        avgPriceMins: 0,
        reduceOnlyExempt: false,
      },
      notSimulated: NOT_SIMULATED.filter((key) => raw[key] !== undefined && raw[key] !== null && raw[key] !== false),
    }
    return {
      instrument: {
        venue: 'kucoin',
        symbol,
        base,
        quote,
        kind: 'spot',
        gridFrom: 'zero',
        snapshots: [{ validFrom: at, filters, source: `kucoin symbols ${date}`, orderTypes: ORDER_TYPES }],
      },
      isTrading: enableTrading,
      // special treatment: it may be delisted
      status: `${enableTrading ? 'trading' : 'not trading'}${raw['st'] === true ? ', special treatment' : ''}`,
      listedAt: start === undefined || start === null ? null : timeMs(start, `${symbol}, tradingStartTime`),
      delistedAt: null,
      feeMaker: feeOf(raw['feeCategory'], raw['makerFeeCoefficient'], `${symbol}, makerFeeCoefficient`),
      feeTaker: feeOf(raw['feeCategory'], raw['takerFeeCoefficient'], `${symbol}, takerFeeCoefficient`),
    }
  })
}

/** Figures of markets that did not trade are null. */
function readTickers([body]: readonly string[]): Ticker[] {
  return listOf((dataOf(body!) as { ticker?: unknown } | null)?.ticker, 'ticker').map((one, k) => {
    const raw = one as Record<string, unknown>
    if (typeof raw['symbol'] !== 'string') throw new VenueContentError(`ticker ${k + 1} has no symbol`)
    const number = (key: string) => Number(raw[key] ?? Number.NaN)
    return {
      symbol: raw['symbol'],
      last: number('last'),
      change: number('changeRate'),
      high: number('high'),
      low: number('low'),
      quoteVolume: number('volValue'),
      bid: number('buy'),
      ask: number('sell'),
    }
  })
}

const DONE = '200000'

/** Errors come with status 200 too: `{"code":"400100","msg":"Unsupported trading pair."}`. */
function fault(_status: number, body: string): VenueFault | null {
  const code = /^\s*\{[^[{]*?"code"\s*:\s*"?(\w+)/.exec(body)?.[1]
  if (code === undefined || code === DONE) return null
  const message = /"msg"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? ''
  return { code, message, kind: kindOf(code, message) }
}

/** https://www.kucoin.com/docs-new/error-code: 429000 too many requests, 5… the server, 230003… its system is busy. */
function kindOf(code: string, message: string): VenueFault['kind'] {
  if (code === '900001' || /trading pair|pair is not provided|symbol.*(not exist|invalid)/i.test(message))
    return 'symbol'
  if (code === '429000' || /too many requests/i.test(message)) return 'limit'
  if (code.startsWith('5') || code === '230005' || code === '200002') return 'server'
  return 'request'
}

/** KuCoin spot, https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-klines */
export const KUCOIN: VenueApi = {
  venue: 'kucoin',
  origin: 'https://api.kucoin.com',
  // the public pool of an address
  limits: { weight: 2000, window: 30_000, usedHeader: null, parallel: 6 },
  bars: {
    intervals: Object.keys(TYPES) as Interval[],
    pageRows: PAGE_ROWS,
    horizon: null,
    // "No data is published for intervals where there are no ticks"
    omitsEmpty: true,
    ask: askBars,
    read: readBars,
  },
  rules: { ask: () => ({ path: '/api/v2/symbols', query: {}, weight: 4 }), read: readRules },
  tickers: { asks: () => [{ path: '/api/v1/market/allTickers', query: {}, weight: 15 }], read: readTickers },
  clock: {
    ask: { path: '/api/v1/timestamp', query: {}, weight: 3 },
    read: (body) => timeMs(dataOf(body), 'timestamp'),
  },
  funding: null,
  fault,
}
