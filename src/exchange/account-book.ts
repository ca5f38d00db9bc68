import type { Engine } from '../engine/index.ts'
import { type AlgoOrder, isWaiting } from './algo-order.ts'
import { type ExchangeOrder, isOpen, type Scale } from './exchange-order.ts'
import { HeldPosition } from './held-position.ts'
import type { ExchangeTrade } from './user-events.ts'
import type { Precision } from './wire.ts'

type EngineSlot = Engine['slots'][number]

/** A symbol as the account trades it. */
export interface Traded {
  readonly slot: EngineSlot
  readonly symbol: string
  readonly precision: Precision
  readonly scale: Scale
  readonly held: HeldPosition
}

export interface Income {
  readonly symbol: string
  readonly incomeType: 'REALIZED_PNL' | 'COMMISSION' | 'FUNDING_FEE' | 'INSURANCE_CLEAR'
  /** Ledger units. */
  readonly units: bigint
  readonly time: number
  readonly tranId: number
  readonly tradeId: string
}

export interface Amendment {
  readonly id: number
  readonly order: ExchangeOrder
  readonly time: number
  readonly price: { readonly before: string; readonly after: string }
  readonly origQty: { readonly before: string; readonly after: string }
  readonly count: number
}

/** Orders are found by the engine's id, by their own and by their client's; of a client id the newest counts. */
class Orders<
  T extends { readonly id: number; readonly engineId: string; readonly clientId: string; readonly symbol: string },
> {
  readonly all: T[] = []
  readonly open = new Set<T>()
  readonly #byId = new Map<number, T>()
  readonly #byEngine = new Map<string, T>()
  readonly #byClient = new Map<string, T>()

  add(order: T): void {
    this.all.push(order)
    this.open.add(order)
    this.#byId.set(order.id, order)
    this.#byEngine.set(order.engineId, order)
    this.#byClient.set(`${order.symbol} ${order.clientId}`, order)
  }

  /** It was refused after all: nothing remembers it. */
  forget(order: T): void {
    const at = this.all.lastIndexOf(order)
    if (at >= 0) this.all.splice(at, 1)
    this.open.delete(order)
    this.#byId.delete(order.id)
    this.#byEngine.delete(order.engineId)
    this.#byClient.delete(`${order.symbol} ${order.clientId}`)
  }

  ofEngine(engineId: string): T | undefined {
    return this.#byEngine.get(engineId)
  }
  byId(id: number): T | undefined {
    return this.#byId.get(id)
  }
  byClient(symbol: string, clientId: string): T | undefined {
    return this.#byClient.get(`${symbol} ${clientId}`)
  }
}

/** Everything that the account has, and had: what the routes answer from. */
export class AccountBook {
  readonly engine: Engine
  readonly quote: string
  readonly traded: ReadonlyMap<string, Traded>
  readonly orders = new Orders<ExchangeOrder>()
  readonly algos = new Orders<AlgoOrder>()
  readonly trades: ExchangeTrade[] = []
  readonly income: Income[] = []
  readonly amendments: Amendment[] = []
  /** Ledger units: what was there at first and what came and went since, event by event. */
  wallet: bigint
  /** Whether bars are being played, which is when the bar at a slot's cursor has not closed yet. */
  isPlaying = false
  #ids = { order: 8_000_000_000, algo: 2_000_000_000, list: 0, client: 0, trade: 0, tran: 9_000_000_000, amendment: 0 }

  constructor(engine: Engine, precisionOf: (symbol: string) => Precision) {
    this.engine = engine
    this.quote = engine.slots[0]!.instrument.quote
    this.wallet = BigInt(engine.account.wallet)
    this.traded = new Map(
      engine.slots.map((slot) => {
        const precision = precisionOf(slot.symbol)
        const { priceDecimals, qtyDecimals } = slot.scales
        const scale: Scale = {
          price: priceDecimals, qty: qtyDecimals, writtenPrice: precision.price, writtenQty: precision.quantity,
        } // biome-ignore format: one line
        const held = new HeldPosition(scale, engine.account.ledger.decimals)
        return [slot.symbol, { slot, symbol: slot.symbol, precision, scale, held }]
      }),
    )
  }

  /** Whether a bar of it has closed: before that nothing is known that an order could be judged by. */
  isTrading({ slot }: Traded): boolean {
    return slot.row - (this.isPlaying && slot.isFresh ? 1 : 0) >= 0
  }

  get ledgerDecimals(): number {
    return this.engine.account.ledger.decimals
  }

  nextId(of: 'order' | 'algo' | 'list' | 'client' | 'trade' | 'tran' | 'amendment'): number {
    return ++this.#ids[of]
  }

  /** As its client named it; empty where the engine's id is of no client's order. */
  typeOf(engineId: string): string {
    return this.algos.ofEngine(engineId)?.type ?? this.orders.ofEngine(engineId)?.type ?? ''
  }

  openOrders(symbol?: string): ExchangeOrder[] {
    return [...this.orders.open].filter((order) => isOpen(order) && (symbol === undefined || order.symbol === symbol))
  }

  openAlgos(symbol?: string): AlgoOrder[] {
    return [...this.algos.open].filter((algo) => isWaiting(algo) && (symbol === undefined || algo.symbol === symbol))
  }
}
