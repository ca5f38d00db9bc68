import type { Fill } from './fill.ts'
import type { OrderView } from './order.ts'

/** Everything that happens in a run, in the order in which it happened. `at` is UTC ms. */
export type RunEvent =
  | { readonly type: 'accepted'; readonly at: number; readonly order: OrderView }
  | Rejected
  | {
      readonly type: 'triggered'
      readonly at: number
      readonly symbol: string
      readonly id: string
      readonly price: number
    }
  | { readonly type: 'fill'; readonly at: number; readonly fill: Fill }
  | Cancelled
  | { readonly type: 'amended'; readonly at: number; readonly order: OrderView }
  | {
      /** The size asked for was cut to what can be paid or is held; `from` and `to` in the base asset. */
      readonly type: 'cut'
      readonly at: number
      readonly symbol: string
      readonly id: string
      readonly reason: 'INSUFFICIENT_BALANCE' | 'REDUCE_ONLY' | 'MARKET_LOT_SIZE' | 'LOT_SIZE'
      readonly from: number
      readonly to: number
    }
  | {
      /** Bars are missing between a decision and the bar that its order meets. */
      readonly type: 'gap'
      readonly at: number
      readonly symbol: string
      readonly bars: number
    }
  | {
      /** Base asset left below one step after a fee taken in the received asset. */
      readonly type: 'dust'
      readonly at: number
      readonly symbol: string
      readonly qty: number
    }

export interface Rejected {
  readonly type: 'rejected'
  readonly at: number
  readonly symbol: string
  readonly id: string
  /** A filter's name, or INSUFFICIENT_BALANCE, UNKNOWN_ORDER, … */
  readonly reason: string
  /** The exchange filter that refused, if one did. */
  readonly filter: string | null
  /** The value that broke the rule, and the limit it broke, as decimal text. */
  readonly value: string
  readonly limit: string
  readonly tag: string | null
}

export interface Cancelled {
  readonly type: 'cancelled'
  readonly at: number
  readonly symbol: string
  readonly id: string
  /** requested, oco (the other leg filled), flat (position gone), expired (TIF), post-only, end (data ended) */
  readonly reason: 'requested' | 'oco' | 'flat' | 'expired' | 'post-only' | 'end'
}
