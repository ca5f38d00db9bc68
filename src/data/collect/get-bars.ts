import { seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { DataError, NotFoundError } from '../data-error.ts'
import { VenueError } from '../http/venue-error.ts'
import type { SeriesManifest } from '../manifest.ts'
import { RowBuffer } from '../rows.ts'
import type { Store } from '../store.ts'
import { fetchArchive } from './archive.ts'
import type { ArchiveHttp } from './archive-files.ts'
import type { BarBatch, Revision, Stretch } from './batch.ts'
import { bucketsIn } from './fetch-bars.ts'
import { findMissing } from './find-missing.ts'
import { getPiece, type PieceJob } from './get-piece.ts'
import { storeBars } from './store-bars.ts'
import { foldLeft } from './tail.ts'

/** What is to be had of one series, and what for that is needed. */
export interface BarsJob extends PieceJob {
  readonly store: Store
  readonly stretch: Stretch
  /** Holes that nobody could explain are asked for once more. */
  readonly isAgain: boolean
  /** Months and days of bars as files; `null`: not from there. */
  readonly archive: { readonly http: ArchiveHttp; readonly leastRows: number } | null
  /** Makes flat bars for what is missing between bars. */
  readonly isFilled: boolean
  /** Buckets that have been asked for, of those that were missing. */
  readonly onProgress: (done: number, total: number) => void
}

/** What has become of it so far. */
export interface BarsGot {
  added: number
  made: number
  readonly revised: Revision[]
  /** Files of bars that came from the archive, and why it was given up. */
  readonly archive: { files: number; error: string | null }
  /** As it is now. */
  manifest: SeriesManifest | null
}

/**
 * Fetches what is missing of a series and stores it portion by portion, oldest first.
 * @param got is kept up to date: what is stored stays, whatever happens then
 * @throws VenueError, DataError
 */
export async function getBars(job: BarsJob, got: BarsGot): Promise<void> {
  const { store, series, stretch } = job
  const { interval } = series
  await foldLeft(store, series)
  got.manifest = await store.manifest(series)
  const put = async (batch: BarBatch) => {
    const { added, made, revised, manifest } = await storeBars(store, series, batch)
    got.added += added
    got.made += made
    got.revised.push(...revised)
    got.manifest = manifest
  }
  const { pageRows } = job.http.api.bars
  const look = () => findMissing(got.manifest, stretch, interval, { pageRows, isAgain: job.isAgain })
  const rowsOf = (parts: readonly Stretch[]) => parts.reduce((sum, part) => sum + bucketsIn(part, interval), 0)
  if (job.archive !== null && job.isAgain) {
    await takeFiles(job, job.archive.http, stretch, got, { isCheck: true, take: put })
  }
  let missing = look()
  let total = rowsOf(missing)
  let done = 0
  if (job.archive !== null && total > job.archive.leastRows) {
    for (const part of missing) {
      const take = async (batch: BarBatch & Stretch) => {
        await put(batch)
        const inside = { from: Math.max(batch.from, part.from), to: Math.min(batch.to, part.to) }
        done += bucketsIn(inside, interval)
        job.onProgress(done, total)
      }
      if (got.archive.error === null) await takeFiles(job, job.archive.http, part, got, { isCheck: false, take })
    }
    missing = look()
    total = done + rowsOf(missing)
  }
  for (const part of missing) {
    const before = done
    const onProgress = (rows: number) => job.onProgress(before + rows, total)
    await getPiece(job, part, { put, onProgress, stored: () => got.manifest })
    done += bucketsIn(part, interval)
  }
  if (job.isFilled) await fillGaps(job, got.manifest, put)
  if (got.manifest === null || got.manifest.rows === 0) throw noBars(job, got.manifest)
}

/** Takes what the archive has of a stretch. One that fails is told of, and given up: the venue itself has those bars too. */
async function takeFiles(
  { series, clock }: BarsJob,
  http: ArchiveHttp,
  stretch: Stretch,
  got: BarsGot,
  { isCheck, take }: { readonly isCheck: boolean; readonly take: (batch: BarBatch & Stretch) => Promise<void> },
): Promise<void> {
  const files = fetchArchive(series, stretch, { http, stored: got.manifest, now: clock(), isCheck })
  try {
    for (;;) {
      const next = await files.next().catch((error: Error) => {
        const isOver = error instanceof VenueError && error.facts.kind === 'patience'
        if (!(error instanceof DataError) || isOver) throw error
        got.archive.error = error.message
        return { done: true } as const
      })
      if (next.done) return
      got.archive.files++
      await take(next.value)
    }
  } finally {
    await files.return(undefined)
  }
}

/** Gaps between stored bars, within what was asked for. */
async function fillGaps(
  { stretch, origin, clock }: BarsJob,
  manifest: SeriesManifest | null,
  put: (batch: BarBatch) => Promise<void>,
): Promise<void> {
  const fill = (manifest?.gaps ?? [])
    .map(({ start, end }) => ({ start: Math.max(start, stretch.from), end: Math.min(end, stretch.to) }))
    .filter(({ start, end }) => start < end)
  if (fill.length > 0) await put({ rows: new RowBuffer(0), origin, at: clock(), fill })
}

function noBars({ series, stretch }: BarsJob, manifest: SeriesManifest | null): NotFoundError {
  const [hole] = manifest?.holes ?? []
  const why = hole === undefined ? '' : ` (${hole.cause}: ${hole.because})`
  return new NotFoundError(
    `${seriesName(series)}: ${series.venue} has no bars from ${timeName(stretch.from)} to ${timeName(stretch.to)}${why}; ask for another range`,
  )
}
