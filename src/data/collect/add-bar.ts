import { type Parsed, readDecimal } from '../csv-cells.ts'
import { DataError } from '../data-error.ts'
import { BAR_DECIMALS, EXTRA_DECIMALS, type RowBuffer } from '../rows.ts'
import { timeText } from '../validate.ts'
import type { BarText } from '../venues/venue.ts'

const parsed: Parsed = { whole: 0, fraction: 0, isNegative: false }
/** The digits being read; longer ones are no number of a bar. */
const digits = new Uint8Array(64)

/**
 * Puts a bar, exactly as the venue's digits have it, behind the last row of a buffer.
 * @throws DataError that names field and value where it is no decimal that the store can keep
 */
export function addBar(rows: RowBuffer, bar: BarText): void {
  if (rows.files.length === 0) rows.files.push('answer')
  rows.reserve()
  const row = rows.length
  rows.openTime[row] = bar.openTime
  rows.closeTime[row] = bar.closeTime
  for (const field of BAR_DECIMALS) {
    read(bar, field, bar[field])
    rows.decimals[field].whole[row] = parsed.whole
    rows.decimals[field].fraction[row] = parsed.fraction
  }
  for (const field of EXTRA_DECIMALS) {
    const text = bar[field]
    // sums of products have as many digits as both factors together (KuCoin's turnover); what makes the bar is never cut
    if (text !== null) read(bar, field, withoutDust(text))
    rows.decimals[field].whole[row] = text === null ? Number.NaN : parsed.whole
    rows.decimals[field].fraction[row] = text === null ? 0 : parsed.fraction
  }
  const { trades } = bar
  if (trades !== null && !(Number.isSafeInteger(trades) && trades >= 0))
    throw fault(bar, 'trades', String(trades), 'is not a count')
  rows.trades[row] = trades ?? Number.NaN
  rows.line[row] = row + 1
  rows.file[row] = rows.files.length - 1
  rows.length++
}

function read(bar: BarText, field: string, text: string): void {
  for (let k = 0; k < text.length && k < digits.length; k++) {
    const code = text.charCodeAt(k)
    // 0 is no digit of anybody's
    digits[k] = code < 128 ? code : 0
  }
  const reason = text.length > digits.length ? 'is too long' : readDecimal(digits, 0, text.length, parsed)
  if (reason !== null) throw fault(bar, field, text, reason)
  if (parsed.isNegative && (parsed.whole > 0 || parsed.fraction > 0)) throw fault(bar, field, text, 'is negative')
}

const DUST = /^(\d+\.\d{8})\d+$/
const DIGITS_KEPT = 8

function withoutDust(text: string): string {
  const point = text.indexOf('.')
  return point === -1 || text.length - point - 1 <= DIGITS_KEPT ? text : (DUST.exec(text)?.[1] ?? text)
}

function fault({ openTime }: BarText, field: string, text: string, reason: string): DataError {
  return new DataError(`the bar of ${timeText(openTime)}: ${field} ${JSON.stringify(text.slice(0, 100))} ${reason}`)
}
