import { seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { NotFoundError } from '../data-error.ts'
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
    const { http } = job.archive
    const options = { http, stored: got.manifest, now: job.clock(), isCheck: true }
    for await (const batch of fetchArchive(series, stretch, options)) await put(batch)
  }
  let missing = look()
  let total = rowsOf(missing)
  let done = 0
  if (job.archive !== null && total > job.archive.leastRows) {
    const { http } = job.archive
    for (const part of missing)
      for await (const batch of fetchArchive(series, part, { http, stored: got.manifest, now: job.clock() })) {
        await put(batch)
        const inside = { from: Math.max(batch.from, part.from), to: Math.min(batch.to, part.to) }
        done += bucketsIn(inside, interval)
        job.onProgress(done, total)
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
