import { barsBetween, closeTimeOf, type Interval, intervalMs, openTimeOf } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { RowBuffer } from '../rows.ts'
import { type Answer, type BarsApi, type BarText, VenueContentError, type VenueHttp } from '../venues/venue.ts'
import type { Stretch } from './batch.ts'
import { inOrder } from './in-order.ts'

/** The bars of one window: oldest first, each once, on the grid, ended, inside of what was asked. */
export interface Page {
  readonly stretch: Stretch
  /** In the venue's own words; where there are `rows`, made when first asked for. */
  readonly bars: readonly BarText[]
  /** The same bars in columns, where the answer could be read so. */
  readonly rows?: RowBuffer
  /** Up to here bars had ended when the answer was made, by the venue's clock and by ours, UTC ms. */
  readonly at: number
}

export interface FetchOptions {
  /** Wall clock, UTC ms. */
  readonly clock: () => number
  /** Requests underway at once; the venue's own number where absent. */
  readonly parallel?: number
}

/**
 * The bars of a stretch, page by page in the order of time; windows of the venue's page size, several of them underway at once.
 * What lies before the venue's horizon is not asked for. A window for which the venue has nothing gives an empty page.
 * @param stretch open times on the grid
 * @throws VenueError in the end: what was handed on before it is good
 */
export function fetchBars(
  http: VenueHttp,
  series: Series,
  stretch: Stretch,
  options: FetchOptions,
): AsyncIterable<Page> {
  const { bars } = http.api
  const from = Math.max(stretch.from, horizonOf(bars, series.interval, options.clock()))
  return fetchWindows(http, series, windowsOf({ from, to: stretch.to }, series.interval, bars.pageRows), options)
}

/** The bars of windows none of which has more buckets than a page. */
export function fetchWindows(
  http: VenueHttp,
  series: Series,
  windows: Iterable<Stretch>,
  options: FetchOptions,
): AsyncIterable<Page> {
  const works = function* () {
    for (const window of windows)
      yield (signal: AbortSignal) => fetchPage(http, series, window, { clock: options.clock, signal })
  }
  const { parallel } = http.api.limits
  // while one answer is read, the next request waits for its turn at the venue, not here
  return inOrder(works(), options.parallel ?? parallel * 2)
}

/** Open time of the oldest bar that can be had; -Infinity where the venue keeps them all. */
export function horizonOf({ horizon }: BarsApi, interval: Interval, now: number): number {
  // the one that has not ended is among those that the venue hands out
  return horizon === null ? Number.NEGATIVE_INFINITY : later(openTimeOf(now, interval), 1 - horizon, interval)
}

/** Open time of the bar `count` bars after another one, or before it. */
export function later(openTime: number, count: number, interval: Interval): number {
  if (interval !== '1M') return openTime + count * intervalMs(interval)
  const date = new Date(openTime)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1)
}

/** Open time of the first bar at or after a time. */
export function firstOpen(time: number, interval: Interval): number {
  const open = openTimeOf(time, interval)
  return open === time ? open : closeTimeOf(open, interval)
}

/** A stretch cut into windows of `rows` buckets. */
export function* windowsOf({ from, to }: Stretch, interval: Interval, rows: number): Generator<Stretch> {
  for (let at = from; at < to; ) {
    const end = Math.min(later(at, rows, interval), to)
    yield { from: at, to: end }
    at = end
  }
}

function fetchPage(
  http: VenueHttp,
  series: Series,
  window: Stretch,
  { clock, signal }: Pick<FetchOptions, 'clock'> & { readonly signal: AbortSignal },
): Promise<Page> {
  const { bars } = http.api
  let answers = 0
  const check = (answer: Answer) => {
    answers++
    const circumstances = { now: clock(), isFirst: answers === 1 }
    return plainPage(bars, series, window, answer, circumstances) ?? pageOf(bars, series, window, answer, circumstances)
  }
  return http.get(bars.ask(series, window.from, window.to), check, signal)
}

