import { seededRandom } from '../core/random.ts'
import type { Outbox } from './server.ts'
import type { UserEvent, UserSink } from './wire.ts'

/**
 * Events of the account on their way out. Binance promises no order between the answer to a request and the events that it causes: which
 * of them go ahead is drawn, the same way for the same seed.
 */
export class EventOutbox implements Outbox {
  readonly #send: UserSink
  readonly #random: () => number
  #held: [string, UserEvent][] | null = null

  constructor(send: UserSink, seed: number) {
    this.#send = send
    this.#random = seededRandom(seed)
  }

  readonly sink: UserSink = (listenKey, event) => {
    if (this.#held === null) this.#send(listenKey, event)
    else this.#held.push([listenKey, event])
  }

  isFirst(faults: readonly { readonly kind: string }[]): boolean {
    if (faults.some(({ kind }) => kind === 'events-first')) return true
    if (faults.some(({ kind }) => kind === 'events-last')) return false
    return this.#random() < 0.5
  }

  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const [listenKey, event] of held) this.#send(listenKey, event)
  }
}
