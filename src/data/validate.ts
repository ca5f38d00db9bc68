import { closeTimeOf, INTERVALS, type Interval, intervalMs, openTimeOf } from '../core/interval.ts'
import type { BadRow, RowBuffer } from './rows.ts'

/** What is wrong with one row by itself, or `null`. Prices are compared exactly. */
export function findFault(
  rows: RowBuffer,
  row: number,
  interval: Interval,
  now: number,
): Omit<BadRow, 'file' | 'row'> | null {
  const at = rows.openTime[row]!
  const fault = (field: string, value: string, reason: string) => ({ field, value, reason })
  if (at % 1 !== 0 || openTimeOf(at, interval) !== at) {
    return fault(
      'openTime',
      `${at} (${timeText(at)})`,
      `is off the ${interval} grid; the bar that holds it opens at ${timeText(openTimeOf(at, interval))}${looksLike(rows, interval)}`,
    )
  }
  if (at > now) return fault('openTime', `${at} (${timeText(at)})`, 'lies in the future')
  const close = rows.closeTime[row]!
  if (close > closeTimeOf(at, interval))
    return fault(
      'closeTime',
      `${close - 1} (${timeText(close - 1)})`,
      `is later than a ${interval} bar ends${looksLike(rows, interval)}`,
    )
  if (close <= at) return fault('closeTime', `${close - 1} (${timeText(close - 1)})`, 'is before the open time')
  for (const field of ['open', 'high', 'low', 'close'] as const) {
    const { whole, fraction } = rows.decimals[field]
    if (whole[row] === 0 && fraction[row] === 0) return fault(field, '0', 'is not above 0')
  }
  if (rows.compare('high', row, 'low', row) < 0)
    return fault('high', rows.text('high', row), `is below the low ${rows.text('low', row)}`)
  for (const field of ['open', 'close'] as const) {
    if (rows.compare(field, row, 'low', row) < 0)
      return fault(field, rows.text(field, row), `is below the low ${rows.text('low', row)}`)
    if (rows.compare(field, row, 'high', row) > 0)
      return fault(field, rows.text(field, row), `is above the high ${rows.text('high', row)}`)
  }
  return null
}

/** A hint where the file's own step is another interval. */
function looksLike(rows: RowBuffer, interval: Interval): string {
  const step = commonStep(rows)
  const other = INTERVALS.find((name) => name !== interval && intervalMs(name) === step)
  return other === undefined ? '' : `; the rows are ${other} apart: import them as ${other}`
}

/** The step most rows are apart, from the first thousand; NaN where there are fewer than three rows. */
function commonStep(rows: RowBuffer): number {
  const counts = new Map<number, number>()
  const n = Math.min(rows.length, 1000)
  for (let row = 1; row < n; row++) {
    const step = rows.openTime[row]! - rows.openTime[row - 1]!
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  let best = Number.NaN
  let most = 1
  for (const [step, count] of counts) if (count > most) [best, most] = [step, count]
  return best
}

/** Thin markets have few bars, and chance may put those of a short file on a coarser grid; this is unlikely enough. */
const UNLIKELY = 1e6

/**
 * The coarser interval that a file without close times really has: its bars fit the finer grid, with a gap after each.
 * `null` where its rows, from `first` on, may well be of `interval`.
 */
export function coarserInterval(rows: RowBuffer, first: number, interval: Interval): Interval | null {
  const steps = rows.length - first - 1
  if (steps < 1 || interval === '1M' || !Number.isNaN(rows.closeTime[first]!)) return null
  let common = 0
  for (let row = first + 1; row < rows.length; row++) {
    common = greatestDivisor(common, Math.abs(rows.openTime[row]! - rows.openTime[row - 1]!))
    if (common % intervalMs(interval) !== 0 || common === intervalMs(interval)) return null
  }
  if ((common / intervalMs(interval)) ** steps < UNLIKELY) return null
  const found = INTERVALS.findLast((name) => name !== '1M' && common % intervalMs(name) === 0)
  return found === undefined || intervalMs(found) <= intervalMs(interval) ? null : found
}

function greatestDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

export function timeText(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
