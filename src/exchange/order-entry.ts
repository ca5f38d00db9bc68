import { unitsText } from '../core/decimal.ts'
import { amend, type OrderRequest } from '../core/order.ts'
import type { AccountBook, Traded } from './account-book.ts'
import type { EngineDoor } from './engine-door.ts'
import { Refused } from './error-codes.ts'
import { changeReply, type ExchangeOrder, isOpen, newOrder, type WireSide } from './exchange-order.ts'
import type { Faults } from './faults.ts'
import { checkFilters, filtersAt } from './order-filters.ts'
import { clientIdOf, goodTill, numberOf, orderOf, type Stated, statedOf, tifOf, unitsIn } from './order-params.ts'
import type { Params, WrittenDecimal } from './params.ts'
import { refusedOf } from './refusals.ts'
import type { MarketNow } from './wire.ts'

const CONDITIONAL = ['STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET']
const MOST_AMENDMENTS = 10_000

export interface EntryOptions {
  readonly book: AccountBook
  readonly door: EngineDoor
  readonly market: MarketNow
  readonly shape: '2025' | '2026'
  readonly faults: Faults
}

/** Orders in and out of the matching engine: POST, PUT and DELETE of `order`. */
export class OrderEntry {
  readonly #book: AccountBook
  readonly #door: EngineDoor
  readonly #market: MarketNow
  readonly #shape: '2025' | '2026'

  constructor({ book, door, market, shape }: EntryOptions) {
    this.#book = book
    this.#door = door
    this.#market = market
    this.#shape = shape
  }

  /** @param isTest judged and not placed */
  place(params: Params, isTest = false): object {
    const stated = statedOf(this.#book, params)
    const { traded, side } = stated
    const type = params.required('type')
    if (CONDITIONAL.includes(type)) throw new Refused(-4120)
    if (type !== 'LIMIT' && type !== 'MARKET') throw new Refused(-1116)
    const isMarket = type === 'MARKET'
    const tif = isMarket ? 'GTC' : tifOf(params, true)
    const expiresAt = tif === 'GTD' ? goodTill(params, this.#market.now()) : 0
    if (isMarket && params.text('price') !== undefined) throw new Refused(-1106, 'price')
    const quantity = params.requiredDecimal('quantity')
    const price = isMarket ? undefined : params.requiredDecimal('price')
    const clientId = clientIdOf(params, 'newClientOrderId', () => `x-exchange-${this.#book.orders.all.length + 1}`)
    if (this.#isTaken(traded.symbol, clientId)) throw new Refused(-4116)
    this.#check(stated, isMarket, quantity, price)
    if (stated.reduceOnly && !isReducing(traded, side)) throw new Refused(-2022)
    if (isTest) return {}
    const id = this.#book.nextId('order')
    const { scale, symbol } = traded
    const at = this.#market.now()
    const qty = unitsIn(quantity, scale.qty)
    const order = newOrder({
      id, engineId: `x${id}`, symbol, scale, clientId, side, type, tif, qty, time: at,
      price: price === undefined ? 0n : unitsIn(price, scale.price),
      reduceOnly: stated.reduceOnly, stp: stated.stp, goodTillDate: expiresAt,
    }) // biome-ignore format: short keys on one line
    const accepted = { ...changeReply(order, this.#shape) }
    this.#book.orders.add(order)
    const request: OrderRequest = {
      kind: 'order', side: side === 'BUY' ? 'buy' : 'sell', symbol, id: order.engineId, qty: numberOf(quantity),
      ...(price !== undefined && { limit: numberOf(price), tif }),
      ...(expiresAt > 0 && { expiresAt }),
      ...(stated.reduceOnly && { reduceOnly: true }),
    } // biome-ignore format: short keys on one line
    const refusal = this.#door.enter(order, request, tif === 'FOK')
    if (refusal !== null) {
      this.#book.orders.forget(order)
      throw refusedOf(refusal, side)
    }
    const isFinal = params.text('newOrderRespType') === 'RESULT' && (isMarket || tif !== 'GTC')
    return isFinal ? changeReply(order, this.#shape) : accepted
  }

  cancel(params: Params): object {
    const order = this.find(params)
    if (order === undefined || !isOpen(order)) throw new Refused(-2011)
    this.withdraw(order)
    return changeReply(order, this.#shape)
  }

  withdraw(order: ExchangeOrder): void {
    this.#door.withdraw(order)
  }

  /** PUT: new price and quantity, both required; the order is cancelled where that much has been filled already. */
  modify(params: Params): object {
    const order = this.find(params)
    const side = params.required('side')
    if (order === undefined || !isOpen(order)) throw new Refused(-2013)
    if (order.type !== 'LIMIT') throw new Refused(-4120)
    if (side !== order.side) throw new Refused(-1117)
    const [quantity, price] = [params.requiredDecimal('quantity'), params.requiredDecimal('price')]
    const asksReduceOnly = params.flag('reduceOnly') === true
    if (asksReduceOnly && !order.reduceOnly) throw new Refused(-5047)
    if (order.amendments >= MOST_AMENDMENTS) throw new Refused(-5026, String(MOST_AMENDMENTS))
    const traded = this.#book.traded.get(order.symbol)!
    const stated = { traded, side: order.side, stp: order.stp, reduceOnly: asksReduceOnly }
    this.#check(stated, false, quantity, price)
    const { scale, engineId, symbol } = order
    const left = unitsIn(quantity, scale.qty) - order.executed
    if (left <= 0n) this.withdraw(order)
    else {
      if (left === order.remaining && unitsIn(price, scale.price) === order.price) throw new Refused(-5027)
      const change = { qty: Number(unitsText(left, scale.qty)), limit: numberOf(price) }
      const refusal = this.#door.change(order, amend(engineId, change, { symbol }))
      if (refusal !== null) throw refusedOf(refusal, order.side)
    }
    return { ...changeReply(order, this.#shape), pair: symbol, modifyId: params.integer('modifyId') ?? 0 }
  }

  find(params: Params): ExchangeOrder | undefined {
    return orderOf(this.#book, params)
  }

  #isTaken(symbol: string, clientId: string): boolean {
    const other = this.#book.orders.byClient(symbol, clientId)
    return other !== undefined && isOpen(other)
  }

  #check(
    { traded, side, reduceOnly }: Stated,
    isMarket: boolean,
    quantity: WrittenDecimal,
    price?: WrittenDecimal,
  ): void {
    const mark = this.#market.mark(traded.symbol)
    const filters = filtersAt(traded, this.#market.now())
    const { gridFrom } = traded.slot.instrument
    checkFilters(filters, traded.precision, gridFrom, { side, isMarket, quantity, price, reduceOnly, mark })
  }
}

function isReducing({ slot }: Traded, side: WireSide): boolean {
  return side === 'BUY' ? slot.position.units < 0 : slot.position.units > 0
}
