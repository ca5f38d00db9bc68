import { unitsText } from '../core/decimal.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { scaled } from './amounts.ts'
import { Refused } from './error-codes.ts'
import type { ExchangeOrder, WireSide, WireTif } from './exchange-order.ts'
import type { Params, WrittenDecimal } from './params.ts'

const TIFS = ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'] as const
const STPS = ['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'] as const
const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/
/** A GTD order lives for ten minutes at least. */
const SHORTEST_LIFE = 600_000

/** What every new order states, algo or not. */
export interface Stated {
  readonly traded: Traded
  readonly side: WireSide
  readonly stp: string
  readonly reduceOnly: boolean
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

/** The symbol that is meant. @throws Refused where it is missing, or not traded here */
export function tradedOf(book: AccountBook, params: Params): Traded {
  const traded = book.traded.get(params.required('symbol'))
  if (traded === undefined) throw new Refused(-1121)
  return traded
}

/** The symbol that is asked about; `undefined`: all of them. */
export function symbolIn(book: AccountBook, params: Params): string | undefined {
  return params.text('symbol') && tradedOf(book, params).symbol
}

/** How long it rests; GTC where that is not said. */
export function tifOf(params: Params, isRequired: boolean): WireTif {
  if (isRequired) params.required('timeInForce')
  return params.oneOf('timeInForce', TIFS, -1115) ?? 'GTC'
}

/** UTC ms at which a GTD order ends. */
export function goodTill(params: Params, now: number): number {
  const at = params.requiredInteger('goodTillDate')
  if (at <= now + SHORTEST_LIFE || at >= 253_402_300_799_000) throw new Refused(-5040)
  // the exchange keeps whole seconds
  return at - (at % 1000)
}

/** The client's own id of something. @param otherwise makes one where the client has not */
export function clientIdOf(params: Params, name: string, otherwise: () => string): string {
  const id = params.text(name)
  if (id === undefined) return otherwise()
  if (id.length > 36) throw new Refused(-4015)
  if (!CLIENT_ID.test(id)) throw new Refused(-1100, params.nameOf(name), `; legal range is '${CLIENT_ID.source}'`)
  return id
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
