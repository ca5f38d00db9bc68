import { seededRandom } from '../core/random.ts'
import { stationaryBlockLength } from './block-length.ts'
import { drawStationary } from './stationary-bootstrap.ts'
import { quantile } from './statistics.ts'

/** Where equity may stand after 0, 1, 2 … days, as a multiple of what it began with. */
export interface Cone {
  readonly draws: number
  readonly blockLength: number
  /** Percentiles 5, 50 and 95 of all draws, day by day; the first is 1. */
  readonly low: Float64Array
  readonly middle: Float64Array
  readonly high: Float64Array
}

/** Enough for the 5th percentile to keep still to a few per cent of the cone's width. */
const DRAWS = 1000
/** One for this use, so that it does not hang on what else is drawn. */
const SEED = 5

/**
 * What days of the kind of `returns` come to, one after the other: they are drawn in blocks as in `luckOfDays`, as many as are
 * wanted, and compounded.
 * @param returns of days, above −1; at least 2
 * @param days how far the cone reaches
 */
export function expectationCone(returns: Float64Array, days: number, seed = SEED): Cone {
  const random = seededRandom(seed)
  const blockLength = Math.max(stationaryBlockLength(returns), stationaryBlockLength(returns.map(Math.abs)))
  const drawn = new Float64Array(days)
  /** Day by day, all draws side by side. */
  const levels = new Float64Array((days + 1) * DRAWS).fill(1)
  for (let draw = 0; draw < DRAWS; draw++) {
    drawStationary(drawn, returns, blockLength, random)
    let level = 1
    for (let day = 1; day <= days; day++) {
      level *= 1 + drawn[day - 1]!
      levels[day * DRAWS + draw] = level
    }
  }
  const [low, middle, high] = [0.05, 0.5, 0.95].map(() => new Float64Array(days + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  for (let day = 0; day <= days; day++) {
    const sorted = [...levels.subarray(day * DRAWS, (day + 1) * DRAWS).sort()]
    low[day] = quantile(sorted, 0.05)
    middle[day] = quantile(sorted, 0.5)
    high[day] = quantile(sorted, 0.95)
  }
  return { draws: DRAWS, blockLength, low, middle, high }
}
