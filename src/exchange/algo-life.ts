import type { AccountBook } from './account-book.ts'
import type { AlgoOrder } from './algo-order.ts'
import { type ExchangeOrder, newOrder } from './exchange-order.ts'
import type { Voice } from './voice.ts'
import type { MarketNow } from './wire.ts'

/** What becomes of an algo order: it is triggered and lives on as an order of its own, is turned away then, or ends where it waits. */
export class AlgoLife {
  readonly #book: AccountBook
  readonly #voice: Voice
  readonly #market: MarketNow

  constructor(book: AccountBook, voice: Voice, market: MarketNow) {
    this.#book = book
    this.#voice = voice
    this.#market = market
  }

  /** The order that a waiting one becomes, under an id of its own. */
  trigger(algo: AlgoOrder): ExchangeOrder {
    const at = this.#market.now()
    algo.triggerTime = at
    this.#tell(algo, 'TRIGGERING')
    const isLimit = algo.type === 'STOP' || algo.type === 'TAKE_PROFIT'
    const qty = algo.closePosition ? (algo.cut ?? algo.qty) : algo.qty
    const order = newOrder({
      id: this.#book.nextId('order'), engineId: algo.engineId, symbol: algo.symbol, scale: algo.scale,
      clientId: algo.clientId, side: algo.side, type: isLimit ? 'LIMIT' : 'MARKET', origType: algo.type, tif: algo.tif,
      price: algo.price, qty, remaining: algo.cut ?? qty, reduceOnly: algo.reduceOnly, stp: algo.stp,
      goodTillDate: algo.goodTillDate, time: at, algo,
    }) // biome-ignore format: short keys on one line
    algo.order = order
    this.#book.orders.add(order)
    this.#tell(algo, 'TRIGGERED')
    this.#voice.order(order, 'NEW')
    return order
  }

  /** Its trigger was reached, and the matching engine would not have it. */
  reject(algo: AlgoOrder, why: string): void {
    algo.triggerTime = this.#market.now()
    this.#tell(algo, 'TRIGGERING')
    algo.rejectReason = why
    this.#tell(algo, 'REJECTED')
    this.#voice.rejected(algo)
    this.#book.algos.open.delete(algo)
  }

  /** With an order that was an algo order that one is done. */
  finish(order: ExchangeOrder): void {
    const algo = order.algo === null ? undefined : this.#book.algos.ofEngine(order.engineId)
    if (algo === undefined) return
    this.end(algo, 'FINISHED')
  }

  end(algo: AlgoOrder, status: 'CANCELED' | 'EXPIRED' | 'FINISHED'): void {
    this.#tell(algo, status)
    this.#book.algos.open.delete(algo)
  }

  #tell(algo: AlgoOrder, status: AlgoOrder['status']): void {
    algo.status = status
    algo.updateTime = this.#market.now()
    this.#voice.algo(algo)
  }
}
