import type { Venue } from '../../core/series.ts'
import type { Wait } from '../http/venue-error.ts'
import type { HttpOptions } from '../http/venue-http.ts'
import type { Origins } from '../venues/origins.ts'
import type { Hole, Revision } from './batch.ts'
import type { RulesGot } from './get-rules.ts'
import type { ApiKey } from './signed-ask.ts'

export interface GetRange {
  /** Open time of the first bar, UTC ms; where absent a series goes on where it is stored from. */
  readonly from?: number
  /** Exclusive; the last bar that has ended where absent, or where it lies in the future. */
  readonly to?: number
}

export interface GetOptions extends Pick<HttpOptions, 'clock' | 'signal' | 'patience' | 'isUnlimited' | 'pauses'> {
  readonly origins?: Origins
  /** Whether Binance's archive is asked first; by itself where more than a month of minutes is missing. */
  readonly archive?: boolean
  /** Makes bars for what is missing between others: flat at the last close, without volume, marked. */
  readonly fill?: 'flat'
  /** Leaves out the rules, the funding, the tiers and the mark prices that belong to the series. */
  readonly isBarsOnly?: boolean
  /** Holes that nobody could explain are not asked for once more. */
  readonly isUpdate?: boolean
  readonly key?: ApiKey | null
  readonly onWait?: (wait: Wait) => void
  /** Buckets of all series that have been asked for, of those missing. */
  readonly onProgress?: (done: number, total: number) => void
}

/** What became of one series. */
export interface SeriesGot {
  readonly series: string
  /** What was asked for. */
  readonly from: number
  readonly to: number
  readonly added: number
  readonly made: number
  readonly revised: readonly Revision[]
  /** What is missing of the range, and why. */
  readonly holes: readonly Hole[]
  /** What is stored now; `null`: nothing. */
  readonly stored: { readonly rows: number; readonly from: number; readonly to: number } | null
  /** Answers of the venue; files of its archive are counted beside. */
  readonly requests: number
  /** Files of bars that came from the archive; `error`: why it was given up, so that the venue itself was asked for all of its bars. */
  readonly archive: { readonly files: number; readonly error: string | null }
  /** ms that the venue was waited for. */
  readonly waited: number
  /** Why not all of it could be had. */
  readonly error: string | null
  readonly isStopped: boolean
  /** Whether it might have been had by who waits longer. */
  readonly isImpatient: boolean
}

/** Rules and the like of one venue. */
export interface VenueRulesGot {
  readonly venue: Venue
  readonly markets: readonly RulesGot[]
  readonly error: string | null
}
