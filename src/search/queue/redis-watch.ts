interface Watched {
  readonly name: string
  /** A shorter absence is nothing to speak of, ms. */
  readonly silent: number
  /** How long it may be away, ms. */
  readonly patience: number
  readonly say: (line: string) => void
  readonly onLost: (error: Error) => void
}

const TICK_MS = 250

/** Notices that Redis has gone away: says so, says when it is back, and gives up after a while. */
export class RedisWatch {
  readonly #watched: Watched
  readonly #timer: NodeJS.Timeout
  #away = 0
  #last = performance.now()
  #isSaid = false
  #backAt = Number.NEGATIVE_INFINITY

  constructor(watched: Watched) {
    this.#watched = watched
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Redis has answered. */
  answered(): void {
    if (this.#away > this.#watched.silent) this.#backAt = performance.now()
    this.#away = 0
    if (!this.#isSaid) return
    this.#isSaid = false
    this.#watched.say(`Redis at ${this.#watched.name} is back; going on`)
  }

  /** Whether Redis has been away within so many ms: locks may have run out meanwhile. */
  wasAwayWithin(ms: number): boolean {
    return this.#away > this.#watched.silent || performance.now() - this.#backAt < ms
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const now = performance.now()
    // a process that was frozen itself has no right to complain of silence
    this.#away += Math.min(now - this.#last, 4 * TICK_MS)
    this.#last = now
    const { name, silent, patience, say, onLost } = this.#watched
    const seconds = Math.round(patience / 1000)
    if (this.#away > silent && !this.#isSaid) {
      this.#isSaid = true
      say(`Redis at ${name} does not answer; waiting for it, ${seconds} s at most`)
    }
    if (this.#away <= patience) return
    this.end()
    onLost(new Error(`Redis at ${name} has been away for ${seconds} s: giving up`))
  }
}
