import { POW10 } from '../core/decimal.ts'
import type { Grid } from '../core/indicator.ts'

/**
 * Prices in whole ticks: `price * scale + round - round`. Sums of ticks are exact below 2^53, and one division at the end
 * rounds correctly: averages that are equal numbers are equal doubles, whatever their periods. Sums of more than 2^53
 * ticks (prices of twelve digits over a long window) are rounded like any other double's.
 */
export interface Ticks {
  /** Ticks per unit of price; 1 off the grid. */
  readonly scale: number
  /**
   * 1.5 × 2^52: doubles of that size are whole, so adding it rounds to the nearest whole number and taking it away leaves
   * that number, for half the price of `Math.round`. 0 off the grid, where nothing is rounded.
   */
  readonly round: number
}

export function ticksOf(grid: Grid): Ticks {
  return grid.decimals === null ? { scale: 1, round: 0 } : { scale: POW10[grid.decimals]!, round: 1.5 * 2 ** 52 }
}

/** The middle of two prices, exact on a grid (0.1 and 0.2 have 0.15 between them, `(0.1 + 0.2) / 2` is a bit more). */
export function middleOf(a: number, b: number, { scale, round }: Ticks): number {
  return (a * scale + round - round + (b * scale + round - round)) / (2 * scale)
}

/** Three times the typical price, (high + low + close) ÷ 3, in ticks: whole where the price itself is not. */
export function thirdsOf(high: number, low: number, close: number, { scale, round }: Ticks): number {
  return high * scale + round - round + (low * scale + round - round) + (close * scale + round - round)
}
