import type { AccountBook } from './account-book.ts'
import type { OrderEntry } from './order-entry.ts'
import { tradedOf } from './order-params.ts'
import { type Routes, SIGNED } from './route.ts'

/** countdownCancelAll: a symbol's open orders are cancelled unless the countdown is begun anew in time. Wall clock. */
export class Countdowns {
  readonly #book: AccountBook
  readonly #entry: OrderEntry
  readonly #due = new Map<string, number>()

  constructor(book: AccountBook, entry: OrderEntry) {
    this.#book = book
    this.#entry = entry
  }

  routes(): Routes {
    return {
      'POST /fapi/v1/countdownCancelAll': {
        ...SIGNED,
        weight: 10,
        answer: (params, { at }) => {
          const { symbol } = tradedOf(this.#book, params)
          const length = params.requiredInteger('countdownTime')
          if (length === 0) this.#due.delete(symbol)
          else this.#due.set(symbol, at + length)
          return { symbol, countdownTime: String(length) }
        },
      },
    }
  }

  tick(at: number): void {
    for (const [symbol, due] of this.#due) {
      if (at < due) continue
      this.#due.delete(symbol)
      for (const order of this.#book.openOrders(symbol)) this.#entry.withdraw(order)
    }
  }
}
