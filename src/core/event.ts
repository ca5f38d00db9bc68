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
  | Arrived
  | Halted
  | { readonly type: 'resumed'; readonly at: number; readonly rule: Halted['rule'] }
  | FundingPaid
  | Liquidated
  | { readonly type: 'amended'; readonly at: number; readonly order: OrderView }
  | {
      /** The size asked for was cut to what can be paid or is held; `from` and `to` in the base asset. */
      readonly type: 'cut'
      readonly at: number
      readonly symbol: string
      readonly id: string
      readonly reason:
        | 'INSUFFICIENT_BALANCE'
        | 'INSUFFICIENT_MARGIN'
        | 'MAX_NOTIONAL_AT_LEVERAGE'
        | 'REDUCE_ONLY'
        | 'MARKET_LOT_SIZE'
        | 'LOT_SIZE'
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

/** A loss has reached its limit, or a person or a watch has halted trading: nothing may be opened until then. */
interface Halted {
  readonly type: 'halted'
  readonly at: number
  readonly rule: 'RISK_DAILY_LOSS' | 'RISK_DRAWDOWN' | 'RISK_HALT'
  /** The loss as a fraction, and its limit, as decimal text; of RISK_HALT the reason, and nothing. */
  readonly value: string
  readonly limit: string
  /** UTC ms; `null`: until a person resumes. */
  readonly until: number | null
}

/** A request that takes time has reached the exchange, which judges it now: what comes of it follows. */
interface Arrived {
  readonly type: 'arrived'
  readonly at: number
  /** Empty where it names none. */
  readonly symbol: string
  /** `null` where it has none yet. */
  readonly id: string | null
  readonly request: 'order' | 'close' | 'cancel' | 'cancelAll' | 'amend'
  /** Close of the bar at which it was decided, UTC ms. */
  readonly decidedAt: number
}

interface FundingPaid {
  readonly type: 'funding'
  readonly at: number
  readonly symbol: string
  readonly rate: number
  /** Mark price the notional is reckoned at. */
  readonly mark: number
  readonly qty: number
  /** Quote asset; negative where received. */
  readonly paid: number
}

/** The exchange took a position, or a part of it, away. The figures are those of the moment before. */
interface Liquidated {
  readonly type: 'liquidation'
  readonly at: number
  readonly symbol: string
  readonly id: string
  readonly mode: 'cross' | 'isolated'
  readonly side: 'long' | 'short'
  /** Taken away now, of what was held, in the base asset. */
  readonly qty: number
  readonly held: number
  readonly mark: number
  readonly entryPrice: number
  /** Behind the position: its isolated margin, or the wallet with what the other positions add and need. */
  readonly balance: number
  readonly unrealised: number
  readonly bracket: number
  readonly ratio: number
  readonly cum: number
  /** held × mark × ratio − cum; liquidation begins where balance + unrealised is not above it. */
  readonly maintenance: number
  /** Whether the bar opened beyond the liquidation price. */
  readonly isGap: boolean
  readonly fee: number
  /** What the position cost beyond its margin; only a gap can do that. */
  readonly shortfall: number
  readonly walletBefore: number
  readonly walletAfter: number
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
  /** requested, oco (the other leg filled), flat (position gone), expired (TIF), post-only, liquidation, risk, end (data ended) */
  readonly reason: 'requested' | 'oco' | 'flat' | 'expired' | 'post-only' | 'liquidation' | 'risk' | 'end'
}
