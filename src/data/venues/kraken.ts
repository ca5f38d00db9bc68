import { type Interval, intervalMs } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { decimalText, jsonOf, timeMs } from './answer-text.ts'
import { candlesOf } from './candles.ts'
import { exactJson, fractionOfPercent, plainDigits } from './exact-json.ts'
import {
  type Ask,
  type BarText,
  type MarketRules,
  type Ticker,
  type VenueApi,
  VenueContentError,
  type VenueFault,
} from './venue.ts'

/** It hands out these many newest bars, "regardless of the value of since"; older ones are in its CSV dumps only. */
const NEWEST = 720
/** Its weeks of 10080 minutes begin on Thursdays, as the epoch did, and ours on Mondays; 21600 minutes are no interval of ours. */
const INTERVALS: readonly Interval[] = ['1m', '5m', '15m', '30m', '1h', '4h', '1d']

/** Whether `since` is inclusive it does not say: a second earlier opens no other bar. There is no end to ask for. */
function askBars({ symbol, interval }: Series, from: number): Ask {
  const query = { pair: symbol, interval: String(intervalMs(interval) / 60_000), since: String(from / 1000 - 1) }
  return { path: '/0/public/OHLC', query, weight: 1 }
}

function resultOf(json: unknown): Readonly<Record<string, unknown>> {
  const result = (json as { result?: unknown } | null)?.result
  if (typeof result === 'object' && result !== null) return result as Record<string, unknown>
  throw new VenueContentError(`has no result: ${JSON.stringify(json)?.slice(0, 80)}`)
}

/** Oldest first; times in seconds; the last one is never finished. */
function readBars(body: string): BarText[] {
  // the pair comes under another name than it was asked for: XBTUSD is XXBTZUSD
  const { last: _, ...pairs } = resultOf(jsonOf(body))
  const [rows, ...others] = Object.values(pairs)
  if (others.length > 0) throw new VenueContentError(`has several pairs: ${Object.keys(pairs).join(', ')}`)
  // between close and volume stands the volume-weighted price
  return candlesOf(rows, 'OHLC', ['time', 'open', 'high', 'low', 'close', null, 'volume', 'count'])
}

/** XXBT and ZUSD are XBT and USD: the letter before them says crypto or fiat. The name for websockets has them without it. */
function assetsOf(raw: Record<string, unknown>): readonly [base: string, quote: string] {
  const [base, quote] = String(raw['wsname'] ?? '').split('/')
  if (base !== undefined && base !== '' && quote !== undefined) return [base, quote]
  const short = (asset: unknown) => String(asset).replace(/^[XZ](?=[A-Z]{3}$)/, '')
  return [short(raw['base']), short(raw['quote'])]
}

function readRules(body: string, at: number): MarketRules[] {
  const date = new Date(at).toISOString().slice(0, 10)
  return Object.entries(resultOf(exactJson(body))).map(([pair, one]): MarketRules => {
    const raw = one as Record<string, unknown>
    const { altname } = raw
    if (typeof altname !== 'string') throw new VenueContentError(`${pair} has no altname`)
    const text = (key: string) => decimalText(plainDigits(String(raw[key])), `${pair}, ${key}`)
    const unit = (key: string) => plainDigits(`1e-${text(key)}`)
    const fee = (key: string) => {
      const first = (raw[key] as readonly (readonly unknown[])[] | undefined)?.[0]
      return first === undefined ? null : fractionOfPercent(decimalText(first[1], `${pair}, ${key}`))
    }
    // both came later than the pairs: tick_size in 2023, costmin in 2022
    const tick = raw['tick_size'] === undefined ? unit('pair_decimals') : text('tick_size')
    const step = unit('lot_decimals')
    const [base, quote] = assetsOf(raw)
    const filters = {
      price: { min: tick, max: '0', tick },
      lot: { min: raw['ordermin'] === undefined ? step : text('ordermin'), max: '0', step },
      ...(raw['costmin'] !== undefined && {
        notional: {
          filter: 'MIN_NOTIONAL' as const,
          min: text('costmin'),
          applyMinToMarket: true,
          avgPriceMins: 0,
          reduceOnlyExempt: false,
        },
      }),
      notSimulated: [],
    }
    const status = String(raw['status'] ?? 'online')
    return {
      instrument: {
        venue: 'kraken',
        symbol: altname,
        base,
        quote,
        kind: 'spot',
        gridFrom: 'zero',
        snapshots: [{ validFrom: at, filters, source: `kraken AssetPairs ${date}`, orderTypes: ORDER_TYPES }],
      },
      isTrading: status === 'online',
      status,
      listedAt: null,
      delistedAt: null,
      feeMaker: fee('fees_maker') ?? fee('fees'),
      feeTaker: fee('fees'),
    }
  })
}

