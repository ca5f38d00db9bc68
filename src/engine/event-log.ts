import { emptyList } from '../core/empty-list.ts'
import type { RunEvent } from '../core/event.ts'
import type { EngineResult } from '../core/run.ts'
import type { Slot } from './slot.ts'

/** Where all that happens in a run is told: kept in order, counted, and shown to the instruments that it concerns. */
export class EventLog {
  readonly events: RunEvent[] = emptyList()
  /** Whether an instrument has events that its next call has to show. */
  hasNews = false
  readonly #isKept: boolean
  readonly #isTogether: boolean
  readonly #rejectedBy: Record<string, number> = {}
  #accepted = 0
  #cut = 0
  #rejected = 0

  /**
   * @param isKept whether events are kept, or only counted
   * @param isTogether whether the strategy is asked about all instruments at once, too
   */
  constructor(isKept: boolean, isTogether: boolean) {
    this.#isKept = isKept
    this.#isTogether = isTogether
  }

  /** @param slot the instrument that it concerns; `null` where it concerns none */
  record(slot: Slot | null, event: RunEvent): void {
    this.#add(event)
    if (slot !== null) this.#show(slot, event)
  }

  /** What concerns the account is news for every instrument. */
  recordForAll(slots: readonly Slot[], event: RunEvent): void {
    this.#add(event)
    for (const slot of slots) this.#show(slot, event)
  }

  get counts(): Pick<EngineResult, 'accepted' | 'cut' | 'rejected' | 'rejectedBy'> {
    return { accepted: this.#accepted, cut: this.#cut, rejected: this.#rejected, rejectedBy: this.#rejectedBy }
  }

  #add(event: RunEvent): void {
    this.hasNews = true
    if (this.#isKept) this.events.push(event)
    if (event.type === 'accepted') this.#accepted++
    else if (event.type === 'cut') this.#cut++
    else if (event.type === 'rejected') {
      this.#rejected++
      this.#rejectedBy[event.reason] = (this.#rejectedBy[event.reason] ?? 0) + 1
    }
  }

  #show(slot: Slot, event: RunEvent): void {
    slot.note(event)
    if (this.#isTogether) slot.noteTogether(event)
  }
}
