import { DAY } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import type { FundingFile } from '../funding.ts'
import type { SeriesManifest } from '../manifest.ts'
import { faultText } from '../read-file.ts'
import { DECIMAL_FIELDS, EXTRA_DECIMALS, RowBuffer } from '../rows.ts'
import { unpackSource } from '../source-files.ts'
import {
  ARCHIVE_ORIGIN,
  type ArchiveFile,
  type ArchiveHttp,
  type Fetched,
  fetchFile,
  filesOf,
  hasArchive,
  isYoung,
} from './archive-files.ts'
import { ArchiveReader } from './archive-reader.ts'
import type { BarBatch, Stretch } from './batch.ts'
import { bucketsIn } from './fetch-bars.ts'
import { inOrder } from './in-order.ts'

export interface ArchiveOptions {
  readonly http: ArchiveHttp
  /** What is stored: files that are in it by name and hash are not fetched again, but for bars beyond those stored. */
  readonly stored: Pick<SeriesManifest, 'sources' | 'from' | 'to'> | null
  /** Wall clock, UTC ms. */
  readonly now: number
  /** Looks only whether files that are stored by name are others by now. */
  readonly isCheck?: boolean
  /** Files underway at once; the archive has no limit. */
  readonly parallel?: number
  /** Whether files are read on a thread of their own; unless told, where there are many rows. */
  readonly isThreaded?: boolean
  /** Told of every file that was looked for. */
  readonly onFile?: (name: string, became: 'fetched' | 'known' | 'absent') => void
}

const PARALLEL = 4
/** Starting a thread costs a tenth of a second, as much as reading this many. */
const MANY_ROWS = 100_000

/**
 * Bars out of Binance's public archive, file by file in the order of time: months, and the days of months that are not made yet.
 * A file that is not there is no error: it was not made yet, or the market did not exist. What is younger than the last day is
 * left to REST, and so is all of a venue without an archive. Bars of a file that are neither in the stretch nor among those stored
 * are left out: by whatever way they come, the bars that are stored are those that were asked for.
 * @throws VenueError in the end; DataError for a file that holds something else
 */
export function fetchArchive(
  series: Series,
  stretch: Stretch,
  options: ArchiveOptions,
): AsyncGenerator<BarBatch & Stretch> {
  return oneAhead(batchesOf(series, stretch, options))
}

/** The next batch is made while whoever takes them writes the last, which other threads do for him. */
async function* oneAhead<T>(batches: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (let next = batches.next(); ; ) {
      const { value, done } = await next
      if (done) return
      next = batches.next()
      // it may fail before its turn comes
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await batches.return(undefined)
  }
}

async function* batchesOf(
  series: Series,
  stretch: Stretch,
  options: ArchiveOptions,
): AsyncGenerator<BarBatch & Stretch> {
  if (!hasArchive(series.venue)) return
  const { isThreaded = bucketsIn(stretch, series.interval) >= MANY_ROWS } = options
  const reader = new ArchiveReader(series, isThreaded && options.isCheck !== true)
  try {
    for await (const fetched of fetchFiles(series, stretch, options)) {
      const batch = await batchOf(fetched, reader, series, stretch, options)
      if (batch !== null) yield batch
    }
  } finally {
    await reader.end()
  }
}

async function batchOf(
  { file, raw, sha256 }: FetchedFile,
  reader: ArchiveReader,
  series: Series,
  stretch: Stretch,
  options: ArchiveOptions,
): Promise<(BarBatch & Stretch) | null> {
  const name = `${ARCHIVE_ORIGIN.replace('https://', '')}${file.path}`
  // the exchange's clock has stood off the grid, in its files for ever: such rows are left out, and told
  // a week that reaches over the end of its file was not over when that was made
  const now = Math.min(options.now, file.to)
  const most = Math.ceil((file.to - file.from) / DAY) * 1440
  const { rows, read } = await reader.read({ path: name, raw, now }, most)
  const [bad] = read.skipped
  if (read.kept.length === 0 && bad !== undefined)
    throw new DataError(`${faultText(bad)}; of its ${read.read} rows none can be stored`)
  const isWanted = wantedOf(stretch, options.stored)
  const wanted = read.kept.filter((row) => isWanted(rows.openTime[row]!))
  const kept = wanted.length === rows.length ? rows : only(rows, wanted)
  if (kept.length === 0) return null
  if (series.symbol.endsWith('@mark')) forgetVolumes(kept)
  return {
    rows: kept,
    isJudged: true,
    origin: name,
    at: options.now,
    source: { name: file.name, sha256, rows: read.read },
    skipped: read.skipped,
    from: file.from,
    to: file.to,
  }
}

