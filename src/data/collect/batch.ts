import type { Interval } from '../../core/interval.ts'
import type { SeriesManifest } from '../manifest.ts'
import type { BadRow, RowBuffer } from '../rows.ts'
import type { Hole, Revision } from './hole.ts'

export { HOLE_CAUSES, type Hole, type HoleCause, type Revision } from './hole.ts'

/** Bars from a venue on their way into the store. */
export interface BarBatch {
  /** Rows with open times on the grid, in any order; none unfinished. Repeats of one time must state the same. */
  readonly rows: RowBuffer
  /** Whether the rows are given away: what is stored may be put behind them. A copy is made otherwise. */
  readonly isGiven?: boolean
  /** Who said so: a host such as `api.binance.com`, or an archive's file. */
  readonly origin: string
  /** Wall clock, UTC ms. */
  readonly at: number
  /** Whether whoever read them has left out the rows that cannot be; looked for otherwise. */
  readonly isJudged?: boolean
  /** When a stream heard each row: the older word gives way to what is stored, and is listed among `skipped`. */
  readonly heard?: readonly number[]
  /** An archive file's name and hash, so that it is not fetched again, and noticed when it is another. */
  readonly source?: { readonly name: string; readonly sha256: string; readonly rows: number }
  /** Rows of the source that could not be stored: off the grid, or no bars. */
  readonly skipped?: readonly BadRow[]
  /** What has been found out about missing bars within [from, to): replaces what was known of that stretch. */
  readonly asked?: { readonly from: number; readonly to: number; readonly holes: readonly Hole[] }
  /** Makes the bars of these stretches (`--fill flat`): flat at the last close, without volume, and marked. */
  readonly fill?: readonly { readonly start: number; readonly end: number }[]
}

/** What became of a batch. */
export interface Stored {
  readonly added: number
  /** Rows that said what was stored. */
  readonly known: number
  readonly revised: readonly Revision[]
  /** Bars made for holes. */
  readonly made: number
  readonly manifest: SeriesManifest
}

/** A stretch of open times, [from, to), UTC ms. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Rows are put into the store in portions of about this many, so that memory stays flat and a kill loses little. */
export const PORTION_ROWS = 50_000

/** Where a stretch of the grid must be cut so that no portion has more rows, at the beginnings of months (UTC) where possible. */
export type CutStretch = (stretch: Stretch, interval: Interval) => readonly Stretch[]
