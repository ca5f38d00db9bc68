import { SCALE } from './rows.ts'

/** What a decimal cell holds, while a line is being read. */
export interface Parsed {
  whole: number
  /** In 1e-8. */
  fraction: number
  isNegative: boolean
}

const POINT = 46
const QUOTE = 34
const NOT_PLAIN = 'is not a plain decimal number'
const TOO_FINE = `has more than ${SCALE} decimals, the finest that are kept: take a market that counts in thousands, as 1000SHIB does, or round it before it is imported`

/** Decimal digits into whole and 1e-8 parts; the reason where they are none, or finer than 1e-8. */
export function readDecimal(bytes: Uint8Array, from: number, to: number, out: Parsed): string | null {
  let at = from
  let end = to
  if (bytes[at] === QUOTE && bytes[end - 1] === QUOTE && end > at + 1) {
    at++
    end--
  }
  if (at >= end) return 'is empty'
  out.isNegative = bytes[at] === 45
  if (out.isNegative) at++
  let whole = 0
  const start = at
  for (; at < end && bytes[at] !== POINT; at++) {
    const d = bytes[at]! - 48
    if (d < 0 || d > 9) return readPower(bytes, from, to, out)
    whole = whole * 10 + d
  }
  if (at === start) return NOT_PLAIN
  let fraction = 0
  let places = 0
  if (at < end) {
    at++
    if (at === end) return NOT_PLAIN
    for (; at < end; at++, places++) {
      const d = bytes[at]! - 48
      if (d < 0 || d > 9) return readPower(bytes, from, to, out)
      if (places < SCALE) fraction = fraction * 10 + d
      else if (d !== 0) return TOO_FINE
    }
  }
  if (whole > Number.MAX_SAFE_INTEGER) return 'is too large'
  for (let k = places; k < SCALE; k++) fraction *= 10
  out.whole = whole
  out.fraction = fraction
  return null
}

/** `1.5e-05`, as Python writes small numbers, is as exact as 0.000015. */
function readPower(bytes: Uint8Array, from: number, to: number, out: Parsed): string | null {
  const text = new TextDecoder().decode(bytes.subarray(from, to)).replace(/^"|"$/g, '')
  const parts = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,2})$/.exec(text)
  if (parts === null) return NOT_PLAIN
  const [, sign, whole, fraction = '', power] = parts as unknown as [string, string, string, string?, string?]
  const digits = whole + fraction
  const point = whole.length + Number(power)
  const plain =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits.padEnd(point, '0')
        : `${digits.slice(0, point)}.${digits.slice(point)}`
  const again = new TextEncoder().encode(sign + plain)
  return readDecimal(again, 0, again.length, out)
}

/**
 * UTC ms of seconds, milliseconds, microseconds (Binance spot since 2025) or nanoseconds, told apart by their count of
 * digits (2001 to 2286), or of ISO text; NaN for anything else.
 */
export function readTime(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let end = to
  if (bytes[at] === QUOTE && bytes[end - 1] === QUOTE) {
    at++
    end--
  }
  const digits = end - at
  // what lies below the microsecond is only kept as "not on the grid": a double has no room for it
  const kept = digits === 19 ? end - 3 : end
  let value = 0
  let k = at
  for (; k < kept; k++) {
    const d = bytes[k]! - 48
    if (d < 0 || d > 9) break
    value = value * 10 + d
  }
  if (k === kept) {
    if (digits === 13) return value
    if (digits === 16) return value / 1000
    if (digits === 10) return value * 1000
    if (digits === 19) return /^0+$/.test(textOf(bytes, kept, end)) ? value / 1000 : (value + 0.5) / 1000
    return Number.NaN
  }
  return readTimeText(textOf(bytes, at, end))
}

function readTimeText(text: string): number {
  // pandas writes whole numbers of a column with blanks as floats: 1704067200000.0
  const whole = /^(\d{10,16})\.0+$/.exec(text)
  if (whole !== null) {
    const bytes = new TextEncoder().encode(whole[1]!)
    return readTime(bytes, 0, bytes.length)
  }
  const iso =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/.exec(
      text,
    )
  if (iso === null) return Number.NaN
  const [, date, time = '00:00', zone = 'Z'] = iso
  const day = Date.parse(`${date}T00:00Z`)
  // Date.parse rolls 30 February over into March; such a date is a fault of the file
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date!)) return Number.NaN
  const [, sign, hours, minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [null, '+', '00', '00']
  return Date.parse(`${date}T${time}${sign}${hours}:${minutes}`)
}

/** A cell as an error shows it. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return printable(new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 200))))
}

export function printable(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?')
  return clean.length > 100 ? `${clean.slice(0, 97)}…` : clean
}
