import { DAY } from '../../src/core/interval.ts'
import type { Venue } from '../../src/core/series.ts'
import { lastDays } from './day.ts'
import type { WireRequest } from './wire.ts'

/** `ticker/24hr`. */
export function binanceTickers(request: WireRequest, venue: Venue) {
  return lastDays(request, venue).map((day) => {
    const change = day.last - day.open
    const sign = change < 0 ? '-' : ''
    return {
      symbol: day.market.symbol,
      priceChange: `${sign}${day.price(Math.abs(change))}`,
      priceChangePercent: ((100 * change) / day.open).toFixed(3),
      weightedAvgPrice: day.price(Math.round((day.high + day.low) / 2)),
      ...(venue === 'binance' ? { prevClosePrice: day.price(day.open) } : {}),
      lastPrice: day.price(day.last),
      lastQty: day.amount(1),
      ...(venue === 'binance'
        ? { bidPrice: day.price(day.bid), bidQty: day.amount(5), askPrice: day.price(day.ask), askQty: day.amount(7) }
        : {}),
      openPrice: day.price(day.open),
      highPrice: day.price(day.high),
      lowPrice: day.price(day.low),
      volume: day.amount(day.volume),
      quoteVolume: day.quote,
      openTime: request.now - DAY,
      closeTime: request.now,
      firstId: 1,
      lastId: day.trades,
      count: day.trades,
    }
  })
}

/** `ticker/bookTicker`. */
export function binanceBooks(request: WireRequest, venue: Venue) {
  return lastDays(request, venue).map((day) => ({
    symbol: day.market.symbol,
    bidPrice: day.price(day.bid),
    bidQty: day.amount(5),
    askPrice: day.price(day.ask),
    askQty: day.amount(7),
    ...(venue === 'binance' ? {} : { time: request.now }),
  }))
}
