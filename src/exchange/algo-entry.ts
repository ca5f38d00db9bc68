import { parseDecimal, unitsText } from '../core/decimal.ts'
import type { AccountBook, Traded } from './account-book.ts'
import { ALGO_TYPES, type AlgoOrder, type AlgoType, isWaiting, newAlgoReply } from './algo-order.ts'
import { compare } from './amounts.ts'
import type { EngineDoor } from './engine-door.ts'
import { Refused } from './error-codes.ts'
import { priceText } from './exchange-order.ts'
import type { Faults } from './faults.ts'
import type { EntryOptions } from './order-entry.ts'
import { checkFilters, filtersAt } from './order-filters.ts'
import { clientIdOf, goodTill, numberOf, type Stated, statedOf, tifOf, unitsIn } from './order-params.ts'
import type { Params, WrittenDecimal } from './params.ts'
import { refusedOf } from './refusals.ts'
import { isReached } from './trigger.ts'
import type { MarketNow } from './wire.ts'

/** Percent, of the exchange: 0.1 to 10. */
const CALLBACK = { min: parseDecimal('0.1'), max: parseDecimal('10') }

/** Conditional orders: POST and DELETE of `algoOrder`. What the engine's stops cannot express is refused. */
export class AlgoEntry {
  readonly #book: AccountBook
  readonly #door: EngineDoor
  readonly #market: MarketNow
  readonly #faults: Faults

  constructor({ book, door, market, faults }: EntryOptions) {
    this.#book = book
    this.#door = door
    this.#market = market
    this.#faults = faults
  }

