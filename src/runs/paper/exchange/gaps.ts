import { gapNote, gapOf } from '../foreign-trade.ts'
import type { BrokerHost, BrokerNote } from '../paper-broker.ts'

/** What an account holds beyond what the session's own trades say: into the journal whenever it changes, so that parity knows of it. */
export class Gaps {
  readonly #host: BrokerHost
  readonly #known = new Map<string, string>()

  constructor(host: BrokerHost) {
    this.#host = host
  }

  restore(notes: readonly BrokerNote[]): void {
    for (const note of notes) {
      const gap = gapOf(note)
      if (gap !== null) this.#known.set(gap.of, gap.off)
    }
  }

  /** @param of a symbol, or `''` for the wallet */
  async note(of: string, off: string): Promise<void> {
    if ((this.#known.get(of) ?? '0') === off) return
    this.#known.set(of, off)
    await this.#host.note(gapNote({ of, off }))
  }
}
