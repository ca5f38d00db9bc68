import type { EquityColumns } from '../core/run.ts'

/** One fall from a peak and, unless the data end first, its recovery to the peak. Rows count instants. */
export interface Drawdown {
  /** Last row at the peak; −1 is the start. */
  readonly peakRow: number
  readonly valleyRow: number
  /** First row at or above the peak again; −1 while it lasts. */
  readonly endRow: number
  readonly peak: number
  readonly valley: number
}

/** Every drawdown of a curve that starts at `start`, oldest first. */
export function findDrawdowns(values: Float64Array, start: number): Drawdown[] {
  const found: Drawdown[] = []
  let peak = start
  let peakRow = -1
  let valley = peak
  let valleyRow = -1
  let isDown = false
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (value >= peak) {
      if (isDown) found.push({ peakRow, valleyRow, endRow: row, peak, valley })
      isDown = false
      peak = value
      peakRow = row
    } else if (!isDown || value < valley) {
      isDown = true
      valley = value
      valleyRow = row
    }
  }
  if (isDown) found.push({ peakRow, valleyRow, endRow: -1, peak, valley })
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
