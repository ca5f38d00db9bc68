import type { Figure } from '../core/findings.ts'

/** What each side of a trade costs, as fractions of its notional: a fee, and how much worse the price is. */
export interface SideCosts {
  readonly fee: number
  readonly slippage: number
}

/** What might have been traded: one decision a row, in the order of time. */
export interface Chances {
  /** Row of each decision among the bars, ascending. */
  readonly rows: Int32Array
  /** Probability of the class that is traded: 1 of two, 2 of three. */
  readonly p: Float64Array
  /** Return before costs, from the next open to where the label ends, as a fraction of the entry price. */
  readonly returns: Float64Array
  /** Row among the bars in which the label ends, after the decision's own. */
  readonly end: Int32Array
}

export interface SweepOptions {
  readonly costs: SideCosts
  /** Built in: p at every percent of its ranks, at 99.5 % and 99.9 %, and the highest. */
  readonly thresholds?: readonly number[]
  /** Trades that a threshold needs to be judged by: a few are luck. Built in: 30. */
  readonly minTrades?: number
  /** AUC of the same rows, and the lower end of its interval; what `isEdgeGone` is told by. */
  readonly auc: Figure
  readonly aucLow?: Figure
}

/** Of returns as fractions of each entry's notional; `null` where there is no trade. */
interface TradeSums {
  readonly trades: number
  /** Mean return before costs, and after them. */
  readonly gross: Figure
  readonly expectancy: Figure
  /** Sum after costs, of equal stakes: nothing is compounded. */
  readonly total: number
  /** Share of trades that gain after costs. */
  readonly winRate: Figure
}

interface ThresholdRow {
  readonly threshold: number
  /** Every row with p at or above the threshold is a trade, however many are open. */
  readonly every: TradeSums
  /** One at a time: the next decision that counts is at or after the close in which the last trade ended. */
  readonly single: TradeSums
}

export interface ThresholdSweep {
  /** By rising threshold. */
  readonly rows: readonly ThresholdRow[]
  /**
   * Most money with one trade at a time among thresholds with enough trades; where none gains, the one that loses least a trade,
   * since otherwise the one that trades least would win. The lower of equals. Chosen on the rows that it is judged by, so what
   * it promises is too much. `null` where no threshold has enough trades.
   */
  readonly best: ThresholdRow | null
  /**
   * The AUC is above 0.55, its interval above 0.5, and trades of a threshold with enough of them gain before costs, but of none
   * after them, one at a time: there was an edge, and costs are larger.
   */
  readonly isEdgeGone: boolean
  readonly notes: Readonly<Record<string, string>>
}

const GOOD_AUC = 0.55

/**
 * Return of a long trade after costs, as `return` of a trade has it: profit ÷ notional of its entry. Bought at
 * (1 + slippage) × the entry price, sold at (1 − slippage) × the exit price, the fee paid on both. A target would be a limit
 * order and slip less: this is the dearer of both.
 */
export function netReturn(gross: number, { fee, slippage }: SideCosts): number {
  return ((1 + gross) * (1 - slippage) * (1 - fee)) / (1 + slippage) - 1 - fee
}

/**
 * What the trades of each threshold would have brought, next to which the ROC says nothing about money.
 * @throws RangeError for lengths that differ, rows out of order, returns that are not numbers, costs that are no fractions
 */
export function sweepThresholds(chances: Chances, options: SweepOptions): ThresholdSweep {
  const { costs, minTrades = 30, auc, aucLow = auc } = options
  checkChances(chances, costs)
  const { thresholds = ranksOf(chances.p) } = options
  const net = chances.returns.map((gross) => netReturn(gross, costs))
  const rows = [...thresholds].sort((a, b) => a - b).map((threshold) => rowOf(threshold, chances, net))
  const playable = rows.filter(({ single }) => single.trades >= Math.max(1, minTrades))
  const gaining = playable.filter(({ single }) => single.total > 0)
  const best =
    gaining.length > 0
      ? most(gaining, ({ single }) => single.total)
      : most(playable, ({ single }) => single.expectancy!)
  const notes: Record<string, string> = {}
  if (best === null) notes['best'] = `no threshold has ${minTrades} trades, one at a time`
  if (playable.length === 0) notes['isEdgeGone'] = `no threshold has ${minTrades} trades to judge it by`
  else if (auc === null) notes['isEdgeGone'] = 'there is no AUC'
  const isGood = auc !== null && auc > GOOD_AUC && aucLow !== null && aucLow > 0.5
  const hadEdge = playable.some(({ single }) => single.gross! > 0)
  const isEdgeGone = isGood && hadEdge && playable.every(({ single }) => single.expectancy! <= 0)
  return { rows, best, isEdgeGone, notes }
}

function most(rows: readonly ThresholdRow[], of: (row: ThresholdRow) => number): ThresholdRow | null {
  return rows.reduce<ThresholdRow | null>((best, row) => (best === null || of(row) > of(best) ? row : best), null)
}

function rowOf(threshold: number, { rows, p, returns, end }: Chances, net: Float64Array): ThresholdRow {
  const every = new Sums()
  const single = new Sums()
  let free = Number.NEGATIVE_INFINITY
  for (let k = 0; k < p.length; k++) {
    if (!(p[k]! >= threshold)) continue
    every.add(returns[k]!, net[k]!)
    if (rows[k]! < free) continue
    single.add(returns[k]!, net[k]!)
    free = end[k]!
  }
  return { threshold, every: every.result(), single: single.result() }
}

class Sums {
  #trades = 0
  #gross = 0
  #net = 0
  #wins = 0

  add(gross: number, net: number): void {
    this.#trades++
    this.#gross += gross
    this.#net += net
    if (net > 0) this.#wins++
  }

  result(): TradeSums {
    const mean = (sum: number) => (this.#trades > 0 ? sum / this.#trades : null)
    return {
      trades: this.#trades,
      gross: mean(this.#gross),
      expectancy: mean(this.#net),
      total: this.#net,
      winRate: mean(this.#wins),
    }
  }
}

/** Distinct values of p, spread by rank, so that a model that is never sure has thresholds as well. */
function ranksOf(p: Float64Array): number[] {
  const sorted = p.slice().sort()
  const parts = [...Array.from({ length: 100 }, (_, k) => k / 100), 0.995, 0.999, 1]
  return [...new Set(parts.map((part) => sorted[Math.floor(part * (sorted.length - 1))]!))].filter(Number.isFinite)
}

function checkChances({ rows, p, returns, end }: Chances, costs: SideCosts): void {
  for (const [name, column] of Object.entries({ p, returns, end }))
    if (column.length !== rows.length)
      throw new RangeError(`${column.length} values of ${name} for ${rows.length} rows`)
  for (const [name, value] of Object.entries(costs))
    if (!(value >= 0 && value < 1))
      throw new RangeError(`${name} ${value}: write a fraction of the price, 0.001 for 0.1 %`)
  for (let k = 0; k < rows.length; k++) {
    if (k > 0 && rows[k]! <= rows[k - 1]!)
      throw new RangeError(`row ${rows[k]} comes after row ${rows[k - 1]}: hand rows in in the order of time`)
    if (!Number.isFinite(returns[k]!))
      throw new RangeError(`row ${rows[k]}: return ${returns[k]}: leave out rows without a label`)
    if (!(p[k]! >= 0 && p[k]! <= 1)) throw new RangeError(`row ${rows[k]}: ${p[k]} is not a probability from 0 to 1`)
    if (!(end[k]! > rows[k]!))
      throw new RangeError(`row ${rows[k]}: its label ends in row ${end[k]}, which is not after it`)
  }
}
