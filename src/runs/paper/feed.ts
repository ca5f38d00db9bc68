/** What a session is fed with, whether bars are replayed or come from the venues as they close. */
export type PaperFeed = AsyncIterable<FeedEvent> & {
  /** Ends the iteration, and what lies behind it. */
  close(): Promise<void>
}

export type FeedEvent = FeedInstant | FeedRemark

/** A bar of an instrument, by its place among those of the session. */
export interface FeedBar {
  readonly slot: number
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  /** Of a perpetual, where the mark price is known. */
  readonly mark?: FeedMark | null
}

interface FeedMark {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

/** A rate that was charged; `mark` is the mark price of its time where that is known. */
export interface FeedFunding {
  readonly slot: number
  readonly time: number
  readonly rate: number
  readonly mark: number | null
}

/** All bars that close at an instant, and the funding that fell due before. */
interface FeedInstant {
  readonly kind: 'instant'
  /** UTC ms. */
  readonly at: number
  readonly funding: readonly FeedFunding[]
  readonly bars: readonly FeedBar[]
  /**
   * `late`: the next bars have closed already, since the session was down or its connection was. Where orders meet bars nothing is lost
   * by that: what a bar decides and what the next one fills is the same an hour later. At an exchange it is not, since its
   * prices have moved on: there nothing is opened on such bars.
   */
  readonly how: 'replay' | 'live' | 'late'
  /** When the first of them was heard, by `performance.now()`. */
  readonly heard: number
}

/** What is no bar to act on; none of it passes as quiet. */
export type FeedRemark =
  /** A bar that came after its instant had been handed on without it: it is kept, and never applied. */
  | { readonly kind: 'late'; readonly bar: FeedBar; readonly at: number; readonly by: number }
  /** A bar that was handed on has been stated otherwise since. */
  | {
      readonly kind: 'revised'
      readonly bar: FeedBar
      readonly field: string
      readonly was: string
      readonly is: string
    }
  /** The venue has no bars of [from, to). */
  | { readonly kind: 'hole'; readonly slot: number; readonly from: number; readonly to: number; readonly why: string }
  /** An instant was handed on without the bar of an instrument, which had not come within the grace. */
  | { readonly kind: 'passed'; readonly slot: number; readonly at: number; readonly waited: number }
  | { readonly kind: 'silent'; readonly slot: number; readonly since: number; readonly allowed: number }
  | { readonly kind: 'heard'; readonly slot: number; readonly after: number }
  | { readonly kind: 'ended'; readonly slot: number; readonly why: string }
  | { readonly kind: 'disconnected'; readonly venue: string; readonly why: string }
  | { readonly kind: 'connected'; readonly venue: string }
  /** The venue's clock is `ahead` ms ahead of ours. */
  | { readonly kind: 'clock'; readonly venue: string; readonly ahead: number }
  /** The funding of a time could not be had before the bars after it. */
  | { readonly kind: 'no-funding'; readonly slot: number; readonly time: number; readonly why: string }
