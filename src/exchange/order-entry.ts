import { unitsText } from '../core/decimal.ts'
import type { Filters } from '../core/instrument.ts'
import { amend, type OrderRequest } from '../core/order.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { scaled } from './amounts.ts'
import type { EngineDoor } from './engine-door.ts'
import { Refused } from './error-codes.ts'
import { changeReply, type ExchangeOrder, isOpen, newOrder, type WireSide, type WireTif } from './exchange-order.ts'
import type { Faults } from './faults.ts'
import { checkFilters } from './order-filters.ts'
import type { Params, WrittenDecimal } from './params.ts'
import { refusedOf } from './refusals.ts'
import type { MarketNow } from './wire.ts'

const TIFS = ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'] as const
const CONDITIONAL = ['STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET']
const STPS = ['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'] as const
const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/
/** A GTD order lives for ten minutes at least. */
const SHORTEST_LIFE = 600_000
const MOST_AMENDMENTS = 10_000

export interface EntryOptions {
  readonly book: AccountBook
  readonly door: EngineDoor
  readonly market: MarketNow
  readonly shape: '2025' | '2026'
  readonly faults: Faults
}

/** What every new order states, algo or not. */
export interface Stated {
  readonly traded: Traded
  readonly side: WireSide
  readonly stp: string
  readonly reduceOnly: boolean
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

/** Symbol, side and what is the same of every order; hedge mode there is none. */
export function statedOf(book: AccountBook, params: Params): Stated {
  const traded = tradedOf(book, params)
  params.required('side')
  const side = params.oneOf('side', ['BUY', 'SELL'] as const, -1117)!
  if ((params.text('positionSide') ?? 'BOTH') !== 'BOTH') throw new Refused(-4061)
  if ((params.text('priceMatch') ?? 'NONE') !== 'NONE') throw new Refused(-1130, 'priceMatch')
  const stp = params.oneOf('selfTradePreventionMode', STPS) ?? 'EXPIRE_MAKER'
  params.oneOf('newOrderRespType', ['ACK', 'RESULT'] as const)
  if (!book.isTrading(traded)) throw new Refused(-4108)
  return { traded, side, stp, reduceOnly: params.flag('reduceOnly') ?? false }
}

/** By orderId, or where that is not sent by origClientOrderId. */
export function orderOf(book: AccountBook, params: Params): ExchangeOrder | undefined {
  const { symbol } = tradedOf(book, params)
  const [id, clientId] = [params.integer('orderId'), params.text('origClientOrderId')]
  if (id === undefined && clientId === undefined) throw new Refused(-1102, params.nameOf('orderId'))
  const found = id !== undefined ? book.orders.byId(id) : book.orders.byClient(symbol, clientId!)
  return found?.symbol === symbol ? found : undefined
}

export function tradedOf(book: AccountBook, params: Params): Traded {
  const traded = book.traded.get(params.required('symbol'))
  if (traded === undefined) throw new Refused(-1121)
  return traded
}

/** The symbol that is asked about; `undefined`: all of them. */
export function symbolIn(book: AccountBook, params: Params): string | undefined {
  return params.text('symbol') && tradedOf(book, params).symbol
}

export function tifOf(params: Params, isRequired: boolean): WireTif {
  if (isRequired) params.required('timeInForce')
  return params.oneOf('timeInForce', TIFS, -1115) ?? 'GTC'
}

export function goodTill(params: Params, now: number): number {
  const at = params.requiredInteger('goodTillDate')
  if (at <= now + SHORTEST_LIFE || at >= 253_402_300_799_000) throw new Refused(-5040)
  // the exchange keeps whole seconds
  return at - (at % 1000)
}

export function clientIdOf(params: Params, name: string, otherwise: () => string): string {
  const id = params.text(name)
  if (id === undefined) return otherwise()
  if (id.length > 36) throw new Refused(-4015)
  if (!CLIENT_ID.test(id)) throw new Refused(-1100, params.nameOf(name), `; legal range is '${CLIENT_ID.source}'`)
  return id
}

/** The filters in force. */
export function filtersAt({ slot }: Traded, now: number): Filters {
  const { snapshots } = slot.instrument
  return (snapshots.findLast(({ validFrom }) => validFrom <= now) ?? snapshots[0]!).filters
}

function isReducing({ slot }: Traded, side: WireSide): boolean {
  return side === 'BUY' ? slot.position.units < 0 : slot.position.units > 0
}

/** Whole units of a scale. @throws Refused where it is finer: the exchange's own grid never is */
export function unitsIn({ value }: WrittenDecimal, decimals: number): bigint {
  if (value.decimals > decimals) throw new Refused(-1111)
  return scaled(value, decimals)
}

/** The double that prints as the decimal: the engine reads it as that. */
export function numberOf({ value }: WrittenDecimal): number {
  return Number(unitsText(value.digits, value.decimals))
}
