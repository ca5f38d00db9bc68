import { closeTimeOf, type Interval, intervalMs, openTimeOf } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { RowBuffer, UNIT } from '../rows.ts'
import type { VenueHttp } from '../venues/venue.ts'
import { addBar } from './add-bar.ts'
import type { Stretch } from './batch.ts'
import { bucketsIn, type FetchOptions, fetchWindows, firstOpen, windowsOf } from './fetch-bars.ts'
import { liesIn } from './make-bars.ts'

const FIVE_MINUTES = 300_000

/** Volumes by open time, in units of the last decimal that is kept. */
export type Volumes = Map<number, bigint>

/** Bars that bear witness of finer ones: hours of minutes, days of what is coarser; `null` where the venue has none. */
export function witnessOf(intervals: readonly Interval[], interval: Interval): Interval | null {
  const coarse = intervalMs(interval) <= FIVE_MINUTES ? '1h' : '1d'
  const isNested = intervalMs(coarse) > intervalMs(interval) && intervalMs(coarse) % intervalMs(interval) === 0
  return isNested && intervals.includes(coarse) ? coarse : null
}

/** Windows of a page around stretches that are in order, near ones together, each reaching out to whole bars of `grid`. */
export function windowsAround(
  stretches: readonly Stretch[],
  interval: Interval,
  grid: Interval,
  rows: number,
): readonly Stretch[] {
  const windows: Stretch[] = []
  for (const one of stretches) {
    const last = windows.at(-1)
    const from = Math.max(openTimeOf(one.from, grid), last?.to ?? Number.NEGATIVE_INFINITY)
    const to = firstOpen(one.to, grid)
    if (from >= to) continue
    if (last !== undefined && bucketsIn({ from: last.from, to }, interval) <= rows)
      windows[windows.length - 1] = { from: last.from, to }
    else windows.push(...windowsOf({ from, to }, interval, rows))
  }
  return windows
}

export function noteVolumes(volumes: Volumes, { length, openTime, decimals }: RowBuffer): void {
  const { whole, fraction } = decimals.volume
  for (let row = 0; row < length; row++)
    volumes.set(openTime[row]!, BigInt(whole[row]!) * BigInt(UNIT) + BigInt(fraction[row]!))
}

/**
 * The coarser bars in which nobody traded but in the bars that are there: their volume is the sum of those. Where a coarser bar is
 * left out too, one coarser still is asked.
 * @param missing in order
 * @param volumes of all bars of the series in every coarser bar that a missing one lies in
 */
export async function findQuiet(
  http: VenueHttp,
  series: Series,
  missing: readonly Stretch[],
  volumes: Volumes,
  options: FetchOptions,
): Promise<readonly Stretch[]> {
  const { intervals, pageRows } = http.api.bars
  const coarse = witnessOf(intervals, series.interval)
  if (coarse === null || missing.length === 0) return []
  const witness = { ...series, interval: coarse }
  const windows = windowsAround(missing, coarse, witnessOf(intervals, coarse) ?? coarse, pageRows)
  const rows = new RowBuffer()
  for await (const { bars } of fetchWindows(http, witness, windows, options)) for (const bar of bars) addBar(rows, bar)
  const told: Volumes = new Map()
  noteVolumes(told, rows)
  const sums: Volumes = new Map()
  for (const [at, volume] of volumes) {
    const bucket = openTimeOf(at, coarse)
    sums.set(bucket, (sums.get(bucket) ?? 0n) + volume)
  }
  const quiet: Stretch[] = []
  const absent: Stretch[] = []
  for (const { from, to } of wholeBars(missing, coarse)) {
    if (!told.has(from)) absent.push({ from, to })
    else if (told.get(from) === (sums.get(from) ?? 0n)) quiet.push({ from, to })
  }
  const above = await findQuiet(http, witness, absent, told, options)
  const isQuiet = liesIn(above.map(({ from, to }) => ({ start: from, end: to })))
  return [...quiet, ...absent.filter(({ from }) => isQuiet(from))].sort((a, b) => a.from - b.from)
}

/** Each bar of the interval that one of the stretches touches, once. */
function* wholeBars(stretches: readonly Stretch[], interval: Interval): Generator<Stretch> {
  let next = Number.NEGATIVE_INFINITY
  for (const { from, to } of stretches)
    for (let at = Math.max(next, openTimeOf(from, interval)); at < to; at = next) {
      next = closeTimeOf(at, interval)
      yield { from: at, to: next }
    }
}
