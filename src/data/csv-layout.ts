import { didYouMean } from '../core/suggest.ts'
import { printable } from './csv-cells.ts'
import { DataError, UnreadableError } from './data-error.ts'
import { BAR_DECIMALS, DECIMAL_FIELDS, type Field } from './rows.ts'

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
const NEEDED: readonly Field[] = ['openTime', ...BAR_DECIMALS]

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
    throw new UnreadableError(
      file,
      `"${printable(line)}" is not comma-separated klines; give zips, csv, csv.gz or Parquet of klines`,
      ', line 1',
    )
  const hasHeader = !/^-?\d/.test(cells[0]!)
  const found: Partial<Record<Field, number>> = {}
  const order = hasHeader ? cells.map(fieldOfHeader) : cells.length >= 12 ? BINANCE : cells.length >= 6 ? NEEDED : []
  for (const [k, field] of order.entries()) if (field !== null && found[field] === undefined) found[field] = k
  if (hasHeader) refuseTwins(file, cells, found, columns ?? {})
  for (const [field, where] of Object.entries(columns ?? {}))
    found[checkField(field)] = indexOfColumn(file, cells, hasHeader, where)
  const missing = NEEDED.filter((field) => found[field] === undefined)
  if (missing.length > 0)
    throw new UnreadableError(
      file,
      `no column for ${missing.join(', ')} in "${printable(line)}"; name them with --columns ${missing.map((f) => `${f}=NAME`).join(',')} (NAME: a header name or a number from 1)`,
      ', line 1',
    )
  const layout = Object.fromEntries(FIELDS.map((field) => [field, found[field] ?? -1])) as Record<Field, number>
  return { ...layout, width: cells.length, hasHeader }
}

function fieldOfHeader(cell: string): Field | null {
  return NAMES[cell.toLowerCase().replace(/[^a-z]/g, '')] ?? null
}

/** `Open time` and `open_time` are one name; `close %` is another than `close`. */
function isOneName(a: string, b: string): boolean {
  const plain = (cell: string) => cell.toLowerCase().replace(/[\s_-]/g, '')
  return plain(a) === plain(b)
}

/** Of two columns of one name nobody but the user knows which is meant; of other names for one field the first is. */
function refuseTwins(
  file: string,
  cells: readonly string[],
  found: Readonly<Partial<Record<Field, number>>>,
  columns: Readonly<Record<string, string>>,
): void {
  for (const [field, k] of Object.entries(found)) {
    const name = cells[k]!
    const twin = cells.findIndex((cell, other) => other > k && isOneName(cell, name))
    if (twin >= 0 && columns[field] === undefined)
      throw new UnreadableError(
        file,
        `columns ${k + 1} and ${twin + 1} are both called "${printable(name)}"; say which is meant by its number: --columns ${field}=${k + 1} or ${field}=${twin + 1}`,
        ', line 1',
      )
  }
}

function checkField(field: string): Field {
  if ((FIELDS as readonly string[]).includes(field)) return field as Field
  throw new DataError(
    `--columns: "${field}" is no field of a kline${didYouMean(field, FIELDS)}; known: ${FIELDS.join(', ')}`,
  )
}

function indexOfColumn(file: string, cells: readonly string[], hasHeader: boolean, where: string): number {
  const byName = hasHeader ? cells.indexOf(where) : -1
  const twin = byName < 0 ? -1 : cells.indexOf(where, byName + 1)
  if (twin >= 0)
    throw new UnreadableError(
      file,
      `--columns names "${printable(where)}", which columns ${byName + 1} and ${twin + 1} are both called; give the number of the one that is meant`,
      ', line 1',
    )
  const index = byName >= 0 ? byName : /^\d+$/.test(where) ? Number(where) - 1 : -1
  if (index >= 0 && index < cells.length) return index
  throw new UnreadableError(
    file,
    `--columns names "${where}"${didYouMean(where, cells)}, which line 1 does not have: ${cells.map(printable).join(', ')}`,
  )
}
