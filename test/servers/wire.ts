import { closeTimeOf, openTimeOf } from '../../src/core/interval.ts'
import type { Series, Venue } from '../../src/core/series.ts'
import { firstOpen, isLeftOut, type Truth, type TruthBar } from './truth.ts'

/** A GET as a venue's wire sees it. */
export interface WireRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The simulated clock, UTC ms. */
  readonly now: number
  readonly truth: Truth
  /** Bends the bars of a page, oldest first, on their way out: faults. */
  bend(bars: readonly TruthBar[]): readonly TruthBar[]
  /** Pages that are left out before the one asked for: a fault. */
  readonly shift: number
  /** Times are stated in so many parts of what the venue counts in: 1, or 1000 as a fault. */
  readonly timeScale: number
  /** The order in which rows go out is turned round: a fault. */
  readonly isTurned: boolean
}

export interface Reply {
  readonly status: number
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** What the request takes of the venue's allowance. */
  readonly weight: number
  readonly type?: string
  /** It is a page of bars. */
  readonly isPage?: boolean
}

/** One venue's paths; `null`: not one of them. */
export interface Wire {
  readonly venue: Venue
  answer(request: WireRequest): Reply | null
}

export function json(value: unknown, weight: number, status = 200): Reply {
  return { status, body: JSON.stringify(value), weight }
}

/** A page of bars, already written as JSON. */
export function page(body: string, weight: number): Reply {
  return { status: 200, body, weight, isPage: true }
}

/**
 * Bars with open times in [from, to], at most `limit` of them, the oldest or the newest; the last may be unfinished, as venues state it.
 * Always oldest first.
 */
export function barsOf(
  request: WireRequest,
  series: Series,
  asked: { readonly from: number; readonly to: number; readonly limit: number; readonly keep: 'oldest' | 'newest' },
): readonly TruthBar[] {
  const { truth, now } = request
  const { interval } = series
  const span = request.shift * (asked.to - asked.from)
  const from = firstOpen(Math.max(asked.from + span, truth.listedAt), series)
  const to = Math.min(asked.to + span, now)
  const bars: TruthBar[] = []
  const take = (at: number) => {
    const isDone = closeTimeOf(at, interval) <= now
    const bar = isDone ? truth.bar(series, at) : truth.unfinished(series, at, now)
    if (bar !== null && !isLeftOut(series, bar)) bars.push(bar)
  }
  if (asked.keep === 'oldest')
    for (let at = from; at <= to && bars.length < asked.limit; at = closeTimeOf(at, interval)) take(at)
  else {
    // a venue that is asked without a beginning looks back no further than it must
    for (let at = openTimeOf(to, interval); at >= from && bars.length < asked.limit; at = openTimeOf(at - 1, interval))
      take(at)
    bars.reverse()
  }
  return request.bend(bars)
}

/** Rows in the venue's order, or turned round where the fault says so. */
export function ordered<T>(
  request: WireRequest,
  oldestFirst: readonly T[],
  venueOrder: 'oldest' | 'newest',
): readonly T[] {
  return (venueOrder === 'newest') !== request.isTurned ? oldestFirst.toReversed() : oldestFirst
}
