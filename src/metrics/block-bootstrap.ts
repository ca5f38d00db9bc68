import type { Figure } from '../core/findings.ts'
import { seededRandom } from '../core/random.ts'
import { quantile } from './statistics.ts'

/** `low` is never above `high`. */
export interface ConfidenceInterval {
  readonly low: number
  readonly high: number
}

export interface BootstrapOptions {
  readonly seed: number
  /** Built in: 1000. */
  readonly resamples?: number
  /** Rows of a block; built in: `defaultBlockLength`. */
  readonly blockLength?: number
  /** Rows that a label spans, from its own to the one that ends it: what `defaultBlockLength` goes by. Built in: 1. */
  readonly span?: number
  /** `circular` (built in): a block that passes the end goes on at the start, so that all rows are drawn alike; `moving`: none does. */
  readonly kind?: 'circular' | 'moving'
}

/** How resamples were drawn. */
export interface Blocks {
  readonly kind: 'circular' | 'moving'
  readonly blockLength: number
  readonly resamples: number
}

/**
 * Block length that follows from labels that overlap: two rows k apart share 1 − k ÷ span of their label, for which the
 * rule of Politis & White (2004), (2 G² ÷ D × rows)^(1/3), gives (rows × span² ÷ 6)^(1/3); at least rows^(1/3), the order of
 * magnitude of Hall, Horowitz & Jing (1995) for dependence of an unknown kind, and at most a quarter of the rows.
 */
export function defaultBlockLength(rows: number, span = 1): number {
  const length = Math.ceil(Math.cbrt(rows * Math.max(1, span ** 2 / 6)))
  return Math.max(1, Math.min(length, Math.floor(rows / 4)))
}

/**
 * Resamples rows in blocks, because neighbouring bars are not independent (Künsch 1989; circular: Politis & Romano 1992):
 * `look` gets how often each row was drawn, in one array that is filled anew for each resample. Every resample has as many
 * rows as there are; the last block is cut. The same seed draws the same blocks.
 * @throws RangeError for settings that are none
 */
export function blockBootstrap(
  rows: number,
  options: BootstrapOptions,
  look: (counts: Float64Array, resample: number) => void,
): Blocks {
  const { seed, resamples = 1000, span = 1, kind = 'circular' } = options
  const { blockLength = defaultBlockLength(rows, span) } = options
  for (const [name, value] of Object.entries({ resamples, blockLength }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`bootstrap ${name} ${value}: write a whole number, at least 1`)
  if (!(span >= 1)) throw new RangeError(`bootstrap span ${span}: a label spans one row at least`)
  if (blockLength > 1 && blockLength >= rows)
    throw new RangeError(
      `bootstrap blockLength ${blockLength}: ${rows} rows have no such blocks to choose from, take shorter ones`,
    )
  const random = seededRandom(seed)
  const starts = kind === 'circular' ? rows : rows - blockLength + 1
  const counts = new Float64Array(rows)
  for (let resample = 0; resample < resamples; resample++) {
    drawCounts(counts, blockLength, () => Math.floor(random() * starts))
    look(counts, resample)
  }
  return { kind, blockLength, resamples }
}

/** By the difference at each block's edges, summed up: a step a block and one a row. */
function drawCounts(counts: Float64Array, blockLength: number, drawStart: () => number): void {
  const rows = counts.length
  counts.fill(0)
  for (let drawn = 0; drawn < rows; drawn += blockLength) {
    const start = drawStart()
    const end = start + Math.min(blockLength, rows - drawn)
    counts[start]! += 1
    if (end < rows) counts[end]! -= 1
    else if (end > rows) {
      counts[0]! += 1
      counts[end - rows]! -= 1
    }
  }
  for (let row = 1; row < rows; row++) counts[row]! += counts[row - 1]!
}

/** A figure of each resample; NaN where it could not be computed. */
export type Samples = Float64Array

/**
 * The percentile interval (Efron 1979): ranks (1 − level) ÷ 2 and (1 + level) ÷ 2, interpolated. `null` where more resamples
 * lack the figure than lie in one of the tails: the interval would hang on what they might have been.
 * @param level fraction, 0.95 for 95 %
 */
export function percentileInterval(samples: Samples, level: number): ConfidenceInterval | null {
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: write a fraction between 0 and 1`)
  const known = samples.filter((sample) => !Number.isNaN(sample)).sort()
  const tail = (1 - level) / 2
  if (known.length === 0 || samples.length - known.length > tail * samples.length) return null
  return { low: quantile(known, tail), high: quantile(known, 1 - tail) }
}

export function sampleOf(figure: Figure): number {
  return figure ?? Number.NaN
}
