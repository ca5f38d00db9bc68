import type { EquityColumns } from '../core/run.ts'

/** One fall from a peak and, unless the data end first, its recovery to the peak. Rows count instants. */
export interface Drawdown {
  readonly peakRow: number
  readonly valleyRow: number
  /** First row at or above the peak again; −1 while it lasts. */
  readonly endRow: number
  /** Fraction of the peak, above 0. */
  readonly depth: number
}

/** Every drawdown of a curve that starts at `start`, oldest first. The start counts as row −1. */
export function findDrawdowns(values: Float64Array, start: number): Drawdown[] {
  const found: Drawdown[] = []
  let peak = start
  let peakRow = -1
  let valley = peak
  let valleyRow = -1
  let isDown = false
  const end = (endRow: number) => found.push({ peakRow, valleyRow, endRow, depth: Math.min(1, (peak - valley) / peak) })
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value >= peak) {
      if (isDown) end(row)
      isDown = false
      peak = value
      peakRow = row
      valley = value
    } else if (!isDown || value < valley) {
      isDown = true
      valley = value
      valleyRow = row
    }
  }
  if (isDown) end(-1)
  return found
}

/** Fraction below the highest equity so far, ≤ 0, one per row. */
export function underwater(equity: EquityColumns, start: number): Float64Array {
  const column = new Float64Array(equity.length)
  let peak = start
  for (let row = 0; row < equity.length; row++) {
    const value = equity.equity[row]!
    if (value > peak) peak = value
    column[row] = value / peak - 1
  }
  return column
}
