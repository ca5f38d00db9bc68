import type { SessionEvent } from './session-event.ts'

/** Who is told of a session; what is said before it runs waits for the first. */
export class SessionListeners {
  readonly #all = new Set<(event: SessionEvent) => void>()
  /** `null` from the first listener on. */
  #early: SessionEvent[] | null = []
  #runs = false

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** @returns what ends it */
  add(listener: (event: SessionEvent) => void): () => void {
    this.#all.add(listener)
    const early = this.#early ?? []
    this.#early = null
    for (const event of early) listener(event)
    return () => this.#all.delete(listener)
  }

  tell(event: SessionEvent): void {
    if (!this.#runs && event.type !== 'timing') this.#early?.push(event)
    for (const listener of this.#all) listener(event)
  }

  /** What happens before that is little; where nobody ever listens it must not grow. */
  started(): void {
    this.#runs = true
  }
}
