import type { AccountBook } from './account-book.ts'
import type { EngineDoor } from './engine-door.ts'
import { Refused } from './error-codes.ts'
import { type ExchangeOrder, isOpen, newOrder } from './exchange-order.ts'
import type { EntryOptions } from './order-entry.ts'
import { checkFilters, filtersAt } from './order-filters.ts'
import { clientIdOf, orderOf, tradedOf, unitsIn } from './order-params.ts'
import type { Params } from './params.ts'
import { inSpotWords, spotRefusedOf } from './spot-refusals.ts'
import { placedReply } from './spot-replies.ts'
import { type SpotStated, spotRequestOf, spotStatedOf } from './spot-stated.ts'
import { isReached } from './trigger.ts'
import type { MarketNow } from './wire.ts'

/** What an order list says of one of its orders. */
interface Listed {
  readonly listId?: number
  readonly reduceOnly?: boolean
}

/** Orders of spot: stops are orders of the book like all others. */
export class SpotEntry {
  readonly #book: AccountBook
  readonly #door: EngineDoor
  readonly #market: MarketNow

  constructor({ book, door, market }: EntryOptions) {
    this.#book = book
    this.#door = door
    this.#market = market
  }

  place(params: Params, isTest = false): object {
    const stated = spotStatedOf(this.#book, params)
    const shape = params.oneOf('newOrderRespType', ['ACK', 'RESULT', 'FULL'] as const)
    const clientId = this.clientIdOf(params)
    this.check(stated)
    if (isTest) return {}
    const before = this.#book.trades.length
    const order = this.draft(stated, clientId)
    this.enter(order, stated)
    const usual = stated.type === 'LIMIT' || stated.type === 'MARKET' ? 'FULL' : 'ACK'
    return placedReply(order, shape ?? usual, this.#book.trades.slice(before))
  }

  /** @throws Refused where an open order has it already */
  clientIdOf(params: Params): string {
    const { symbol } = tradedOf(this.#book, params)
    const clientId = clientIdOf(params, 'newClientOrderId', () => `x-exchange-${this.#book.nextId('client')}`)
    const other = this.#book.orders.byClient(symbol, clientId)
    if (other !== undefined && isOpen(other)) throw new Refused(-2010, 'Duplicate order sent.')
    return clientId
  }

  /** @throws Refused by a filter, and where the trigger has been reached already */
  check(stated: SpotStated): void {
    const { traded, side, type, quantity, price, stop } = stated
    const filters = filtersAt(traded, this.#market.now())
    const mark = this.#market.last(traded.symbol)
    const { gridFrom } = traded.slot.instrument
    const asked = { side, isMarket: price === undefined, quantity, price, trigger: stop, reduceOnly: false, mark }
    inSpotWords(() => checkFilters(filters, traded.precision, gridFrom, asked))
    if (stop !== undefined && isReached(mark, side, type, stop)) throw new Refused(-2010, 'Stop price would trigger immediately.') // biome-ignore format: one line
  }

  /** The order as it will be known, not entered yet. */
  draft({ traded, side, type, tif, quantity, amount, price, stop }: SpotStated, clientId: string, listed: Listed = {}) {
    const { symbol, scale } = traded
    const id = this.#book.nextId('order')
    return newOrder({
      id, engineId: `x${id}`, symbol, scale, clientId, side, type, tif, time: this.#market.now(), stp: 'EXPIRE_MAKER',
      qty: quantity === undefined ? 0n : unitsIn(quantity, scale.qty),
      price: price === undefined ? 0n : unitsIn(price, scale.price),
      stopPrice: stop === undefined ? 0n : unitsIn(stop, scale.price),
      isWorking: stop === undefined, isByQuote: amount !== undefined, ...listed,
    }) // biome-ignore format: short keys on one line
  }

  /** Hands it to the engine. @throws Refused, and then it never was */
  enter(order: ExchangeOrder, stated: SpotStated): void {
    this.#book.orders.add(order)
    const refusal = this.#door.enter(order, spotRequestOf(stated, order))
    if (refusal === null) return
    this.#book.orders.forget(order)
    throw spotRefusedOf(refusal)
  }

  /** What a list has kept back until now. @returns whether the engine takes it */
  activate(order: ExchangeOrder, stated: SpotStated): boolean {
    order.isWorking = stated.stop === undefined
    return this.#door.enter(order, spotRequestOf(stated, order)) === null
  }

  withdraw(order: ExchangeOrder): void {
    this.#door.withdraw(order)
  }

  find(params: Params): ExchangeOrder | undefined {
    return orderOf(this.#book, params)
  }
}
