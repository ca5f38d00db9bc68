import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Bars } from '../core/bar.ts'
import { parseSeries, type Series, seriesName } from '../core/series.ts'
import { checkMonths } from './check-months.ts'
import { DataError, NotFoundError } from './data-error.ts'
import { quoted, readDoubles } from './duckdb.ts'
import { seen } from './lens.ts'
import { type MonthFile, readManifest, type SeriesManifest, seriesDir, seriesIn } from './manifest.ts'
import type { Mirror } from './remote/mirror.ts'
import { checkPlace, isStoreUrl } from './remote/store-url.ts'
import { unknownSeries } from './unknown-series.ts'
import { timeText } from './validate.ts'

export interface LoadRange {
  /** Open times: `from` inclusive, `to` exclusive, UTC ms. */
  readonly from?: number
  readonly to?: number
  /** Bars to read ahead of `from`; fewer where the store has fewer. */
  readonly before?: number
  /** Told once the bars are being read: there is time to do something else. */
  readonly onReading?: () => void
  /** Also what is not what was written, for who tells of it; else that is an error. */
  readonly isAsStored?: boolean
}

/** What a list says of a series. */
export interface SeriesBrief extends Pick<SeriesManifest, 'series' | 'rows' | 'from' | 'to'> {
  readonly gaps: { readonly count: number; readonly bars: number }
  /** How many bars were made, and how many the venue was asked for and does not have. */
  readonly made: number
  readonly holes: number
  readonly outages: number
  readonly skipped: number
  readonly months: number
}

/** Stored klines: Parquet files by series and month, with a manifest each. */
export interface Store {
  /** Its folder; of a store in a bucket the one of this machine that stands for it, as far as it was asked for. */
  readonly dir: string
  readonly behind: string | null
  /** Of a store in a bucket: brings here what is read. */
  readonly mirror?: Mirror
  /** Every stored series by name; one whose manifest is damaged is told of and left out, or, where nobody listens, an error. */
  list(onDamaged?: (error: Error, series: string) => void): Promise<SeriesManifest[]>
  /** The same in brief: of a thousand series the manifests are 36 MB, and keeping them takes longer than reading them. */
  briefly(onDamaged?: (error: Error, series: string) => void): Promise<SeriesBrief[]>
  manifest(series: Series): Promise<SeriesManifest | null>
  /** Folder the series is read from: the store's own, or the one behind it. */
  folder(series: Series): string | null
  load(series: Series, range?: LoadRange): Promise<Bars>
}

/**
 * Opens a store in a folder or, where its process has connected it, at an address (`s3://bucket/path`, `gs://bucket/path`);
 * `behind` is a read-only folder that is asked for series which it does not have.
 */
export async function openStore(place: string, options: { readonly behind?: string } = {}): Promise<Store> {
  checkPlace(place)
  const { dir, mirror } = isStoreUrl(place) ? await opened(place) : { dir: place, mirror: undefined }
  if (statSync(dir, { throwIfNoEntry: false })?.isFile() === true)
    throw new DataError(
      `${dir} is a file: a store is a folder; name another with --store, or one that is not there yet`,
    )
  return storeAt(dir, options.behind !== undefined && options.behind !== dir ? options.behind : null, place, mirror)
}

/** What buckets are asked with is only loaded for them. */
async function opened(address: string): Promise<{ readonly dir: string; readonly mirror: Mirror }> {
  const { openRemote } = await import('./remote/connect.ts')
  return openRemote(address)
}

