import { blockBootstrap, type ConfidenceInterval, percentileInterval } from './block-bootstrap.ts'

/** How much more one of two had than the other, row by row of the same rows. */
export interface PairedGain {
  readonly mean: number
  /** `null` where rows are too few to be drawn in blocks. */
  readonly interval: ConfidenceInterval | null
  readonly blockLength: number | null
}

/**
 * The mean of differences between two that were judged on the same rows, with the interval of a block bootstrap: what is hard about
 * a row is hard for both and falls out, and rows whose labels overlap are drawn together.
 * @param differences in the order of time
 * @param span rows that a label spans
 */
export function pairedGain(
  differences: Float64Array,
  { level, span, seed }: { readonly level: number; readonly span: number; readonly seed: number },
): PairedGain {
  const rows = differences.length
  const mean = differences.reduce((sum, one) => sum + one, 0) / rows
  if (rows < 8) return { mean, interval: null, blockLength: null }
  const samples: number[] = []
  const { blockLength } = blockBootstrap(rows, { seed, span }, (counts) => {
    let sum = 0
    for (let row = 0; row < rows; row++) sum += counts[row]! * differences[row]!
    samples.push(sum / rows)
  })
  return { mean, interval: percentileInterval(Float64Array.from(samples), level), blockLength }
}
