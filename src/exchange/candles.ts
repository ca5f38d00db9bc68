import { firstRowAt } from '../core/bar.ts'
import { closeTimeOf, type Interval, intervalMs, openTimeOf } from '../core/interval.ts'
import { type Candle, emptyCandle, joinCandle } from './candle.ts'
import type { SymbolMarket } from './symbol-market.ts'

export interface CandleRange {
  /** Open times, both inclusive, UTC ms. */
  readonly startTime?: number
  readonly endTime?: number
  readonly limit: number
}

/** Whether candles of an interval can be made of the market's bars. */
export function hasCandles({ interval: own }: SymbolMarket, interval: Interval): boolean {
  if (interval === own) return true
  return (
    own !== '1M' &&
    intervalMs(interval) > intervalMs(own) &&
    (interval === '1M' || intervalMs(interval) % intervalMs(own) === 0)
  )
}

/**
 * Candles as REST has them: with a start the first from there, else the last; the last of all is the one that is open now, whether or not
 * anybody has traded in it.
 */
export function candlesOf(market: SymbolMarket, interval: Interval, now: number, range: CandleRange): Candle[] {
  const { startTime, endTime = Number.MAX_SAFE_INTEGER, limit } = range
  const { bars } = market
  const isOwn = interval === market.interval
  const rows = market.row + 1
  if (startTime !== undefined) {
    const first = closeTimeOf(openTimeOf(startTime - 1, interval), interval)
    const found: Candle[] = []
    collect(market, interval, rowAt(market, first), rows, limit, found)
    if (found.length < limit) addOpen(market, interval, now, found)
    return found.filter(({ openTime }) => openTime >= startTime && openTime <= endTime)
  }
  const end = rowAt(market, isOwn || endTime > now ? endTime + 1 : closeTimeOf(openTimeOf(endTime, interval), interval))
  // gaps leave candles out: rows are walked back until there are enough
  let start = end
  let candles = 0
  let open = Number.NaN
  while (start > 0) {
    const next = isOwn ? bars.openTime[start - 1]! : openTimeOf(bars.openTime[start - 1]!, interval)
    if (next !== open && ++candles > limit) break
    open = next
    start--
  }
  const found: Candle[] = []
  collect(market, interval, start, end, Number.POSITIVE_INFINITY, found)
  addOpen(market, interval, now, found)
  return found.filter(({ openTime }) => openTime <= endTime).slice(-limit)
}

/** The candle that the bar at hand, or the one that closed last, belongs to, as far as it has come. */
export function candleAtHand(market: SymbolMarket, interval: Interval): Candle {
  if (interval === market.interval) return market.candle
  const from = openTimeOf(market.candle.openTime, interval)
  const rows = market.row + 1
  const found: Candle[] = []
  collect(market, interval, rowAt(market, from), rows, 1, found)
  return found[0] ?? emptyCandle(from, market.last)
}

/** First row that has begun at or after `time`. */
function rowAt({ bars, row }: SymbolMarket, time: number): number {
  return Math.min(row + 1, firstRowAt(bars.openTime, time))
}

/** Candles of rows [from, to), at most `limit`; the row at hand as far as it has been played. */
function collect(
  market: SymbolMarket,
  interval: Interval,
  from: number,
  to: number,
  limit: number,
  into: Candle[],
): void {
  const isOwn = interval === market.interval
  for (let row = from; row < to; row++) {
    const one = row === market.row ? market.candle : market.whole(row)
    const openTime = isOwn ? one.openTime : openTimeOf(one.openTime, interval)
    const last = into.at(-1)
    if (last !== undefined && last.openTime === openTime) joinCandle(last, one)
    else if (into.length === limit) return
    else into.push({ ...one, openTime })
  }
}

function addOpen(market: SymbolMarket, interval: Interval, now: number, into: Candle[]): void {
  const openTime = openTimeOf(now, interval)
  const last = into.at(-1)
  if (last === undefined ? market.row >= 0 && market.closedUntil > openTime : last.openTime >= openTime) return
  into.push(emptyCandle(openTime, market.last))
}
