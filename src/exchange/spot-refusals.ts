import type { Rejected } from '../core/event.ts'
import { type ErrorCode, Refused } from './error-codes.ts'

/** The filter that USDS-M has a code of its own for. */
const FILTER_OF: Partial<Record<ErrorCode, string>> = {
  [-4002]: 'PRICE_FILTER',
  [-4013]: 'PRICE_FILTER',
  [-4014]: 'PRICE_FILTER',
  [-4016]: 'PERCENT_PRICE',
  [-4024]: 'PERCENT_PRICE',
  [-4003]: 'LOT_SIZE',
  [-4004]: 'LOT_SIZE',
  [-4005]: 'LOT_SIZE',
  [-4023]: 'LOT_SIZE',
  [-4164]: 'NOTIONAL',
}

/** Runs a check of USDS-M, and words its refusals as spot does: by the filter's name. */
export function inSpotWords(check: () => void): void {
  try {
    check()
  } catch (error) {
    const filter = error instanceof Refused ? FILTER_OF[error.code] : undefined
    if (filter === undefined) throw error
    throw new Refused(-1013, filter)
  }
}

/** What spot answers where the engine refuses an order. */
export function spotRefusedOf(refusal: Rejected | 'post-only' | 'expired'): Refused {
  if (refusal === 'post-only') return new Refused(-2010, 'Order would immediately match and take.')
  if (refusal === 'expired') return new Refused(-2010, 'Order was not filled.')
  if (refusal.filter !== null) return new Refused(-1013, refusal.filter)
  if (refusal.reason === 'INSUFFICIENT_BALANCE')
    return new Refused(-2010, 'Account has insufficient balance for requested action.')
  return new Refused(-1000, '', ` ${refusal.reason}: ${refusal.value}, ${refusal.limit}`)
}
