import { didYouMean } from '../core/suggest.ts'
import { DataError } from './data-error.ts'
import { type BadRow, DECIMAL_FIELDS, type DecimalField, type Field, type RowBuffer, SCALE } from './rows.ts'

/** Which field of the file each of ours is in; −1 where it has none. */
export type Layout = Readonly<Record<Field, number>> & { readonly width: number; readonly hasHeader: boolean }

/** Binance's dump and REST order, https://github.com/binance/binance-public-data#klines */
const BINANCE: readonly (Field | null)[] = [
  'openTime', 'open', 'high', 'low', 'close', 'volume', 'closeTime', 'quoteVolume', 'trades', 'takerBase', 'takerQuote', null,
] // biome-ignore format: the exchange's order

/** Header names seen in the wild, squeezed to letters. */
const NAMES: Readonly<Record<string, Field>> = {
  opentime: 'openTime', time: 'openTime', timestamp: 'openTime', date: 'openTime', datetime: 'openTime', start: 'openTime',
  open: 'open', o: 'open', high: 'high', h: 'high', low: 'low', l: 'low', close: 'close', c: 'close',
  volume: 'volume', vol: 'volume', v: 'volume', basevolume: 'volume',
  closetime: 'closeTime', quotevolume: 'quoteVolume', quoteassetvolume: 'quoteVolume', turnover: 'quoteVolume',
  count: 'trades', trades: 'trades', numberoftrades: 'trades',
  takerbuyvolume: 'takerBase', takerbuybaseassetvolume: 'takerBase', takerbuybasevolume: 'takerBase', takerbase: 'takerBase',
  takerbuyquotevolume: 'takerQuote', takerbuyquoteassetvolume: 'takerQuote', takerquote: 'takerQuote',
} // biome-ignore format: a dictionary
const FIELDS: readonly Field[] = ['openTime', 'closeTime', 'trades', ...DECIMAL_FIELDS]
const NEEDED: readonly Field[] = ['openTime', 'open', 'high', 'low', 'close', 'volume']

/**
 * Finds the layout from the first line: a header's names, or, without one, Binance's twelve columns or time, open, high,
 * low, close, volume in this order. `columns` (`openTime=date,close=last` or `openTime=1,…`, names or 1-based numbers)
 * overrides.
 * @throws DataError that quotes the line and says how to name the columns
 */
export function findLayout(
  file: string,
  bytes: Uint8Array,
  columns: Readonly<Record<string, string>> | undefined,
): Layout {
  let end = bytes.indexOf(10)
  if (end < 0) end = bytes.length
  const line = new TextDecoder()
    .decode(bytes.subarray(0, Math.min(end, 4096)))
    .replace(/^\uFEFF/, '')
    .replace(/\r$/, '')
  const cells = line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''))
  if (line.includes('\0') || cells.length < 2)
    throw new DataError(
      `${file}, line 1: "${printable(line)}" is not comma-separated klines; give zips, csv, csv.gz or Parquet of klines`,
    )
  const hasHeader = !/^-?\d/.test(cells[0]!)
  const found: Partial<Record<Field, number>> = {}
  const order = hasHeader ? cells.map(fieldOfHeader) : cells.length >= 12 ? BINANCE : cells.length >= 6 ? NEEDED : []
  for (const [k, field] of order.entries()) if (field !== null && found[field] === undefined) found[field] = k
  for (const [field, where] of Object.entries(columns ?? {}))
    found[checkField(field)] = indexOfColumn(file, cells, hasHeader, where)
  const missing = NEEDED.filter((field) => found[field] === undefined)
  if (missing.length > 0)
    throw new DataError(
      `${file}, line 1: no column for ${missing.join(', ')} in "${printable(line)}"; name them with --columns ${missing.map((f) => `${f}=…`).join(',')} (a header name or a number from 1)`,
    )
  const layout = Object.fromEntries(FIELDS.map((field) => [field, found[field] ?? -1])) as Record<Field, number>
  return { ...layout, width: cells.length, hasHeader }
}

