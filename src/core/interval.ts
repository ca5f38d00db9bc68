/** Bar intervals and the UTC grid they sit on. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** 1970-01-05 was a Monday; exchanges open weekly bars on Mondays, 00:00 UTC. */
const FIRST_MONDAY = 4 * DAY

const FIXED = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': HOUR,
  '2h': 2 * HOUR,
  '4h': 4 * HOUR,
  '6h': 6 * HOUR,
  '8h': 8 * HOUR,
  '12h': 12 * HOUR,
  '1d': DAY,
  '3d': 3 * DAY,
  '1w': 7 * DAY,
} as const

export type Interval = keyof typeof FIXED | '1M'

/** Every interval klinelab knows, finest first. */
export const INTERVALS: readonly Interval[] = [...(Object.keys(FIXED) as Interval[]), '1M']

export function isInterval(text: string): text is Interval {
  return text === '1M' || Object.hasOwn(FIXED, text)
}

/** Length in milliseconds. A calendar month has no fixed length; its nominal 30 days serve only to compare and sort. */
export function intervalMs(interval: Interval): number {
  return interval === '1M' ? 30 * DAY : FIXED[interval]
}

/** Open time of the bar that contains `time`: the UTC grid, weeks from Monday, months from the 1st. */
export function openTimeOf(time: number, interval: Interval): number {
  if (interval === '1M') {
    const date = new Date(time)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  }
  const step = FIXED[interval]
  const origin = interval === '1w' ? FIRST_MONDAY : 0
  return Math.floor((time - origin) / step) * step + origin
}

/** Close time (exclusive) of the bar that opens at `openTime`, which is the open time of the bar after it. */
export function closeTimeOf(openTime: number, interval: Interval): number {
  if (interval === '1M') {
    const date = new Date(openTime)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
  }
  return openTime + FIXED[interval]
}

/** Bars the grid has between two open times, the first included and the last not. */
export function barsBetween(fromOpen: number, toOpen: number, interval: Interval): number {
  if (interval !== '1M') return Math.round((toOpen - fromOpen) / FIXED[interval])
  const from = new Date(fromOpen)
  const to = new Date(toOpen)
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth()
}
