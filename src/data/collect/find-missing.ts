import { closeTimeOf, type Interval } from '../../core/interval.ts'
import type { SeriesManifest } from '../manifest.ts'
import type { Hole, Stretch } from './batch.ts'
import { bucketsIn, later } from './fetch-bars.ts'
import { joined, within, without } from './stretches.ts'

export interface MissingOptions {
  /** Bars one request brings: the last stored ones are read again, about so many, so that a revised one is noticed. */
  readonly pageRows: number
  /** Holes that nobody could explain are asked for once more; those explained never are. */
  readonly isAgain: boolean
}

/**
 * What of a stretch has to be asked for, oldest first: before the first stored bar, gaps and made bars whose
 * cause is not known, and from the last
 * stored bars on. What lies behind the last bar is always asked for: bars come late.
 */
export function findMissing(
  manifest: SeriesManifest | null,
  stretch: Stretch,
  interval: Interval,
  options: MissingOptions,
): readonly Stretch[] {
  if (manifest === null || manifest.rows === 0) return [stretch]
  const { from, to, gaps, made = [], holes = [] } = manifest
  const wanted = [{ start: stretch.from, end: stretch.to }]
  const outside = without(wanted, [{ start: from, end: to }])
  // a made bar takes the place of one that is missing
  const inside = [...gaps, ...made].map(({ start, end }) => ({ start, end }))
  const missing = within([...outside, ...inside].sort(byStart), wanted)
  const settled = holes.filter((hole) => isSettled(hole, to, options.isAgain)).sort(byStart)
  const seam = within(seamOf(to, stretch, interval, options.pageRows), wanted)
  return joined([...without(missing, settled), ...seam], interval, () => true).map(({ start, end }) => ({
    from: start,
    to: end,
  }))
}

/** Whether asking for a hole again would be in vain. Of a market that has later bars it is not true that it ended. */
function isSettled({ cause, start }: Hole, end: number, isAgain: boolean): boolean {
  if (start >= end || cause === 'delisted') return cause === 'delisted' && start >= end
  return cause !== 'unexplained' || !isAgain
}

/** The last stored bars, as many as fill the last page of those behind them at no further request, and no fewer than half a page. */
function seamOf(to: number, stretch: Stretch, interval: Interval, pageRows: number) {
  if (stretch.to < to || stretch.from >= to) return []
  const fresh = bucketsIn({ from: to, to: stretch.to }, interval)
  const pages = Math.ceil((fresh + pageRows / 2) / pageRows)
  return [{ start: later(to, fresh - pages * pageRows, interval), end: to }]
}

function byStart(a: { readonly start: number }, b: { readonly start: number }): number {
  return a.start - b.start
}

/** The stretches of [from, to) on the grid that none of the open times, oldest first, covers. */
export function missingIn(openTimes: ArrayLike<number>, { from, to }: Stretch, interval: Interval): readonly Stretch[] {
  const missing: Stretch[] = []
  let next = from
  for (let k = 0; k < openTimes.length; k++) {
    const at = openTimes[k]!
    if (at < from || at >= to) continue
    if (at > next) missing.push({ from: next, to: at })
    next = closeTimeOf(at, interval)
  }
  if (next < to) missing.push({ from: next, to })
  return missing
}
