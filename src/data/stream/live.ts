import type { Series } from '../../core/series.ts'
import type { HoleCause, Revision } from '../collect/batch.ts'
import type { BarText } from '../venues/venue.ts'

/** One closed bar, the next of its series. */
export interface LiveBar {
  readonly kind: 'bar'
  readonly series: Series
  readonly bar: BarText
  /** Close of the mark price's bar, for perpetuals where the venue has it; decimal text. */
  readonly mark: string | null
  /** Heard live, or fetched because it was missed. */
  readonly from: 'stream' | 'rest'
}

/** What else a stream has to say; none of it passes as quiet. */
export type LiveEvent =
  | LiveBar
  /** Bars of [from, to) are missing and cannot be had. */
  | {
      readonly kind: 'hole'
      readonly series: Series
      readonly from: number
      readonly to: number
      readonly cause: HoleCause
      readonly why: string
    }
  /** A bar that was handed on has been stated otherwise since. */
  | { readonly kind: 'revised'; readonly series: Series; readonly revision: Revision; readonly bar: BarText }
  /**
   * A bar came later than it may; `by` ms after its close. `missed`: it came after its hole had been told, so that it is not handed on
   * as one of the series any more, and is told here.
   */
  | {
      readonly kind: 'late'
      readonly series: Series
      readonly openTime: number
      readonly by: number
      readonly missed: BarText | null
    }
  /** A feed says nothing for longer than it may: an alarm. Told once, and `heard` when it speaks again. */
  | { readonly kind: 'silent'; readonly series: Series; readonly since: number; readonly allowed: number }
  | { readonly kind: 'heard'; readonly series: Series; readonly after: number }
  /** A series that cannot be streamed any more: no such market, a firewall, the law. The others go on. */
  | { readonly kind: 'ended'; readonly series: Series; readonly why: string }
  | { readonly kind: 'disconnected'; readonly venue: Series['venue']; readonly why: string }
  /** Our clock is off, told once: the venue's is `ahead` ms ahead of it, or behind where that is negative. Bars are judged by the venue's. */
  | { readonly kind: 'clock'; readonly venue: Series['venue']; readonly ahead: number }
  | { readonly kind: 'connected'; readonly venue: Series['venue'] }

/**
 * Closed bars of several series, whatever their venues: each series strictly in the order of time, none twice, none missing without a
 * `hole`; what was missed while a connection was down comes by REST before the next live bar. A paper trader's feed is this.
 */
export interface LiveStream extends AsyncIterable<LiveEvent> {
  /** Events that wait for a slow consumer. None of them is dropped. */
  readonly waiting: number
  /** Ends every connection; the iteration then ends. */
  close(): Promise<void>
}
