import { basename } from 'node:path'
import type { Gap } from '../core/bar.ts'
import { barsBetween, closeTimeOf, type Interval } from '../core/interval.ts'
import type { Series } from '../core/series.ts'
import { checkMonths } from './check-months.ts'
import { drawnIn, fillFlat, flatten, liesIn, monthsOf } from './collect/make-bars.ts'
import { joined, joinedHoles, type Span, within, without } from './collect/stretches.ts'
import { run } from './duckdb.ts'
import { findGaps } from './find-gaps.ts'
import { type MonthFile, readManifest, type SeriesManifest, seriesDir } from './manifest.ts'
import { readMonths } from './month-file.ts'
import type { FileRead } from './read-file.ts'
import { DECIMAL_FIELDS, type RowBuffer, SCALE, UNIT } from './rows.ts'
import type { Store } from './store.ts'
import { type Replaces, type United, unite } from './unite.ts'
import { byMonth, commitRows, type Facts, removeStrays } from './write-series.ts'

interface Merged {
  readonly added: number
  /** Rows of these files that repeated others or what was stored. */
  readonly duplicates: number
  readonly manifest: SeriesManifest
}

/**
 * Puts the rows read together with what is stored and commits the months they touch. What an import reports is added to
 * the manifest once a file: reading a file again says nothing new.
 */
export async function merge(
  store: Store,
  series: Series,
  rows: RowBuffer,
  reads: readonly FileRead[],
): Promise<Merged> {
  const union = await putTogether(store, series, { rows, fresh: sorted(rows, reads), replaces: 'none' })
  const { old, added, repeated } = union
  const sources = new Map(old?.sources.map((source) => [source.sha256, source]))
  const firsts = new Map(reads.toReversed().map((file) => [file.sha256, file]))
  const news = reads.filter((file) => !sources.has(file.sha256) && firsts.get(file.sha256) === file)
  for (const { path, sha256, read } of news.filter((file) => !file.isLeftOut))
    sources.set(sha256, { name: basename(path), sha256, rows: read })
  const skipped = new Map((old?.skipped ?? []).map((bad) => [JSON.stringify(bad), bad]))
  for (const bad of news.flatMap((file) => file.skipped)) {
    const listed = { ...bad, file: basename(bad.file) }
    skipped.set(JSON.stringify(listed), listed)
  }
  const counts = { added: added.length, duplicates: repeated.length }
  if (old !== null && !union.isChanged && sources.size === old.sources.length && skipped.size === old.skipped.length) {
    removeStrays(seriesDir(store.dir, series))
    return { ...counts, manifest: old }
  }
  const isNew = new Set(news.map((file) => file.index))
  const facts = factsAfter(
    union,
    {
      outages: outagesWith(
        old,
        reads.flatMap((file) => file.outages),
      ),
      duplicates: (old?.duplicates ?? 0) + repeated.filter((row) => isNew.has(rows.file[row]!)).length,
      unfinished: (old?.unfinished ?? 0) + news.reduce((sum, file) => sum + file.unfinished, 0),
      skipped: [...skipped.values()],
      sources: [...sources.values()],
    },
    series,
  )
  return { ...counts, manifest: await commitUnion(store, series, union, facts) }
}

export function outagesWith(old: SeriesManifest | null, more: readonly number[]): number[] {
  return [...new Set([...(old?.outages ?? []), ...more])].sort((a, b) => a - b)
}

/** Rows on their way into a series. */
interface Incoming {
  readonly rows: RowBuffer
  /** Rows of the buffer by open time; those of one time in the order in which they were read. */
  readonly fresh: Uint32Array
  readonly replaces: Replaces
  /** Whether a row is an older word than the stored one of its time. */
  readonly isOlder?: (row: number) => boolean
  /** Stretches for whose missing bars flat ones are made; in order. */
  readonly fill?: readonly Span[]
}