/** A store in a folder, which a mirror may keep in step with a bucket; `place` is what it is called. */
export function storeAt(dir: string, behind: string | null, place: string, mirror?: Mirror): Store {
  const dirs = behind === null ? [dir] : [dir, behind]
  const folder = (series: Series): string | null =>
    dirs.map((one) => seriesDir(one, series)).find((path) => existsSync(join(path, 'manifest.json'))) ?? null
  const listed = async <T extends { readonly series: string }>(
    onDamaged: (error: Error, series: string) => void,
    of: (manifest: SeriesManifest) => T,
  ): Promise<T[]> => {
    const found = new Map<string, T>()
    await mirror?.refreshAll(onDamaged)
    for (const one of dirs)
      for (const told of manifestsUnder(one, onDamaged, of)) if (!found.has(told.series)) found.set(told.series, told)
    return [...found.values()].sort((a, b) => (a.series < b.series ? -1 : 1))
  }
  const list: Store['list'] = (onDamaged = fail) => listed(onDamaged, (manifest) => manifest)
  return {
    dir,
    behind,
    ...(mirror !== undefined && { mirror }),
    list,
    briefly: (onDamaged = fail) => listed(onDamaged, briefOf),
    folder,
    manifest: async (series) => {
      await mirror?.refresh(series)
      const path = folder(series)
      return path === null ? null : readManifest(path)
    },
    load: async (series, range = {}) => {
      await mirror?.refresh(series)
      const path = folder(series)
      const manifest = path === null ? null : readManifest(path)
      if (path === null || manifest === null) throw unknownSeries(series, await list(() => undefined), place)
      // what is behind lies here as it is
      const bring: Bring = async (files) => {
        if (path.startsWith(dir)) await mirror?.bring(series, files)
      }
      try {
        return await loadBars(path, manifest, series, range, bring)
      } catch (error) {
        // a writer may have replaced the files between the manifest and them
        await mirror?.refresh(series)
        const now = readManifest(path)
        if (now === null || JSON.stringify(now.files) === JSON.stringify(manifest.files)) throw error
        return loadBars(path, now, series, range, bring)
      }
    },
  }
}

/** Whether a file or folder of the store is only in the read-only one behind it. */
export function isOnlyBehind(store: Store, ...path: readonly string[]): boolean {
  const { dir, behind } = store
  return behind !== null && !existsSync(join(dir, ...path)) && existsSync(join(behind, ...path))
}

function fail(error: Error): never {
  throw error
}

function briefOf({ series, rows, from, to, gaps, made = [], holes = [], ...rest }: SeriesManifest): SeriesBrief {
  const bars = (stretches: readonly { readonly bars: number }[]) => stretches.reduce((sum, one) => sum + one.bars, 0)
  return {
    ...{ series, rows, from, to, gaps: { count: gaps.length, bars: bars(gaps) }, made: bars(made), holes: bars(holes) },
    outages: rest.outages.length,
    skipped: rest.skipped.length,
    months: rest.files.length,
  }
}

/** Of every manifest under a folder what `of` takes of it; the manifest itself is then let go. */
function manifestsUnder<T>(
  dir: string,
  onDamaged: (error: Error, series: string) => void,
  of: (manifest: SeriesManifest) => T,
): T[] {
  const subfolders = (path: string) =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => join(path, entry.name))
          .sort()
      : []
  return subfolders(dir)
    .flatMap(subfolders)
    .flatMap(subfolders)
    .flatMap((path) => {
      try {
        const manifest = readManifest(path)
        return manifest === null ? [] : [of(manifest)]
      } catch (error) {
        onDamaged(error as Error, seriesIn(relative(dir, path)))
        return []
      }
    })
}

type Bring = (files: readonly MonthFile[]) => Promise<void>

async function loadBars(
  path: string,
  manifest: SeriesManifest,
  series: Series,
  range: LoadRange,
  bring: Bring,
): Promise<Bars> {
  const { from = manifest.from } = range
  const asked = JSON.stringify([path, range.from, range.to, range.before, range.isAsStored])
  const bars = await seen(asked, () => readBars(path, manifest, series, range, bring))
  if (bars.length === 0 || bars.openTime[bars.length - 1]! < from) throw noBars(manifest, range)
  return bars
}

