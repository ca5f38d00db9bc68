import type { Told } from '../../../core/told.ts'
import { type ForeignTrade, foreignNote, foreignOf } from '../foreign-trade.ts'
import type { BrokerHost } from '../paper-broker.ts'

type Counted = Extract<Told, { kind: 'fill' | 'funding' | 'triggered' }>

/**
 * Tells the engine of everything once. What the exchange says comes twice (on overlapping connections, in a poll, after a restart), so
 * each has a key; a note with the key is on the disk before the engine is told. A kill between the two is found by counting: what
 * has been noted of one order, and the engine has not had, is the end of the list.
 */
export class Teller {
  readonly #host: BrokerHost
  /** Keys, and when what they stand for was, exchange's time, UTC ms. */
  readonly #seen = new Map<string, number>()
  /** By symbol: trades up to this one are all told, and their keys need not be here any more. */
  readonly #floors = new Map<string, bigint>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(host: BrokerHost) {
    this.#host = host
  }

  has(key: string): boolean {
    if (this.#seen.has(key)) return true
    const trade = tradeOf(key)
    return trade !== null && trade.id <= (this.#floors.get(trade.symbol) ?? -1n)
  }

  get size(): number {
    return this.#seen.size
  }

  /**
   * Lets go the keys of a symbol's old trades: a number says of all of them that they are told.
   * @param upTo trade id up to which all are told
   * @param before exchange's time, UTC ms: younger ones may come again on a stream, and stay as they are
   */
  letGo(symbol: string, upTo: bigint, before: number): void {
    for (const [key, at] of this.#seen) {
      const trade = at < before ? tradeOf(key) : null
      if (trade === null || trade.symbol !== symbol || trade.id > upTo) continue
      this.#seen.delete(key)
      if (trade.id > (this.#floors.get(symbol) ?? -1n)) this.#floors.set(symbol, trade.id)
    }
  }

  /** What is of an order that nobody asks for any more. */
  forget(key: string): void {
    this.#seen.delete(key)
  }

  /** Takes as told what there was before the session. */
  skip(keys: readonly string[]): void {
    for (const key of keys) this.#seen.set(key, Number.POSITIVE_INFINITY)
  }

  /** @returns whether it was news. `extra` goes into the note. */
  tell(key: string, told: Counted, extra: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.has(key)) return false
      const why = this.#host.run.whyNot(told)
      if (why !== null) return this.#cannot(key, told, why)
      await this.#host.note({ kind: 'broker', note: 'told', key, told, ...extra })
      this.#seen.set(key, told.at)
      await this.#host.tell(told)
      return true
    })
  }

  /** Notes a trade that the engine is not told of; once. @returns whether it was news */
  keep(key: string, trade: ForeignTrade): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.has(key)) return false
      await this.#host.note(foreignNote(key, trade))
      this.#seen.set(key, trade.at)
      return true
    })
  }

  /** A note of it would be told again at every start. */
  async #cannot(key: string, { kind, symbol, at }: Counted, why: string): Promise<false> {
    this.#seen.set(key, at)
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
      const trade = foreignOf(note)
      if (trade !== null) this.#seen.set(String(note['key']), trade.at)
      if (note.note !== 'told') continue
      const told = note['told'] as Counted
      this.#seen.set(String(note['key']), told.at)
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

/** Key of a trade: ids of a symbol's trades rise. */
export function tradeKey(symbol: string, tradeId: string): string {
  return `trade ${symbol} ${tradeId}`
}

function tradeOf(key: string): { readonly symbol: string; readonly id: bigint } | null {
  const [kind, symbol = '', id = ''] = key.split(' ')
  return kind === 'trade' && /^\d+$/.test(id) ? { symbol, id: BigInt(id) } : null
}
