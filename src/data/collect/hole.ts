/**
 * Why a stretch of the grid has no bars: the venue was down (`outage`), nobody traded (`no-trades`: the venue leaves such buckets out,
 * and a coarser bar of it holds no more than the bars that are there), the market did not exist yet or any more (`not-listed`,
 * `delisted`), the venue hands out the newest bars only (`horizon`), or nobody knows.
 */
export const HOLE_CAUSES = ['outage', 'no-trades', 'not-listed', 'delisted', 'horizon', 'unexplained'] as const
export type HoleCause = (typeof HOLE_CAUSES)[number]

/** A stretch that was asked for twice and has no bars; also before the first and after the last bar, where `Gap`s do not reach. */
export interface Hole {
  /** Open time of the first missing bar, and of the first bar after it, UTC ms. */
  readonly start: number
  readonly end: number
  readonly bars: number
  readonly cause: HoleCause
  /** What says so, in words, e.g. `known-gaps.json: outage of 2023-03-24`. */
  readonly because: string
}

/** A bar that a later answer states otherwise; the later one is stored. */
export interface Revision {
  readonly openTime: number
  /** The first field that differs, and what it was and is. */
  readonly field: string
  readonly was: string
  readonly is: string
  /** Who said so, and when, UTC ms. */
  readonly origin: string
  readonly at: number
}
