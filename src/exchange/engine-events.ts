import type { Cancelled, Rejected, RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { OrderView } from '../core/order.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { AlgoLife } from './algo-life.ts'
import type { AlgoOrder } from './algo-order.ts'
import { unitsOf } from './amounts.ts'
import { type ExchangeOrder, isOpen, priceText, qtyText } from './exchange-order.ts'
import { forceOrderOf } from './force-order.ts'
import { causeOf, systemOrder } from './system-order.ts'
import { type ExchangeTrade, moneyText } from './user-events.ts'
import type { Voice } from './voice.ts'
import type { MarketNow } from './wire.ts'

/** The order or change that is being asked of the engine while its events are read. */
export interface Asking {
  readonly engineId: string
  /** A new order that ends where it arrives is refused and never was; of all that expire there FOK alone. */
  readonly isNew: boolean
  readonly isFok: boolean
  /** Why the engine refused it, or ended it on arrival. */
  refusal: Rejected | 'post-only' | 'expired' | null
}

/** Reads what the engine says has happened, and turns it into orders, trades and events of the exchange. */
export class EngineEvents {
  readonly #book: AccountBook
  readonly #voice: Voice
  readonly #market: MarketNow
  readonly #algos: AlgoLife
  readonly #lastFills = new Map<string, number>()
  #read = 0

  constructor(book: AccountBook, voice: Voice, market: MarketNow) {
    this.#book = book
    this.#voice = voice
    this.#market = market
    this.#algos = new AlgoLife(book, voice, market)
  }

  /** Everything new, in order. */
  read(asking: Asking | null = null): void {
    const { events } = this.#book.engine
    if (asking?.isNew) asking.refusal = refusalIn(events, this.#read, asking)
    while (this.#read < events.length) {
      const event = events[this.#read++]!
      const id = idOf(event)
      if (asking !== null && id === asking.engineId) {
        if (asking.isNew && asking.refusal !== null) continue
        if (event.type === 'rejected') {
          asking.refusal = event
          continue
        }
      }
      this.#take(event)
    }
  }

  /** Reference price of the symbol's newest fill; `null` before the first. */
  lastFill(symbol: string): number | null {
    return this.#lastFills.get(symbol) ?? null
  }

  /** The owner has changed what an isolated position has behind it. */
  tellMargin(symbol: string): void {
    this.#voice.account('MARGIN_TRANSFER', 0n, [symbol])
  }

  #take(event: RunEvent): void {
    if (event.type === 'fill') return this.#fill(event.fill)
    if (event.type === 'funding') return this.#funding(event.symbol, event.paid, event.at)
    if (event.type === 'amended') return this.#amended(event.order)
    const id = idOf(event)
    if (id === null) return
    const order = this.#book.orders.ofEngine(id)
    const algo = this.#book.algos.ofEngine(id)
    if (event.type === 'accepted') {
      if (order !== undefined) this.#accepted(order, event.order)
      else if (algo !== undefined) this.#voice.algo(algo)
    } else if (event.type === 'triggered') {
      if (order !== undefined) order.isWorking = true
      // of spot: what has a limit may rest from here on; all else is told by its fill
      if (order !== undefined && order.price > 0n) this.#voice.order(order, 'NEW')
      else if (order === undefined && algo !== undefined) this.#algos.trigger(algo)
    } else if (event.type === 'cut') this.#cut(event.to, order, algo)
    else if (event.type === 'cancelled') this.#ended(event.reason, order, algo)
    else if (event.type === 'rejected') this.#refusedLater(event, order, algo)
  }

  #accepted(order: ExchangeOrder, view: OrderView): void {
    if (order.status === 'PENDING_NEW') order.status = 'NEW'
    // what an amount of quote buys is known now
    if (order.isByQuote) order.qty = order.remaining = unitsOf(view.qty, order.scale.qty)
    this.#voice.order(order, 'NEW')
  }

  #fill(fill: Fill): void {
    this.#lastFills.set(fill.symbol, fill.reference)
    const { orders, algos } = this.#book
    let order = orders.ofEngine(fill.order)
    const algo = algos.ofEngine(fill.order)
    if (order === undefined && algo !== undefined) order = this.#algos.trigger(algo)
    // what the exchange closes itself, and nothing else, is no order of the client's
    const isForeign = order === undefined || order.isSystem
    if (order === undefined || isForeign) order = this.#systemOrder(fill)
    const traded = this.#book.traded.get(fill.symbol)!
    const { scale, held } = traded
    const decimals = this.#book.ledgerDecimals
    const [qty, price] = [unitsOf(fill.qty, scale.qty), unitsOf(fill.price, scale.price)]
    const [fee, realised] = [unitsOf(fill.fee, decimals), unitsOf(fill.realised, decimals)]
    const at = this.#market.now()
    order.executed += qty
    order.quote += qty * price
    order.remaining -= qty
    order.updateTime = at
    order.isWorking = true
    order.status = order.executed === order.qty ? 'FILLED' : 'PARTIALLY_FILLED'
    if (order.status === 'FILLED') orders.open.delete(order)
    const trade: ExchangeTrade = {
      id: this.#book.nextId('trade'), order, qty, price, fee, realised, ledgerDecimals: decimals, time: at,
      isMaker: fill.liquidity === 'maker', feeAsset: fill.feeAsset, commission: commissionText(fill, traded, qty, fee, decimals),
    } // biome-ignore format: two lines
    this.#book.trades.push(trade)
    this.#book.wallet += realised - fee
    held.fill(fill.side === 'buy' ? 1n : -1n, qty, price, realised, fee, at)
    this.#income(trade, isForeign)
    this.#voice.trade(trade)
    this.#voice.order(order, order.type === 'LIQUIDATION' ? 'CALCULATED' : 'TRADE', trade)
    const forced = forceOrderOf(order, qty)
    if (forced !== null) this.#market.force(forced)
    this.#voice.account('ORDER', 0n, [fill.symbol])
    // what reduce-only was cut by can never be filled
    if (order.status !== 'FILLED' && order.remaining === 0n) this.#end(order, 'EXPIRED', '0')
    if (order.status === 'FILLED') this.#algos.finish(order)
  }

  #income({ order, realised, fee, id, time }: ExchangeTrade, isForeign: boolean): void {
    const enter = (incomeType: 'REALIZED_PNL' | 'COMMISSION' | 'INSURANCE_CLEAR', units: bigint) =>
      this.#book.income.push({
        symbol: order.symbol, incomeType, units, time, tranId: this.#book.nextId('tran'), tradeId: String(id),
      }) // biome-ignore format: one line
    if (realised !== 0n) enter('REALIZED_PNL', realised)
    if (fee !== 0n)
      enter(isForeign && causeOf(order.engineId) === 'liquidation' ? 'INSURANCE_CLEAR' : 'COMMISSION', -fee)
  }

  #funding(symbol: string, paid: number, at: number): void {
    const units = -unitsOf(paid, this.#book.ledgerDecimals)
    this.#book.wallet += units
    this.#book.income.push({
      symbol, incomeType: 'FUNDING_FEE', units, time: at, tranId: this.#book.nextId('tran'), tradeId: '',
    }) // biome-ignore format: one line
    const isIsolated = this.#book.traded.get(symbol)!.slot.margin!.mode === 'isolated'
    this.#voice.account('FUNDING_FEE', units, isIsolated ? [symbol] : [])
  }

  /** One whole as it is filled: of a liquidation part by part. */
  #systemOrder(fill: Fill): ExchangeOrder {
    const { scale } = this.#book.traded.get(fill.symbol)!
    const id = this.#book.nextId('order')
    const order = systemOrder(fill, { id, scale, time: this.#market.now() })
    this.#book.orders.add(order)
    this.#voice.order(order, 'NEW')
    return order
  }

  #cut(to: number, order: ExchangeOrder | undefined, algo: AlgoOrder | undefined): void {
    const scale = order?.scale ?? algo?.scale
    if (scale === undefined) return
    const units = unitsOf(to, scale.qty)
    if (order === undefined) algo!.cut = units
    else {
      order.remaining = units
      if (order.isByQuote) order.qty = order.executed + units
    }
  }

  #ended(reason: Cancelled['reason'], order: ExchangeOrder | undefined, algo: AlgoOrder | undefined): void {
    const isAsked = reason === 'requested' || reason === 'oco' || reason === 'risk'
    const status = isAsked ? (order?.endsAs ?? 'CANCELED') : 'EXPIRED'
    if (order !== undefined) {
      const isRest = order.tif === 'IOC' || order.tif === 'FOK'
      this.#end(order, status, reason === 'liquidation' ? '5' : isRest && reason === 'expired' ? '2' : '0')
    } else if (algo !== undefined && algo.status === 'NEW') {
      // a stop that finds nothing to reduce is turned away when it is triggered
      if (reason === 'flat') return this.#algos.reject(algo, 'ReduceOnly Order is rejected.')
      this.#algos.end(algo, status)
    }
  }

  #refusedLater(event: Rejected, order: ExchangeOrder | undefined, algo: AlgoOrder | undefined): void {
    if (order !== undefined) this.#end(order, 'EXPIRED', '0')
    else if (algo !== undefined) this.#algos.reject(algo, rejectText(event))
  }

  #end(order: ExchangeOrder, status: 'CANCELED' | 'EXPIRED', er: string): void {
    if (!isOpen(order)) return
    order.status = status
    order.updateTime = this.#market.now()
    this.#book.orders.open.delete(order)
    this.#voice.order(order, status, null, er)
    this.#algos.finish(order)
  }

  #amended(view: OrderView): void {
    const order = this.#book.orders.ofEngine(view.id)
    if (order === undefined || view.limit === null) return
    const { scale } = order
    const before = { price: priceText(order.price, scale), qty: qtyText(order.qty, scale) }
    order.price = unitsOf(view.limit, scale.price)
    order.remaining = unitsOf(view.qty, scale.qty)
    order.qty = order.executed + order.remaining
    order.updateTime = this.#market.now()
    order.amendments++
    this.#book.amendments.push({
      id: this.#book.nextId('amendment'),
      order,
      time: order.updateTime,
      price: { before: before.price, after: priceText(order.price, scale) },
      origQty: { before: before.qty, after: qtyText(order.qty, scale) },
      count: order.amendments,
    })
    this.#voice.order(order, 'AMENDMENT')
  }
}

