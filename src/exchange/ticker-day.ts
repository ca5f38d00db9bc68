import { DAY } from '../core/interval.ts'
import { type Candle, emptyCandle, joinCandle } from './candle.ts'
import type { SymbolMarket } from './symbol-market.ts'

/** The last 24 hours of a market as one candle, and the price before them. */
export function lastDay(market: SymbolMarket, now: number): { readonly candle: Candle; readonly before: number } {
  const { bars, row } = market
  let first = row + 1
  while (first > 0 && bars.openTime[first - 1]! > now - DAY) first--
  const open = first <= row ? bars.open[first]! : market.last
  const candle = emptyCandle(now - DAY, open)
  for (let at = first; at <= row; at++) joinCandle(candle, at === row ? market.candle : market.whole(at))
  candle.close = market.last
  return { candle, before: first > 0 ? bars.close[first - 1]! : open }
}
