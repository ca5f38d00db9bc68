import { closeTimeOf, intervalMs } from '../core/interval.ts'
import type { SlotOptions } from '../engine/index.ts'

/** Instants as a column and what is to be added to it: the close times of one instrument are its own column, shared. */
interface Timeline {
  readonly column: Float64Array
  /** In ms. */
  readonly step: number
}

/** Every instant at which a bar of the range closes, ascending, each once. */
export function timeline(slots: readonly SlotOptions[]): Timeline {
  const each = slots.map(closesOf)
  const [first] = each
  if (each.every(({ step }) => step === first!.step))
    return { column: each.map(({ column }): Float64Array => column).reduce(union), step: first!.step }
  const column = each.map(({ column, step }): Float64Array => column.map((time) => time + step)).reduce(union)
  return { column, step: 0 }
}

/** Close times of the bars inside the range. */
function closesOf({ bars, startRow }: SlotOptions): Timeline {
  const { interval } = bars.series
  const column = bars.openTime.subarray(startRow, bars.length)
  if (interval === '1M') return { column: column.map((open) => closeTimeOf(open, interval)), step: 0 }
  return { column, step: intervalMs(interval) }
}

/** Two ascending columns as one, what is in both once. Instruments of one venue mostly have the same instants. */
function union(a: Float64Array, b: Float64Array): Float64Array {
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  if (same === a.length && same === b.length) return a
  const all = new Float64Array(a.length + b.length)
  all.set(a.subarray(0, same))
  let [i, j, count] = [same, same, same]
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i]!, b[j]!]
    if (x <= y) i++
    if (y <= x) j++
    all[count++] = Math.min(x, y)
  }
  while (i < a.length) all[count++] = a[i++]!
  while (j < b.length) all[count++] = b[j++]!
  return all.subarray(0, count)
}

/** Whether these are the close times of a column: within one search, two stretches of equal length and ends are one. */
export function isOf(times: Float64Array, column: Float64Array, step: number): boolean {
  const last = column.length - 1
  return times.length === last + 1 && times[0] === column[0]! + step && times[last] === column[last]! + step
}
