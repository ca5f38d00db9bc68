/** Why an exchange reduces a position by an order of its own. */
export type SystemReduction = 'liquidation' | 'auto-deleveraging' | 'settlement'

/**
 * What an exchange says of orders that it has been sent: the engine of a paper session that trades there is told, where a
 * backtest's broker lets orders meet bars. Amounts are the exchange's own decimal text; times are its own, UTC ms.
 */
export type Told =
  /** One execution of an order; never told twice (whoever tells drops repeats by the exchange's trade id). */
  | {
      readonly kind: 'fill'
      readonly symbol: string
      /** The engine's id of the order, which the exchange knows by its client id. */
      readonly order: string
      readonly qty: string
      readonly price: string
      /** In the quote asset; in `base` where it was taken out of what was bought, as spot does without a discount token. */
      readonly fee: string
      readonly feeAsset?: 'base'
      readonly liquidity: 'maker' | 'taker'
      /** Where no order of the session made it: the exchange itself has reduced what is held, and `order` names that. */
      readonly system?: { readonly by: SystemReduction; readonly side: 'buy' | 'sell' }
      readonly at: number
    }
  /** The order lives no more, whatever of it has been filled: expired, refused when it arrived, cancelled there. */
  | {
      readonly kind: 'ended'
      readonly symbol: string
      readonly order: string
      readonly reason: 'requested' | 'expired' | 'post-only' | 'refused'
      /** The exchange's own words, such as `-2019 Margin is insufficient.` */
      readonly why: string
      readonly at: number
    }
  /** A stop or touch was reached: its order is on the book now. */
  | { readonly kind: 'triggered'; readonly symbol: string; readonly order: string; readonly at: number }
  /** Funding paid, or received where below 0, in the quote asset. */
  | {
      readonly kind: 'funding'
      readonly symbol: string
      readonly paid: string
      readonly rate: string
      readonly mark: string
      readonly at: number
    }
