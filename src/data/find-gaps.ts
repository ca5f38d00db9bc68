import type { Gap } from '../core/bar.ts'
import { barsBetween, closeTimeOf, type Interval } from '../core/interval.ts'

/** Gaps between consecutive open times on the interval's grid. */
export function findGaps(openTime: ArrayLike<number>, interval: Interval): Gap[] {
  const gaps: Gap[] = []
  for (let row = 1; row < openTime.length; row++) {
    const start = closeTimeOf(openTime[row - 1]!, interval)
    const end = openTime[row]!
    if (end > start) gaps.push({ start, end, bars: barsBetween(start, end, interval) })
  }
  return gaps
}
