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
  const iso = timeText(at)
  if (at % 1 !== 0 || openTimeOf(at, interval) !== at) {
    return fault(
      'openTime',
      `${at} (${iso})`,
      `is off the ${interval} grid; the bar that holds it opens at ${timeText(openTimeOf(at, interval))}${looksLike(rows, interval)}`,
    )
  }
  if (at > now) return fault('openTime', `${at} (${iso})`, 'lies in the future')
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
export function commonStep(rows: RowBuffer): number {
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

export function timeText(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
