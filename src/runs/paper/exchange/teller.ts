import type { Told } from '../../../core/told.ts'
import type { BrokerHost, BrokerNote } from '../paper-broker.ts'

type Counted = Extract<Told, { kind: 'fill' | 'funding' | 'triggered' }>

/**
 * Tells the engine of everything once. What the exchange says comes twice (on overlapping connections, in a poll, after a restart), so
 * each has a key; a note with the key is on the disk before the engine is told. A kill between the two is found by counting: what
 * has been noted of one order, and the engine has not had, is the end of the list.
 */
export class Teller {
  readonly #host: BrokerHost
  readonly #seen = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(host: BrokerHost) {
    this.#host = host
  }

  has(key: string): boolean {
    return this.#seen.has(key)
  }

  /** Takes as told what there was before the session. */
  skip(keys: readonly string[]): void {
    for (const key of keys) this.#seen.add(key)
  }

  /** @returns whether it was news. `extra` goes into the note. */
  tell(key: string, told: Counted, extra: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.#seen.has(key)) return false
      const why = this.#host.run.whyNot(told)
      if (why !== null) return this.#cannot(key, told, why)
      await this.#host.note({ kind: 'broker', note: 'told', key, told, ...extra })
      this.#seen.add(key)
      await this.#host.tell(told)
      return true
    })
  }

  /** Notes what the engine is not told of; once. */
  keep(key: string, note: BrokerNote): Promise<void> {
    return this.inTurn(async () => {
      if (this.#seen.has(key)) return
      await this.#host.note(note)
      this.#seen.add(key)
    })
  }

  /** A note of it would be told again at every start. */
  async #cannot(key: string, { kind, symbol }: Counted, why: string): Promise<false> {
    this.#seen.add(key)
    const text = `the exchange tells of a ${kind} that the session cannot take into its books, so nothing is opened any more: ${why}`
    this.#host.alarm({ at: this.#host.now(), kind: 'not-taken', severity: 'critical', text, facts: { symbol, key } })
    await this.#host.halt(text)
    return false
  }

  /** One after the other, so that what is noted of an order is in the order in which the engine has it. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work)
    this.#last = next.catch(() => undefined)
    return next
  }

  /** After a restart: what was noted and not taken is told again. */
  async restore(): Promise<void> {
    const had = new Map<string, number>()
    for (const event of this.#host.run.events) {
      if (event.type !== 'fill' && event.type !== 'funding' && event.type !== 'triggered') continue
      const of = event.type === 'fill' ? event.fill : event
      const list = listOf(
        event.type,
        of.symbol,
        event.type === 'fill' ? event.fill.order : 'id' in event ? event.id : '',
      )
      had.set(list, (had.get(list) ?? 0) + 1)
    }
    for (const note of [...this.#host.notes]) {
      if (note.note === 'foreign') this.#seen.add(String(note['key']))
      if (note.note !== 'told') continue
      const told = note['told'] as Counted
      this.#seen.add(String(note['key']))
      const list = listOf(told.kind, told.symbol, told.kind === 'funding' ? '' : told.order)
      const left = had.get(list) ?? 0
      if (left > 0) had.set(list, left - 1)
      else await this.#host.tell(told)
    }
  }
}

function listOf(kind: Counted['kind'], symbol: string, order: string): string {
  return JSON.stringify([kind, symbol, order])
}