interface Circumstances {
  readonly now: number
  /** A strange answer is asked for again before it is believed. */
  readonly isFirst: boolean
}

/** An answer as nearly all are, to be kept whole: whatever is odd about one, `pageOf` minds. */
function plainPage(
  api: BarsApi,
  series: Series,
  window: Stretch,
  answer: Answer,
  circumstances: Circumstances,
): Page | null {
  const rows = answer.bytes === undefined ? null : (api.readPlain?.(answer.bytes, series) ?? null)
  const at = Math.min(answer.at, circumstances.now)
  if (rows === null || !isWhole(rows, window, series.interval, at)) return null
  let bars: readonly BarText[] | null = null
  return {
    stretch: window,
    get bars() {
      bars ??= pageOf(api, series, window, answer, circumstances).bars
      return bars
    },
    rows,
    at,
  }
}

/** Whether there are rows, and each is such as a page hands on. */
function isWhole({ length, openTime }: RowBuffer, { from, to }: Stretch, interval: Interval, at: number): boolean {
  if (length === 0 || openTime[0]! < from) return false
  let next = openTimeOf(openTime[0]!, interval)
  for (let row = 0; row < length; row++) {
    const open = openTime[row]!
    if (open !== next && (open < next || openTimeOf(open, interval) !== open)) return false
    next = closeTimeOf(open, interval)
  }
  return openTime[length - 1]! < to && next <= at
}

/** @throws VenueContentError for an answer to another question */
function pageOf(api: BarsApi, series: Series, window: Stretch, answer: Answer, { now, isFirst }: Circumstances): Page {
  const { interval } = series
  const rows = api.read(answer.body, series)
  const page = `${seriesName(series)} ${timeName(window.from)} to ${timeName(window.to)}`
  const at = Math.min(answer.at, now)
  const isOnGrid = ({ openTime }: BarText) => openTimeOf(openTime, interval) === openTime
  const inside = rows.filter(({ openTime }) => openTime >= window.from && openTime < window.to)
  const onGrid = inside.filter(isOnGrid)
  if (rows.length > 0 && inside.length === 0) {
    // where quiet buckets are left out, or the end of the window is not told, a venue may answer with the bars around it
    const isAllowed = !isFirst && (api.omitsEmpty || api.horizon !== null)
    if (!isAllowed)
      throw new VenueContentError(
        `${page}: the ${rows.length} bars of the answer lie elsewhere, ${timeText(rows[0]!)} to ${timeText(rows.at(-1)!)}`,
      )
  }
  // the clocks of an exchange have stood off the grid, and its bars of those hours do so for ever: they are left out, and missed
  if (isFirst && onGrid.length < inside.length)
    throw new VenueContentError(
      `${page}: a bar opens off the ${interval} grid, ${timeText(inside.find((bar) => !isOnGrid(bar))!)}`,
    )
  const ended = onGrid.filter(({ openTime }) => closeTimeOf(openTime, interval) <= at)
  return { stretch: window, bars: eachOnce(ended, page), at }
}

/** @throws VenueContentError for two bars of one time that differ, or bars out of order */
function eachOnce(bars: readonly BarText[], page: string): readonly BarText[] {
  const kept: BarText[] = []
  for (const bar of bars) {
    const before = kept.at(-1)
    if (before === undefined || bar.openTime > before.openTime) kept.push(bar)
    else if (bar.openTime < before.openTime)
      throw new VenueContentError(`${page}: ${timeText(bar)} comes after ${timeText(before)}`)
    else if (JSON.stringify(bar) !== JSON.stringify(before))
      throw new VenueContentError(`${page}: two different bars open at ${timeText(bar)}`)
  }
  return kept
}

function timeText({ openTime }: BarText): string {
  return Math.abs(openTime) < 8.64e15 ? timeName(openTime) : String(openTime)
}

/** Buckets of a stretch. */
export function bucketsIn({ from, to }: Stretch, interval: Interval): number {
  return barsBetween(from, to, interval)
}
