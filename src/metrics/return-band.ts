import { seededRandom } from '../core/random.ts'
import type { ConfidenceInterval } from './block-bootstrap.ts'
import { stationaryBlockLength } from './block-length.ts'
import { drawStationary } from './stationary-bootstrap.ts'
import { quantile } from './statistics.ts'

export interface ReturnBand extends ConfidenceInterval {
  readonly middle: number
  readonly draws: number
  /** Mean length of the blocks, in days. */
  readonly blockLength: number
}

/** The ends of 99 % keep still to a twentieth of the band's width. */
const DRAWS = 4000

/**
 * What days of the kind of `returns` compound to, `days` of them in a row: drawn in blocks as long as their memory, of returns or of
 * their size, whichever is longer (Politis & Romano 1994). The same seed draws the same.
 * @param returns of days, above −1; at least 2
 * @throws RangeError for a level that is no fraction
 */
export function returnBand(
  returns: Float64Array,
  days: number,
  { level, seed }: { readonly level: number; readonly seed: number },
): ReturnBand {
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: write a fraction between 0 and 1`)
  const random = seededRandom(seed)
  const blockLength = Math.max(stationaryBlockLength(returns), stationaryBlockLength(returns.map(Math.abs)))
  const drawn = new Float64Array(days)
  const all = Array.from({ length: DRAWS }, () => {
    drawStationary(drawn, returns, blockLength, random)
    return compounded(drawn)
  }).sort((a, b) => a - b)
  const [low, middle, high] = [(1 - level) / 2, 0.5, (1 + level) / 2].map((q) => quantile(all, q)) as [
    number,
    number,
    number,
  ]
  return { low, middle, high, draws: DRAWS, blockLength }
}

/** What returns come to one after the other. */
export function compounded(returns: Iterable<number>): number {
  let level = 1
  for (const one of returns) level *= 1 + one
  return level - 1
}
