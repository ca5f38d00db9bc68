import type { EquityColumns } from '../core/run.ts'

/** One fall from a peak and, unless the data end first, its recovery to the peak. Rows count instants. */
export interface Drawdown {
  /** Last row at the peak; −1 is the start. */
  readonly peakRow: number
  readonly valleyRow: number
  /** First row at or above the peak again; −1 while it lasts. */
  readonly endRow: number
  readonly peak: number
  readonly valley: number
}

/** What is known of a fall so far. */
const [PEAK, VALLEY, VALLEY_ROW] = [0, 1, 2]

/** Rows that are gone through in one call: a loop that is called more often is compiled well sooner. */
const PIECE = 1024

/** Every drawdown of a curve that starts at `start`, oldest first. */
export function findDrawdowns(values: Float64Array, start: number): Drawdown[] {
  const found: Drawdown[] = []
  const { length } = values
  const fall = new Float64Array(3)
  let peak = start
  let peakRow = -1
  for (let row = 0; row < length; ) {
    if (values[row]! >= peak) {
      peak = values[row]!
      peakRow = row++
      continue
    }
    fall[PEAK] = peak
    fall[VALLEY] = values[row]!
    fall[VALLEY_ROW] = row
    let [end, to] = [row + 1, row + 1]
    while (end === to && to < length) {
      to = Math.min(length, to + PIECE)
      end = deepen(fall, values, end, to)
    }
    found.push({ peakRow, valleyRow: fall[VALLEY_ROW]!, endRow: end < length ? end : -1, peak, valley: fall[VALLEY]! })
    row = end
  }
  return found
}

/** Takes rows [from, to) of a fall up to the first that is no longer below its peak. @returns that row; `to` where there is none */
function deepen(fall: Float64Array, values: Float64Array, from: number, to: number): number {
  const peak = fall[PEAK]!
  let valley = fall[VALLEY]!
  let row = from
  for (; row < to; row++) {
    const value = values[row]!
    if (value < valley) {
      valley = value
      fall[VALLEY_ROW] = row
    } else if (!(value < peak)) break
  }
  fall[VALLEY] = valley
  return row
}

/** Fraction below the highest equity so far, ≤ 0, one per row. */
export function underwater(equity: EquityColumns, start: number): Float64Array {
  const { length } = equity
  const column = new Float64Array(length)
  let peak = start
  for (let from = 0; from < length; from += PIECE)
    peak = sink(column, equity.equity, from, Math.min(length, from + PIECE), peak)
  return column
}

/** The same of rows [from, to), before which the highest was `peak`. @returns the highest with them */
function sink(column: Float64Array, values: Float64Array, from: number, to: number, peak: number): number {
  let most = peak
  for (let row = from; row < to; row++) {
    const value = values[row]!
    if (value > most) most = value
    column[row] = value / most - 1
  }
  return most
}

/** From this row on a curve would be so much higher; never less than before. */
export interface Rise {
  readonly row: number
  readonly gain: number
}

function depth(peak: number, valley: number): number {
  return (peak - valley) / peak
}

/** As the figure `maxDrawdown`. */
export function deepestFall(drawdowns: readonly Drawdown[]): number {
  return drawdowns.reduce((most, { peak, valley }) => Math.max(most, depth(peak, valley)), 0)
}

/**
 * The same of a curve that is higher by what was gained until each row. A gain lifts every later row alike, so a fall
 * stays what it is, from a higher peak, unless something is gained on its way.
 */
export function deepestRaised(values: Float64Array, drawdowns: readonly Drawdown[], rises: readonly Rise[]): number {
  let most = 0
  let next = 0
  let gain = 0
  for (const { peakRow, endRow, peak, valley } of drawdowns) {
    const end = endRow === -1 ? values.length : endRow
    for (; next < rises.length && rises[next]!.row <= peakRow; next++) gain = rises[next]!.gain
    if (next === rises.length || rises[next]!.row >= end) {
      most = Math.max(most, depth(peak + gain, valley + gain))
      continue
    }
    const fall = Float64Array.of(peak + gain, most)
    let row = peakRow + 1
    for (; next < rises.length && rises[next]!.row < end; next++) {
      follow(fall, values, row, rises[next]!.row, gain)
      row = rises[next]!.row
      gain = rises[next]!.gain
    }
    follow(fall, values, row, end, gain)
    most = fall[MOST]!
  }
  return most
}

/** Highest so far, and the deepest fall from it. */
const [TOP, MOST] = [0, 1]

/** Rows whose extremes are taken together. */
const BLOCK = 1024

/** Widens a fall by rows that are higher by `gain`: most blocks of them lie below the peak, and only their lowest counts. */
function follow(fall: Float64Array, values: Float64Array, from: number, to: number, gain: number): void {
  for (let start = from; start < to; start += BLOCK) {
    const end = Math.min(to, start + BLOCK)
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let row = start; row < end; row++) {
      const value = values[row]!
      if (value < low) low = value
      if (value > high) high = value
    }
    if (high + gain <= fall[TOP]!) fall[MOST] = Math.max(fall[MOST]!, depth(fall[TOP]!, low + gain))
    else
      for (let row = start; row < end; row++) {
        const value = values[row]! + gain
        fall[TOP] = Math.max(fall[TOP]!, value)
        fall[MOST] = Math.max(fall[MOST]!, depth(fall[TOP]!, value))
      }
  }
}