  place(params: Params): object {
    params.required('algoType')
    params.oneOf('algoType', ['CONDITIONAL'] as const)
    const stated = statedOf(this.#book, params)
    params.required('type')
    const type = params.oneOf('type', ALGO_TYPES, -1116)!
    refuseUnknown(params)
    const { traded, side } = stated
    const closePosition = params.flag('closePosition') ?? false
    const isLimit = type === 'STOP' || type === 'TAKE_PROFIT'
    const isTrailing = type === 'TRAILING_STOP_MARKET'
    if (closePosition) checkClosing(params, type)
    const quantity = closePosition ? undefined : params.requiredDecimal('quantity')
    const price = isLimit ? params.requiredDecimal('price') : undefined
    const trigger = isTrailing ? undefined : params.requiredDecimal('triggerPrice')
    const callback = isTrailing ? callbackOf(params) : undefined
    const tif = isLimit ? tifOf(params, false) : 'GTC'
    if (tif === 'IOC' || tif === 'FOK' || tif === 'GTX') throw new Refused(-1115)
    const expiresAt = tif === 'GTD' ? goodTill(params, this.#market.now()) : 0
    const id = this.#book.nextId('algo')
    const clientId = clientIdOf(params, 'clientAlgoId', () => `x-exchange-a${id}`)
    if (this.#isTaken(traded.symbol, clientId)) throw new Refused(-4116)
    this.#check(stated, { quantity, price, trigger, reduceOnly: stated.reduceOnly || closePosition })
    if (trigger !== undefined && isReached(this.#market.last(traded.symbol), side, type, trigger))
      throw new Refused(-2021)
    const { scale, symbol } = traded
    const at = this.#market.now()
    const algo: AlgoOrder = {
      id, engineId: `a${id}`, symbol, scale, clientId, side, type, tif,
      qty: quantity === undefined ? 0n : unitsIn(quantity, scale.qty),
      cut: null,
      price: price === undefined ? 0n : unitsIn(price, scale.price),
      triggerPrice: trigger === undefined ? '0' : priceText(unitsIn(trigger, scale.price), scale),
      reduceOnly: stated.reduceOnly || closePosition, closePosition, callbackRate: callback?.text ?? '', stp: stated.stp,
      goodTillDate: expiresAt, createTime: at, updateTime: at, triggerTime: 0, status: 'NEW', order: null, rejectReason: '',
    } // biome-ignore format: short keys on one line
    const reply = newAlgoReply(algo)
    this.#book.algos.add(algo)
    const refusal = this.#door.enter(algo, {
      kind: 'order', side: side === 'BUY' ? 'buy' : 'sell', symbol, id: algo.engineId,
      qty: quantity === undefined ? this.#most(traded) : numberOf(quantity),
      ...(price !== undefined && { limit: numberOf(price) }),
      ...(callback !== undefined && { trail: { percent: fraction(callback) } }),
      ...(trigger !== undefined && (type.startsWith('STOP') ? { stop: numberOf(trigger) } : { touch: numberOf(trigger) })),
      ...(expiresAt > 0 && { tif: 'GTD' as const, expiresAt }),
      ...(algo.reduceOnly && { reduceOnly: true }),
    }) // biome-ignore format: short keys on one line
    if (refusal !== null) {
      this.#book.algos.forget(algo)
      throw refusedOf(refusal, side)
    }
    return reply
  }

  cancel(params: Params): object {
    const algo = this.find(params)
    if (algo === undefined || !isWaiting(algo)) throw new Refused(-2011)
    this.withdraw(algo)
    return { algoId: algo.id, clientAlgoId: algo.clientId, code: '200', msg: 'success' }
  }

  /** What is orphaned lives on, and nobody is told. */
  withdraw(algo: AlgoOrder): void {
    if (!this.#faults.isOrphaned(algo.symbol, algo.type)) this.#door.withdraw(algo)
  }

  find(params: Params): AlgoOrder | undefined {
    const id = params.integer('algoId')
    const clientId = params.text('clientAlgoId')
    if (id === undefined && clientId === undefined) throw new Refused(-1102, 'algoId')
    if (id !== undefined) return this.#book.algos.byId(id)
    for (const symbol of this.#book.traded.keys()) {
      const found = this.#book.algos.byClient(symbol, clientId!)
      if (found !== undefined) return found
    }
    return undefined
  }

  #isTaken(symbol: string, clientId: string): boolean {
    const other = this.#book.algos.byClient(symbol, clientId)
    return other !== undefined && isWaiting(other)
  }

  #check(
    { traded, side }: Stated,
    figures: {
      readonly quantity: WrittenDecimal | undefined
      readonly price: WrittenDecimal | undefined
      readonly trigger: WrittenDecimal | undefined
      readonly reduceOnly: boolean
    },
  ): void {
    const filters = filtersAt(traded, this.#market.now())
    const mark = this.#market.mark(traded.symbol)
    const isMarket = figures.price === undefined
    checkFilters(filters, traded.precision, traded.slot.instrument.gridFrom, { ...figures, side, isMarket, mark })
  }

  /** What closes whatever is held leaves with the most that an order may have, and is cut to the position when it fills. */
  #most({ slot, scale }: Traded): number {
    const rules = slot.rulesAt(this.#market.now())
    const most = Math.min(rules.lot.max, rules.marketLot?.max ?? Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER)
    const { origin, step } = rules.lot
    return Number(unitsText(origin + Math.floor((most - origin) / step) * step, scale.qty))
  }
}

function checkClosing(params: Params, type: AlgoType): void {
  if (type !== 'STOP_MARKET' && type !== 'TAKE_PROFIT_MARKET') throw new Refused(-1106, 'closePosition')
  if (params.text('quantity') !== undefined) throw new Refused(-4137)
  if (params.text('reduceOnly') !== undefined) throw new Refused(-1106, 'reduceOnly')
}

/** The engine's triggers look at the last price, and its trails begin at once: what asks for more is not taken as if it had been heard. */
function refuseUnknown(params: Params): void {
  if ((params.text('workingType') ?? 'CONTRACT_PRICE') !== 'CONTRACT_PRICE') throw new Refused(-1130, 'workingType')
  if (params.flag('priceProtect') === true) throw new Refused(-1130, 'priceProtect')
  if (params.text('activatePrice') !== undefined) throw new Refused(-1130, 'activatePrice')
}

function callbackOf(params: Params): WrittenDecimal {
  const rate = params.requiredDecimal('callbackRate')
  if (compare(rate.value, CALLBACK.min) < 0 || compare(rate.value, CALLBACK.max) > 0) throw new Refused(-2007)
  if (rate.value.decimals > 1) throw new Refused(-2007)
  return rate
}

function fraction({ value }: WrittenDecimal): number {
  return Number(unitsText(value.digits, value.decimals + 2))
}
