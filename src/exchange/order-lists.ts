import type { AccountBook } from './account-book.ts'
import { Refused } from './error-codes.ts'
import { type ExchangeOrder, isOpen } from './exchange-order.ts'
import { isForgotten } from './history.ts'
import { cancelledListReply, hasActed, isAllOver, listStatus, type OrderList, placedListReply } from './order-list.ts'
import { checkPair, refuseResting } from './order-list-params.ts'
import { clientIdOf, tradedOf } from './order-params.ts'
import type { Params } from './params.ts'
import type { SpotEntry } from './spot-entry.ts'
import { type SpotStated, spotStatedOf } from './spot-stated.ts'
import type { UserStream } from './user-stream.ts'
import type { Voice } from './voice.ts'
import type { MarketNow } from './wire.ts'

interface OrderListsOptions {
  readonly book: AccountBook
  readonly entry: SpotEntry
  readonly market: MarketNow
  readonly stream: UserStream
  readonly voice: Voice
}

/**
 * Order lists of spot. The engine knows nothing of them: after everything that may have filled an order `settle` ends what an
 * order of its list has ended, and enters what one has brought.
 */
export class OrderLists {
  readonly open = new Set<OrderList>()
  /** In the order in which they came. */
  readonly #byId = new Map<number, OrderList>()
  readonly #byClient = new Map<string, OrderList>()
  readonly #options: OrderListsOptions

  constructor(options: OrderListsOptions) {
    this.#options = options
  }

