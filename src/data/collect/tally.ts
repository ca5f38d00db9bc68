import type { Wait } from '../http/venue-error.ts'
import type { VenueHttp } from '../venues/venue.ts'

/** Who asked how often, and waited how long. */
export class Tally {
  requests = 0
  readonly #clock: () => number
  #told = 0
  #until = 0

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** ms until now: a wait may have been cut short. */
  get waited(): number {
    return this.#told - Math.max(0, this.#until - this.#clock())
  }

  /** Waits of requests side by side are one. */
  wait({ for: ms }: Wait): void {
    const now = this.#clock()
    this.#told += Math.max(0, now + ms - Math.max(now, this.#until))
    this.#until = Math.max(this.#until, now + ms)
  }

  counted(http: VenueHttp): VenueHttp {
    return {
      api: http.api,
      get: (ask, check, signal) => {
        const counting: typeof check = (answer) => {
          this.requests++
          return check(answer)
        }
        return http.get(ask, counting, signal)
      },
    }
  }
}
