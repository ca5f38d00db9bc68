import type { RunEvent } from '../core/event.ts'
import type { EngineResult } from '../core/run.ts'

/** What happened in a run, in order, and how many orders passed, and how many did not, by what refused them. */
export class EventLog {
  readonly events: RunEvent[] = []
  readonly #isKept: boolean
  readonly #rejectedBy: Record<string, number> = {}
  #accepted = 0
  #cut = 0
  #rejected = 0

  /** @param isKept whether events are kept, or only counted */
  constructor(isKept: boolean) {
    this.#isKept = isKept
  }

  add(event: RunEvent): void {
    if (this.#isKept) this.events.push(event)
    if (event.type === 'accepted') this.#accepted++
    else if (event.type === 'cut') this.#cut++
    else if (event.type === 'rejected') {
      this.#rejected++
      this.#rejectedBy[event.reason] = (this.#rejectedBy[event.reason] ?? 0) + 1
    }
  }

  get counts(): Pick<EngineResult, 'accepted' | 'cut' | 'rejected' | 'rejectedBy'> {
    return { accepted: this.#accepted, cut: this.#cut, rejected: this.#rejected, rejectedBy: this.#rejectedBy }
  }
}
