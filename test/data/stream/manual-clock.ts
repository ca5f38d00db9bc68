import type { StreamClock } from '../../../src/data/stream/stream-clock.ts'

/** A clock that stands still until it is moved; whatever is due on the way is done in its order, with what follows from it. */
export class ManualClock implements StreamClock {
  #now: number
  #count = 0
  readonly #timers = new Map<number, { readonly at: number; readonly act: () => void }>()

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, act: () => void): () => void {
    const id = this.#count++
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), act })
    return () => this.#timers.delete(id)
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size
  }

  async moveTo(time: number): Promise<void> {
    await settled()
    for (;;) {
      const [first] = [...this.#timers]
        .filter(([, { at }]) => at <= time)
        .sort((a, b) => a[1].at - b[1].at || a[0] - b[0])
      if (first === undefined) break
      const [id, { at, act }] = first
      this.#timers.delete(id)
      this.#now = Math.max(this.#now, at)
      act()
      await settled()
    }
    this.#now = time
    await settled()
  }
}

/** Everything that only waits for promises that are kept already. */
async function settled(): Promise<void> {
  for (let k = 0; k < 60; k++) await Promise.resolve()
}