/** What a series is to become; nothing is written yet. */
interface Union extends United {
  readonly old: SeriesManifest | null
  readonly rows: RowBuffer
  /** Months that stay as they are. */
  readonly kept: readonly MonthFile[]
  /** How many bars were made now, and all that ever were and still are. */
  readonly newlyMade: number
  readonly made: readonly Gap[]
  readonly gaps: readonly Gap[]
  /** Whether any bar is another than before. */
  readonly isChanged: boolean
}

/** Puts rows together with what is stored of the months that they touch. @throws DataError where rows contradict one another */
export async function putTogether(store: Store, series: Series, incoming: Incoming): Promise<Union> {
  const { rows, fresh, fill = [] } = incoming
  const { interval } = series
  const dir = seriesDir(store.dir, series)
  const old = readManifest(dir)
  const files = old?.files ?? []
  const madeBefore = old?.made ?? []
  const months = new Set([...byMonth(rows, fresh).keys(), ...fill.flatMap(monthsOf)])
  const touched = drawnIn(months, files, [...madeBefore, ...fill])
  const before = rows.length
  const read = files.filter((file) => touched.has(file.month))
  await store.mirror?.bring(series, read)
  await readMonths(dir, read, rows)
  // what is damaged would be written anew, and be sound from then on
  await checkMonths(dir, read, series)
  const stored = rowsFrom(rows, before)
  const united = unite(rows, stored, fresh, incoming.replaces, liesIn(madeBefore), incoming.isOlder)
  const filled = fillFlat(rows, united.unique, fill, interval)
  const stillMade =
    madeBefore.length === 0
      ? []
      : without(
          madeBefore,
          united.added.map((row) => spanOf(rows.openTime[row]!, interval)),
        )
  const made = joined([...stillMade, ...filled.made], interval, () => true)
  const changes = united.added.length + united.replaced.length + united.completed + filled.made.length
  const kept = files.filter((file) => !touched.has(file.month))
  return {
    ...united,
    unique: filled.order,
    old,
    rows,
    kept,
    newlyMade: filled.made.length,
    made,
    gaps: allGaps(rows, filled.order, kept, old?.gaps ?? [], interval),
    isChanged: flatten(rows, filled.order, made) + changes > 0,
  }
}

/** Facts that follow from a union, and those of a collected series that it leaves as they were. */
type Reckoned = 'priceDecimals' | 'gaps' | 'made'

/** What else is to be said of the series; left out: as it was. */
type Said = Partial<Omit<Facts, Reckoned>>

/** The facts of a manifest after a union. */
export function factsAfter(union: Union, said: Said, { interval }: Series): Facts {
  const { old, rows, unique, gaps, made } = union
  const { holes = [], revised = [], revisions = 0, origins = [] } = { ...old, ...said }
  const bare = joinedHoles(within(holes, missingOf(union, interval)), interval)
  return {
    priceDecimals: Math.max(old?.priceDecimals ?? 0, priceDecimalsOf(rows, unique)),
    gaps,
    outages: said.outages ?? old?.outages ?? [],
    duplicates: said.duplicates ?? old?.duplicates ?? 0,
    unfinished: said.unfinished ?? old?.unfinished ?? 0,
    skipped: said.skipped ?? old?.skipped ?? [],
    sources: said.sources ?? old?.sources ?? [],
    // what only collected series have is not in the manifests of others
    ...(bare.length > 0 && { holes: bare }),
    ...(made.length > 0 && { made }),
    ...(revisions > 0 && { revised, revisions }),
    ...(origins.length > 0 && { origins }),
  }
}

/** Stretches without a bar of the venue's: gaps, made bars, and what lies before and after the series. */
function missingOf({ gaps, made, kept, rows, unique }: Union, interval: Interval): Span[] {
  const opens = [...kept.map(({ from }) => from), ...(unique.length > 0 ? [rows.openTime[unique[0]!]!] : [])]
  const ends = [
    ...kept.map(({ to }) => to),
    ...(unique.length > 0 ? [closeTimeOf(rows.openTime[unique.at(-1)!]!, interval)] : []),
  ]
  const always = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }
  if (opens.length === 0) return [always]
  const inside = [...gaps, ...made].sort((a, b) => a.start - b.start)
  return [{ ...always, end: Math.min(...opens) }, ...inside, { ...always, start: Math.max(...ends) }]
}