function fieldOfHeader(cell: string): Field | null {
  return NAMES[cell.toLowerCase().replace(/[^a-z]/g, '')] ?? null
}

function checkField(field: string): Field {
  if ((FIELDS as readonly string[]).includes(field)) return field as Field
  throw new DataError(
    `--columns: "${field}" is no field of a kline${didYouMean(field, FIELDS)}; known: ${FIELDS.join(', ')}`,
  )
}

function indexOfColumn(file: string, cells: readonly string[], hasHeader: boolean, where: string): number {
  const byName = hasHeader ? cells.indexOf(where) : -1
  const index = byName >= 0 ? byName : /^\d+$/.test(where) ? Number(where) - 1 : -1
  if (index >= 0 && index < cells.length) return index
  throw new DataError(
    `${file}: --columns names "${where}"${didYouMean(where, cells)}, which line 1 does not have: ${cells.map(printable).join(', ')}`,
  )
}

/** What one field of one line is, while a line is being read. */
interface Parsed {
  whole: number
  fraction: number
  isNegative: boolean
}

const COMMA = 44
const POINT = 46
const QUOTE = 34

/** Reads every row of a file into the buffer; rows that cannot be read go to `bad`. Returns how many rows it had. */
export function readCsv(
  file: string,
  bytes: Uint8Array,
  layout: Layout,
  into: RowBuffer,
  bad: (row: BadRow) => void,
): number {
  const fileIndex = into.files.push(file) - 1
  const starts = new Int32Array(layout.width + 2)
  const parsed: Parsed = { whole: 0, fraction: 0, isNegative: false }
  const optional = (['closeTime', 'quoteVolume', 'trades', 'takerBase', 'takerQuote'] as const).filter(
    (f) => layout[f] < 0,
  )
  for (const field of optional) into.has[field] = false
  const decimals = DECIMAL_FIELDS.filter((field) => layout[field] >= 0)
  let line = 0
  let rows = 0
  let from = 0
  const { length } = bytes
  while (from < length) {
    let to = from
    let cells = 0
    starts[0] = from
    while (to < length && bytes[to] !== 10) {
      if (bytes[to] === COMMA && cells < layout.width) starts[++cells] = to + 1
      to++
    }
    line++
    const next = to + 1
    if (to > from && bytes[to - 1] === 13) to--
    if ((line === 1 && layout.hasHeader) || to === from) {
      from = next
      continue
    }
    rows++
    starts[cells + 1] = to + 1
    const problem =
      cells + 1 < layout.width
        ? {
            field: 'row',
            value: textOf(bytes, from, to),
            reason: `has ${cells + 1} fields where line 1 has ${layout.width}${next > length ? ' (a torn last line?)' : ''}`,
          }
        : readRow(bytes, starts, layout, decimals, into, parsed)
    if (problem !== null) bad({ file, row: line, ...problem })
    else {
      into.line[into.length] = line
      into.file[into.length] = fileIndex
      into.length++
    }
    from = next
  }
  return rows
}

type Problem = { field: string; value: string; reason: string } | null

