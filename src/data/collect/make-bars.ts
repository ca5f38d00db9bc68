import { closeTimeOf, type Interval, openTimeOf } from '../../core/interval.ts'
import type { MonthFile } from '../manifest.ts'
import { EXTRA_DECIMALS, type RowBuffer } from '../rows.ts'
import type { Span } from './stretches.ts'

const PRICES = ['open', 'high', 'low', 'close'] as const

/** A question that is asked in the order of time: whether a time lies in one of the spans, which are in order too. */
export function liesIn(spans: readonly Span[]): (time: number) => boolean {
  let at = 0
  return (time) => {
    while (at < spans.length && spans[at]!.end <= time) at++
    return at < spans.length && spans[at]!.start <= time
  }
}

/**
 * Months that made bars draw in beside those that are `touched` anyway: a made bar stands at the close before it, which may be that of
 * an earlier month, and bars made after a month's last one stand at that.
 */
export function drawnIn(
  touched: ReadonlySet<string>,
  files: readonly MonthFile[],
  spans: readonly Span[],
): Set<string> {
  const months = new Set(touched)
  const across = spans
    .filter(({ start, end }) => !files.some((file) => file.from < start && end <= file.to))
    .map(({ start, end }) => {
      const last = files.findLast((file) => file.from < start)
      return monthsBetween(monthOf(last === undefined ? start : last.to - 1), monthOf(end - 1))
    })
  for (let before = -1; before < months.size; ) {
    before = months.size
    for (const own of across) if (own.some((month) => months.has(month))) for (const month of own) months.add(month)
  }
  return months
}

function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7)
}

/** Months of the open times in [start, end). */
export function monthsOf({ start, end }: Span): string[] {
  return monthsBetween(monthOf(start), monthOf(end - 1))
}

/** Both included. */
function monthsBetween(first: string, last: string): string[] {
  const months: string[] = []
  for (let month = first; month <= last; ) {
    months.push(month)
    const [year, number] = month.split('-').map(Number) as [number, number]
    month = monthOf(Date.UTC(year, number))
  }
  return months
}

/** Rows, by open time, with the bars that `fill` asks for and nobody has: without a close before them there is nothing to make them of. */
export function fillFlat(
  rows: RowBuffer,
  order: Uint32Array,
  fill: readonly Span[],
  interval: Interval,
): { readonly order: Uint32Array; readonly made: readonly Span[] } {
  const whole: number[] = []
  const made: Span[] = []
  let k = 0
  for (const { start, end } of fill) {
    const first = openTimeOf(start, interval)
    for (let at = first < start ? closeTimeOf(first, interval) : first; at < end; at = closeTimeOf(at, interval)) {
      while (k < order.length && rows.openTime[order[k]!]! < at) whole.push(order[k++]!)
      if (whole.length === 0 || (k < order.length && rows.openTime[order[k]!] === at)) continue
      whole.push(flatRow(rows, whole.at(-1)!, at))
      made.push({ start: at, end: closeTimeOf(at, interval) })
    }
  }
  if (made.length === 0) return { order, made }
  while (k < order.length) whole.push(order[k++]!)
  return { order: Uint32Array.from(whole), made }
}

function flatRow(rows: RowBuffer, before: number, openTime: number): number {
  rows.reserve()
  const row = rows.length++
  rows.openTime[row] = openTime
  rows.closeTime[row] = Number.NaN
  rows.file[row] = rows.file[before]!
  rows.line[row] = rows.line[before]!
  // what the bar before does not know, this one does not either
  rows.trades[row] = Number.isNaN(rows.trades[before]!) ? Number.NaN : 0
  for (const field of ['volume', ...EXTRA_DECIMALS] as const) {
    const { whole, fraction } = rows.decimals[field]
    whole[row] = Number.isNaN(whole[before]!) ? Number.NaN : 0
    fraction[row] = 0
  }
  flattenRow(rows, before, row)
  return row
}

/** Puts made bars to the close before them, where that has become another; returns how many. */
export function flatten(rows: RowBuffer, order: Uint32Array, made: readonly Span[]): number {
  const isMade = liesIn(made)
  let count = 0
  for (let k = 0; k < order.length; k++) {
    const row = order[k]!
    if (
      isMade(rows.openTime[row]!) &&
      k > 0 &&
      isFlat(rows, row) &&
      rows.compare('close', order[k - 1]!, 'close', row) !== 0
    ) {
      flattenRow(rows, order[k - 1]!, row)
      count++
    }
  }
  return count
}

/** A bar resampled of some that were made and others that were not may be anything. */
function isFlat(rows: RowBuffer, row: number): boolean {
  const { whole, fraction } = rows.decimals.volume
  return rows.compare('high', row, 'low', row) === 0 && whole[row] === 0 && fraction[row] === 0
}

function flattenRow(rows: RowBuffer, before: number, row: number): void {
  const { whole, fraction } = rows.decimals.close
  for (const field of PRICES) {
    rows.decimals[field].whole[row] = whole[before]!
    rows.decimals[field].fraction[row] = fraction[before]!
  }
}
