import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { FundingColumns } from '../core/leverage.ts'
import type { Venue } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { changeFile } from './change-store.ts'
import { printable, readTime } from './csv-cells.ts'
import { DataError } from './data-error.ts'
import { writeAtomic } from './manifest.ts'
import type { Store } from './store.ts'
import { readText } from './text-file.ts'

const HOUR = 3_600_000
/** Exchanges charge on the hour and stamp it some milliseconds late; what is farther off is another schedule. */
const JITTER = 60_000

/** Header names of the exchange's dumps and answers, and of the files that others make of them. */
const NAMES = {
  time: ['fundingtime', 'calctime', 'date', 'time', 'timestamp'],
  rate: ['fundingrate', 'lastfundingrate', 'rate', 'open'],
  mark: ['markprice', 'mark'],
} as const

/** Header of the store's own file, which is read like those that come in. */
const STORED = 'time,rate,mark'
/** Decimal digits, or a power of ten as Python writes small numbers. */
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d{1,2})?$/
/** How long to wait for another writer, ms. */
const PATIENCE = 10_000

interface FundingRow {
  /** File and row, for errors. */
  readonly where: string
  readonly time: number
  /** As the exchange wrote it. */
  readonly rate: string
  readonly mark: string
}

export interface FundingImport {
  readonly read: number
  readonly added: number
  readonly duplicates: number
  readonly rows: number
  readonly from: number
  readonly to: number
  readonly missing: readonly number[]
}

function fileOf(dir: string, venue: Venue, symbol: string): string {
  return join(dir, 'funding', venue, `${symbol}.csv`)
}

/**
 * Stores funding rates, joined with those that are stored. Times are snapped to the hour they belong to: none lost, none
 * doubled. A rate that differs from the stored one of its time is an error.
 * @throws DataError that names file, row and field, and quotes the value
 */
export async function importFunding(
  store: Store,
  files: readonly string[],
  venue: Venue,
  symbol: string,
): Promise<FundingImport> {
  return mergeFunding(
    store,
    venue,
    symbol,
    files.map((name) => ({ name, csv: readText(name) })),
  )
}

/** A file of funding rates, or an answer written as one. */
export interface FundingFile {
  /** What to call it in errors. */
  readonly name: string
  readonly csv: string
}

/** Like `importFunding`, of texts: a header, and a row a rate. */
export async function mergeFunding(
  store: Store,
  venue: Venue,
  symbol: string,
  texts: readonly FundingFile[],
): Promise<FundingImport> {
  const given = texts.flatMap(readRows)
  const names = texts.map(({ name }) => name)
  const file = fileOf(store.dir, venue, symbol)
  return changeFile(store, relative(store.dir, file), PATIENCE, async ({ dir }) =>
    merge(fileOf(dir, venue, symbol), given, names),
  )
}

/** Rates as the store's own file has them. */
export function fundingCsv(rows: readonly { readonly time: number; readonly rate: string; readonly mark: string }[]) {
  return `${STORED}\n${rows.map(({ time, rate, mark }) => `${time},${rate},${mark}\n`).join('')}`
}

function readFile(file: string): FundingRow[] {
  return readRows({ name: file, csv: readText(file) })
}

function merge(target: string, given: readonly FundingRow[], names: readonly string[]): FundingImport {
  const stored = existsSync(target) ? readFile(target) : []
  const rows = new Map(stored.map((row) => [row.time, row]))
  for (const row of given) {
    const known = rows.get(row.time)
    if (known !== undefined && Number(known.rate) !== Number(row.rate))
      throw new DataError(
        `two rates for ${timeName(row.time)}: ${known.where} has ${known.rate}, ${row.where} has ${row.rate}. Nothing was stored; find out which is right and leave the other out.`,
      )
    if (known === undefined || known.mark === '') rows.set(row.time, row)
  }
  if (rows.size === 0) throw new DataError(`${names.join(', ')}: no funding rate in it`)
  const sorted = [...rows.values()].sort((a, b) => a.time - b.time)
  writeAtomic(target, fundingCsv(sorted))
  const added = rows.size - stored.length
  const times = sorted.map(({ time }) => time)
  return {
    read: given.length,
    added,
    duplicates: given.length - added,
    rows: rows.size,
    from: times[0]!,
    to: times.at(-1)!,
    missing: missingTimes(times),
  }
}

