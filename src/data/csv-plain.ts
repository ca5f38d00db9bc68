import type { Layout } from './csv-layout.ts'
import { DECIMAL_FIELDS, type DecimalColumn, type RowBuffer } from './rows.ts'

const COMMA = 44
const NEWLINE = 10
const RETURN = 13
const POINT = 46
const ZERO = 48

const [SKIPPED, OPEN_TIME, CLOSE_TIME, TRADES, DECIMAL] = [0, 1, 2, 3, 4]

/** What a column of the file holds. */
interface PlainCell {
  kind: number
  /** Where a decimal goes. */
  column: DecimalColumn
}

export type PlainRow = readonly PlainCell[]

/** The columns of a file as `readPlain` wants them; `null` where one of them is to be read as two fields. */
export function plainRow(layout: Layout, into: RowBuffer): PlainRow | null {
  const cells = Array.from({ length: layout.width }, () => ({ kind: SKIPPED, column: into.decimals.open }))
  const put = (at: number, kind: number, column: DecimalColumn): boolean => {
    if (at < 0) return true
    const isFree = cells[at]!.kind === SKIPPED
    cells[at] = { kind, column }
    return isFree
  }
  const isPlain = [
    put(layout.openTime, OPEN_TIME, into.decimals.open),
    put(layout.closeTime, CLOSE_TIME, into.decimals.open),
    put(layout.trades, TRADES, into.decimals.open),
    ...DECIMAL_FIELDS.map((field) => put(layout[field], DECIMAL, into.decimals[field])),
  ]
  return isPlain.includes(false) ? null : cells
}

/** What `readPlain` returns instead of a place. */
export const NOT_PLAIN = -1

/** Ten to the power of the places that a fraction lacks. */
const MISSING = [1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1]

/**
 * Reads a line as exchanges write it in one pass, as fast as can be: digits, a point and up to 8 more, times in 13 digits
 * or 16. Returns where the next line begins, or NOT_PLAIN where the line has anything else in it: then it is to be read again,
 * with care. It must end with a line break.
 */
export function readPlain(bytes: Uint8Array, from: number, cells: PlainRow, into: RowBuffer, row: number): number {
  const { length } = bytes
  const last = cells.length - 1
  into.closeTime[row] = Number.NaN
  into.trades[row] = Number.NaN
  let at = from
  for (let k = 0; k <= last; k++) {
    const { kind, column } = cells[k]!
    const start = at
    if (kind === DECIMAL) {
      let whole = 0
      for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) whole = whole * 10 + d
      // 15 digits are exact in a double
      if (at === start || at - start > 15) return NOT_PLAIN
      let fraction = 0
      if (bytes[at] === POINT) {
        const point = at++
        const end = point + 9
        // as many as the exchange writes, if there is no other cell's end among them
        fraction = end < length && (bytes[end] === COMMA || bytes[end] === NEWLINE) ? eightDigits(bytes, at) : -1
        if (fraction >= 0) at = end
        else {
          fraction = 0
          for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) fraction = fraction * 10 + d
          const places = at - point - 1
          if (places === 0 || places > 8) return NOT_PLAIN
          fraction *= MISSING[places]!
        }
      }
      column.whole[row] = whole
      column.fraction[row] = fraction
    } else if (kind === SKIPPED) {
      while (bytes[at] !== COMMA && bytes[at] !== NEWLINE && bytes[at] !== RETURN) at++
    } else if (kind === TRADES) {
      let whole = 0
      for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) whole = whole * 10 + d
      if (at === start || at - start > 15) return NOT_PLAIN
      into.trades[row] = whole
    } else {
      // in two halves that are small whole numbers
      let high = 0
      for (const middle = at + 7; at < middle; at++) {
        const d = bytes[at]! - ZERO
        if (d < 0 || d > 9) return NOT_PLAIN
        high = high * 10 + d
      }
      let low = 0
      for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) low = low * 10 + d
      const digits = at - start
      if (digits !== 13 && digits !== 16) return NOT_PLAIN
      const time = digits === 13 ? high * 1e6 + low : (high * 1e9 + low) / 1000
      // the exchange states the last millisecond (or microsecond) of the bar; ours is exclusive
      if (kind === OPEN_TIME) into.openTime[row] = time
      else into.closeTime[row] = Math.floor(time) + 1
    }
    if (k < last) {
      if (bytes[at++] !== COMMA) return NOT_PLAIN
    } else {
      if (bytes[at] === RETURN) at++
      if (bytes[at++] !== NEWLINE) return NOT_PLAIN
    }
  }
  return at
}

/** The number that eight digits make, −1 where one of them is none; not digit by digit, each waiting for the last. */
export function eightDigits(bytes: Uint8Array, at: number): number {
  const a = bytes[at]! - ZERO
  const b = bytes[at + 1]! - ZERO
  const c = bytes[at + 2]! - ZERO
  const d = bytes[at + 3]! - ZERO
  const e = bytes[at + 4]! - ZERO
  const f = bytes[at + 5]! - ZERO
  const g = bytes[at + 6]! - ZERO
  const h = bytes[at + 7]! - ZERO
  const isNone =
    (a | b | c | d | e | f | g | h | (9 - a) | (9 - b) | (9 - c) | (9 - d) | (9 - e) | (9 - f) | (9 - g) | (9 - h)) < 0
  if (isNone) return -1
  return ((a * 10 + b) * 100 + (c * 10 + d)) * 10_000 + (e * 10 + f) * 100 + (g * 10 + h)
}