  /** Two that exclude each other, the higher one first. */
  placeOco(params: Params, legs: readonly [Params, Params]): object {
    const { entry, market } = this.#options
    const list = this.#begin(params)
    const [above, below] = legs.map((leg) => this.#stated(leg)) as [SpotStated, SpotStated]
    checkPair(above, below, market.last(list.symbol))
    for (const one of [above, below]) entry.check(one)
    const orders = this.#drafts(list.id, legs, [above, below])
    this.#options.stream.together(() => {
      entry.enter(orders[0]!, above)
      try {
        entry.enter(orders[1]!, below)
      } catch (error) {
        entry.withdraw(orders[0]!)
        this.#options.book.orders.forget(orders[0]!)
        throw inFull(error, below)
      }
    })
    return this.#began({ ...list, contingency: 'OCO', orders, pair: orders, pending: [] }, params)
  }

  /** One, and what its fill brings: another, or a pair of which the higher comes first. */
  placeOto(params: Params, working: Params, legs: readonly Params[]): object {
    const { entry, book } = this.#options
    const list = this.#begin(params)
    const first = spotStatedOf(book, working)
    if (first.type !== 'LIMIT' && first.type !== 'LIMIT_MAKER') throw new Refused(-1116)
    const later = legs.map((leg) => this.#stated(leg))
    if (later.length === 2) checkPair(later[0]!, later[1]!, null)
    for (const { amount } of later) if (amount !== undefined) throw new Refused(-1106, 'quoteOrderQty')
    entry.check(first)
    const [one, ...others] = this.#drafts(list.id, [working, ...legs], [first, ...later])
    entry.enter(one!, first)
    const pending = others.map((order, k) => ({ order, stated: later[k]! }))
    for (const order of others) {
      order.status = 'PENDING_NEW'
      order.isWorking = false
      book.orders.add(order)
      this.#options.voice.order(order, 'NEW')
    }
    const pair = others.length === 2 ? others : []
    return this.#began({ ...list, contingency: 'OTO', orders: [one!, ...others], pair, pending }, params)
  }

  /** All of its orders. @throws Refused where there is nothing to cancel */
  cancel(list: OrderList, clientId?: string): object {
    if (list.isDone) throw new Refused(-2011)
    this.#withdrawAll(list)
    return cancelledListReply(list, this.#options.market.now(), clientId)
  }

  /**
   * An order, and with one of a list all that are of it.
   * @returns the list; `null` of an order that is of none
   * @throws Refused where it is not open
   */
  withdraw(order: ExchangeOrder | undefined): OrderList | null {
    if (order === undefined || !isOpen(order)) throw new Refused(-2011)
    const list = this.byId(order.listId)
    if (list === undefined) this.#options.entry.withdraw(order)
    else this.#withdrawAll(list)
    return list ?? null
  }

  #withdrawAll(list: OrderList): void {
    const { entry } = this.#options
    list.pending = []
    for (const order of list.orders) {
      if (order.status === 'PENDING_NEW') this.#end(order, 'CANCELED')
      else if (isOpen(order)) entry.withdraw(order)
    }
    this.#settle(list)
  }

  /** Those that can be looked up, oldest first. */
  get all(): OrderList[] {
    return [...this.#byId.values()]
  }

  byId(id: number): OrderList | undefined {
    return this.#byId.get(id)
  }

  /** Of a client id the newest counts. */
  byClient(clientId: string): OrderList | undefined {
    return this.#byClient.get(clientId)
  }

  /** To be called after whatever may have changed orders. */
  settle(): void {
    for (const list of [...this.open]) this.#settle(list)
  }

  #settle(list: OrderList): void {
    const [first] = list.orders
    if (list.pending.length > 0) {
      if (first!.status === 'FILLED') this.#enterPending(list)
      else if (!isOpen(first!)) this.#endPending(list, first!.status === 'CANCELED' ? 'CANCELED' : 'EXPIRED')
    }
    const acted = list.pair.find(hasActed)
    const ended = acted ?? list.pair.find((order) => !isOpen(order))
    if (ended !== undefined)
      for (const other of list.pair) {
        if (other === ended || !isOpen(other)) continue
        other.endsAs = acted === undefined ? 'CANCELED' : 'EXPIRED'
        this.#options.entry.withdraw(other)
      }
    if (list.isDone || !isAllOver(list)) return
    list.isDone = true
    this.open.delete(list)
    this.#options.stream.send(listStatus(list))
  }

  #enterPending(list: OrderList): void {
    const { pending } = list
    list.pending = []
    for (const { order, stated } of pending) {
      // the first of a pair may have filled where it arrived, or been refused
      if (list.pair.some((one) => hasActed(one) || one.status === 'REJECTED')) this.#end(order, 'EXPIRED')
      else if (!this.#options.entry.activate(order, stated)) this.#end(order, 'REJECTED')
    }
  }

  #endPending(list: OrderList, status: 'CANCELED' | 'EXPIRED'): void {
    for (const { order } of list.pending) this.#end(order, status)
    list.pending = []
  }

  /** Of what the engine has not got. */
  #end(order: ExchangeOrder, status: 'CANCELED' | 'EXPIRED' | 'REJECTED'): void {
    order.status = status
    order.updateTime = this.#options.market.now()
    this.#options.book.orders.open.delete(order)
    this.#options.voice.order(order, status)
  }

  #stated(leg: Params): SpotStated {
    const stated = spotStatedOf(this.#options.book, leg)
    refuseResting(stated, leg)
    return stated
  }

  #begin(params: Params) {
    const { book, market } = this.#options
    const { symbol } = tradedOf(book, params)
    params.oneOf('newOrderRespType', ['ACK', 'RESULT', 'FULL'] as const)
    const id = book.nextId('list')
    const clientId = clientIdOf(params, 'listClientOrderId', () => `x-exchange-l${id}`)
    if (this.byClient(clientId)?.isDone === false) throw new Refused(-2010, 'Duplicate order sent.')
    return { id, clientId, symbol, time: market.now(), isDone: false }
  }

  /** Where two of a pair sell the same, one of them holds it for both. */
  #drafts(listId: number, legs: readonly Params[], all: readonly SpotStated[]): ExchangeOrder[] {
    const ids = legs.map((leg) => this.#options.entry.clientIdOf(leg))
    if (new Set(ids).size < ids.length) throw new Refused(-2010, 'Duplicate order sent.')
    return all.map((stated, k) => {
      const isSecond = k > 0 && k === all.length - 1 && all[k - 1]!.side === stated.side
      return this.#options.entry.draft(stated, ids[k]!, { listId, reduceOnly: isSecond && stated.side === 'SELL' })
    })
  }

  #began(list: OrderList, params: Params): object {
    this.#letGo()
    this.#byId.set(list.id, list)
    this.#byClient.set(list.clientId, list)
    this.open.add(list)
    this.#options.stream.send(listStatus(list))
    const shape = params.oneOf('newOrderRespType', ['ACK', 'RESULT', 'FULL'] as const) ?? 'RESULT'
    return placedListReply(list, shape)
  }

  /** The oldest, once nobody can look up their orders any more. */
  #letGo(): void {
    const now = this.#options.market.now()
    for (const list of this.#byId.values()) {
      if (!list.isDone || !list.orders.every((order) => isForgotten(order, now))) return
      this.#byId.delete(list.id)
      if (this.#byClient.get(list.clientId) === list) this.#byClient.delete(list.clientId)
    }
  }
}

/** Binance holds back once what a pair that buys may spend; the engine, which knows of no pairs, for each of the two. */
function inFull(error: unknown, { side }: SpotStated): unknown {
  if (!(error instanceof Refused) || error.code !== -2010 || side === 'SELL') return error
  const twice = ' Of a pair that buys, the simulated exchange holds back what both orders would spend.'
  return new Refused(-2010, error.message, twice)
}
