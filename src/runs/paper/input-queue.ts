import type { Journal } from './journal.ts'
import type { JournalRecord } from './session-record.ts'
import type { SessionState, Taken } from './session-state.ts'
import type { Timings } from './timings.ts'

interface Waiting {
  readonly record: JournalRecord
  /** When what it says was heard, by `performance.now()`. */
  readonly heard: number
  readonly taken: PromiseWithResolvers<Taken>
}

/**
 * The one way in: a record is in the journal and on the disk before it acts, and records act in the order in which they are written.
 * Those that come while the disk is at work share the next fsync.
 */
export class InputQueue {
  readonly #journal: Journal
  readonly #state: SessionState
  readonly #timings: Timings
  readonly #onTaken: (record: JournalRecord, taken: Taken) => void
  #waiting: Waiting[] = []
  #isPumping = false
  #fault: unknown = null
  #drained: PromiseWithResolvers<void> | null = null

  /** @param onTaken hears of each record right after it has acted, in order: what it wishes to be sent goes out from there */
  constructor(
    journal: Journal,
    state: SessionState,
    timings: Timings,
    onTaken: (record: JournalRecord, taken: Taken) => void,
  ) {
    this.#journal = journal
    this.#state = state
    this.#timings = timings
    this.#onTaken = onTaken
  }

  /** Records that have not acted yet. */
  get length(): number {
    return this.#waiting.length
  }

  /**
   * Resolves when it has acted.
   * @throws DataError where it could not be written, and StrategyError where the strategy failed: nothing acts any more then
   */
  put(record: JournalRecord, heard = performance.now()): Promise<Taken> {
    const taken = Promise.withResolvers<Taken>()
    // who does not wait hears of it by `idle`; a rejection that nobody hears would end the process where it stands
    taken.promise.catch(() => undefined)
    try {
      this.throwIfFailed()
      this.#journal.write(record)
    } catch (error) {
      this.#fail(error)
      taken.reject(error)
      return taken.promise
    }
    this.#waiting.push({ record, heard, taken })
    if (!this.#isPumping) void this.#pump()
    return taken.promise
  }

  /** @throws what `put` has rejected with: nothing acts any more since then */
  throwIfFailed(): void {
    if (this.#fault !== null) throw this.#fault
  }

  /** Resolves when all that has been put by now has acted; what is put meanwhile is not waited for. */
  async passed(): Promise<void> {
    this.throwIfFailed()
    await this.#waiting.at(-1)?.taken.promise
  }

  /** Resolves when all that was put has acted. */
  async idle(): Promise<void> {
    this.throwIfFailed()
    if (this.#waiting.length === 0) return
    this.#drained ??= Promise.withResolvers<void>()
    await this.#drained.promise
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    try {
      while (this.#waiting.length > 0) {
        // what is put in this very turn of the loop shares the fsync
        await null
        const count = this.#waiting.length
        await this.#journal.flush()
        const durable = performance.now()
        for (const one of this.#waiting.slice(0, count)) this.#act(one, durable)
        this.#waiting = this.#waiting.slice(count)
      }
      this.#drained?.resolve()
    } catch (error) {
      this.#fail(error)
    }
    this.#drained = null
    this.#isPumping = false
  }

  #act({ record, heard, taken }: Waiting, durable: number): void {
    const isBars = record.kind === 'bars'
    const begun = performance.now()
    const said = this.#state.take(record)
    const decided = performance.now()
    this.#onTaken(record, said)
    if (isBars) {
      const sent = performance.now()
      this.#timings.note('journal', durable - heard)
      this.#timings.note('engine', decided - begun)
      this.#timings.note('decision', decided - heard)
      if (said.events.some(({ type }) => WISHES.includes(type))) {
        this.#timings.note('order', sent - decided)
        this.#timings.note('total', sent - heard)
      }
    }
    taken.resolve(said)
  }

  #fail(error: unknown): void {
    this.#fault = error
    for (const { taken } of this.#waiting) taken.reject(error)
    this.#waiting = []
    this.#drained?.promise.catch(() => undefined)
    this.#drained?.reject(error)
  }
}

/** Events that a broker acts on. */
const WISHES: readonly string[] = ['accepted', 'cancelled', 'amended']
