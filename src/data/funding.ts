import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FundingColumns } from '../core/leverage.ts'
import type { Venue } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { DataError, NotFoundError } from './data-error.ts'
import { writeAtomic } from './manifest.ts'
import { readMaybeGzip } from './source-text.ts'
import type { Store } from './store.ts'

const HOUR = 3_600_000
/** Exchanges charge on the hour and stamp it some milliseconds late; what is farther off is another schedule. */
const JITTER = 60_000

/** Header names of the exchange's dumps and answers, and of the files that others make of them. */
const NAMES = {
  time: ['fundingtime', 'calctime', 'date', 'time', 'timestamp'],
  rate: ['fundingrate', 'lastfundingrate', 'rate', 'open'],
  mark: ['markprice', 'mark'],
} as const

interface FundingRow {
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
  const rows = new Map<number, FundingRow & { readonly where: string }>()
  const target = fileOf(store.dir, venue, symbol)
  if (existsSync(target)) for (const row of readStored(target)) rows.set(row.time, { ...row, where: target })
  const before = rows.size
  let read = 0
  for (const file of files) {
    if (!existsSync(file)) throw new NotFoundError(`${file}: there is no such file`)
    for (const row of readRows(file)) {
      read++
      const known = rows.get(row.time)
      if (known !== undefined && Number(known.rate) !== Number(row.rate))
        throw new DataError(
          `two rates for ${timeName(row.time)}: ${known.where} has ${known.rate}, ${row.where} has ${row.rate}. Nothing was stored; find out which is right and leave the other out.`,
        )
      if (known === undefined || known.mark === '') rows.set(row.time, row)
    }
  }
  if (rows.size === 0) throw new DataError(`${files.join(', ')}: no funding rate in it`)
  const sorted = [...rows.values()].sort((a, b) => a.time - b.time)
  const lines = sorted.map(({ time, rate, mark }) => `${time},${rate},${mark}`)
  writeAtomic(target, `time,rate,mark\n${lines.join('\n')}\n`)
  const added = rows.size - before
  const times = sorted.map(({ time }) => time)
  return {
    read,
    added,
    duplicates: read - added,
    rows: rows.size,
    from: times[0]!,
    to: times.at(-1)!,
    missing: missingTimes(times),
  }
}

function readRows(file: string): (FundingRow & { readonly where: string })[] {
  const lines = readMaybeGzip(file).split(/\r?\n/)
  const header = lines[0]!.split(',').map((cell) =>
    cell
      .trim()
      .toLowerCase()
      .replace(/[^a-z]/g, ''),
  )
  const column = (field: keyof typeof NAMES) =>
    NAMES[field].map((name) => header.indexOf(name)).find((index) => index >= 0) ?? -1
  const [time, rate, mark] = [column('time'), column('rate'), column('mark')]
  if (time < 0 || rate < 0)
    throw new DataError(
      `${file}, line 1: no column for ${time < 0 ? 'time' : 'rate'} in "${lines[0]!.slice(0, 100)}"; funding needs fundingTime and fundingRate`,
    )
  return lines.slice(1).flatMap((line, k) => {
    if (line === '') return []
    const cells = line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''))
    const where = `${file} row ${k + 2}`
    return [
      {
        where,
        time: readTime(where, cells[time] ?? ''),
        rate: readRate(where, cells[rate] ?? ''),
        mark: mark < 0 ? '' : readMark(where, cells[mark] ?? ''),
      },
    ]
  })
}

function readTime(where: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Date.parse(/Z$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`)
  const ms =
    text.length === 16 && /^\d+$/.test(text)
      ? value / 1000
      : text.length === 10 && /^\d+$/.test(text)
        ? value * 1000
        : value
  const snapped = Math.round(ms / HOUR) * HOUR
  if (!(Math.abs(ms - snapped) <= JITTER))
    throw new DataError(`${where}: time "${text}" is not within a minute of a full hour, where funding is charged`)
  return snapped
}

function readRate(where: string, text: string): string {
  const value = text === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value) || Math.abs(value) >= 1)
    throw new DataError(`${where}: rate "${text}" is no fraction between -1 and 1, such as 0.0001`)
  return text
}

function readMark(where: string, text: string): string {
  if (text !== '' && !(Number(text) > 0)) throw new DataError(`${where}: mark "${text}" is no price above 0`)
  return text
}

function readStored(file: string): FundingRow[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [time, rate, mark = ''] = line.split(',') as [string, string, string?]
      return { time: Number(time), rate, mark }
    })
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
  const rows = readStored(file).filter(({ time }) => time >= from && time < to)
  if (rows.length === 0) return null
  return {
    time: Float64Array.from(rows, ({ time }) => time),
    rate: Float64Array.from(rows, ({ rate }) => Number(rate)),
    mark: Float64Array.from(rows, ({ mark }) => (mark === '' ? Number.NaN : Number(mark))),
  }
}

/**
 * Times at which a rate is missing: where two neighbours are farther apart than the shorter of the distances around them
 * (schedules change between 8h, 4h and 1h, and a change is no hole).
 */
export function missingTimes(times: readonly number[]): number[] {
  const missing: number[] = []
  for (let k = 1; k < times.length; k++) {
    const step = times[k]! - times[k - 1]!
    const around = [times[k - 1]! - (times[k - 2] ?? Number.NaN), (times[k + 1] ?? Number.NaN) - times[k]!]
    const usual = Math.max(...around.filter((one) => one > 0))
    if (!Number.isFinite(usual) || step <= usual) continue
    for (let time = times[k - 1]! + usual; time < times[k]!; time += usual) missing.push(time)
  }
  return missing
}
