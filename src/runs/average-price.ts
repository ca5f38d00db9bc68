import { type Bars, firstRowAt } from '../core/bar.ts'
import type { Instrument } from '../core/instrument.ts'
import { closeTimeOf } from '../core/interval.ts'
import { barsSha256 } from '../data/hash.ts'
import type { Store } from '../data/store.ts'
import type { ReferenceAt } from '../engine/index.ts'

const MINUTE = 60_000

export interface AveragePrice {
  readonly at: ReferenceAt
  /** The 1m bars that it is reckoned from. */
  readonly minutes: Bars
  /** Of the 1m bars it is reckoned from, so that a run names all its inputs; `null` for a run on 1m bars. */
  readonly sha256: string | null
}

/**
 * What spot's PERCENT_PRICE compares with (fills.md 18): at a bar's close the average price of the filter's
 * `avgPriceMins` last minutes, out of 1m bars, their closes weighted by volume. NaN at a close that has no such bars.
 * `null` where the venue asks for no average or no 1m bars of the symbol are stored in the range.
 */
export async function averagePrice(store: Store, bars: Bars, instrument: Instrument): Promise<AveragePrice | null> {
  const minutesOf = instrument.snapshots.map(
    ({ filters }) => (filters.percentPriceBySide ?? filters.percentPrice)?.avgPriceMins ?? 0,
  )
  const most = Math.max(...minutesOf)
  if (instrument.kind !== 'spot' || most === 0) return null
  const { interval } = bars.series
  const closeOf = (row: number) => closeTimeOf(bars.openTime[row]!, interval)
  const from = bars.openTime[0]! - most * MINUTE
  const found =
    interval === '1m' ? { minutes: bars, sha256: null } : await minuteBars(store, bars, from, closeOf(bars.length - 1))
  if (found === null) return null
  const { minutes, sha256 } = found
  return { at: averageOf(bars, minutes), minutes, sha256 }
}

/** The average at the close of a row of `bars`, out of 1m bars. */
export function averageOf({ openTime, series }: Bars, minutes: Bars): ReferenceAt {
  return (row, count) => {
    const close = closeTimeOf(openTime[row]!, series.interval)
    const [first, end] = [close - count * MINUTE, close].map((time) => firstRowAt(minutes.openTime, time))
    return weighted(minutes, first!, end!)
  }
}

async function minuteBars(store: Store, bars: Bars, from: number, to: number) {
  const series = { ...bars.series, interval: '1m' } as const
  const manifest = await store.manifest(series)
  if (manifest === null || manifest.from >= to || manifest.to <= from) return null
  const minutes = await store.load(series, { from: Math.max(from, manifest.from), to })
  return { minutes, sha256: barsSha256(minutes) }
}

/**
 * Σ close × volume ÷ Σ volume over rows [from, to); NaN where nothing was traded. Without the last bits, in which sums of doubles are
 * off: a price on the bound itself is allowed, and 0.98 × 110.50000000000001 is not that of 110.5.
 */
function weighted(bars: Bars, from: number, to: number): number {
  let value = 0
  let volume = 0
  for (let row = from; row < to; row++) {
    value += bars.close[row]! * bars.volume[row]!
    volume += bars.volume[row]!
  }
  return Number((value / volume).toPrecision(12))
}
