import { barsBetween, type Interval, openTimeOf } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { parseExchangeInfo } from '../exchange-info.ts'
import { decimalText, isDecimalText, jsonOf, listOf, oldestFirst, timeMs } from './answer-text.ts'
import { type BarText, type MarketRules, type Ticker, VenueContentError, type VenueFault } from './venue.ts'

/** What spot and USDS-M have in common: Binance answers both in the same shapes. */

/** Kline columns: openTime, open, high, low, close, volume, closeTime, quoteVolume, trades, takerBase, takerQuote, ignore. */
const WIDTH = 12

/** A page of klines; of mark prices, whose other columns the exchange tells to ignore, only times and prices. */
export function readKlines(body: string, { symbol }: Series): BarText[] {
  const isMark = symbol.endsWith('@mark')
  const bars = listOf(jsonOf(body), 'klines').map((row, k): BarText => {
    if (!Array.isArray(row) || row.length < WIDTH - 1)
      throw new VenueContentError(`kline ${k + 1} is ${JSON.stringify(row)?.slice(0, 80)}, not a list of ${WIDTH}`)
    const text = (at: number, what: string) =>
      isDecimalText(row[at]) ? row[at] : decimalText(row[at], `kline ${k + 1}, ${what}`)
    const time = (at: number, what: string) => (isMs(row[at]) ? row[at] : timeMs(row[at], `kline ${k + 1}, ${what}`))
    return {
      openTime: time(0, 'open time'),
      // the last millisecond (or microsecond) of the bar; ours is exclusive
      closeTime: Math.floor(time(6, 'close time')) + 1,
      open: text(1, 'open'),
      high: text(2, 'high'),
      low: text(3, 'low'),
      close: text(4, 'close'),
      volume: text(5, 'volume'),
      quoteVolume: isMark ? null : text(7, 'quote volume'),
      trades: isMark ? null : isCount(row[8]) ? row[8] : Number(text(8, 'trades')),
      takerBase: isMark ? null : text(9, 'taker base'),
      takerQuote: isMark ? null : text(10, 'taker quote'),
    }
  })
  return oldestFirst(bars)
}

function isMs(value: unknown): value is number {
  return typeof value === 'number' && value >= 1e12 && value < 1e13 && Number.isInteger(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** The query of a page; `endTime` is inclusive at the exchange. */
export function klinesQuery(symbol: string, interval: Interval, from: number, to: number, pageRows: number) {
  const bars = barsBetween(openTimeOf(from, interval), openTimeOf(to - 1, interval), interval) + 1
  return {
    symbol,
    interval,
    startTime: String(from),
    endTime: String(to - 1),
    limit: String(Math.max(1, Math.min(bars, pageRows))),
  }
}

/** An `exchangeInfo`: what klinelab checks of it, and since when and until when a market is listed. */
export function readRules(body: string, venue: 'binance' | 'binance-usdm'): MarketRules[] {
  const json = jsonOf(body)
  try {
    const info = parseExchangeInfo(json, `${venue} exchangeInfo`)
    const date = new Date(info.serverTime).toISOString().slice(0, 10)
    const isSpot = venue === 'binance'
    return info.symbols.map(({ symbol, base, quote, status, snapshot, listedAt, delistedAt }) => ({
      instrument: {
        venue,
        symbol,
        base,
        quote,
        kind: isSpot ? 'spot' : 'perpetual',
        gridFrom: isSpot ? 'zero' : 'minimum',
        snapshots: [{ ...snapshot, source: `${venue} exchangeInfo ${date}` }],
      },
      isTrading: status === 'TRADING',
      status,
      listedAt,
      delistedAt,
      feeMaker: null,
      feeTaker: null,
    }))
  } catch (error) {
    throw error instanceof DataError ? new VenueContentError(error.message) : error
  }
}

/** 24-hour figures, and the best quotes where they come in an answer of their own. */
export function readTickers([days, quotes]: readonly string[]): Ticker[] {
  const best = new Map(
    (quotes === undefined ? [] : listOf(jsonOf(quotes), 'bookTicker')).map((one) => {
      const quote = one as Record<string, unknown>
      return [quote['symbol'], quote] as const
    }),
  )
  return listOf(jsonOf(days!), 'ticker/24hr').map((one, k) => {
    const day = one as Record<string, unknown>
    const quote = quotes === undefined ? day : (best.get(day['symbol']) ?? {})
    if (typeof day['symbol'] !== 'string') throw new VenueContentError(`ticker ${k + 1} has no symbol`)
    const number = (from: Record<string, unknown>, key: string) =>
      from[key] === undefined ? Number.NaN : Number(decimalText(from[key], `ticker of ${day['symbol']}, ${key}`))
    const [last, open] = [number(day, 'lastPrice'), number(day, 'openPrice')]
    return {
      symbol: day['symbol'],
      last,
      change: open > 0 ? last / open - 1 : Number.NaN,
      high: number(day, 'highPrice'),
      low: number(day, 'lowPrice'),
      quoteVolume: number(day, 'quoteVolume'),
      bid: number(quote, 'bidPrice'),
      ask: number(quote, 'askPrice'),
    }
  })
}

export function readServerTime(body: string): number {
  return timeMs((jsonOf(body) as { serverTime?: unknown } | null)?.serverTime, 'serverTime')
}

/** https://developers.binance.com/docs/binance-spot-api-docs/errors and the USDS-M error codes; all others are ours to mend. */
const KINDS: Readonly<Record<string, VenueFault['kind']>> = {
  '-1121': 'symbol', '-4108': 'symbol', '-4141': 'symbol',
  '-1003': 'limit', '-1015': 'limit', '-1034': 'limit',
  '-1000': 'server', '-1001': 'server', '-1004': 'server', '-1006': 'server', '-1007': 'server', '-1008': 'server', '-1016': 'server',
  '-1021': 'clock', '-1022': 'key', '-2014': 'key', '-2015': 'key',
} // biome-ignore format: a dictionary

/** `{"code":-1121,"msg":"Invalid symbol."}`; answers of megabytes are not read for it. */
export function binanceFault(status: number, body: string): VenueFault | null {
  if (!/^\s*\{\s*"(code|msg)"/.test(body)) return null
  let json: { readonly code?: unknown; readonly msg?: unknown }
  try {
    json = JSON.parse(body)
  } catch {
    return null
  }
  if (typeof json.code !== 'number' || json.code > 0 || (json.code === 0 && status === 200)) return null
  const code = String(json.code)
  return { code, message: String(json.msg ?? ''), kind: KINDS[code] ?? 'request' }
}
