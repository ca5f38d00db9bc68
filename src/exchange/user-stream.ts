import type { ListenKeys } from './listen-keys.ts'
import type { MarketNow, UserEvent, UserSink } from './wire.ts'

/** Sends the account's events to whoever holds its listenKey, each with a time of its own. */
export class UserStream {
  readonly #keys: ListenKeys
  readonly #market: MarketNow
  readonly #sink: UserSink
  #last = 0
  /** What is to be said once it is known whether it holds. */
  #held: UserEvent[] | null = null

  constructor(keys: ListenKeys, market: MarketNow, sink: UserSink) {
    this.#keys = keys
    this.#market = market
    this.#sink = sink
  }

  /** Whether anybody holds the key: what nobody hears need not be put into words. */
  get isHeard(): boolean {
    return this.#keys.active !== null
  }

  send(event: { readonly e: string; readonly [field: string]: unknown }): void {
    const key = this.#keys.active
    if (key === null) return
    const stamped = this.#stamp({ ...event, T: this.#market.now() })
    if (this.#held === null) this.#sink(key, stamped)
    else this.#held.push(stamped)
  }

  /** What is said meanwhile is said after it, and never where it throws. */
  together(act: () => void): void {
    const held: UserEvent[] = []
    this.#held = held
    try {
      act()
    } finally {
      this.#held = null
    }
    const key = this.#keys.active
    if (key !== null) for (const event of held) this.#sink(key, event)
  }

  /** The key itself has ended. */
  expire(listenKey: string): void {
    this.#sink(listenKey, this.#stamp({ e: 'listenKeyExpired', listenKey }))
  }

  #stamp(event: { readonly e: string; readonly [field: string]: unknown }): UserEvent {
    this.#last = Math.max(this.#market.now(), this.#last + 1)
    return { ...event, E: this.#last }
  }
}
