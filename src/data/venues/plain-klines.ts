import { eightDigits } from '../csv-plain.ts'
import { BAR_DECIMALS, type DecimalColumn, EXTRA_DECIMALS, RowBuffer } from '../rows.ts'

const [LIST, LIST_END, COMMA, QUOTE, POINT, ZERO] = [91, 93, 44, 34, 46, 48]

/** What is returned instead of a place: there is something else. */
const NOT_PLAIN = -1

/** About as long as a kline is; shorter ones make the buffer grow. */
const BYTES = 128

/** Ten to the power of the places that a fraction lacks. */
const MISSING = [1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 10, 1]

/**
 * The klines of an answer in one pass over its bytes, as Binance writes them: no blanks, times in 13 digits or 16, amounts in quotes
 * and with no more than 8 decimals. `null` where there is anything else in it: then it is to be read as JSON, which says what.
 * @param isMark the columns that are no times and no prices of mark prices say nothing
 */
export function readPlainKlines(bytes: Uint8Array, isMark: boolean): RowBuffer | null {
  if (bytes[0] !== LIST) return null
  const rows = new RowBuffer(Math.ceil(bytes.length / BYTES))
  rows.files.push('answer')
  for (let at = 1; ; at++) {
    rows.reserve()
    at = readKline(bytes, at, rows, rows.length)
    if (at === NOT_PLAIN) return null
    rows.length++
    if (bytes[at] === COMMA) continue
    if (bytes[at] !== LIST_END || at !== bytes.length - 1) return null
    break
  }
  if (isMark) {
    rows.trades.fill(Number.NaN)
    for (const field of EXTRA_DECIMALS) {
      rows.decimals[field].whole.fill(Number.NaN)
      rows.decimals[field].fraction.fill(0)
    }
  }
  return rows
}

/** Reads a list as the row of that number; returns where it ends. */
function readKline(bytes: Uint8Array, from: number, rows: RowBuffer, row: number): number {
  const { decimals } = rows
  if (bytes[from] !== LIST) return NOT_PLAIN
  let at = readTime(bytes, from + 1, rows.openTime, row)
  for (let k = 0; k < BAR_DECIMALS.length && at !== NOT_PLAIN; k++)
    at = readAmount(bytes, at, decimals[BAR_DECIMALS[k]!], row)
  if (at === NOT_PLAIN || bytes[at] !== COMMA) return NOT_PLAIN
  at = readTime(bytes, at + 1, rows.closeTime, row)
  // the last millisecond (or microsecond) of the bar; ours is exclusive
  rows.closeTime[row] = Math.floor(rows.closeTime[row]!) + 1
  if (at !== NOT_PLAIN) at = readAmount(bytes, at, decimals.quoteVolume, row)
  if (at !== NOT_PLAIN) at = readCount(bytes, at, rows.trades, row)
  if (at !== NOT_PLAIN) at = readAmount(bytes, at, decimals.takerBase, row)
  if (at !== NOT_PLAIN) at = readAmount(bytes, at, decimals.takerQuote, row)
  // nobody reads the last one
  if (at === NOT_PLAIN || bytes[at] !== COMMA || bytes[at + 1] !== QUOTE) return NOT_PLAIN
  at += 2
  while (isDigit(bytes[at]!) || bytes[at] === POINT) at++
  if (bytes[at] !== QUOTE || bytes[at + 1] !== LIST_END) return NOT_PLAIN
  rows.line[row] = row + 1
  return at + 2
}

/** Each of these reads one value into a row of its column, and returns where what is behind it begins. */
function readTime(bytes: Uint8Array, from: number, column: Float64Array, row: number): number {
  // JSON has no number that begins with 0, and a double holds no more than 9007199254740991
  if (bytes[from] === ZERO || bytes[from] === ZERO + 9) return NOT_PLAIN
  let at = from
  // in two halves that are small whole numbers
  let high = 0
  for (const middle = at + 7; at < middle; at++) {
    const d = bytes[at]! - ZERO
    if (!(d >= 0 && d <= 9)) return NOT_PLAIN
    high = high * 10 + d
  }
  let low = 0
  for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) low = low * 10 + d
  const digits = at - from
  if (digits === 13) column[row] = high * 1e6 + low
  else if (digits === 16) column[row] = (high * 1e9 + low) / 1000
  else return NOT_PLAIN
  return at
}

function readAmount(bytes: Uint8Array, from: number, column: DecimalColumn, row: number): number {
  if (bytes[from] !== COMMA || bytes[from + 1] !== QUOTE) return NOT_PLAIN
  const start = from + 2
  let at = start
  let whole = 0
  for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) whole = whole * 10 + d
  // 15 digits are exact in a double
  if (at === start || at - start > 15) return NOT_PLAIN
  let fraction = 0
  if (bytes[at] === POINT) {
    const end = at + 9
    // as many as the exchange writes, if there is no end among them
    fraction = bytes[end] === QUOTE ? eightDigits(bytes, at + 1) : -1
    if (fraction >= 0) at = end
    else {
      const first = ++at
      fraction = 0
      for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) fraction = fraction * 10 + d
      const places = at - first
      if (places === 0 || places > 8) return NOT_PLAIN
      fraction *= MISSING[places]!
    }
  }
  if (bytes[at] !== QUOTE) return NOT_PLAIN
  column.whole[row] = whole
  column.fraction[row] = fraction
  return at + 1
}

function readCount(bytes: Uint8Array, from: number, column: Float64Array, row: number): number {
  if (bytes[from] !== COMMA) return NOT_PLAIN
  const start = from + 1
  let at = start
  let count = 0
  for (let d = bytes[at]! - ZERO; d >= 0 && d <= 9; d = bytes[++at]! - ZERO) count = count * 10 + d
  const digits = at - start
  if (digits === 0 || digits > 15 || (digits > 1 && bytes[start] === ZERO)) return NOT_PLAIN
  column[row] = count
  return at
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}
