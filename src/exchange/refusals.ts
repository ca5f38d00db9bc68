import type { Rejected } from '../core/event.ts'
import { Refused } from './error-codes.ts'
import type { WireSide } from './exchange-order.ts'

/** What the exchange answers where the engine refuses an order. */
export function refusedOf(refusal: Rejected | 'post-only' | 'expired', side: WireSide): Refused {
  if (refusal === 'post-only') return new Refused(-5022)
  if (refusal === 'expired') return new Refused(-5021)
  switch (refusal.reason) {
    case 'INSUFFICIENT_MARGIN':
      return new Refused(-2019)
    case 'MAX_NOTIONAL_AT_LEVERAGE':
      return new Refused(-2027)
    case 'MAX_NUM_ORDERS':
      return new Refused(-2025)
    case 'MAX_NUM_ALGO_ORDERS':
      return new Refused(-4045)
    case 'PERCENT_PRICE':
      return new Refused(side === 'BUY' ? -4016 : -4024)
    case 'PRICE_FILTER':
      return new Refused(-4014)
    case 'LOT_SIZE':
    case 'MARKET_LOT_SIZE':
      return new Refused(-4005)
    case 'MIN_NOTIONAL':
    case 'NOTIONAL':
      return new Refused(-4164, refusal.limit.replace(/^\D+/, ''))
    case 'UNKNOWN_ORDER':
      return new Refused(-2011)
    default:
      return new Refused(-1000, '', ` ${refusal.reason}: ${refusal.value}, ${refusal.limit}`)
  }
}
