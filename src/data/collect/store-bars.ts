import { closeTimeOf } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { withLock } from '../lock.ts'
import { type SeriesManifest, seriesDir } from '../manifest.ts'
import { byTime, commitUnion, factsAfter, outagesWith, putTogether } from '../merge.ts'
import { RowBuffer } from '../rows.ts'
import type { Store } from '../store.ts'
import type { Replaces } from '../unite.ts'
import { findFault, timeText } from '../validate.ts'
import { type Facts, removeStrays } from '../write-series.ts'
import type { BarBatch, Revision, Stored } from './batch.ts'
import { within, without } from './stretches.ts'

export { addBar } from './add-bar.ts'
export { cutStretch } from './cut-stretch.ts'

/** How long another process may write, ms: an import of years takes a while, and who collects has time. */
const PATIENCE = 120_000
/** Revisions that are listed; the others are counted. */
const LISTED = 1000

/**
 * Puts bars of a venue together with what is stored, and commits them whole or not at all. A bar that the venue states otherwise than
 * stored takes its place and is listed as revised; a bar that was made gives way unlisted. What says nothing new changes nothing.
 * @throws DataError that names venue, time, field and value of a bar that cannot be; the store is then as it was
 */
export async function storeBars(store: Store, series: Series, batch: BarBatch): Promise<Stored> {
  const rows = soundRows(series, batch)
  return whileWriting(store, () => putBars(store, series, { ...batch, rows }, 'stored'))
}

const turns = new Map<string, Promise<unknown>>()

/** Holds the store against other processes, and takes turns within this one, where many series are collected at once. */
export async function whileWriting<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const before = turns.get(store.dir)
  const turn = (async () => {
    // whether the work before went well is for whoever wanted it
    await before?.catch(() => undefined)
    return withLock(store.dir, PATIENCE, work)
  })()
  turns.set(store.dir, turn)
  return turn
}

/** A copy of the rows, since what is stored is put behind them. @throws DataError for the first that cannot be */
function soundRows(series: Series, { rows, origin, at }: BarBatch): RowBuffer {
  const sound = new RowBuffer(rows.length)
  sound.append(rows)
  sound.files.fill(origin)
  for (let row = 0; row < rows.length; row++) {
    const fault = findFault(rows, row, series.interval, at)
    if (fault === null) continue
    const { field, value, reason } = fault
    throw new DataError(
      `${seriesName(series)}, from ${origin}: the bar of ${timeText(rows.openTime[row]!)} cannot be: ${field} "${value}" ${reason}. Nothing of this answer was stored; ask again, and if it stays so, the venue is wrong or has changed its format.`,
    )
  }
  return sound
}

/** The work of `storeBars` for sound rows, by whoever holds the store. */
export async function putBars(store: Store, series: Series, batch: BarBatch, replaces: Replaces): Promise<Stored> {
  const { rows, fill = [] } = batch
  const { interval } = series
  const fresh = byTime(
    rows,
    Uint32Array.from({ length: rows.length }, (_, k) => k),
  )
  const early = Array.from(fresh)
    .filter((row) => rows.closeTime[row]! < closeTimeOf(rows.openTime[row]!, interval))
    .map((row) => rows.openTime[row]!)
  const union = await putTogether(store, series, {
    rows,
    fresh,
    replaces,
    fill: [...fill].sort((a, b) => a.start - b.start),
  })
  const { old, added, repeated, replaced } = union
  const revised = replaced.map(
    ({ was, is, field }): Revision => ({
      openTime: rows.openTime[is]!,
      field,
      was: rows.text(field, was),
      is: rows.text(field, is),
      origin: batch.origin,
      at: batch.at,
    }),
  )
  const news = [...added, ...replaced.map(({ is }) => is)].map((row) => rows.openTime[row]!)
  const facts = factsAfter(
    union,
    {
      outages: outagesWith(old, early),
      sources: sourcesWith(old, batch),
      holes: holesWith(old, batch),
      revised: [...(old?.revised ?? []), ...revised].slice(-LISTED),
      revisions: (old?.revisions ?? 0) + revised.length,
      origins: originsWith(old, batch, news, series),
    },
    series,
  )
  const counts = { added: added.length, known: repeated.length, revised, made: union.newlyMade }
  if (old !== null && !union.isChanged && isAsBefore(facts, old)) {
    removeStrays(seriesDir(store.dir, series))
    return { ...counts, manifest: old }
  }
  if (old === null && rows.length === 0 && facts.holes === undefined)
    throw new Error(`${seriesName(series)}: a batch without bars and without holes says nothing`)
  return { ...counts, manifest: await commitUnion(store, series, union, facts) }
}

function holesWith(old: SeriesManifest | null, { asked }: BarBatch): Facts['holes'] {
  const known = old?.holes ?? []
  if (asked === undefined) return known
  const stretch = [{ start: asked.from, end: asked.to }]
  return [...without(known, stretch), ...within(asked.holes, stretch)].sort((a, b) => a.start - b.start)
}

/** An archive's file that has become another takes the place of what was noted of it. */
function sourcesWith(old: SeriesManifest | null, { source }: BarBatch): Facts['sources'] {
  const known = old?.sources ?? []
  if (source === undefined || known.some(({ sha256 }) => sha256 === source.sha256)) return known
  return [...known.filter(({ name }) => name !== source.name), source]
}

function originsWith(
  old: SeriesManifest | null,
  { origin, source }: BarBatch,
  news: readonly number[],
  { interval }: Series,
): Facts['origins'] {
  const known = old?.origins ?? []
  if (news.length === 0 || source !== undefined) return known
  const own = known.find((one) => one.origin === origin)
  let [from, to] = [own?.from ?? Number.POSITIVE_INFINITY, own?.to ?? 0]
  for (const openTime of news) {
    from = Math.min(from, openTime)
    to = Math.max(to, closeTimeOf(openTime, interval))
  }
  const now = { origin, from, to, rows: (own?.rows ?? 0) + news.length }
  return own === undefined ? [...known, now] : known.map((one) => (one === own ? now : one))
}

const COLLECTED = ['holes', 'made', 'revised', 'revisions', 'origins'] as const

function isAsBefore(facts: Facts, old: SeriesManifest): boolean {
  const keys = [...new Set([...Object.keys(facts), ...COLLECTED])] as (keyof Facts)[]
  return keys.every((key) => JSON.stringify(facts[key]) === JSON.stringify(old[key]))
}
