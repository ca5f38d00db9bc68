import type { Series } from '../../core/series.ts'
import type { Stretch } from '../collect/batch.ts'
import type { LiveEvent } from './live.ts'
import type { Patience } from './patience.ts'
import type { RestSide } from './rest-side.ts'
import type { StreamClock } from './stream-clock.ts'
import type { VenueClock } from './venue-clock.ts'

/** What one series of a stream needs to know, and whom it tells. */
export interface LineOptions {
  readonly series: Series
  /** Open time of the bar that comes first. */
  readonly first: number
  /** For waits. */
  readonly clock: StreamClock
  /** For bars: whether one has ended the venue knows. */
  readonly venueClock: VenueClock
  readonly patience: Patience
  readonly ask: RestSide['ask']
  /** Closes of the mark price by open time, where the venue has them. */
  readonly marks: ((stretch: Stretch) => Promise<ReadonlyMap<number, string>>) | null
  /** Who answers, for the record. */
  readonly origin: string
  /** Empty buckets are left out by the venue. */
  readonly omitsEmpty: boolean
  /** Only so many of the newest bars can be had. */
  readonly horizon: number | null
  /** Somebody streams it. */
  readonly isStreamed: boolean
  /** Whoever streams it is never quiet for longer than a bar. */
  readonly isNeverQuiet: boolean
  readonly signal: AbortSignal
  tell(event: LiveEvent): void
  /** Resolves when more may be told. */
  room(): Promise<void>
  fail(error: unknown): void
}
