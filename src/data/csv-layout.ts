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
  throw new UnreadableError(
    file,
    `--columns names "${where}"${didYouMean(where, cells)}, which line 1 does not have: ${cells.map(printable).join(', ')}`,
  )
}
