import { firstRowAt } from '../core/bar.ts'
import { durationOf } from '../core/duration.ts'

/** A distance between training and test: a number of bars, or a duration such as `12h` or `2d`. */
export type EmbargoOption = number | string

/** The same, read: whole bars or milliseconds. */
export interface Embargo {
  readonly bars: number
  readonly ms: number
  /** As written. */
  readonly text: string
}

/** @throws RangeError that quotes what is neither bars nor a duration */
export function readEmbargo(kind: string, embargo: EmbargoOption): Embargo {
  if (typeof embargo === 'number' && Number.isInteger(embargo) && embargo >= 0)
    return { bars: embargo, ms: 0, text: `${embargo} bars` }
  const ms = durationOf(embargo)
  if (ms !== null) return { bars: 0, ms, text: embargo as string }
  throw new RangeError(
    `${kind} embargo ${JSON.stringify(embargo)}: write a whole number of bars or a duration such as "12h" or "2d"`,
  )
}

/** First row that is the embargo away from `row`, on its later side; the number of rows where there is none. */
export function rowAfter(embargo: Embargo, openTime: Float64Array, row: number): number {
  if (row >= openTime.length) return openTime.length
  if (embargo.ms > 0) return firstRowAt(openTime, openTime[row]! + embargo.ms)
  return Math.min(openTime.length, row + embargo.bars)
}

/** Last row that is the embargo away from `row`, on its earlier side; −1 where there is none. */
export function rowBefore(embargo: Embargo, openTime: Float64Array, row: number): number {
  if (embargo.ms === 0) return Math.max(-1, row - embargo.bars)
  const time = openTime[row]! - embargo.ms
  const at = firstRowAt(openTime, time)
  return openTime[at] === time ? at : at - 1
}