/** In the asset in which it was taken: a spot buy may pay in what it receives. */
function commissionText(fill: Fill, { slot, scale }: Traded, qty: bigint, fee: bigint, decimals: number): string {
  if (fill.feeAsset !== slot.instrument.base) return moneyText(fee, decimals)
  const rate = fill.liquidity === 'maker' ? slot.costs.maker : slot.costs.taker
  const divisor = 10n ** BigInt(rate.decimals)
  const product = qty * BigInt(rate.digits)
  // as fees are: rounded up, a rebate down
  const units = product > 0n ? (product + divisor - 1n) / divisor : product / divisor
  return moneyText(units, scale.qty)
}

function idOf(event: RunEvent): string | null {
  if (event.type === 'accepted' || event.type === 'amended') return event.order.id
  if (event.type === 'fill') return event.fill.order
  return 'id' in event ? event.id : null
}

/** What ended a new order on arrival, before anything of it was filled. */
function refusalIn(events: readonly RunEvent[], from: number, { engineId, isFok }: Asking): Asking['refusal'] {
  for (let k = from; k < events.length; k++) {
    const event = events[k]!
    if (idOf(event) !== engineId) continue
    if (event.type === 'fill') return null
    if (event.type === 'rejected') return event
    if (event.type === 'cancelled' && event.reason === 'post-only') return 'post-only'
    if (event.type === 'cancelled' && event.reason === 'expired' && isFok) return 'expired'
  }
  return null
}

function rejectText({ reason, value }: Rejected): string {
  if (reason === 'EXCHANGE') return value
  return reason.startsWith('INSUFFICIENT') ? 'Margin is insufficient.' : reason
}
