import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bars, Gap } from '../core/bar.ts'
import { closeTimeOf, openTimeOf } from '../core/interval.ts'
import type { Certificate } from '../core/run.ts'
import { type Series, seriesName } from '../core/series.ts'
import type { Revision } from './collect/hole.ts'
import { liesIn } from './collect/make-bars.ts'
import { joined, joinedHoles, within } from './collect/stretches.ts'
import { DataError } from './data-error.ts'
import { findGaps } from './find-gaps.ts'
import { type Origin, type SeriesManifest, sha256 } from './manifest.ts'
import { isResampled } from './resampled.ts'
import { type BadRow, WHOLE_FILE } from './rows.ts'
import type { Store } from './store.ts'

/** A run of bars whose price never moved is reported from this length on. */
const FLAT_RUN = 10
/** A price this many times above or below the median of the closes around it is an outlier. */
const OUTLIER = 1.5
const AROUND = 10

export interface Check extends Certificate {
  /** What makes the series unfit for a backtest: damaged files, impossible bars. Gaps do not: they are facts. */
  readonly faults: readonly string[]
  /** Rows that came twice, from overlapping files, and were stored once. */
  readonly duplicates: number
  readonly unfinished: number
  readonly skippedRows: number
  /** Every row, and every file that cannot be read, that was left out at an import, with its reason. Most have no time, so no range can claim them. */
  readonly skipped: readonly BadRow[]
  /** Bars that a venue stated otherwise later: how many in all, and the newest of them. */
  readonly revisions: number
  readonly revised: readonly Revision[]
  /** Who said bars; imports are named in the manifest's sources. */
  readonly origins: readonly Origin[]
}

/**
 * Reads a whole series and its files again and says what is in it; nothing is changed.
 * @throws DataError that names the damaged files where they are too damaged to be read
 */
export async function certify(store: Store, series: Series): Promise<Check> {
  const manifest = await store.manifest(series)
  const faults = manifest === null ? [] : await damagedIn(store, series, manifest)
  const bars = await store.load(series, { isAsStored: true }).catch((error: Error) => {
    if (faults.length === 0) throw error
    throw new DataError(
      `${seriesName(series)} is broken: ${faults.join('; ')}. Restore it, or delete ${store.folder(series)} and import it again from its sources.`,
    )
  })
  const { rows, gaps, outages, skipped, duplicates, unfinished, holes, made } = manifest!
  const { revised = [], revisions = 0, origins = [] } = manifest!
  if (bars.length !== rows) faults.push(`${bars.length} bars are stored, the manifest says ${rows}`)
  faults.push(...impossibleBars(bars))
  const certificate = certifyBars(bars, outages, { made: made ?? [] })
  if (JSON.stringify(certificate.gaps) !== JSON.stringify(gaps))
    faults.push(`the gaps are not those in the manifest (${certificate.gaps.length} found, ${gaps.length} listed)`)
  // a coarser bar is made where a part of it is, and need not be flat
  if (!isResampled(manifest!)) faults.push(...madeOtherwise(bars, made ?? []))
  // those before the first and after the last bar too
  const known = { ...certificate, ...(holes !== undefined && { holes }) }
  return {
    ...{
      ...known,
      faults,
      duplicates,
      unfinished,
      skippedRows: skipped.filter(({ field }) => field !== WHOLE_FILE).length,
      skipped,
    },
    ...{ revisions, revised, origins },
  }
}

/** Of a store in a bucket what lies there is looked at, not what was brought here of it. */
async function damagedIn(store: Store, series: Series, manifest: SeriesManifest): Promise<string[]> {
  const folder = store.folder(series)!
  if (store.mirror === undefined || !folder.startsWith(store.dir)) return damagedFiles(manifest, folder)
  return [...(await store.mirror.damaged(series, manifest.files))]
}

function damagedFiles(manifest: SeriesManifest, folder: string): string[] {
  const faults: string[] = []
  for (const file of manifest.files) {
    const path = join(folder, file.file)
    if (!existsSync(path)) faults.push(`${file.file} is missing`)
    else if (sha256(readFileSync(path)) !== file.sha256)
      faults.push(`${file.file} is not what was written: its sha256 differs from the manifest`)
  }
  return faults
}

export function isBroken(check: Check): boolean {
  return check.faults.length > 0
}

/**
 * The certificate of a range of bars.
 * @param outages of the whole series, which only the import can know
 * @param collected what else only who brought the bars can know, of the whole series
 */
