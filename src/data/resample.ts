import { type Bars, firstRowAt, type Gap } from '../core/bar.ts'
import { decimalsOf } from '../core/decimal.ts'
import { closeTimeOf, type Interval, openTimeOf } from '../core/interval.ts'
import { resampleBars } from '../core/resample.ts'
import { type Series, seriesName } from '../core/series.ts'
import { changeSeries } from './change-store.ts'
import { liesIn } from './collect/make-bars.ts'
import { joined } from './collect/stretches.ts'
import { DataError } from './data-error.ts'
import { findGaps } from './find-gaps.ts'
import { barsSha256 } from './hash.ts'
import { readManifest, type SeriesManifest, seriesDir } from './manifest.ts'
import { RESAMPLED } from './resampled.ts'
import { BAR_DECIMALS, EXTRA_DECIMALS, RowBuffer, SCALE } from './rows.ts'
import type { Store } from './store.ts'
import { byMonth, commitRows } from './write-series.ts'

/**
 * Writes the coarser series into the store, in place of an earlier resampling. The first and last coarse bar are left out
 * where fine bars do not cover them. One that holds a made bar is marked as made.
 * @throws DataError where the store has the coarser series from elsewhere, or where no coarse bar is covered
 */
export async function resampleSeries(
  store: Store,
  series: Series,
  to: Interval,
  patience = 10_000,
): Promise<SeriesManifest> {
  const fine = await store.load(series)
  const source = (await store.manifest(series))!
  const bars = resampleBars(fine, to)
  const target: Series = { ...series, interval: to }
  const rows = coveredRows(bars, fine, source.to)
  if (rows.length === 0)
    throw new DataError(
      `${source.series} has ${fine.length} bars, which do not make one whole ${to} bar; import more of it first`,
    )
  const openTime = rows.openTime.subarray(0, rows.length)
  const order = Uint32Array.from(openTime.keys())
  return changeSeries(store, target, patience, async (at) => {
    const old = readManifest(seriesDir(at.dir, target))
    const imported = old?.sources.find((one) => !one.name.startsWith(RESAMPLED))?.name ?? old?.origins?.[0]?.origin
    if (imported !== undefined)
      throw new DataError(
        `${seriesName(target)} is in the store already, imported from ${imported}; resample into another store (--store DIR), or delete ${seriesDir(store.dir, target)} first`,
      )
    const made = coarseMade(source.made ?? [], fine, openTime, to)
    return commitRows(at.dir, target, rows, byMonth(rows, order), [], {
      priceDecimals: bars.priceDecimals,
      gaps: findGaps(openTime, to),
      outages: coarseOutages(source.outages, fine, to).filter((at) => openTime.includes(at)),
      duplicates: 0,
      unfinished: 0,
      skipped: [],
      sources: [{ name: RESAMPLED + source.series, sha256: barsSha256(fine), rows: fine.length }],
      ...(made.length > 0 && { made }),
    })
  })
}

/** The bars as rows to be stored, but for those that would be a part taken for a whole. */
function coveredRows(bars: Bars, fine: Bars, end: number): RowBuffer {
  const { interval } = bars.series
  const rows = new RowBuffer(bars.length)
  rows.files.push(seriesName(fine.series))
  for (let row = 0; row < bars.length; row++) {
    const at = bars.openTime[row]!
    if (at < fine.openTime[0]! || closeTimeOf(at, interval) > end) continue
    const k = rows.length++
    rows.openTime[k] = at
    rows.closeTime[k] = Number.NaN
    rows.trades[k] = Number.NaN
    for (const field of EXTRA_DECIMALS) rows.decimals[field].whole[k] = Number.NaN
    for (const field of BAR_DECIMALS) {
      const value = bars[field][row]!
      const [whole, fraction = ''] = value.toFixed(Math.min(SCALE, decimalsOf(value))).split('.')
      rows.decimals[field].whole[k] = Number(whole)
      rows.decimals[field].fraction[k] = Number(fraction.padEnd(SCALE, '0'))
    }
  }
  return rows
}

/** A coarse bar ends early where the exchange stopped inside it and did not come back before its end. */
function coarseOutages(outages: readonly number[], fine: Bars, to: Interval): number[] {
  const ended = outages.filter((at) => {
    const next = fine.openTime[firstRowAt(fine.openTime, at) + 1]
    return next === undefined || openTimeOf(next, to) !== openTimeOf(at, to)
  })
  return [...new Set(ended.map((at) => openTimeOf(at, to)))]
}

/** A coarse bar is marked as made where any bar was that is in it: a part of it is nobody's word. */
function coarseMade(made: readonly Gap[], fine: Bars, openTime: Float64Array, to: Interval): readonly Gap[] {
  const isMade = liesIn(made)
  const parts = new Set(
    Array.from(fine.openTime)
      .filter(isMade)
      .map((at) => openTimeOf(at, to)),
  )
  const bars = Array.from(openTime).filter((at) => parts.has(at))
  const spans = bars.map((start) => ({ start, end: closeTimeOf(start, to) }))
  return joined(spans, to, () => true)
}