function noBars(manifest: SeriesManifest, { from, to }: LoadRange): NotFoundError {
  const { holes = [] } = manifest
  if (manifest.rows === 0)
    return new NotFoundError(
      `${manifest.series} has no bars: its venue was asked for ${timeText(manifest.from)} to ${timeText(holes.at(-1)!.end)} and has none (${[...new Set(holes.map(({ cause }) => cause))].join(', ')}); to be rid of it delete the folder ${seriesDir('', parseSeries(manifest.series))} of the store`,
    )
  if (from !== undefined && to !== undefined && to <= from)
    return new NotFoundError(
      `${manifest.series}: an empty range: ${timeText(from)}, where it begins, is not before ${timeText(to)}, its end`,
    )
  const sought = from === undefined ? '' : ` from ${timeText(from)}`
  const until = to === undefined ? ' to the end' : `${from === undefined ? ' before' : ' to'} ${timeText(to)}`
  return new NotFoundError(
    `${manifest.series} has no bars${sought}${until}; stored is ${timeText(manifest.from)} to ${timeText(manifest.to)}; choose a range within, or import more`,
  )
}

/** Rows as they are stored; none where the range has none. */
async function readBars(
  path: string,
  manifest: SeriesManifest,
  series: Series,
  range: LoadRange,
  bring: Bring,
): Promise<Bars> {
  const from = range.from ?? manifest.from
  const to = range.to ?? Number.MAX_SAFE_INTEGER
  const start = range.before ? await openTimeBefore(path, manifest, from, range.before, bring) : from
  const months = manifest.files.filter((file) => file.to > start && file.from < to)
  if (months.length === 0) throw noBars(manifest, range)
  await bring(months)
  const sql = batchesOf(months).map(
    (batch) =>
      `select open_time::double, open::double, high::double, low::double, close::double, volume::double from ${parquet(path, batch)} where open_time >= ${start} and open_time < ${to}`,
  )
  const checked = range.isAsStored ? Promise.resolve() : checkMonths(path, months, series)
  // what cannot be read at all is told first
  checked.catch(() => {})
  let columns: Float64Array[]
  try {
    columns = await readDoubles(sql, 6, rowsOf(months), range.onReading)
  } catch (error) {
    throw new DataError(
      `${path}: cannot be read (${(error as Error).message.split('\n')[0]}); check it with: klinelab data check ${seriesName(series)}`,
    )
  }
  await checked
  const [openTime, open, high, low, close, volume] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const { length } = openTime
  return { series, length, priceDecimals: manifest.priceDecimals, openTime, open, high, low, close, volume }
}

/** Rows that are read at once (100 MB of six columns), so that a long series is not held twice. */
const AT_ONCE = 2_000_000

/** Months one after the other, in as few batches as hold no more than `AT_ONCE` rows. */
function batchesOf<T extends { readonly rows: number }>(months: readonly T[]): T[][] {
  const batches: T[][] = [[]]
  for (const month of months) {
    if (batches.at(-1)!.length > 0 && rowsOf(batches.at(-1)!) + month.rows > AT_ONCE) batches.push([])
    batches.at(-1)!.push(month)
  }
  return batches
}

function rowsOf(months: readonly { readonly rows: number }[]): number {
  return months.reduce((sum, month) => sum + month.rows, 0)
}

/** Months may hold a column in 18 or in 38 digits; by name, the wider type serves all. */
function parquet(path: string, files: readonly { readonly file: string }[]): string {
  return `read_parquet([${files.map(({ file }) => quoted(join(path, file))).join(', ')}], union_by_name = true)`
}

/** Open time of the bar `count` bars ahead of `from`, or of the first stored. */
async function openTimeBefore(
  path: string,
  manifest: SeriesManifest,
  from: number,
  count: number,
  bring: Bring,
): Promise<number> {
  let rows = 0
  const earlier = manifest.files.filter((file) => file.from < from).reverse()
  const needed: typeof earlier = []
  for (const file of earlier) {
    needed.push(file)
    if (file.to <= from) rows += file.rows
    if (rows >= count) break
  }
  if (needed.length === 0) return from
  await bring(needed)
  const [times] = await readDoubles(
    `select open_time::double from ${parquet(path, needed.reverse())} where open_time < ${from}`,
    1,
    rows + 50_000,
  )
  return times!.length === 0 ? from : times![Math.max(0, times!.length - count)]!
}
