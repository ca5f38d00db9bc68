import { unitsText } from '../core/decimal.ts'
import { type CancelAllRequest, cancelAll, type OrderRequest } from '../core/order.ts'
import { marketParts } from '../engine/index.ts'
import type { AccountBook, Traded } from './account-book.ts'
import type { EngineEvents } from './engine-events.ts'
import type { Faults, SystemClosing } from './faults.ts'

/** Positions that the exchange closes by itself, on demand: at the open of a bar, at its price, with the fee of who takes. */
export class SystemCloses {
  readonly #book: AccountBook
  readonly #events: EngineEvents
  readonly #faults: Faults
  #count = 0

  constructor(book: AccountBook, events: EngineEvents, faults: Faults) {
    this.#book = book
    this.#events = events
    this.#faults = faults
  }

  /** The symbol's bar has opened, and what was open has met it. */
  meetOpen(symbol: string): void {
    const traded = this.#book.traded.get(symbol)!
    const { margin, position, hasTraded } = traded.slot
    if (margin === null || position.units === 0 || !hasTraded) return
    const found = this.#faults.ofPosition(symbol)
    if (found === null) return
    // a liquidation cancels what is open first; with cross margin that is every order of the account
    const isAll = found.kind === 'liquidation' && margin.mode === 'cross'
    const touched = isAll ? [...this.#book.traded.values()] : found.kind === 'adl' ? [] : [traded]
    for (const one of touched) this.#ask(one, cancelAll({ symbol: one.symbol }))
    for (const request of this.#closing(traded, found)) this.#ask(traded, request)
    this.#events.read()
  }

  #ask({ slot }: Traded, request: OrderRequest | CancelAllRequest): void {
    this.#book.engine.ask(slot, request)
  }

  /** Market orders for a part of what is held, none larger than the market takes. */
  #closing({ slot, scale, symbol }: Traded, { kind, part }: SystemClosing): OrderRequest[] {
    const { units } = slot.position
    const rules = slot.rulesAt(slot.openTime)
    const step = Math.max(1, rules.lot.step)
    const qty = part === 1 ? Math.abs(units) : Math.max(step, Math.round((Math.abs(units) * part) / step) * step)
    return marketParts(qty, rules).map((one) => ({
      kind: 'order', side: units > 0 ? 'sell' : 'buy', symbol, id: `${kind}-${++this.#count}`, reduceOnly: true,
      qty: Number(unitsText(one, scale.qty)),
    })) // biome-ignore format: one request
  }
}
