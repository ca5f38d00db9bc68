import { type Parsed, readDecimal, readTime, textOf } from './csv-cells.ts'
import type { Layout } from './csv-layout.ts'
import { BAR_DECIMALS, type BadRow, EXTRA_DECIMALS, type Field, type RowBuffer } from './rows.ts'

const COMMA = 44
const NEWLINE = 10
const RETURN = 13

/** Reads every row of a file into the buffer; rows that cannot be read go to `bad`. Returns how many rows it had. */
export function readCsv(
  file: string,
  bytes: Uint8Array,
  layout: Layout,
  into: RowBuffer,
  bad: (row: BadRow) => void,
): number {
  const fileIndex = into.files.push(file) - 1
  const { width } = layout
  const starts = new Int32Array(width + 1)
  const parsed: Parsed = { whole: 0, fraction: 0, isNegative: false }
  const extras = EXTRA_DECIMALS.filter((field) => layout[field] >= 0)
  const absent = EXTRA_DECIMALS.filter((field) => layout[field] < 0)
  const { length } = bytes
  let line = 0
  let rows = 0
  let from = hasByteOrderMark(bytes) ? 3 : 0
  while (from < length) {
    let to = from
    let cells = 1
    starts[0] = from
    while (to < length && bytes[to] !== NEWLINE) {
      if (bytes[to] === COMMA) {
        if (cells <= width) starts[cells] = to + 1
        cells++
      }
      to++
    }
    line++
    const next = to + 1
    if (to > from && bytes[to - 1] === RETURN) to--
    if ((line === 1 && layout.hasHeader) || to === from) {
      from = next
      continue
    }
    rows++
    if (cells === width) starts[width] = to + 1
    const problem =
      cells === width
        ? readRow(bytes, starts, layout, extras, into, parsed)
        : {
            field: 'row',
            value: textOf(bytes, from, to),
            reason: `has ${cells} fields where line 1 has ${width}${next > length ? ' (a torn last line?)' : ''}`,
          }
    if (problem !== null) bad({ file, row: line, ...problem })
    else {
      const row = into.length++
      for (let k = 0; k < absent.length; k++) into.decimals[absent[k]!].whole[row] = Number.NaN
      into.line[row] = line
      into.file[row] = fileIndex
    }
    from = next
  }
  return rows
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

type Problem = { field: string; value: string; reason: string } | null

function readRow(
  bytes: Uint8Array,
  starts: Int32Array,
  layout: Layout,
  extras: readonly (typeof EXTRA_DECIMALS)[number][],
  into: RowBuffer,
  parsed: Parsed,
): Problem {
  into.reserve()
  const row = into.length
  const fault = (field: Field, reason: string): Problem => ({
    field,
    value: textOf(bytes, starts[layout[field]]!, starts[layout[field] + 1]! - 1),
    reason,
  })
  const isBlank = (field: Field) => starts[layout[field] + 1]! - 1 === starts[layout[field]]!
  const open = readTime(bytes, starts[layout.openTime]!, starts[layout.openTime + 1]! - 1)
  if (Number.isNaN(open)) return fault('openTime', 'is not a time (seconds, ms, µs, ns or ISO)')
  into.openTime[row] = open
  into.closeTime[row] = Number.NaN
  if (layout.closeTime >= 0 && !isBlank('closeTime')) {
    const close = readTime(bytes, starts[layout.closeTime]!, starts[layout.closeTime + 1]! - 1)
    if (Number.isNaN(close)) return fault('closeTime', 'is not a time (seconds, ms, µs, ns or ISO)')
    // the exchange states the last millisecond (or microsecond) of the bar; ours is exclusive
    into.closeTime[row] = Math.floor(close) + 1
  }
  for (let k = 0; k < BAR_DECIMALS.length + extras.length; k++) {
    const field = k < BAR_DECIMALS.length ? BAR_DECIMALS[k]! : extras[k - BAR_DECIMALS.length]!
    const column = into.decimals[field]
    if (k >= BAR_DECIMALS.length && isBlank(field)) {
      column.whole[row] = Number.NaN
      continue
    }
    const reason = readDecimal(bytes, starts[layout[field]]!, starts[layout[field] + 1]! - 1, parsed)
    if (reason !== null) return fault(field, reason)
    if (isBelowZero(parsed)) return fault(field, 'is negative')
    column.whole[row] = parsed.whole
    column.fraction[row] = parsed.fraction
  }
  into.trades[row] = Number.NaN
  if (layout.trades >= 0 && !isBlank('trades')) {
    const reason = readDecimal(bytes, starts[layout.trades]!, starts[layout.trades + 1]! - 1, parsed)
    if (reason !== null) return fault('trades', reason)
    if (isBelowZero(parsed)) return fault('trades', 'is negative')
    if (parsed.fraction !== 0) return fault('trades', 'is not a whole number')
    into.trades[row] = parsed.whole
  }
  return null
}

function isBelowZero({ whole, fraction, isNegative }: Parsed): boolean {
  return isNegative && (whole > 0 || fraction > 0)
}
