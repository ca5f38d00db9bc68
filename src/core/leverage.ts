/**
 * Leverage tiers of a perpetual, as an exchange states them for one symbol (Binance USDS-M `GET /fapi/v1/leverageBracket`).
 * Amounts in the quote asset and ratios as decimal text. `cum` makes maintenance margin continuous where tiers meet:
 * cum(k) = cum(k−1) + floor(k) × (ratio(k) − ratio(k−1)).
 */
export interface LeverageBracket {
  readonly floor: string
  readonly cap: string
  /** Maintenance margin as a fraction of notional. */
  readonly ratio: string
  readonly cum: string
  /** Most leverage that a position of this notional may have. */
  readonly leverage: number
}

/** The tiers of one symbol, from the smallest notional up. */
export interface LeverageTiers {
  readonly symbol: string
  /** UTC ms at which they were read off the exchange: tiers change. */
  readonly asOf: number
  readonly source: string
  readonly brackets: readonly LeverageBracket[]
}

export type MarginMode = 'cross' | 'isolated'

/** What a perpetual's margin is reckoned from. */
export interface MarginTerms {
  readonly mode: MarginMode
  readonly leverage: number
  readonly tiers: LeverageTiers
  /** Fraction of notional charged when a position is liquidated. */
  readonly liquidationFee: number
}

/** Funding as it was charged: rates are fractions of mark notional, paid by longs where above 0. */
export interface FundingColumns {
  /** UTC ms, ascending, on the schedule. */
  readonly time: Float64Array
  readonly rate: Float64Array
  /** Mark price at that time; NaN where it is not known. */
  readonly mark: Float64Array
}

/** Mark prices of the bars' own rows. */
export interface MarkColumns {
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
}
