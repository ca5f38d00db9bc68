import { parseDecimal } from '../core/decimal.ts'
import { type OrderRequest, cancel as withdraw } from '../core/order.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { compare } from './amounts.ts'
import type { Asking, EngineEvents } from './engine-events.ts'
import { Refused } from './error-codes.ts'
import { type ExchangeOrder, isOpen, newOrder, type WireSide, type WireTif } from './exchange-order.ts'
import { clientIdOf, type EntryOptions, filtersAt, numberOf, tradedOf, unitsIn } from './order-entry.ts'
import { checkFilters } from './order-filters.ts'
import type { Params, WrittenDecimal } from './params.ts'
import { inSpotWords, spotRefusedOf } from './spot-refusals.ts'
import { cancelReply, placedReply } from './spot-replies.ts'
import type { MarketNow } from './wire.ts'

const TYPES = [
  'LIMIT',
  'MARKET',
  'LIMIT_MAKER',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
] as const
type Type = (typeof TYPES)[number]

/** What a spot order states. */
interface Stated {
  readonly traded: Traded
  readonly side: WireSide
  readonly type: Type
  readonly tif: WireTif
  readonly quantity: WrittenDecimal | undefined
  /** In the quote asset, of a market order. */
  readonly amount: WrittenDecimal | undefined
  readonly price: WrittenDecimal | undefined
  readonly stop: WrittenDecimal | undefined
}

/** Orders of spot: stops are orders of the book like all others. */
export class SpotEntry {
  readonly #book: AccountBook
  readonly #events: EngineEvents
  readonly #market: MarketNow

  constructor({ book, events, market }: EntryOptions) {
    this.#book = book
    this.#events = events
    this.#market = market
  }