export function certifyBars(
  bars: Bars,
  outages: readonly number[],
  collected: Pick<SeriesManifest, 'holes' | 'made'> = {},
): Certificate {
  const { interval } = bars.series
  const last = bars.openTime[bars.length - 1]
  if (last === undefined) throw new DataError(`${seriesName(bars.series)} has no bars`)
  const from = bars.openTime[0]!
  const to = closeTimeOf(last, interval)
  const range = [{ start: from, end: to }]
  const made = joined(within(collected.made ?? [], range), interval, () => true)
  const holes = joinedHoles(within(collected.holes ?? [], range), interval)
  return {
    series: seriesName(bars.series),
    rows: bars.length,
    from,
    to,
    gaps: findGaps(bars.openTime, interval),
    zeroVolumeBars: zerosIn(bars.volume),
    flatRuns: flatRuns(bars),
    outliers: outliers(bars),
    outages: outages.filter((at) => at >= from && at < to),
    ...(made.length > 0 && { made }),
    ...(holes.length > 0 && { holes }),
  }
}

/** Bars that are marked as made and are not as such bars are made. */
function madeOtherwise(bars: Bars, made: readonly Gap[]): string[] {
  const isMade = liesIn(made)
  const faults: string[] = []
  for (let row = 0; row < bars.length && faults.length < 10; row++) {
    const { open, high, low, close, volume } = bars
    if (!isMade(bars.openTime[row]!)) continue
    const prices = [open[row], high[row], low[row], close[row]]
    if (volume[row] !== 0 || row === 0 || prices.some((price) => price !== close[row - 1]))
      faults.push(
        `bar ${new Date(bars.openTime[row]!).toISOString()} is marked as made and is not flat at the last close`,
      )
  }
  return faults
}

/** In a loop, as `reduce` calls a function a value: it takes three times as long. */
function zerosIn(values: Float64Array): number {
  let count = 0
  for (let row = 0; row < values.length; row++) if (values[row] === 0) count++
  return count
}

function flatRuns(bars: Bars): { start: number; bars: number }[] {
  const runs: { start: number; bars: number }[] = []
  let start = 0
  for (let row = 1; row <= bars.length; row++) {
    const goes =
      row < bars.length &&
      bars.high[row] === bars.low[row] &&
      bars.close[row] === bars.close[row - 1] &&
      bars.high[start] === bars.low[start]
    if (goes) continue
    if (row - start >= FLAT_RUN) runs.push({ start: bars.openTime[start]!, bars: row - start })
    start = row
  }
  return runs
}

function outliers(bars: Bars): { openTime: number; field: string; value: number; median: number }[] {
  const found: { openTime: number; field: string; value: number; median: number }[] = []
  for (let row = 1; row < bars.length; row++) {
    // the neighbours are only looked at where the bar itself jumps, which is rare
    const before = bars.close[row - 1]!
    const isQuiet = bars.high[row]! <= before * OUTLIER && bars.low[row]! * OUTLIER >= before
    if (isQuiet) continue
    const around = bars.close.slice(Math.max(0, row - AROUND), Math.min(bars.length, row + AROUND + 1)).sort()
    const median = around[around.length >> 1]!
    for (const field of ['high', 'low'] as const) {
      const value = bars[field][row]!
      if (value > median * OUTLIER || value * OUTLIER < median)
        found.push({ openTime: bars.openTime[row]!, field, value, median })
    }
  }
  return found
}

/** Bars that validation would never have let in: their presence means that a file was changed by hand. */
function impossibleBars(bars: Bars): string[] {
  const faults: string[] = []
  for (let row = 0; row < bars.length && faults.length < 10; row++) {
    const at = bars.openTime[row]!
    const [open, high, low, close] = [bars.open[row]!, bars.high[row]!, bars.low[row]!, bars.close[row]!]
    if (openTimeOf(at, bars.series.interval) !== at) faults.push(`bar ${new Date(at).toISOString()} is off the grid`)
    if (row > 0 && at <= bars.openTime[row - 1]!) faults.push(`bar ${new Date(at).toISOString()} is out of order`)
    if (!(low > 0 && low <= open && low <= close && high >= open && high >= close))
      faults.push(
        `bar ${new Date(at).toISOString()} is impossible: open ${open}, high ${high}, low ${low}, close ${close}`,
      )
  }
  return faults
}
