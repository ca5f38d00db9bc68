import type { SeriesPredictions } from '../core/evaluation.ts'
import { type Bins, histogram } from './histogram.ts'

/** How p is spread over rows whose class is known. */
export interface SpreadOfP {
  readonly bins: Bins
  /** Rows of the class that is traded, by bin. */
  readonly own: readonly number[]
  readonly quartiles: readonly [number, number, number]
}

/** @returns `null` where nothing was said */
export function spreadOfP(predictions: SeriesPredictions | null, classes: 2 | 3): SpreadOfP | null {
  if (predictions === null) return null
  const { p, y, fold } = predictions
  const isKnown = (row: number) => fold[row]! > 0 && y[row]! >= 0 && !Number.isNaN(p[row]!)
  const rows = Array.from(p.keys()).filter(isKnown)
  if (rows.length === 0) return null
  const bins = histogram(
    rows.map((row) => p[row]!),
    1e-4,
  )
  const own = bins.counts.map(() => 0)
  // the same edges as the histogram's own
  for (const row of rows) if (y[row] === classes - 1) own[Math.floor(p[row]! / bins.width + 1e-9) - bins.first]!++
  const sorted = Float64Array.from(rows, (row) => p[row]!).sort()
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!
  return { bins, own, quartiles: [at(0.25), at(0.5), at(0.75)] }
}
