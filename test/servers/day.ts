import { DAY } from '../../src/core/interval.ts'
import { marketsOf, type TestMarket } from './markets.ts'
import { decimal } from './truth.ts'
import type { WireRequest } from './wire.ts'

/** The last 24 hours of a market, in the last digit of its prices and quantities. */
interface DayOf {
  readonly market: TestMarket
  readonly open: number
  readonly high: number
  readonly low: number
  readonly last: number
  readonly bid: number
  readonly ask: number
  readonly volume: number
  readonly trades: number
  price(units: number): string
  amount(units: number): string
  /** Quantity × price. */
  readonly quote: string
}

/** Of the 24 hourly bars that have ended. */
export function lastDays(request: WireRequest, venue: TestMarket['venue']): readonly DayOf[] {
  return marketsOf(venue).map((market) => lastDay(request, market))
}

function lastDay({ truth, now }: WireRequest, market: TestMarket): DayOf {
  const series = { venue: market.venue, symbol: market.symbol, interval: '1h' } as const
  const to = Math.floor(now / 3_600_000) * 3_600_000
  const bars = []
  for (let at = to - DAY; at < to; at += 3_600_000) {
    const bar = truth.bar(series, at)
    if (bar !== null) bars.push(bar)
  }
  const last = bars.at(-1)?.close ?? market.around
  const volume = bars.reduce((sum, bar) => sum + bar.volume, 0)
  return {
    market,
    open: bars[0]?.open ?? last,
    high: Math.max(last, ...bars.map((bar) => bar.high)),
    low: Math.min(last, ...bars.map((bar) => bar.low)),
    last,
    bid: last - 1,
    ask: last + 1,
    volume,
    trades: bars.reduce((sum, bar) => sum + bar.trades, 0),
    price: (units) => decimal(units, market.priceDigits),
    amount: (units) => decimal(units, market.volumeDigits),
    quote: decimal(BigInt(volume) * BigInt(last), market.priceDigits + market.volumeDigits),
  }
}
