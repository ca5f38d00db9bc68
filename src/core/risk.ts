/**
 * Limits that no order may pass, whatever a strategy asks. Each is off where absent. Notionals are amounts of the quote
 * asset, shares are fractions; an order that only reduces a position is never refused.
 */
export interface RiskLimits {
  /** Notional of any one symbol, its open orders counted as filled. */
  readonly maxPosition?: number
  /** The same of all symbols together, longs and shorts added. */
  readonly maxGross?: number
  /** The same, shorts subtracted from longs. */
  readonly maxNet?: number
  /** `maxGross` as a multiple of equity. */
  readonly maxLeverage?: number
  /** Orders that may rest at a time, all symbols together; those that only reduce are not counted. */
  readonly maxOpenOrders?: number
  /** Orders and amendments in any 60 seconds. */
  readonly maxOrdersPerMinute?: number
  /** Share of the equity at the start of the UTC day: reached, everything is closed, until the next day. */
  readonly maxDailyLoss?: number
  /** Share of the highest equity: reached, everything is closed, until a person resumes. */
  readonly maxDrawdown?: number
  /** After a stop, trailing stop or liquidation the symbol rests for so long: `30m`, `4h`, `2d`. */
  readonly coolDown?: string
  /** Symbols that may be traded. */
  readonly symbols?: readonly string[]
  /** Hours of the day (UTC) in which positions may be opened: `08:00-20:00`; `22:00-06:00` passes midnight. */
  readonly hours?: string
  /** How far from the last close a limit or a trigger may lie, as a share of it. */
  readonly priceCollar?: number
}

export const RISK_RULES = [
  'maxPosition', 'maxGross', 'maxNet', 'maxLeverage', 'maxOpenOrders', 'maxOrdersPerMinute', 'maxDailyLoss',
  'maxDrawdown', 'coolDown', 'symbols', 'hours', 'priceCollar',
] as const // biome-ignore format: the order of the interface
