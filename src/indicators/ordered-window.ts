/** The last `period` numbers in order. */
export interface OrderedWindow {
  readonly count: number
  /** Takes a number in, and the oldest out of a full window. What is not a number ranks above all numbers, as NumPy sorts it. */
  add(x: number): void
  /** The number with `rank` smaller ones before it, 0 … count − 1. */
  at(rank: number): number
  /** Sum of all numbers in the window. */
  readonly sum: number
  /** Σ (sum − count × x) over the numbers x below the mean: `count` times what they lack to it. */
  spreadBelowMean(): number
}

/** Linear interpolation between the nearest ranks, as NumPy's default (Hyndman & Fan type 7). */
export function quantileOf(window: OrderedWindow, q: number): number {
  const h = (window.count - 1) * q
  const low = Math.floor(h)
  const value = window.at(low)
  return h === low ? value : value + (h - low) * (window.at(low + 1) - value)
}
