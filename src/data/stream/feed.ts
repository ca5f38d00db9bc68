import type { Series } from '../../core/series.ts'
import type { BarText } from '../venues/venue.ts'
import type { StreamClock } from './stream-clock.ts'

/** What a connection tells, in the order in which it heard it. Nothing of it is trusted to be whole, single or in order. */
export interface FeedListener {
  /**
   * A bar as the venue has it now.
   * @param isClosed nothing is traded in it any more; a bar that is still open only shows that the feed speaks
   * @param mark the mark price at its close, decimal text; `null` where none was heard
   */
  bar(series: Series, bar: BarText, isClosed: boolean, mark: string | null): void
  /** A bar that was said to have closed is not whole: a trade of it was told afterwards. */
  doubted(series: Series, openTime: number): void
  /** What time it was at the venue when it spoke, UTC ms, by its own clock. */
  time(at: number): void
  /** A sign of life of a series that says nothing about bars. */
  alive(series: Series): void
  connected(): void
  disconnected(why: string): void
  /** It cannot go on, whatever is waited for. */
  failed(error: unknown): void
}

/** One connection to a venue, which connects again by itself for as long as it is not closed. */
export interface Feed {
  close(): Promise<void>
}

/** How a venue's feed behaves. */
export interface FeedKind {
  /** The venue says something of every bar, also of one in which nothing was traded: silence longer than a bar is a fault. */
  readonly isNeverQuiet: boolean
  /** Its messages say what time it is there (`listener.time`); of others REST is asked for it. */
  readonly hasClock: boolean
  /** How series are spread over connections. */
  split(series: readonly Series[]): readonly (readonly Series[])[]
  open(series: readonly Series[], listener: FeedListener, options: FeedOptions): Promise<Feed>
}

export interface FeedOptions {
  readonly clock: StreamClock
  /** Where the venue streams, instead of its own address: a mirror, or a test's server. */
  readonly origin?: string
  /** Where its REST interface is, for clients that ask it first. */
  readonly restOrigin?: string
  /** ms between a lost connection and the next attempt. */
  readonly pause: number
  /** ms between two pings, instead of the client library's own. */
  readonly heartbeat?: number
}