/** Commits a union with its facts. */
export async function commitUnion(
  store: Store,
  series: Series,
  { isChanged, old, kept, rows, unique }: Union,
  facts: Facts,
): Promise<SeriesManifest> {
  // where no bar is another, no file is written
  const [months, rest] = isChanged || old === null ? [byMonth(rows, unique), kept] : [new Map(), old.files]
  return monthByMonth(() => commitRows(store.dir, series, rows, months, rest, facts))
}

/**
 * Months are written side by side, each on a thread of its own. Threads of DuckDB's that share the work on one month would
 * spend a quarter of their time asking one another whether it is done. The bytes are the same.
 */
async function monthByMonth<T>(work: () => Promise<T>): Promise<T> {
  await run('set threads = 1')
  try {
    return await work()
  } finally {
    await run('reset threads')
  }
}

/** Numbers of the rows kept by open time; rows of one time stay in the order in which they were read. */
function sorted(rows: RowBuffer, reads: readonly FileRead[]): Uint32Array {
  const order = new Uint32Array(reads.reduce((sum, file) => sum + file.kept.length, 0))
  let count = 0
  for (const { kept } of reads) {
    order.set(kept, count)
    count += kept.length
  }
  return byTime(rows, order)
}

/** The numbers of a buffer's rows, from one on. */
export function rowsFrom({ length }: RowBuffer, first: number): Uint32Array {
  const numbers = new Uint32Array(length - first)
  for (let k = 0; k < numbers.length; k++) numbers[k] = first + k
  return numbers
}

/** Sorts numbers of rows by open time; those of one time stay in the order of the numbers. */
export function byTime(rows: RowBuffer, order: Uint32Array): Uint32Array {
  for (let k = 1; k < order.length; k++)
    if (rows.openTime[order[k]!]! < rows.openTime[order[k - 1]!]!)
      return order.sort((a, b) => rows.openTime[a]! - rows.openTime[b]! || a - b)
  return order
}

/** Gaps of the whole series: those in months that are kept are known, so their files need not be read. */
function allGaps(
  rows: RowBuffer,
  unique: Uint32Array,
  kept: readonly MonthFile[],
  known: readonly Gap[],
  interval: Interval,
): Gap[] {
  const months = [...byMonth(rows, unique).values()].map((order) => {
    const times = new Float64Array(order.length)
    for (let k = 0; k < order.length; k++) times[k] = rows.openTime[order[k]!]!
    return { from: times[0]!, to: closeTimeOf(times.at(-1)!, interval), gaps: findGaps(times, interval) }
  })
  let next = 0
  const rest = kept.map(({ from, to }) => {
    while (next < known.length && known[next]!.start < from) next++
    const first = next
    while (next < known.length && known[next]!.start < to) next++
    return { from, to, gaps: known.slice(first, next) }
  })
  let end = Number.POSITIVE_INFINITY
  return [...months, ...rest]
    .sort((a, b) => a.from - b.from)
    .flatMap(({ from, to, gaps }) => {
      const between = from > end ? [{ start: end, end: from, bars: barsBetween(end, from, interval) }] : []
      end = to
      return [...between, ...gaps]
    })
}

function spanOf(openTime: number, interval: Interval): Span {
  return { start: openTime, end: closeTimeOf(openTime, interval) }
}

/** Most decimals any price has. */
function priceDecimalsOf(rows: RowBuffer, order: Uint32Array): number {
  let most = 0
  // whole numbers of 32 bits, whose remainder costs a tenth
  let step = UNIT | 0
  for (const field of DECIMAL_FIELDS.slice(0, 4)) {
    const { fraction } = rows.decimals[field]
    for (let k = 0; k < order.length; k++)
      while (most < SCALE && (fraction[order[k]!]! | 0) % step !== 0) {
        most++
        step = (step / 10) | 0
      }
  }
  return most
}
