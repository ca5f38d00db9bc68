import { type Decision, type OrderRequest, cancel as withdraw } from '../core/order.ts'
import type { AccountBook } from './account-book.ts'
import type { Asking, EngineEvents } from './engine-events.ts'
import { Refused } from './error-codes.ts'

type Known = { readonly engineId: string; readonly symbol: string }

/** The way into the engine for what clients ask: handed in, and what came of it read. */
export class EngineDoor {
  readonly #book: AccountBook
  readonly #events: EngineEvents

  constructor(book: AccountBook, events: EngineEvents) {
    this.#book = book
    this.#events = events
  }

  /** A new order, which its engine id names. @returns why it is none; `null`: it is taken */
  enter({ engineId, symbol }: Known, request: OrderRequest, isFok = false): Asking['refusal'] {
    return this.#ask(symbol, request, { engineId, isNew: true, isFok, refusal: null })
  }

  /** A change of an order that is open. @returns why it stays as it was; `null`: it is changed */
  change({ engineId, symbol }: Known, decision: Decision): Asking['refusal'] {
    return this.#ask(symbol, decision, { engineId, isNew: false, isFok: false, refusal: null })
  }

  /** @throws Refused where the engine does not have it any more */
  withdraw(order: Known): void {
    const { engineId, symbol } = order
    if (this.change(order, withdraw(engineId, { symbol })) !== null) throw new Refused(-2011)
  }

  #ask(symbol: string, decision: Decision, asking: Asking): Asking['refusal'] {
    this.#book.engine.ask(this.#book.traded.get(symbol)!.slot, decision)
    this.#events.read(asking)
    return asking.refusal
  }
}
