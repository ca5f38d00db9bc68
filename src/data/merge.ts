import { basename } from 'node:path'
import { closeTimeOf } from '../core/interval.ts'
import type { Series } from '../core/series.ts'
import { DataError } from './data-error.ts'
import { run } from './duckdb.ts'
import { type MonthFile, readManifest, type SeriesManifest, seriesDir } from './manifest.ts'
import { readMonths } from './month-file.ts'
import type { FileRead } from './read-file.ts'
import { DECIMAL_FIELDS, type RowBuffer, SCALE, UNIT } from './rows.ts'
import type { Store } from './store.ts'
import { timeText } from './validate.ts'
import { byMonth, commitRows, findGaps, removeStrays } from './write-series.ts'

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
  const dir = seriesDir(store.dir, series)
  const old = readManifest(dir)
  const fresh = sorted(rows, reads)
  const touched = byMonth(rows, fresh)
  const before = rows.length
  await readMonths(
    dir,
    (old?.files ?? []).filter((file) => touched.has(file.month)),
    rows,
  )
  const stored = Uint32Array.from({ length: rows.length - before }, (_, k) => before + k)
  const { unique, repeated } = united(rows, stored, fresh)
  const added = unique.length - stored.length
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
  if (old !== null && added === 0 && sources.size === old.sources.length && skipped.size === old.skipped.length) {
    removeStrays(dir)
    return { added, duplicates: repeated.length, manifest: old }
  }
  const kept = (old?.files ?? []).filter((file) => !touched.has(file.month))
  const isNew = new Set(news.map((file) => file.index))
  const outages = new Set([...(old?.outages ?? []), ...reads.flatMap((file) => file.outages)])
  const facts = {
    priceDecimals: Math.max(old?.priceDecimals ?? 0, priceDecimalsOf(rows, unique)),
    gaps: findGaps(openTimes(rows, unique, kept, old, series), series.interval),
    outages: [...outages].sort((a, b) => a - b),
    duplicates: (old?.duplicates ?? 0) + repeated.filter((row) => isNew.has(rows.file[row]!)).length,
    unfinished: (old?.unfinished ?? 0) + news.reduce((sum, file) => sum + file.unfinished, 0),
    skipped: [...skipped.values()],
    sources: [...sources.values()],
  }
  const manifest = await monthByMonth(() => commitRows(store.dir, series, rows, byMonth(rows, unique), kept, facts))
  return { added, duplicates: repeated.length, manifest }
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
  for (let k = 1; k < order.length; k++)
    if (rows.openTime[order[k]!]! < rows.openTime[order[k - 1]!]!)
      return order.sort((a, b) => rows.openTime[a]! - rows.openTime[b]! || a - b)
  return order
}

/**
 * Stored and fresh rows by open time, each time once; the stored row or the first read stays.
 * @throws DataError where two rows of one time differ
 */
function united(rows: RowBuffer, stored: Uint32Array, fresh: Uint32Array): { unique: Uint32Array; repeated: number[] } {
  const unique = new Uint32Array(stored.length + fresh.length)
  const repeated: number[] = []
  let count = 0
  for (let s = 0, f = 0; s < stored.length || f < fresh.length; ) {
    const isStored = f >= fresh.length || (s < stored.length && rows.openTime[stored[s]!]! <= rows.openTime[fresh[f]!]!)
    const row = isStored ? stored[s++]! : fresh[f++]!
    const previous = unique[count - 1]!
    if (count === 0 || rows.openTime[previous] !== rows.openTime[row]) unique[count++] = row
    else {
      const field = rows.differingField(previous, row)
      if (field !== null)
        throw new DataError(
          `two different rows for ${timeText(rows.openTime[row]!)}: ${rows.name(previous)} row ${rows.line[previous]} has ${field} ${rows.text(field, previous)}, ${rows.name(row)} row ${rows.line[row]} has ${rows.text(field, row)}. Nothing was stored; find out which is right and leave the other out.`,
        )
      repeated.push(row)
    }
  }
  return { unique: unique.subarray(0, count), repeated }
}

/**
 * The open times of the whole series: what the months that are kept contribute is known from the old gaps, so their
 * files need not be read.
 */
function openTimes(
  rows: RowBuffer,
  unique: Uint32Array,
  kept: readonly MonthFile[],
  old: SeriesManifest | null,
  { interval }: Series,
): Float64Array {
  const times = new Float64Array(unique.length + kept.reduce((sum, file) => sum + file.rows, 0))
  let count = 0
  for (; count < unique.length; count++) times[count] = rows.openTime[unique[count]!]!
  for (const file of kept) {
    const gaps = old!.gaps.filter((gap) => gap.start >= file.from && gap.start < file.to)
    let gap = 0
    for (let at = file.from; at < file.to; at = closeTimeOf(at, interval)) {
      while (gap < gaps.length && gaps[gap]!.end <= at) gap++
      if (gap >= gaps.length || at < gaps[gap]!.start) times[count++] = at
    }
  }
  const all = times.subarray(0, count)
  return kept.length === 0 ? all : all.sort()
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