function readRows({ name, csv }: FundingFile): FundingRow[] {
  const [first = '', ...lines] = csv.split(/\r?\n/)
  const header = cellsOf(first).map((cell) => cell.toLowerCase().replace(/[^a-z]/g, ''))
  const column = (field: keyof typeof NAMES) =>
    NAMES[field].map((name) => header.indexOf(name)).find((index) => index >= 0) ?? -1
  const [time, rate, mark] = [column('time'), column('rate'), column('mark')]
  if (time < 0 || rate < 0)
    throw new DataError(
      `${name}, line 1: no column for ${time < 0 ? 'time' : 'rate'} in "${printable(first)}"; funding needs fundingTime and fundingRate`,
    )
  return lines.flatMap((line, k) => {
    if (line === '') return []
    const cells = cellsOf(line)
    const where = `${name} row ${k + 2}`
    if (cells.length !== header.length)
      throw new DataError(
        `${where}: "${printable(line)}" has ${cells.length} fields where line 1 has ${header.length} (a torn last line?)`,
      )
    return [
      {
        where,
        time: snappedTime(where, cells[time]!),
        rate: readRate(where, cells[rate]!),
        mark: mark < 0 ? '' : readMark(where, cells[mark]!),
      },
    ]
  })
}

function cellsOf(line: string): string[] {
  return line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''))
}

function snappedTime(where: string, text: string): number {
  const bytes = new TextEncoder().encode(text)
  const ms = readTime(bytes, 0, bytes.length)
  const snapped = Math.round(ms / HOUR) * HOUR
  if (!(Math.abs(ms - snapped) <= JITTER))
    throw new DataError(
      `${where}: time "${printable(text)}" is not within a minute of a full hour, where funding is charged`,
    )
  return snapped
}

function readRate(where: string, text: string): string {
  if (!NUMBER.test(text) || Math.abs(Number(text)) >= 1)
    throw new DataError(`${where}: rate "${printable(text)}" is no fraction between -1 and 1, such as 0.0001`)
  return text
}

function readMark(where: string, text: string): string {
  if (text !== '' && !(NUMBER.test(text) && Number(text) > 0))
    throw new DataError(`${where}: mark "${printable(text)}" is no price above 0`)
  return text
}

/** Stored funding of [from, to); `null` where none of it is stored. Marks are NaN where the file has none. */
export function loadFunding(
  store: Store,
  venue: Venue,
  symbol: string,
  from: number,
  to: number,
): FundingColumns | null {
  const file = [store.dir, ...(store.behind === null ? [] : [store.behind])]
    .map((dir) => fileOf(dir, venue, symbol))
    .find((path) => existsSync(path))
  if (file === undefined) return null
  const rows = readFile(file).filter(({ time }) => time >= from && time < to)
  if (rows.length === 0) return null
  return {
    time: Float64Array.from(rows, ({ time }) => time),
    rate: Float64Array.from(rows, ({ rate }) => Number(rate)),
    mark: Float64Array.from(rows, ({ mark }) => (mark === '' ? Number.NaN : Number(mark))),
  }
}

/** The slowest schedule of the exchange. */
const LONGEST = 8 * 3_600_000

/**
 * Times at which a rate is missing: where two neighbours are farther apart than the longer of the distances around them
 * (schedules change between 8h, 4h and 1h, and a change is no hole).
 */
export function missingTimes(times: readonly number[]): number[] {
  const missing: number[] = []
  for (let k = 1; k < times.length; k++) {
    const step = times[k]! - times[k - 1]!
    const around = [times[k - 1]! - (times[k - 2] ?? Number.NaN), (times[k + 1] ?? Number.NaN) - times[k]!]
    // two holes beside one another look like a schedule of sixteen hours, which there is none of
    const usual = Math.min(LONGEST, Math.max(...around.filter((one) => one > 0)))
    if (!Number.isFinite(usual) || step <= usual) continue
    for (let time = times[k - 1]! + usual; time < times[k]!; time += usual) missing.push(time)
  }
  return missing
}