function readRow(
  bytes: Uint8Array,
  starts: Int32Array,
  layout: Layout,
  decimals: readonly DecimalField[],
  into: RowBuffer,
  parsed: Parsed,
): Problem {
  into.reserve()
  const row = into.length
  const cell = (field: Field) => textOf(bytes, starts[layout[field]]!, starts[layout[field] + 1]! - 1)
  const open = readTime(bytes, starts[layout.openTime]!, starts[layout.openTime + 1]! - 1)
  if (Number.isNaN(open))
    return { field: 'openTime', value: cell('openTime'), reason: 'is not a time (seconds, ms, µs or ISO)' }
  into.openTime[row] = open
  let close = Number.NaN
  if (layout.closeTime >= 0) {
    close = readTime(bytes, starts[layout.closeTime]!, starts[layout.closeTime + 1]! - 1)
    if (Number.isNaN(close)) return { field: 'closeTime', value: cell('closeTime'), reason: 'is not a time' }
    // the exchange states the last millisecond (or microsecond) of the bar; ours is exclusive
    close = Math.floor(close) + 1
  }
  into.closeTime[row] = close
  for (let k = 0; k < decimals.length; k++) {
    const field = decimals[k]!
    const reason = readDecimal(bytes, starts[layout[field]]!, starts[layout[field] + 1]! - 1, parsed)
    if (reason !== null) return { field, value: cell(field), reason }
    if (parsed.isNegative && (parsed.whole > 0 || parsed.fraction > 0))
      return { field, value: cell(field), reason: field.startsWith('volume') ? 'is negative' : 'is below 0' }
    const column = into.decimals[field]
    column.whole[row] = parsed.whole
    column.fraction[row] = parsed.fraction
  }
  if (layout.trades >= 0) {
    const reason = readDecimal(bytes, starts[layout.trades]!, starts[layout.trades + 1]! - 1, parsed)
    if (reason !== null) return { field: 'trades', value: cell('trades'), reason }
    into.trades[row] = parsed.whole
  }
  return null
}

/** Plain decimal digits into whole and 1e-8 parts; the reason where they are none, or finer than 1e-8. */
function readDecimal(bytes: Uint8Array, from: number, to: number, out: Parsed): string | null {
  let at = from
  let end = to
  if (bytes[at] === QUOTE && bytes[end - 1] === QUOTE) {
    at++
    end--
  }
  out.isNegative = bytes[at] === 45
  if (out.isNegative) at++
  let whole = 0
  let digits = 0
  for (; at < end && bytes[at] !== POINT; at++, digits++) {
    const d = bytes[at]! - 48
    if (d < 0 || d > 9) return 'is not a plain decimal number'
    whole = whole * 10 + d
  }
  let fraction = 0
  let places = 0
  if (at < end) {
    at++
    if (at === end) return 'is not a plain decimal number'
    for (; at < end; at++, places++) {
      const d = bytes[at]! - 48
      if (d < 0 || d > 9) return 'is not a plain decimal number'
      if (places < SCALE) fraction = fraction * 10 + d
      else if (d !== 0) return `has more than ${SCALE} decimals`
    }
  }
  if (digits === 0) return digits === 0 && places === 0 ? 'is empty' : 'is not a plain decimal number'
  if (whole > Number.MAX_SAFE_INTEGER) return 'is too large'
  for (let k = places; k < SCALE; k++) fraction *= 10
  out.whole = whole
  out.fraction = fraction
  return null
}

/** Seconds, milliseconds, microseconds (Binance spot since 2025) or nanoseconds by their count of digits; or ISO text, UTC. */
function readTime(bytes: Uint8Array, from: number, to: number): number {
  let value = 0
  let k = from
  for (; k < to; k++) {
    const d = bytes[k]! - 48
    if (d < 0 || d > 9) break
    value = value * 10 + d
  }
  const digits = k - from
  if (k === to && digits >= 9)
    return digits <= 10 ? value * 1000 : digits <= 13 ? value : digits <= 16 ? value / 1000 : value / 1e6
  const text = textOf(bytes, from, to).replace(/^"|"$/g, '')
  if (/^\d+\.0+$/.test(text)) return readTime(new TextEncoder().encode(text.split('.')[0]), 0, text.indexOf('.'))
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(Z|[+-]\d{2}:?\d{2})?$/.exec(text)
  if (iso === null) return Number.NaN
  return Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? 'Z'}`)
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return printable(new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 200))))
}

function printable(text: string): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?')
  return clean.length > 100 ? `${clean.slice(0, 97)}…` : clean
}
