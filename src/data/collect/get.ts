import { type Series, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { NotFoundError } from '../data-error.ts'
import { type Store, storeAt } from '../store.ts'
import { venueApi } from '../venues/all-venues.ts'
import { firstOpen } from './fetch-bars.ts'
import type { GetOptions, GetRange, SeriesGot, VenueRulesGot } from './get-options.ts'
import { markSeriesOf } from './get-rules.ts'
import { type Start, VenueWork } from './venue-work.ts'

export type { GetOptions, GetRange } from './get-options.ts'

export interface GetResult {
  readonly series: readonly SeriesGot[]
  readonly rules: readonly VenueRulesGot[]
  /** By the signal. */
  readonly isStopped: boolean
}

/**
 * Brings series of the store up to date: what is missing of the range, and what goes with it. Each series is on its own: one that
 * fails does not stop the others. What is stored stays, and the next time goes on from there.
 * @throws NotFoundError for an interval that the venue does not have, or a series without a beginning: nothing is fetched then
 */
export async function getSeries(
  store: Store,
  series: readonly Series[],
  range: GetRange,
  options: GetOptions = {},
): Promise<GetResult> {
  // what comes with the tool is read, and not added to
  const own = store.behind === null ? store : storeAt(store.dir, null, store.dir, store.mirror)
  const starts = await startsOf(own, withMarks(series, options), range)
  const venues = [...new Set(starts.map((one) => one.series.venue))]
  const progress = new Map<string, readonly [done: number, total: number]>()
  const onProgress = (name: string) => (done: number, total: number) => {
    progress.set(name, [done, total])
    const all = [...progress.values()]
    options.onProgress?.(
      all.reduce((sum, [one]) => sum + one, 0),
      all.reduce((sum, [, one]) => sum + one, 0),
    )
  }
  const parts = await Promise.all(
    venues.map((venue) =>
      new VenueWork(own, venue, range, options, onProgress).get(starts.filter((one) => one.series.venue === venue)),
    ),
  )
  const order = new Map(starts.map((one, k) => [seriesName(one.series), k]))
  return {
    series: parts.flatMap((part) => part.series).sort((a, b) => order.get(a.series)! - order.get(b.series)!),
    rules: parts.flatMap((part) => part.rules),
    isStopped: options.signal?.aborted === true,
  }
}

/** Each series once, and behind a perpetual its mark prices. */
function withMarks(series: readonly Series[], { isBarsOnly = false }: GetOptions): readonly Series[] {
  const all = series.flatMap((one) => {
    const mark = isBarsOnly ? null : markSeriesOf(one)
    return mark === null ? [one] : [one, mark]
  })
  return [...new Map(all.map((one) => [seriesName(one), one])).values()]
}

/** @throws NotFoundError */
async function startsOf(store: Store, series: readonly Series[], { from, to }: GetRange): Promise<readonly Start[]> {
  const starts: Start[] = []
  for (const one of series) {
    const { intervals } = venueApi(one.venue).bars
    if (!intervals.includes(one.interval))
      throw new NotFoundError(
        `${seriesName(one)}: ${one.venue} has no bars of ${one.interval}; it has ${intervals.join(' ')}. Others can be made of finer ones: klinelab data resample`,
      )
    const parent = starts.find((other) => seriesName(markOf(other.series)) === seriesName(one))
    const begins = from ?? (await store.manifest(one))?.from ?? parent?.from
    if (begins === undefined)
      throw new NotFoundError(`${seriesName(one)} is not stored yet: say from when on it is wanted, with --from`)
    const start = firstOpen(begins, one.interval)
    if (to !== undefined && start >= firstOpen(to, one.interval))
      throw new NotFoundError(`${seriesName(one)}: ${emptyRange(begins, to)}`)
    starts.push({ series: one, from: start })
  }
  return starts
}

function emptyRange(from: number, to: number): string {
  if (to < from) return `ends at ${timeName(to)} before it begins at ${timeName(from)}`
  if (to === from) return `begins and ends at ${timeName(to)}, which is no range: the end is exclusive`
  return `no bar begins from ${timeName(from)} to ${timeName(to)}; ask for a range in which one does`
}

function markOf(series: Series): Series {
  return markSeriesOf(series) ?? series
}
