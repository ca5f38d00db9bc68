import { fixedText } from './fixed-text.ts'
import type { MarketParams } from './market-params.ts'
import type { SymbolMarket } from './symbol-market.ts'

/** What was charged of the symbols that are asked for, by their record: nothing that is still to come. */
export function fundingRates(params: MarketParams, now: number): readonly object[] {
  const [startTime = 0, endTime = Number.MAX_SAFE_INTEGER] = [params.number('startTime'), params.number('endTime')]
  const limit = params.limit(200, 1000)
  const rows = params.markets().flatMap((one) => {
    const { funding } = one.source
    if (funding === null) return []
    return [...funding.time].flatMap((time, k) =>
      time < startTime || time > Math.min(endTime, now)
        ? []
        : [
            {
              symbol: one.symbol,
              fundingTime: time,
              fundingRate: funding.rate[k]!.toFixed(8),
              // finer than a tick: what was charged can be reckoned again
              markPrice: Number.isNaN(funding.mark[k]!) ? '' : fixedText(funding.mark[k]!, 8),
              rateType: 0,
            },
          ],
    )
  })
  return params.number('startTime') === undefined ? rows.slice(-limit) : rows.slice(0, limit)
}

/** Symbols that are charged otherwise than every eight hours, by their own record; caps of the rate are not known. */
export function fundingInfo(market: SymbolMarket, now: number): readonly object[] {
  const hours = market.fundingHours(now)
  if (hours === null || hours === 8) return []
  return [{ symbol: market.symbol, fundingIntervalHours: hours, disclaimer: false }]
}
