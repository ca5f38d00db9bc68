import { firstRowAt } from '../core/bar.ts'
import { closeTimeOf, DAY } from '../core/interval.ts'
import { type Candle, emptyCandle, joinCandle } from './candle.ts'
import { type Market, quoteText } from './market.ts'
import { lastMs } from './market-answers.ts'
import { enter, type ShownTrade, type SymbolMarket } from './symbol-market.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What was traded of a market from a time on; of the bar that this time lies in, those of its trades that are shown later. */
function tradedSince(market: SymbolMarket, from: number): Candle {
  const { bars, row } = market
  const first = firstRowAt(bars.openTime, from)
  const before = first - 1
  const isCut = before >= 0 && before <= row && closeTimeOf(bars.openTime[before]!, market.interval) > from
  const parts: Candle[] = []
  if (isCut) {
    const trades = market.tradesOf(before).filter(({ time }) => time >= from)
    if (trades.length > 0) parts.push(candleOf(trades, market))
  }
  for (let at = first; at <= row; at++) parts.push(at === row ? market.candle : market.whole(at))
  const candle = emptyCandle(from, parts[0]?.open ?? market.last)
  for (const part of parts) joinCandle(candle, part)
  candle.close = market.last
  return candle
}

function candleOf(trades: readonly ShownTrade[], { volumeDecimals }: SymbolMarket): Candle {
  const candle = emptyCandle(trades[0]!.time, trades[0]!.price)
  for (const trade of trades) {
    candle.high = Math.max(candle.high, trade.price)
    candle.low = Math.min(candle.low, trade.price)
    enter(candle, trade, volumeDecimals)
  }
  return candle
}

/** From when until when, UTC ms, as it is written in the answer. */
interface Span {
  readonly openTime: number
  readonly closeTime: number
}

/** A spot market's figures since a time: those of `ticker` and `ticker/tradingDay`. */
export function spanTicker(market: SymbolMarket, { openTime, closeTime }: Span) {
  const candle = tradedSince(market, openTime)
  const change = market.last - candle.open
  const weighted = candle.units === 0 ? market.last : candle.quote / Number(market.volume(candle.units))
  return {
    symbol: market.symbol,
    priceChange: market.price(change),
    priceChangePercent: candle.open === 0 ? '0.000' : ((change / candle.open) * 100).toFixed(3),
    weightedAvgPrice: market.price(weighted),
    ...{ openPrice: market.price(candle.open), highPrice: market.price(candle.high) },
    ...{ lowPrice: market.price(candle.low), lastPrice: market.price(market.last) },
    ...{ volume: market.volume(candle.units), quoteVolume: quoteText('spot', candle.quote) },
    ...{ openTime, closeTime, firstId: candle.firstId, lastId: candle.lastId, count: candle.trades },
  }
}

/** A window ends now and begins on a minute: it is up to one minute wider than was asked. */
export function windowSpan(now: number, window: number): Span {
  return { openTime: Math.floor((now - window) / MINUTE) * MINUTE, closeTime: now }
}

/** The day that `now` is in, whole. @param zone ms that its midnight is ahead of UTC's */
export function tradingDay(now: number, zone: number): Span {
  const openTime = Math.floor((now + zone) / DAY) * DAY - zone
  return { openTime, closeTime: lastMs(openTime, '1d') }
}

/** Binance's windows: 1m to 59m, 1h to 23h, 1d to 7d. */
const WINDOW = /^(?:([1-9]|[1-5]\d)m|([1-9]|1\d|2[0-3])h|([1-7])d)$/
export const WINDOW_RANGE = '^(([1-9]|[1-5][0-9])m)|(([1-9]|1[0-9]|2[0-3])h)|([1-7]d)$'

/** ms; `null` for a text that is no window. */
export function windowOf(text: string): number | null {
  const [, minutes, hours, days] = WINDOW.exec(text) ?? []
  if (minutes !== undefined) return Number(minutes) * MINUTE
  if (hours !== undefined) return Number(hours) * HOUR
  return days === undefined ? null : Number(days) * DAY
}

/** Binance's zones: hours or hours and minutes from −12:00 to +14:00, `0`, `8`, `05:45`. */
const ZONE = /^([+-]?)(\d{1,2})(?::([0-5]\d))?$/

/** ms ahead of UTC; `null` for a text that is no zone. */
export function zoneOf(text: string): number | null {
  const [, sign, hours, minutes = '0'] = ZONE.exec(text) ?? []
  if (hours === undefined) return null
  const ahead = (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE)
  return ahead >= -12 * HOUR && ahead <= 14 * HOUR ? ahead : null
}

/** The stream of a window of one hour, four, or a day. */
export function windowEvent(one: SymbolMarket, interval: string, market: Market) {
  const E = market.now()
  const { priceChange, priceChangePercent, openPrice, highPrice, lowPrice, lastPrice, ...rest } = spanTicker(
    one,
    windowSpan(E, windowOf(interval)!),
  )
  return {
    ...{ e: `${interval}Ticker`, E, s: one.symbol, p: priceChange, P: priceChangePercent },
    ...{ o: openPrice, h: highPrice, l: lowPrice, c: lastPrice, w: rest.weightedAvgPrice },
    ...{ v: rest.volume, q: rest.quoteVolume, O: rest.openTime, C: rest.closeTime },
    ...{ F: rest.firstId, L: rest.lastId, n: rest.count },
  }
}
