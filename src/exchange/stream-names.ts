import { type Interval, isInterval } from '../core/interval.ts'
import { hasCandles } from './candles.ts'
import type { Market } from './market.ts'
import type { SymbolMarket } from './symbol-market.ts'

/** Which of the roads of a websocket a stream belongs to. */
export type Road = 'market' | 'public'

type StreamKind =
  | 'kline'
  | 'continuousKline'
  | 'markPrice'
  | 'aggTrade'
  | 'trade'
  | 'ticker'
  | 'miniTicker'
  | 'windowTicker'
  | 'forceOrder'
  | 'bookTicker'
  | 'depth'

/** A stream that the exchange has. */
export interface Stream {
  readonly name: string
  readonly kind: StreamKind
  /** `null`: all symbols. */
  readonly market: SymbolMarket | null
  readonly interval: Interval | null
  /** `!ticker@arr` sends lists, `!bookTicker` single events. */
  readonly isList: boolean
  /** Levels of a partial book; `null` of one that tells of changes. */
  readonly levels: number | null
}

/** `null` for a name of no stream: Binance acknowledges it and stays silent. */
export function parseStream(name: string, market: Market): Stream | null {
  const plain = { name, market: null, interval: null, isList: false, levels: null }
  const window = /^(?:!ticker_(1h|4h|1d)@arr|(\w+)@ticker_(1h|4h|1d))$/.exec(name)
  if (window !== null) return windowStream(name, window, market)
  // all liquidations come one by one, whatever the name says
  if (name === '!forceOrder@arr') return market.kind === 'spot' ? null : { ...plain, kind: 'forceOrder' }
  const all = /^!(ticker|miniTicker|markPrice|bookTicker)(@arr)?(@1s)?$/.exec(name)
  if (all !== null) {
    const kind = all[1] as StreamKind
    return kind === 'markPrice' && market.kind === 'spot' ? null : { ...plain, kind, isList: all[2] !== undefined }
  }
  const [first = '', ...rest] = name.split('@')
  const isContinuous = rest[0]?.startsWith('continuousKline_') === true
  const symbol = (isContinuous ? first.replace(/_perpetual$/, '') : first).toUpperCase()
  const one = market.symbols.get(symbol)
  // names are in small letters; others are acknowledged and stay silent
  if (one === undefined || first !== first.toLowerCase()) return null
  const what = rest.join('@')
  const kline = /^(kline|continuousKline)_(\w+)$/.exec(what)
  if (kline !== null) {
    const interval = kline[2]!
    if (!isInterval(interval) || !hasCandles(one, interval)) return null
    return { ...plain, kind: kline[1] as StreamKind, market: one, interval }
  }
  const depth = /^depth(5|10|20)?(@\d+ms)?$/.exec(what)
  if (depth !== null)
    return { ...plain, kind: 'depth', market: one, levels: depth[1] === undefined ? null : Number(depth[1]) }
  const kind =
    /^(aggTrade|trade|ticker|miniTicker|bookTicker|forceOrder)$/.exec(what)?.[1] ??
    /^(markPrice)(@1s|@3s)?$/.exec(what)?.[1]
  const isOfMargin = kind === 'markPrice' || kind === 'forceOrder'
  if (kind === undefined || (isOfMargin && market.kind === 'spot')) return null
  return { ...plain, kind: kind as StreamKind, market: one }
}

/** Spot's statistics of the last hour, four hours or day. */
function windowStream(name: string, [, ofAll, symbol, ofOne]: RegExpExecArray, market: Market): Stream | null {
  const one = symbol === undefined ? null : market.symbols.get(symbol.toUpperCase())
  if (market.kind !== 'spot' || one === undefined || symbol !== symbol?.toLowerCase()) return null
  const interval = (ofAll ?? ofOne) as '1h' | '4h' | '1d'
  return { name, kind: 'windowTicker', market: one, interval, isList: one === null, levels: null }
}

/** Books and best prices are public, everything else is of the market. */
export function roadOf({ kind }: Stream): Road {
  return kind === 'bookTicker' || kind === 'depth' ? 'public' : 'market'
}
