import { intervalMs } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import type { BarText } from '../venues/venue.ts'
import type { LiveEvent } from './live.ts'
import type { StreamClock } from './stream-clock.ts'

interface WatchOptions {
  readonly series: Series
  readonly clock: StreamClock
  /** ms that are added to the interval. */
  readonly silence: number
  /** The feed says something of every bar: silence needs no other proof. */
  readonly isNeverQuiet: boolean
  tell(event: LiveEvent): void
}

/**
 * Tells a feed that does not speak from a market in which nothing happens: the one is an alarm, the other is not. Where empty bars are
 * passed over in silence, REST is the witness: a bar with trades that the feed knew nothing of, or no answer at all.
 */
export class SilenceWatch {
  readonly #options: WatchOptions
  readonly #allowed: number
  isUp = false
  /** Since when the feed is up: what closed before was missed, not late. */
  since: number
  #heardAt: number
  /** The same by a clock of ours. */
  #heardHere: number
  /** The newest bar that the feed spoke of. */
  #heardOpen = Number.NEGATIVE_INFINITY
  #isProven = false
  #isTold = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#allowed = intervalMs(options.series.interval) + options.silence
    this.since = this.#heardAt = options.clock.now()
    this.#heardHere = this.#here()
  }

  connected(): void {
    this.isUp = true
    this.since = this.#options.clock.now()
  }

  disconnected(): void {
    this.isUp = false
  }

  /** @returns whether an alarm ended with it */
  heard(openTime?: number): boolean {
    const { clock, series, tell } = this.#options
    const now = clock.now()
    const wasTold = this.#isTold
    if (wasTold) tell({ kind: 'heard', series, after: now - this.#heardAt })
    this.#heardAt = now
    this.#heardHere = this.#here()
    this.#isTold = this.#isProven = false
    if (openTime !== undefined && openTime > this.#heardOpen) this.#heardOpen = openTime
    return wasTold
  }

  /** REST has a bar: were there trades in it, while the feed was up, that the feed knew nothing of? */
  witness({ openTime, volume }: BarText): void {
    if (openTime > this.#heardOpen && openTime >= this.since && !/^[0.]*$/.test(volume)) this.#isProven = true
  }

  /** REST cannot be asked, or has not got what it must have. */
  suspect(): void {
    this.#isProven = true
  }

  /** @returns when to look again, UTC ms; `null` where only what is heard or witnessed changes anything */
  check(): number | null {
    if (this.#isTold) return null
    const { clock, silence, isNeverQuiet, series, tell } = this.#options
    const now = clock.now()
    // a market that goes faster than time does here is heard of now and then, and has gone on by hours in between: only what lasts
    // by our own clock, too, is silence
    const left = Math.max(this.#heardAt + this.#allowed - now, this.#heardHere + silence - this.#here())
    if (left > 0) return now + left
    if (!isNeverQuiet && this.isUp && !this.#isProven) return null
    this.#isTold = true
    tell({ kind: 'silent', series, since: this.#heardAt, allowed: this.#allowed })
    return null
  }

  #here(): number {
    const { clock } = this.#options
    return clock.here?.() ?? clock.now()
  }
}
