import type { Venue } from './series.ts'

/**
 * The rules an exchange sets for one symbol, prices and quantities as the decimal text it states them in
 * (https://developers.binance.com/docs/binance-spot-api-docs/filters and the USDS-M common definition).
 * A rule that is absent, or "0" where the exchange says that 0 disables it, is not checked.
 */
export interface Filters {
  readonly price?: { readonly min: string; readonly max: string; readonly tick: string }
  readonly lot?: { readonly min: string; readonly max: string; readonly step: string }
  readonly marketLot?: { readonly min: string; readonly max: string; readonly step: string }
  /** MIN_NOTIONAL and NOTIONAL in one shape. */
  readonly notional?: {
    readonly filter: 'MIN_NOTIONAL' | 'NOTIONAL'
    readonly min: string
    readonly applyMinToMarket: boolean
    readonly max?: string
    readonly applyMaxToMarket?: boolean
    readonly avgPriceMins: number
    /** USDS-M waives the minimum for reduce-only orders (error −4164). */
    readonly reduceOnlyExempt: boolean
  }
  readonly percentPrice?: {
    readonly up: string
    readonly down: string
    readonly avgPriceMins: number
    /** USDS-M: a buy is bounded above and a sell below only; spot: both bounds for both sides. */
    readonly oneSided: boolean
  }
  readonly percentPriceBySide?: {
    readonly bidUp: string
    readonly bidDown: string
    readonly askUp: string
    readonly askDown: string
    readonly avgPriceMins: number
  }
  readonly maxNumOrders?: number
  readonly maxNumAlgoOrders?: number
  /** Most of the base asset the account may hold, open buys included. */
  readonly maxPosition?: string
  /** Names of filters the exchange states and klinelab does not simulate; the report lists them. */
  readonly notSimulated: readonly string[]
}

/** The `validFrom` of filters that nobody has stored: no bar is ever as young. */
export const NOT_KNOWN = Number.MAX_SAFE_INTEGER

/** Filters as they stood from a moment on. */
export interface FilterSnapshot {
  /** UTC ms from which the filters are known to hold; `NOT_KNOWN` where they were read off the data. */
  readonly validFrom: number
  readonly filters: Filters
  /** Where they come from, e.g. `binance-spot-exchangeInfo-2022-12-17`. */
  readonly source: string
  readonly orderTypes: readonly string[]
  /** Of a perpetual: fraction of notional charged at a liquidation, where the exchange states it. */
  readonly liquidationFee?: string
}

/** A tradable symbol with the history of its rules. */
export interface Instrument {
  readonly venue: Venue
  readonly symbol: string
  readonly base: string
  readonly quote: string
  readonly kind: 'spot' | 'perpetual'
  /** `minimum`: (price − minPrice) % tickSize must be 0, as USDS-M states; `zero`: price % tickSize, as spot does. */
  readonly gridFrom: 'minimum' | 'zero'
  /** What the venue charges of this market at its base tier, fractions as decimal text, where it states it with the market. */
  readonly fees?: { readonly maker: string; readonly taker: string }
  /** Oldest first, at least one. A bar older than the first is judged by the first, marked "assumed". */
  readonly snapshots: readonly FilterSnapshot[]
}
