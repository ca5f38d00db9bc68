import { type Parsed, readDecimal, readTime, textOf } from './csv-cells.ts'
import type { Layout } from './csv-layout.ts'
import { NOT_PLAIN, plainRow, readPlain } from './csv-plain.ts'
import {
  BAR_DECIMALS,
  type BadRow,
  type DecimalColumn,
  type DecimalField,
  EXTRA_DECIMALS,
  type Field,
  type RowBuffer,
} from './rows.ts'

const COMMA = 44
const NEWLINE = 10
const RETURN = 13

/** Where a decimal is in the file and where it goes: looked up once a file, as a lookup a cell costs as much as reading it. */
interface Cell {
  readonly field: DecimalField
  readonly at: number
  readonly column: DecimalColumn
  readonly isNeeded: boolean
}

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
  const starts = new Int32Array(width + 2)
  const parsed: Parsed = { whole: 0, fraction: 0, isNegative: false }
  const cellOf = (field: DecimalField, isNeeded: boolean): Cell => ({
    field,
    at: layout[field],
    column: into.decimals[field],
    isNeeded,
  })
  const decimals = [
    ...BAR_DECIMALS.map((field) => cellOf(field, true)),
    ...EXTRA_DECIMALS.filter((field) => layout[field] >= 0).map((field) => cellOf(field, false)),
  ]
  const absent = EXTRA_DECIMALS.filter((field) => layout[field] < 0).map((field) => into.decimals[field])
  const plain = plainRow(layout, into)
  const lastBreak = bytes.lastIndexOf(NEWLINE)
  const { length } = bytes
  let line = 0
  let rows = 0
  let from = hasByteOrderMark(bytes) ? 3 : 0
  while (from < length) {
    line++
    const isHeader = line === 1 && layout.hasHeader
    into.reserve()
    let next =
      plain !== null && from < lastBreak && !isHeader ? readPlain(bytes, from, plain, into, into.length) : NOT_PLAIN
    if (next === NOT_PLAIN) {
      const cells = splitLine(bytes, from, width, starts)
      let to = starts[width + 1]!
      next = to + 1
      if (to > from && bytes[to - 1] === RETURN) to--
      if (isHeader || to === from) {
        from = next
        continue
      }
      if (cells === width) starts[width] = to + 1
      const problem =
        cells === width
          ? readRow(bytes, starts, layout, decimals, into, parsed)
          : {
              field: 'row',
              value: textOf(bytes, from, to),
              reason: `has ${cells} fields where line 1 has ${width}${next > length ? ' (a torn last line?)' : ''}`,
            }
      if (problem !== null) {
        rows++
        bad({ file, row: line, ...problem })
        from = next
        continue
      }
    }
    rows++
    const row = into.length++
    for (let k = 0; k < absent.length; k++) absent[k]!.whole[row] = Number.NaN
    into.line[row] = line
    into.file[row] = fileIndex
    from = next
  }
  return rows
}

/** Notes where the cells of a line begin and, behind them, where it ends; returns how many it has. */
function splitLine(bytes: Uint8Array, from: number, width: number, starts: Int32Array): number {
  const { length } = bytes
  let to = from
  let cells = 1
  starts[0] = from
  for (; to < length; to++) {
    const byte = bytes[to]
    if (byte === COMMA) {
      if (cells <= width) starts[cells] = to + 1
      cells++
    } else if (byte === NEWLINE) break
  }
  starts[width + 1] = to
  return cells
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

type Problem = { field: Field; value: string; reason: string } | null

/** Reads the cells between `starts` into the row behind the last; the caller makes it count. */
function readRow(
  bytes: Uint8Array,
  starts: Int32Array,
  layout: Layout,
  decimals: readonly Cell[],
  into: RowBuffer,
  parsed: Parsed,
): Problem {
  const row = into.length
  const problem = (field: Field, reason: string): Problem => ({
    field,
    value: textOf(bytes, starts[layout[field]]!, starts[layout[field] + 1]! - 1),
    reason,
  })
  const open = readTime(bytes, starts[layout.openTime]!, starts[layout.openTime + 1]! - 1)
  if (Number.isNaN(open)) return problem('openTime', NO_TIME)
  into.openTime[row] = open
  into.closeTime[row] = Number.NaN
  if (layout.closeTime >= 0 && !isBlank(starts, layout.closeTime)) {
    const close = readTime(bytes, starts[layout.closeTime]!, starts[layout.closeTime + 1]! - 1)
    if (Number.isNaN(close)) return problem('closeTime', NO_TIME)
    // the exchange states the last millisecond (or microsecond) of the bar; ours is exclusive
    into.closeTime[row] = Math.floor(close) + 1
  }
  for (let k = 0; k < decimals.length; k++) {
    const { field, at, column, isNeeded } = decimals[k]!
    if (!isNeeded && isBlank(starts, at)) {
      column.whole[row] = Number.NaN
      continue
    }
    const reason = readDecimal(bytes, starts[at]!, starts[at + 1]! - 1, parsed)
    if (reason !== null) return problem(field, reason)
    if (isBelowZero(parsed)) return problem(field, 'is negative')
    column.whole[row] = parsed.whole
    column.fraction[row] = parsed.fraction
  }
  into.trades[row] = Number.NaN
  if (layout.trades >= 0 && !isBlank(starts, layout.trades)) {
    const reason = readDecimal(bytes, starts[layout.trades]!, starts[layout.trades + 1]! - 1, parsed)
    if (reason !== null) return problem('trades', reason)
    if (isBelowZero(parsed)) return problem('trades', 'is negative')
    if (parsed.fraction !== 0) return problem('trades', 'is not a whole number')
    into.trades[row] = parsed.whole
  }
  return null
}

const NO_TIME = 'is not a time (seconds, ms, µs, ns or ISO)'

function isBlank(starts: Int32Array, at: number): boolean {
  return starts[at + 1]! - 1 === starts[at]!
}

function isBelowZero({ whole, fraction, isNegative }: Parsed): boolean {
  return isNegative && (whole > 0 || fraction > 0)
}
