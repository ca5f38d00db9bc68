import { createHmac } from 'node:crypto'

/** The one key of an account's user-data stream: it lives for an hour after it was last asked for. */
export class ListenKeys {
  readonly #secret: string
  readonly #life: number
  #count = 0
  #key: string | null = null
  #until = 0

  constructor(secret: string, minutes: number) {
    this.#secret = secret
    this.#life = minutes * 60_000
  }

  /** The key that is alive, or `null`. */
  get active(): string | null {
    return this.#key
  }

  /** The same key while it lives, extended; else a new one. */
  create(at: number): string {
    if (this.#key === null) {
      this.#key = createHmac('sha256', this.#secret)
        .update(`listenKey ${++this.#count}`)
        .digest('hex')
    }
    this.#until = at + this.#life
    return this.#key
  }

  /** @returns whether there was one to extend */
  extend(at: number): boolean {
    if (this.#key === null) return false
    this.#until = at + this.#life
    return true
  }

  /** @returns the key that died */
  close(): string | null {
    const key = this.#key
    this.#key = null
    return key
  }

  /** @returns the key that has run out by now, which is dead from here on */
  expired(at: number): string | null {
    return this.#key !== null && at >= this.#until ? this.close() : null
  }
}
