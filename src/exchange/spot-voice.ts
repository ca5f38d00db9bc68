import type { AccountBook } from './account-book.ts'
import type { ExchangeOrder } from './exchange-order.ts'
import { balancesOf } from './spot-account.ts'
import { executionReport } from './spot-replies.ts'
import type { ExchangeTrade, Execution } from './user-events.ts'
import type { UserStream } from './user-stream.ts'
import type { Voice } from './voice.ts'

/** Spot says an order's state, then the balances that it has changed. */
export class SpotVoice implements Voice {
  readonly #book: AccountBook
  readonly #stream: UserStream

  constructor(book: AccountBook, stream: UserStream) {
    this.#book = book
    this.#stream = stream
  }

  trade(): void {}

  order(order: ExchangeOrder, x: Execution, trade: ExchangeTrade | null = null): void {
    if (!this.#stream.isHeard) return
    this.#stream.send(executionReport(order, x, trade))
    const B = balancesOf(this.#book, order.symbol).map(({ asset, free, locked }) => ({ a: asset, f: free, l: locked }))
    this.#stream.send({ e: 'outboundAccountPosition', u: order.updateTime, B })
  }

  algo(): void {}
  rejected(): void {}
  account(): void {}
}
