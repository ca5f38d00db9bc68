import type { StreamClock } from './stream-clock.ts'

/** A clock that is off by less is not worth a word, ms: what a venue says takes its time to get here. */
const OFF = 5_000
/** One word in so many ms has come quickly. */
const WINDOW = 60_000
/** Of a venue that does not say what time it is, ours may be behind by so much, ms. */
const UNHEARD = 3_600_000

/** What time it is at a venue: by its own words where it says so, since ours may be wrong; else by ours. */
export class VenueClock {
  readonly #clock: StreamClock
  readonly #onOff: (ahead: number) => void
  /** The venue is ahead of us by so much. */
  #ahead = 0
  #isHeard = false
  #isTold = false
  /** The most that it was ahead by in this window: words are late, never early. */
  #most = Number.NEGATIVE_INFINITY
  #since = 0

  /** @param onOff hears once that our clock is off, and by how many ms the venue's is ahead of it */
  constructor(clock: StreamClock, onOff: (ahead: number) => void) {
    this.#clock = clock
    this.#onOff = onOff
  }

  now(): number {
    return this.#clock.now() + this.#ahead
  }

  /** Whether a bar may have begun there. */
  hasBegun(openTime: number): boolean {
    return openTime <= this.now() + (this.#isHeard ? 0 : UNHEARD)
  }

  /** The venue said what time it was. */
  heard(at: number): void {
    const now = this.#clock.now()
    if (!this.#isHeard) this.#since = now
    this.#isHeard = true
    const ahead = at - now
    this.#most = Math.max(this.#most, ahead)
    if (ahead >= OFF && ahead > this.#ahead) this.#set(ahead)
    if (now >= this.#since && now < this.#since + WINDOW) return
    // only now it is sure that a venue which seems behind is, rather than its words late
    this.#set(Math.abs(this.#most) >= OFF ? this.#most : 0)
    this.#most = Number.NEGATIVE_INFINITY
    this.#since = now
  }

  #set(ahead: number): void {
    this.#ahead = ahead
    if (ahead === 0 || this.#isTold) return
    this.#isTold = true
    this.#onOff(ahead)
  }
}
