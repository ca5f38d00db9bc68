import { type Bars, firstRowAt } from '../core/bar.ts'
import { closeTimeOf, type Interval, intervalMs } from '../core/interval.ts'
import { seriesName } from '../core/series.ts'
import { barsSha256 } from '../data/hash.ts'
import type { Store } from '../data/store.ts'
import { Detail } from '../engine/index.ts'
import { UsageError } from './usage-error.ts'

/** Finer bars by which a series' fills are decided, and what a run says of them. */
export interface DetailBars {
  readonly bars: Bars
  readonly sha256: string
  readonly remarks: readonly string[]
}

/**
 * `--detail`: the stored bars of a finer interval over the range of a series.
 * @throws UsageError where the interval is not finer, or no such bars of the range are stored
 */
export async function detailOf(
  store: Store,
  bars: Bars,
  from: number,
  interval: Interval | null,
): Promise<DetailBars | null> {
  if (interval === null) return null
  const { series } = bars
  if (intervalMs(interval) >= intervalMs(series.interval))
    throw new UsageError(
      `--detail ${interval} is not finer than ${seriesName(series)}; write a shorter interval, or none`,
    )
  const wanted = { ...series, interval }
  const to = closeTimeOf(bars.openTime[bars.length - 1]!, series.interval)
  const manifest = await store.manifest(wanted)
  if (manifest === null || manifest.from >= to || manifest.to <= from)
    throw new UsageError(
      `--detail ${interval}: no bars of ${seriesName(wanted)} are stored in the range; import them, or leave --detail out`,
    )
  const finer = await store.load(wanted, { from: Math.max(from, manifest.from), to })
  const first = firstRowAt(bars.openTime, from)
  const unlike = countUnlike(bars, first, finer)
  const all = bars.length - first
  return {
    bars: finer,
    sha256: barsSha256(finer),
    remarks: [
      `${series.symbol}: inside a bar whose outcome hangs on the path, fills are decided by the ${interval} bars${unlike > 0 ? `; ${unlike} of ${all} bars are not made up by theirs, and there the pessimistic rule decides` : ''}`,
    ],
  }
}

function countUnlike(bars: Bars, first: number, finer: Bars): number {
  const detail = new Detail(finer)
  let count = 0
  for (let row = first; row < bars.length; row++)
    if (!detail.begin(bars, row, closeTimeOf(bars.openTime[row]!, bars.series.interval))) count++
  return count
}
