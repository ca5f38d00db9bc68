import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { closeTimeOf, type Interval } from '../core/interval.ts'
import { DataError } from './data-error.ts'
import { diskError, type OutColumn, quoted, readDoubles, readRows, UNKNOWN, writeParquet } from './duckdb.ts'
import { discard, type MonthFile, sha256, syncFile } from './manifest.ts'
import { BAR_DECIMALS, DECIMAL_FIELDS, type DecimalField, EXTRA_DECIMALS, type RowBuffer, SCALE, UNIT } from './rows.ts'

const COLUMN_NAMES: Readonly<Record<DecimalField, string>> = {
  open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume',
  quoteVolume: 'quote_volume', takerBase: 'taker_base', takerQuote: 'taker_quote',
} // biome-ignore format: eight alike

/** Writes one month of a series beside its other files, named by its content. */
export async function writeMonth(
  dir: string,
  month: string,
  rows: RowBuffer,
  order: Uint32Array,
  interval: Interval,
): Promise<MonthFile> {
  const temporary = join(dir, `${month}.${process.pid}.tmp`)
  try {
    await writeParquet(temporary, outColumns(rows, order))
    syncFile(temporary)
    const hash = sha256(readFileSync(temporary))
    const file = `${month}.${hash.slice(0, 12)}.parquet`
    renameSync(temporary, join(dir, file))
    const first = rows.openTime[order[0]!]!
    return {
      month,
      file,
      rows: order.length,
      from: first,
      to: closeTimeOf(rows.openTime[order.at(-1)!]!, interval),
      sha256: hash,
    }
  } catch (error) {
    discard(temporary)
    throw diskError(dir, error)
  }
}

function outColumns(rows: RowBuffer, order: Uint32Array): OutColumn[] {
  const isKnown = (column: Float64Array) => order.some((row) => !Number.isNaN(column[row]!))
  const fields = [...BAR_DECIMALS, ...EXTRA_DECIMALS.filter((field) => isKnown(rows.decimals[field].whole))]
  return [
    { name: 'open_time', kind: 'int', ...integersOf(rows.openTime, order) },
    ...fields.map((field) => decimalColumn(rows, field, order)),
    ...(isKnown(rows.trades) ? [{ name: 'trades', kind: 'int' as const, ...integersOf(rows.trades, order) }] : []),
  ]
}

const LOW = 0x1_0000_0000
/** Whole numbers up to here have room for 8 decimals in 18 digits. */
const MOST_WHOLE = 9_999_999_999

/** Whole numbers of 64 bits, and whether all of them are known. */
interface Integers {
  readonly values: BigInt64Array
  readonly isKnown: boolean
}

function integersOf(column: Float64Array, order: Uint32Array): Integers {
  const values = new BigInt64Array(order.length)
  let isKnown = true
  const halves = new Uint32Array(values.buffer)
  for (let k = 0; k < order.length; k++) {
    const value = column[order[k]!]!
    if (Number.isNaN(value)) {
      values[k] = UNKNOWN
      isKnown = false
    } else {
      const high = Math.floor(value / LOW)
      halves[2 * k] = value - high * LOW
      halves[2 * k + 1] = high
    }
  }
  return { values, isKnown }
}

function decimalColumn(rows: RowBuffer, field: DecimalField, order: Uint32Array): OutColumn {
  const { whole, fraction } = rows.decimals[field]
  const name = COLUMN_NAMES[field]
  // cheap coins trade 10^10 and more in a bar, and so do quote assets like the rupiah
  let most = 0
  for (let k = 0; k < order.length; k++) if (whole[order[k]!]! > most) most = whole[order[k]!]!
  if (most > MOST_WHOLE)
    return {
      ...{ name, kind: 'int', scale: SCALE },
      ...{ values: integersOf(fraction, order).values, whole: integersOf(whole, order).values },
    }
  return { name, kind: 'int', scale: SCALE, ...unitsOf(whole, fraction, order) }
}

/** Exact 1e-8 units as 64-bit integers; written as two halves, since making a BigInt a value costs ten times as much. */
function unitsOf(whole: Float64Array, fraction: Float64Array, order: Uint32Array): Integers {
  const values = new BigInt64Array(order.length)
  let isKnown = true
  const halves = new Uint32Array(values.buffer)
  for (let k = 0; k < order.length; k++) {
    const row = order[k]!
    const w = whole[row]!
    if (w < 90_000_000) {
      const units = w * UNIT + fraction[row]!
      const high = Math.floor(units / LOW)
      halves[2 * k] = units - high * LOW
      halves[2 * k + 1] = high
    } else if (Number.isNaN(w)) {
      values[k] = UNKNOWN
      isKnown = false
    } else values[k] = BigInt(w) * BigInt(UNIT) + BigInt(fraction[row]!)
  }
  return { values, isKnown }
}

/** Reads stored months back into a buffer, exactly, so that new rows can be merged with them. */
export async function readMonths(dir: string, files: readonly MonthFile[], into: RowBuffer): Promise<void> {
  for (const { file, month, rows: expected } of files) {
    const path = join(dir, file)
    if (!existsSync(path))
      throw new DataError(
        `${path}: the manifest names it but it is missing; restore it, or delete the series' folder and import it again`,
      )
    const described = await read(path, () => readRows(`describe select * from read_parquet(${quoted(path)})`))
    const names = new Set(described.map((row) => String(row['column_name'])))
    const fields = DECIMAL_FIELDS.filter((field) => names.has(COLUMN_NAMES[field]))
    const select = [
      'open_time::double',
      names.has('trades') ? orNaN('trades::double') : "'nan'::double",
      ...fields.flatMap((field) => partsSql(COLUMN_NAMES[field])),
    ]
    const sql = `select ${select.join(', ')} from read_parquet(${quoted(path)})`
    const [openTime, trades, ...parts] = await read(path, () => readDoubles(sql, select.length, expected))
    const count = openTime!.length
    const at = into.length
    into.reserve(count)
    into.openTime.set(openTime!, at)
    into.trades.set(trades!, at)
    into.closeTime.fill(Number.NaN, at, at + count)
    into.file.fill(into.files.push(`stored ${month}`) - 1, at, at + count)
    for (let k = 0; k < count; k++) into.line[at + k] = k + 1
    for (const field of EXTRA_DECIMALS) into.decimals[field].whole.fill(Number.NaN, at, at + count)
    for (const [k, field] of fields.entries()) {
      into.decimals[field].whole.set(parts[2 * k]!, at)
      into.decimals[field].fraction.set(parts[2 * k + 1]!, at)
    }
    into.length += count
  }
}

async function read<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const [why] = (error as Error).message.split('\n')
    throw new DataError(
      `${path}: cannot be read (${why}); look what else is wrong with klinelab data check, then restore it, or delete the series' folder and get it again`,
      { cause: error },
    )
  }
}

/** Whole part and fraction in 1e-8 of a stored decimal: both fit a double exactly. */
function partsSql(name: string): [string, string] {
  return [
    orNaN(`trunc("${name}")::double`),
    orNaN(`(("${name}" - trunc("${name}"))::decimal(18,${SCALE}) * ${UNIT}::decimal(10,0))::double`),
  ]
}

/** Columns of doubles are handed over as they lie in memory, where a null is not told from a number. */
function orNaN(sql: string): string {
  return `coalesce(${sql}, 'nan'::double)`
}
