import { closeTimeOf } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { changeSeries } from '../change-store.ts'
import { type SeriesManifest, seriesDir } from '../manifest.ts'
import { byTime, commitUnion, factsAfter, outagesWith, putTogether, rowsFrom } from '../merge.ts'
import { type BadRow, RowBuffer } from '../rows.ts'
import type { Store } from '../store.ts'
import type { Replaces, United } from '../unite.ts'
import { timeText } from '../validate.ts'
import { type Facts, removeStrays } from '../write-series.ts'
import type { BarBatch, Revision, Stored } from './batch.ts'
import { isOlderWord } from './older-word.ts'
import { within, without } from './stretches.ts'

/** How long another process may write, ms: an import of years takes a while, and who collects has time. */
const PATIENCE = 120_000
/** Revisions that are listed; the others are counted. */
const LISTED = 1000

const turns = new Map<string, Promise<unknown>>()

/**
 * Changes a series, holding the store against other processes, and taking turns within this one, where many series are collected at once.
 * @param work may be done again where the store is in a bucket
 */
export function inTurn<T>(store: Store, series: Series, work: (at: Store) => Promise<T>): Promise<T> {
  const before = turns.get(store.dir)
  const turn = (async () => {
    // whether the work before went well is for whoever wanted it
    await before?.catch(() => undefined)
    return changeSeries(store, series, PATIENCE, work)
  })()
  turns.set(store.dir, turn)
  return turn
}

/** The work of `storeBars` for rows that can be, by whoever holds the store. */
export async function putBars(store: Store, series: Series, batch: BarBatch, replaces: Replaces): Promise<Stored> {
  const { fill = [], heard } = batch
  const { interval } = series
  const before = heard === undefined ? null : await store.manifest(series)
  const rows = rowsToChange(store, batch)
  const fresh = byTime(rows, rowsFrom(rows, 0))
  const early: number[] = []
  for (const row of fresh)
    if (rows.closeTime[row]! < closeTimeOf(rows.openTime[row]!, interval)) early.push(rows.openTime[row]!)
  const union = await putTogether(store, series, {
    rows,
    fresh,
    replaces,
    ...(before !== null && {
      isOlder: (row: number) => isOlderWord(before, batch.origin, rows.openTime[row]!, heard![row]!),
    }),
    fill: [...fill].sort((a, b) => a.start - b.start),
  })
  const { old, added, repeated, replaced } = union
  const revised = revisionsOf(union, batch, rows)
  const refused = refusedOf(union, batch, rows)
  // a bar that was added and then replaced, in one portion, is one
  const again = replaced.length === 0 ? null : new Set(added)
  const changed = again === null ? [] : [...new Set(replaced.map(({ is }) => is))].filter((row) => !again.has(row))
  const news = [...added, ...changed].map((row) => rows.openTime[row]!)
  const facts = factsAfter(
    union,
    {
      outages: outagesWith(old, early),
      skipped: skippedWith(old, [...(batch.skipped ?? []), ...refused]),
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

function revisionsOf({ replaced }: United, { origin, at }: BarBatch, rows: RowBuffer): Revision[] {
  return replaced.map(({ was, is, field }) => ({
    ...{ openTime: rows.openTime[is]!, field, was: rows.text(field, was), is: rows.text(field, is) },
    ...{ origin, at },
  }))
}

/** Bars that say otherwise than what is stored, and of which it is not known that they are newer. */
function refusedOf({ refused }: United, { origin, heard }: BarBatch, rows: RowBuffer): BadRow[] {
  return refused.map(({ was, is, field }) => ({
    ...{ file: origin, row: rows.line[is]!, field, value: rows.text(field, is) },
    reason: `of the bar of ${timeText(rows.openTime[is]!)}, heard ${timeText(heard![is]!)}; ${rows.text(field, was)} is stored, and is not known to be older`,
  }))
}

/** What is stored is put behind the rows; of a bucket again for each attempt. */
function rowsToChange({ mirror }: Store, batch: BarBatch): RowBuffer {
  let { rows } = batch
  if (batch.isGiven !== true || mirror !== undefined) {
    rows = new RowBuffer(batch.rows.length)
    rows.append(batch.rows)
  }
  rows.files.fill(batch.origin)
  return rows
}

function holesWith(old: SeriesManifest | null, { asked }: BarBatch): Facts['holes'] {
  const known = old?.holes ?? []
  if (asked === undefined) return known
  const stretch = [{ start: asked.from, end: asked.to }]
  return [...without(known, stretch), ...within(asked.holes, stretch)].sort((a, b) => a.start - b.start)
}

function skippedWith(old: SeriesManifest | null, more: readonly BadRow[]): Facts['skipped'] {
  return [...new Map([...(old?.skipped ?? []), ...more].map((bad) => [JSON.stringify(bad), bad])).values()]
}

/** An archive's file that has become another takes the place of what was noted of it. */
function sourcesWith(old: SeriesManifest | null, { source }: BarBatch): Facts['sources'] {
  const known = old?.sources ?? []
  if (source === undefined || known.some(({ sha256 }) => sha256 === source.sha256)) return known
  return [...known.filter(({ name }) => name !== source.name), source]
}

function originsWith(
  old: SeriesManifest | null,
  { origin, source, at }: BarBatch,
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
  const now = { origin, from, to, rows: (own?.rows ?? 0) + news.length, at: Math.max(own?.at ?? 0, at) }
  return own === undefined ? [...known, now] : known.map((one) => (one === own ? now : one))
}

const COLLECTED = ['holes', 'made', 'revised', 'revisions', 'origins'] as const

function isAsBefore(facts: Facts, old: SeriesManifest): boolean {
  const keys = [...new Set([...Object.keys(facts), ...COLLECTED])] as (keyof Facts)[]
  return keys.every((key) => JSON.stringify(facts[key]) === JSON.stringify(old[key]))
}
