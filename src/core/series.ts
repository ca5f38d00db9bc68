import { INTERVALS, type Interval, isInterval } from './interval.ts'
import { didYouMean } from './suggest.ts'

export const VENUES = ['binance', 'binance-usdm', 'coinbase', 'kraken', 'kucoin'] as const
export type Venue = (typeof VENUES)[number]

/**
 * One stored sequence of bars; written `venue:SYMBOL:interval` everywhere. The mark prices of a perpetual are a series of
 * their own, `binance-usdm:BTCUSDT@mark:1h`.
 */
export interface Series {
  readonly venue: Venue
  readonly symbol: string
  readonly interval: Interval
}

export function seriesName(series: Series): string {
  return `${series.venue}:${series.symbol}:${series.interval}`
}

/**
 * Reads `venue:SYMBOL:interval`, e.g. `binance:BTCUSDT:1m`.
 * @throws RangeError that quotes the text and says which part is wrong
 */
export function parseSeries(text: string): Series {
  const parts = text.split(':')
  if (parts.length !== 3)
    throw new RangeError(`"${text}" is not a series: write venue:SYMBOL:interval, e.g. binance:BTCUSDT:1h`)
  const [venue, symbol, interval] = parts as [string, string, string]
  const market = readMarket(venue, symbol, text)
  if (!isInterval(interval))
    throw new RangeError(
      `unknown interval "${interval}" in "${text}"${didYouMean(interval, INTERVALS)}; known: ${INTERVALS.join(' ')}`,
    )
  return { ...market, interval }
}

/** A venue's symbol. */
export type Market = Pick<Series, 'venue' | 'symbol'>

/** Reads `venue:SYMBOL`. @throws RangeError that quotes the text and says which part is wrong */
export function parseMarket(text: string): Market {
  const parts = text.split(':')
  if (parts.length !== 2)
    throw new RangeError(`"${text}" is not a market: write venue:SYMBOL, e.g. binance-usdm:BTCUSDT`)
  return readMarket(parts[0]!, parts[1]!, text)
}

function readMarket(venue: string, symbol: string, text: string): Market {
  if (!(VENUES as readonly string[]).includes(venue))
    throw new RangeError(
      `unknown venue "${venue}" in "${text}"${didYouMean(venue, VENUES)}; known: ${VENUES.join(', ')}`,
    )
  if (!/^[A-Z0-9][A-Z0-9._-]*(@mark)?$/.test(symbol))
    throw new RangeError(
      `"${symbol}" in "${text}" is not a symbol: capitals and digits as the venue writes it, e.g. BTCUSDT`,
    )
  return { venue: venue as Venue, symbol }
}