/** market, limit, stop-loss, take-profit, their limits, and trailing-stop, in the words of the others. */
const ORDER_TYPES = [
  'LIMIT', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT', 'TRAILING_STOP_MARKET',
] // biome-ignore format: a list of words

/** Pairs come under their long names; the second answer says which are which. */
function readTickers([tickers, pairs]: readonly string[]): Ticker[] {
  const names = new Map(
    Object.entries(resultOf(jsonOf(pairs!))).map(([pair, raw]) => [pair, (raw as { altname?: string }).altname]),
  )
  return Object.entries(resultOf(jsonOf(tickers!))).map(([pair, one]) => {
    const ticker = one as Readonly<Record<string, readonly unknown[] | undefined>>
    // of two figures the first is today's, the second that of the last 24 hours
    const number = (key: string, at: number) => Number(ticker[key]?.[at] ?? Number.NaN)
    return {
      symbol: names.get(pair) ?? pair,
      last: number('c', 0),
      // `o` is the price at 00:00 UTC: what it was 24 hours ago it does not say
      change: Number.NaN,
      high: number('h', 1),
      low: number('l', 1),
      // base asset × the volume-weighted average price is the quote asset
      quoteVolume: number('v', 1) * number('p', 1),
      bid: number('b', 0),
      ask: number('a', 0),
    }
  })
}

const KINDS: readonly (readonly [RegExp, VenueFault['kind']])[] = [
  [/asset pair|Unknown asset/i, 'symbol'],
  [/Rate limit|Too many requests|Temporary lockout/i, 'limit'],
  [/^EService|^EDatabase|Internal error/i, 'server'],
]

/** Errors come with status 200, `{"error":["EQuery:Unknown asset pair"]}`; those that begin with W are warnings. */
function fault(_status: number, body: string): VenueFault | null {
  if (/^\s*\{\s*"error"\s*:\s*\[\s*\]/.test(body)) return null
  const list = /^\s*\{\s*"error"\s*:\s*(\[[^\]]*\])/.exec(body)?.[1]
  if (list === undefined) return null
  let errors: readonly string[]
  try {
    errors = (JSON.parse(list) as unknown[]).map(String).filter((text) => text.startsWith('E'))
  } catch {
    return null
  }
  const [first] = errors
  if (first === undefined) return null
  const kind = KINDS.find(([pattern]) => pattern.test(first))?.[1] ?? 'request'
  const [code = '', ...rest] = first.split(':')
  return { code, message: [rest.join(':'), ...errors.slice(1)].filter((text) => text !== '').join('; '), kind }
}

/** Kraken spot, https://docs.kraken.com/api-reference/market-data/get-ohlc-data */
export const KRAKEN: VenueApi = {
  venue: 'kraken',
  origin: 'https://api.kraken.com',
  // public calls: about one a second from one address
  limits: { weight: 1, window: 1000, usedHeader: null, parallel: 1 },
  bars: {
    intervals: INTERVALS,
    pageRows: NEWEST,
    horizon: NEWEST,
    // flat at the last close, with count 0
    omitsEmpty: false,
    ask: askBars,
    read: readBars,
  },
  rules: { ask: () => ({ path: '/0/public/AssetPairs', query: {}, weight: 1 }), read: readRules },
  tickers: {
    asks: () => [
      { path: '/0/public/Ticker', query: {}, weight: 1 },
      { path: '/0/public/AssetPairs', query: {}, weight: 1 },
    ],
    read: readTickers,
  },
  clock: {
    ask: { path: '/0/public/Time', query: {}, weight: 1 },
    read: (body) => timeMs(resultOf(jsonOf(body))['unixtime'], 'unixtime'),
  },
  funding: null,
  fault,
}
