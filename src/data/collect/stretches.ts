import type { Gap } from '../../core/bar.ts'
import { barsBetween, type Interval } from '../../core/interval.ts'
import type { Hole } from './hole.ts'

/** A stretch of open times, its end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Parts of `spans` that lie within `others`; both in order and each without overlaps. What else a span says, its parts say too. */
export function within<T extends Span>(spans: readonly T[], others: readonly Span[]): T[] {
  const parts: T[] = []
  let first = 0
  for (const span of spans) {
    while (first < others.length && others[first]!.end <= span.start) first++
    for (let k = first; k < others.length && others[k]!.start < span.end; k++)
      parts.push({
        ...span,
        start: Math.max(span.start, others[k]!.start),
        end: Math.min(span.end, others[k]!.end),
      })
  }
  return parts
}

/** Parts of `spans` that lie outside of `others`. */
export function without<T extends Span>(spans: readonly T[], others: readonly Span[]): T[] {
  const rest: Span[] = []
  let start = Number.NEGATIVE_INFINITY
  for (const other of others) {
    if (other.start > start) rest.push({ start, end: other.start })
    start = Math.max(start, other.end)
  }
  return within(spans, [...rest, { start, end: Number.POSITIVE_INFINITY }])
}

/** Spans in order, those that touch and say the same made one, with the bars that each has room for. */
export function joined<T extends Span>(
  spans: readonly T[],
  interval: Interval,
  isAlike: (a: T, b: T) => boolean,
): (T & Gap)[] {
  const whole: (T & Gap)[] = []
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = whole.at(-1)
    const isNext = last !== undefined && last.end >= span.start && isAlike(last, span)
    const from = isNext ? last : span
    const end = isNext ? Math.max(last.end, span.end) : span.end
    const one = { ...from, end, bars: barsBetween(from.start, end, interval) }
    if (isNext) whole[whole.length - 1] = one
    else whole.push(one)
  }
  return whole
}

/** Holes, or parts of them, that touch and have one cause are one. */
export function joinedHoles(holes: readonly Hole[], interval: Interval): Hole[] {
  return joined(holes, interval, (a, b) => a.cause === b.cause && a.because === b.because)
}