  place(params: Params, isTest = false): object {
    const stated = statedOf(this.#book, params)
    const { traded, side, type, tif, quantity, amount, price, stop } = stated
    const { symbol, scale } = traded
    const shape = params.oneOf('newOrderRespType', ['ACK', 'RESULT', 'FULL'] as const)
    const clientId = clientIdOf(params, 'newClientOrderId', () => `x-klinelab-${this.#book.orders.all.length + 1}`)
    const other = this.#book.orders.byClient(symbol, clientId)
    if (other !== undefined && isOpen(other)) throw new Refused(-2010, 'Duplicate order sent.')
    this.#check(stated)
    if (stop !== undefined && this.#isReached(stated, stop)) throw new Refused(-2010, 'Stop price would trigger immediately.') // biome-ignore format: one line
    if (isTest) return {}
    const id = this.#book.nextId('order')
    const at = this.#market.now()
    const order = newOrder({
      id, engineId: `x${id}`, symbol, scale, clientId, side, type, tif, time: at, stp: 'EXPIRE_MAKER',
      qty: quantity === undefined ? 0n : unitsIn(quantity, scale.qty),
      price: price === undefined ? 0n : unitsIn(price, scale.price),
      stopPrice: stop === undefined ? 0n : unitsIn(stop, scale.price),
      isWorking: stop === undefined, isByQuote: amount !== undefined,
    }) // biome-ignore format: short keys on one line
    this.#book.orders.add(order)
    const asking: Asking = { engineId: order.engineId, isNew: true, isFok: false, refusal: null }
    const before = this.#book.trades.length
    this.#book.engine.ask(traded.slot, requestOf(stated, order.engineId))
    this.#events.read(asking)
    if (asking.refusal !== null) {
      this.#book.orders.forget(order)
      throw spotRefusedOf(asking.refusal)
    }
    const usual = type === 'LIMIT' || type === 'MARKET' ? 'FULL' : 'ACK'
    return placedReply(order, shape ?? usual, this.#book.trades.slice(before))
  }

  cancel(params: Params): object {
    const order = this.find(params)
    if (order === undefined || !isOpen(order)) throw new Refused(-2011)
    this.withdraw(order)
    return cancelReply(order, params.text('newClientOrderId'))
  }

  withdraw({ engineId, symbol }: ExchangeOrder): void {
    const asking: Asking = { engineId, isNew: false, isFok: false, refusal: null }
    this.#book.engine.ask(this.#book.traded.get(symbol)!.slot, withdraw(engineId, { symbol }))
    this.#events.read(asking)
    if (asking.refusal !== null) throw new Refused(-2011)
  }

  find(params: Params): ExchangeOrder | undefined {
    const { symbol } = tradedOf(this.#book, params)
    const [id, clientId] = [params.integer('orderId'), params.text('origClientOrderId')]
    if (id === undefined && clientId === undefined) throw new Refused(-1102, 'orderId')
    const found = id !== undefined ? this.#book.orders.byId(id) : this.#book.orders.byClient(symbol, clientId!)
    return found?.symbol === symbol ? found : undefined
  }

  #check({ traded, side, quantity, price, stop }: Stated): void {
    const filters = filtersAt(traded, this.#market.now())
    const mark = this.#market.last(traded.symbol)
    const { gridFrom } = traded.slot.instrument
    const asked = { side, isMarket: price === undefined, quantity, price, trigger: stop, reduceOnly: false, mark }
    inSpotWords(() => checkFilters(filters, traded.precision, gridFrom, asked))
  }

  #isReached({ traded, side, type }: Stated, stop: WrittenDecimal): boolean {
    const order = compare(parseDecimal(this.#market.last(traded.symbol)), stop.value)
    const waitsAbove = (side === 'BUY') === type.startsWith('STOP')
    return waitsAbove ? order >= 0 : order <= 0
  }
}

function statedOf(book: AccountBook, params: Params): Stated {
  const traded = tradedOf(book, params)
  params.required('side')
  const side = params.oneOf('side', ['BUY', 'SELL'] as const, -1117)!
  params.required('type')
  const type = params.oneOf('type', TYPES, -1116)!
  if (!book.isTrading(traded)) throw new Refused(-1013, 'MARKET_CLOSED')
  for (const name of ['icebergQty', 'trailingDelta', 'pegPriceType'])
    if (params.text(name) !== undefined) throw new Refused(-1130, name)
  const isLimit = type !== 'MARKET' && type !== 'STOP_LOSS' && type !== 'TAKE_PROFIT'
  const needsTif = isLimit && type !== 'LIMIT_MAKER'
  if (needsTif) params.required('timeInForce')
  const tif = params.oneOf('timeInForce', ['GTC', 'IOC', 'FOK'] as const, -1115) ?? 'GTC'
  if (!needsTif && params.text('timeInForce') !== undefined) throw new Refused(-1106, 'timeInForce')
  // the engine's triggers become limits that rest
  if (type.endsWith('_LIMIT') && tif !== 'GTC') throw new Refused(-1115)
  const amount = type === 'MARKET' ? params.decimal('quoteOrderQty') : undefined
  if (amount !== undefined && params.text('quantity') !== undefined) throw new Refused(-1106, 'quoteOrderQty')
  if (amount?.value.digits === 0n) throw new Refused(-1013, 'NOTIONAL')
  const isStop = type.startsWith('STOP') || type.startsWith('TAKE')
  return {
    traded, side, type, tif, amount,
    quantity: amount === undefined ? params.requiredDecimal('quantity') : undefined,
    price: isLimit ? params.requiredDecimal('price') : undefined,
    stop: isStop ? params.requiredDecimal('stopPrice') : undefined,
  } // biome-ignore format: short keys on one line
}

function requestOf({ traded, side, type, tif, quantity, amount, price, stop }: Stated, id: string): OrderRequest {
  return {
    kind: 'order', side: side === 'BUY' ? 'buy' : 'sell', symbol: traded.symbol, id,
    ...(amount === undefined ? { qty: numberOf(quantity!) } : { quote: numberOf(amount) }),
    ...(price !== undefined && { limit: numberOf(price) }),
    ...(type === 'LIMIT' && { tif }),
    ...(type === 'LIMIT_MAKER' && { tif: 'GTX' as const }),
    ...(stop !== undefined && (type.startsWith('STOP') ? { stop: numberOf(stop) } : { touch: numberOf(stop) })),
  } // biome-ignore format: short keys on one line
}