/** Whether a bar is asked for, or lies where bars are stored, which a file that has become another revises. */
function wantedOf({ from, to }: Stretch, stored: ArchiveOptions['stored']): (openTime: number) => boolean {
  const isStored = (time: number) => stored !== null && time >= stored.from && time < stored.to
  return (time) => (time >= from && time < to) || isStored(time)
}

/** Files of funding rates out of the archive, a month each: it has no days of them. */
export async function* fetchFundingArchive(
  symbol: string,
  stretch: Stretch,
  options: Omit<ArchiveOptions, 'stored'>,
): AsyncGenerator<FundingFile & Stretch> {
  const series = { venue: 'binance-usdm', symbol, interval: 'fundingRate' } as const
  for await (const { file, raw } of fetchFiles(series, stretch, { ...options, stored: null })) {
    const { bytes } = await unpackSource(file.name, raw)
    yield { name: file.name, csv: new TextDecoder().decode(bytes), from: file.from, to: file.to }
  }
}

type FetchedFile = { readonly file: ArchiveFile } & Exclude<Fetched, string>

async function* fetchFiles(
  series: Parameters<typeof filesOf>[0],
  stretch: Stretch,
  options: ArchiveOptions,
): AsyncGenerator<FetchedFile> {
  const { http, now, stored, onFile, parallel = PARALLEL } = options
  const known = new Set(stored?.sources.map(({ name, sha256 }) => `${sha256} ${name}`))
  const isKnown = ({ name, from, to }: ArchiveFile, hash: string) => {
    const [first, end] = [Math.max(from, stretch.from), Math.min(to, stretch.to)]
    const isWithin = stored !== null && (options.isCheck === true || (first >= stored.from && end <= stored.to))
    return isWithin && known.has(`${hash} ${name}`)
  }
  const fetchAll = (files: readonly ArchiveFile[]) => {
    const works = files.map((file) => async (signal: AbortSignal) => ({
      file,
      fetched: await fetchFile(http, series.venue, file, (hash) => isKnown(file, hash), signal),
    }))
    return inOrder(works.values(), parallel)
  }
  if (options.isCheck === true) {
    const names = new Set(stored?.sources.map(({ name }) => name))
    const all = [...filesOf(series, 'monthly', stretch, now), ...filesOf(series, 'daily', stretch, now)]
    for await (const { file, fetched } of fetchAll(all.filter(({ name }) => names.has(name)))) {
      onFile?.(file.name, typeof fetched === 'string' ? fetched : 'fetched')
      if (typeof fetched !== 'string') yield { file, ...fetched }
    }
    return
  }
  const months = filesOf(series, 'monthly', stretch, now)
  const absent: Stretch[] = []
  for await (const { file, fetched } of fetchAll(months)) {
    onFile?.(file.name, typeof fetched === 'string' ? fetched : 'fetched')
    if (fetched === 'absent' && isYoung(file, now)) absent.push(file)
    if (typeof fetched !== 'string') yield { file, ...fetched }
  }
  if (series.interval === 'fundingRate') return
  const running = { from: Math.max(stretch.from, months.at(-1)?.to ?? stretch.from), to: stretch.to }
  const days = [...absent, running].flatMap(({ from, to }) =>
    filesOf(series, 'daily', { from: Math.max(from, stretch.from), to: Math.min(to, stretch.to) }, now),
  )
  for await (const { file, fetched } of fetchAll(days)) {
    onFile?.(file.name, typeof fetched === 'string' ? fetched : 'fetched')
    if (typeof fetched !== 'string') yield { file, ...fetched }
  }
}

/** Some rows of a buffer, in a buffer of their own. */
function only(rows: RowBuffer, kept: Uint32Array): RowBuffer {
  const few = new RowBuffer(kept.length)
  few.files.push(...rows.files)
  few.length = kept.length
  for (const [at, row] of kept.entries()) {
    few.openTime[at] = rows.openTime[row]!
    few.closeTime[at] = rows.closeTime[row]!
    few.trades[at] = rows.trades[row]!
    few.line[at] = rows.line[row]!
    few.file[at] = rows.file[row]!
    for (const field of DECIMAL_FIELDS) {
      few.decimals[field].whole[at] = rows.decimals[field].whole[row]!
      few.decimals[field].fraction[at] = rows.decimals[field].fraction[row]!
    }
  }
  return few
}

/** Mark prices have no trades: the exchange tells to ignore what it writes there. */
function forgetVolumes(rows: RowBuffer): void {
  rows.trades.fill(Number.NaN, 0, rows.length)
  for (const field of EXTRA_DECIMALS) rows.decimals[field].whole.fill(Number.NaN, 0, rows.length)
}
