import { firstRowAt } from '../core/bar.ts'
import { decimalsOf } from '../core/decimal.ts'
import { closeTimeOf, type Interval } from '../core/interval.ts'
import { resampleBars } from '../core/resample.ts'
import { type Series, seriesName } from '../core/series.ts'
import { barsSha256 } from './hash.ts'
import { withLock } from './lock.ts'
import { readManifest, type SeriesManifest, seriesDir } from './manifest.ts'
import { RowBuffer, SCALE } from './rows.ts'
import type { Store } from './store.ts'
import { commitRows, findGaps, monthOf } from './write-series.ts'

/** Writes the coarser series into the store. The first and last coarse bar are left out where fine bars do not cover them. */
export async function resampleSeries(
  store: Store,
  series: Series,
  to: Interval,
  patience = 10_000,
): Promise<SeriesManifest> {
  const fine = await store.load(series)
  const bars = resampleBars(fine, to)
  const target: Series = { ...series, interval: to }
  // a bar whose beginning lies before the first stored bar, or whose end after the last, would be a part taken for a whole
  const first = bars.openTime[0]! < fine.openTime[0]! ? 1 : 0
  const source = (await store.manifest(series))!
  const end = firstRowAt(bars.openTime, source.to)
  const last = end > 0 && isCovered(bars.openTime[end - 1]!, source.to, to) ? end : end - 1
  const rows = new RowBuffer(bars.length)
  rows.files.push(seriesName(series))
  rows.has = { closeTime: false, quoteVolume: false, trades: false, takerBase: false, takerQuote: false }
  const months = new Map<string, { rows: RowBuffer; order: number[] }>()
  for (let row = first; row < last; row++) {
    const at = rows.length++
    rows.openTime[at] = bars.openTime[row]!
    for (const field of ['open', 'high', 'low', 'close', 'volume'] as const) {
      const [whole, fraction = ''] = bars[field]
        [row]!.toFixed(Math.min(SCALE, decimalsOf(bars[field][row]!)))
        .split('.')
      rows.decimals[field].whole[at] = Number(whole)
      rows.decimals[field].fraction[at] = Number(fraction.padEnd(SCALE, '0'))
    }
    const month = monthOf(bars.openTime[row]!)
    const entry = months.get(month) ?? { rows, order: [] }
    entry.order.push(at)
    months.set(month, entry)
  }
  return withLock(store.dir, patience, () => {
    const old = readManifest(seriesDir(store.dir, target))
    return commitRows(store.dir, target, months, () => ({
      priceDecimals: bars.priceDecimals,
      gaps: findGaps(rows.openTime.subarray(0, rows.length), to),
      outages: old?.outages ?? [],
      duplicates: 0,
      unfinished: 0,
      skipped: [],
      sources: [{ name: `resampled from ${seriesName(series)}`, sha256: barsSha256(fine), rows: fine.length }],
    }))
  })
}

function isCovered(open: number, end: number, interval: Interval): boolean {
  return closeTimeOf(open, interval) <= end
}
