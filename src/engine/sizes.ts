/** Sizes beyond `qty`, `quote`, `fraction` and `risk`: numbers for `fraction`, from what a strategy sees. */

/**
 * The fraction of equity at which a position swings as much as `target`: target ÷ volatility, at most `cap`. Both over the
 * same time, e.g. annual: `volatilityTarget({ target: 0.2, volatility: ind.sd * Math.sqrt(8760) })` of hourly returns.
 * 0 where the volatility is not known or not above 0. Source: Moreira and Muir, Volatility-Managed Portfolios, 2017.
 * @throws RangeError for a target or a cap that is not above 0
 */
export function volatilityTarget(of: {
  readonly target: number
  readonly volatility: number
  readonly cap?: number
}): number {
  const { target, volatility, cap = 1 } = of
  checkPositive('volatilityTarget', { target, cap })
  return volatility > 0 && Number.isFinite(volatility) ? Math.min(cap, target / volatility) : 0
}

/** What the closed trades of an account came to; `account` of a strategy's context is one. */
export interface TradeRecord {
  readonly trades: number
  readonly wins: number
  /** Sum of profits, and of losses (above 0), in the quote asset. */
  readonly grossProfit: number
  readonly grossLoss: number
}

/**
 * Kelly's fraction of equity, p − (1 − p) ÷ b with p the share of winners and b the mean win ÷ the mean loss, times
 * `share`, at most `cap`, never below 0 (which means: do not trade). Before `least` trades are closed it is `until`,
 * because a share of winners of a few trades says nothing. Source: Kelly, A New Interpretation of Information Rate, 1956.
 * @throws RangeError for a share, a cap or `until` that is not above 0, or a `least` below 2
 */
export function kelly(
  record: TradeRecord,
  of: { readonly cap: number; readonly until: number; readonly share?: number; readonly least?: number },
): number {
  const { cap, until, share = 1, least = 30 } = of
  checkPositive('kelly', { cap, until, share })
  if (!Number.isInteger(least) || least < 2)
    throw new RangeError(`kelly: least is ${least}: write a whole number of trades from 2`)
  const { trades, wins, grossProfit, grossLoss } = record
  if (trades < least) return Math.min(cap, until)
  const losses = trades - wins
  if (wins === 0) return 0
  const p = wins / trades
  // without a loss there is nothing to set against the wins
  const full = grossLoss === 0 ? 1 : p - (1 - p) / (grossProfit / wins / (grossLoss / losses))
  return Math.min(cap, Math.max(0, full * share))
}

/**
 * Fractions that give every symbol the same risk: each in proportion to 1 ÷ its volatility, together `total`. A symbol
 * whose volatility is not known or not above 0 gets 0. `equalRisk({ BTCUSDT: 0.02, ETHUSDT: 0.04 })` is 2/3 and 1/3.
 * Source: Maillard, Roncalli and Teïletche, The Properties of Equally Weighted Risk Contribution Portfolios, 2010, for
 * equal correlations.
 * @throws RangeError for a total that is not above 0
 */
export function equalRisk<Symbol extends string>(
  volatilities: Readonly<Record<Symbol, number>>,
  of: { readonly total?: number } = {},
): Record<Symbol, number> {
  const { total = 1 } = of
  checkPositive('equalRisk', { total })
  const weights = Object.entries<number>(volatilities).map(
    ([symbol, volatility]) => [symbol, volatility > 0 ? 1 / volatility : 0] as const,
  )
  const sum = weights.reduce((all, [, weight]) => all + weight, 0)
  return Object.fromEntries(
    weights.map(([symbol, weight]) => [symbol, sum === 0 ? 0 : (total * weight) / sum]),
  ) as Record<Symbol, number>
}

function checkPositive(name: string, values: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(values))
    if (!Number.isFinite(value) || value <= 0)
      throw new RangeError(`${name}: ${key} is ${value}: write a number above 0`)
}
