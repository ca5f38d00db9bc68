import type { Execution } from '../core/execution.ts'
import { Engine, type SlotOptions } from '../engine/index.ts'
import { AccountBook } from './account-book.ts'
import { accountRoutes } from './account-routes.ts'
import { AlgoEntry } from './algo-entry.ts'
import { type ApiKey, checkAuth } from './auth.ts'
import { Countdowns } from './countdowns.ts'
import { EngineDoor } from './engine-door.ts'
import { EngineEvents } from './engine-events.ts'
import { errorReply, jsonReply, Refused } from './error-codes.ts'
import { Faults } from './faults.ts'
import { idle } from './idle-strategy.ts'
import { type Allowances, Limits } from './limits.ts'
import { ListenKeys } from './listen-keys.ts'
import { MarginCalls } from './margin-calls.ts'
import { OrderEntry } from './order-entry.ts'
import { orderListRoutes } from './order-list-routes.ts'
import { OrderLists } from './order-lists.ts'
import { orderRoutes } from './order-routes.ts'
import { Params } from './params.ts'
import { positionMarginRoutes } from './position-margin.ts'
import type { Account, Route } from './route.ts'
import { settingRoutes } from './setting-routes.ts'
import { SpotEntry } from './spot-entry.ts'
import { spotRoutes } from './spot-routes.ts'
import { SpotVoice } from './spot-voice.ts'
import { streamRoutes } from './stream-routes.ts'
import { SystemCloses } from './system-closes.ts'
import { UsdmVoice } from './usdm-voice.ts'
import { UserStream } from './user-stream.ts'
import { walletRoutes } from './wallet-routes.ts'
import type { MarketNow, Precision, UserSink, WireReply, WireRequest } from './wire.ts'

export interface VenueOptions {
  readonly kind: 'usdm' | 'spot'
  /** In declared order; without indicators, and `readyRow` beyond the last bar. */
  readonly slots: readonly SlotOptions[]
  /** How many instants there are, as the engine wants it. */
  readonly instants: number
  readonly cash: number
  readonly keys: ApiKey
  readonly market: MarketNow
  /** What exchangeInfo states of each symbol. */
  readonly precisionOf: (symbol: string) => Precision
  readonly sink: UserSink
  readonly limitTouch?: boolean
  /** Slippage and participation; plain where absent. */
  readonly execution?: Execution
  /** `2026`, the default: replies to POST, PUT and DELETE of an order have no avgPrice and no cumQuote. */
  readonly shape?: '2025' | '2026'
  /** Minutes that a listenKey lives; 60 where absent. */
  readonly listenKeyMinutes?: number
  readonly allowances?: Partial<Allowances>
  /** What befalls the account on demand. */
  readonly faults?: Faults
}

/** The account side of the exchange, over the engine's own broker. Synchronous: it is handed requests, bars and time. */
export class Venue {
  /** Shared with the market's routes: `spend` before one is answered, `headersOf` for its reply. */
  readonly limits: Limits
  /** Fills, trades and equity as a backtest has them. */
  readonly engine: Engine
  readonly #keys: ApiKey
  readonly #book: AccountBook
  readonly #events: EngineEvents
  readonly #stream: UserStream
  readonly #listenKeys: ListenKeys
  readonly #countdowns: Countdowns
  readonly #marginCalls: MarginCalls
  readonly #systemCloses: SystemCloses
  readonly #lists: OrderLists
  readonly #routes: ReadonlyMap<string, Route>

  constructor(options: VenueOptions) {
    const { kind, slots, instants, cash, market, shape = '2026', keys, faults = new Faults() } = options
    this.limits = new Limits(kind, options.allowances)
    this.#keys = keys
    this.engine = new Engine({
      strategy: idle,
      params: {},
      slots,
      instants,
      cash,
      limitTouch: options.limitTouch ?? false,
      turnsAway: (symbol, id) => faults.ofTrigger(symbol, this.#book.typeOf(id)),
      ...(options.execution !== undefined && { execution: options.execution }),
    })
    this.#book = new AccountBook(this.engine, options.precisionOf)
    this.#listenKeys = new ListenKeys(keys.secret, options.listenKeyMinutes ?? 60)
    this.#stream = new UserStream(this.#listenKeys, market, options.sink)
    const voice =
      kind === 'spot' ? new SpotVoice(this.#book, this.#stream) : new UsdmVoice(this.#book, this.#stream, market)
    this.#events = new EngineEvents(this.#book, voice, market)
    this.#marginCalls = new MarginCalls(this.#book, this.#stream, market)
    this.#systemCloses = new SystemCloses(this.#book, this.#events, faults)
    const door = new EngineDoor(this.#book, this.#events)
    const parts = { book: this.#book, door, events: this.#events, market, shape, faults }
    const entry = new OrderEntry(parts)
    const algos = new AlgoEntry(parts)
    const spotEntry = new SpotEntry(parts)
    this.#lists = new OrderLists({ book: this.#book, entry: spotEntry, market, stream: this.#stream, voice })
    this.#countdowns = new Countdowns(this.#book, entry)
    const account: Account = {
      ...parts, entry, algos, stream: this.#stream, listenKeys: this.#listenKeys, limits: this.limits,
    } // biome-ignore format: one line
    this.#routes = new Map(
      Object.entries({
        ...walletRoutes(account, kind),
        ...(kind === 'spot'
          ? {
              ...spotRoutes(account, spotEntry, this.#lists),
              ...orderListRoutes(this.#lists, this.#book, market),
              ...streamRoutes(account, '/api/v3/userDataStream'),
            }
          : {
              ...orderRoutes(account),
              ...accountRoutes(account),
              ...settingRoutes(account),
              ...positionMarginRoutes(account),
              ...streamRoutes(account, '/fapi/v1/listenKey'),
              ...this.#countdowns.routes(),
            }),
      }),
    )
  }

  /** `POST /fapi/v1/order` and all the others of the account. */
  get routeNames(): string[] {
    return [...this.#routes.keys()]
  }

  /** The reply to a route of the account, limits charged and headers set; `null`: it is none of them. */
  handle(request: WireRequest): WireReply | null {
    const route = this.#routes.get(`${request.method} ${request.path}`)
    if (route === undefined) return null
    const reply = this.#answer(route, request)
    return { ...reply, headers: { ...reply.headers, ...this.limits.headersOf(request) } }
  }

  #answer(route: Route, request: WireRequest): WireReply {
    try {
      const params = Params.of(request)
      const weight = typeof route.weight === 'number' ? route.weight : route.weight(params)
      const refused = this.limits.spend(request, weight)
      if (refused !== null) return refused
      checkAuth(request, params, route.security, this.#keys)
      const tooMany = route.orders === undefined ? null : this.limits.spendOrders(request, route.orders)
      return tooMany ?? this.#carryOut(route, params, request)
    } catch (error) {
      if (error instanceof Refused) return errorReply(error.code, error.message, error.status, error.data)
      throw error
    }
  }

  /** What an order list comes to follows the answer that it is the consequence of. */
  #carryOut(route: Route, params: Params, request: WireRequest): WireReply {
    try {
      return jsonReply(route.answer(params, request))
    } finally {
      this.#lists.settle()
    }
  }

  /** The bars that close at `at` begin, and their opens are the present prices. Then slot by slot: `meetOpen`, and `meetInside` until it says false. */
  begin(at: number): void {
    this.engine.begin(at)
    this.#book.isPlaying = true
  }

  meetOpen(symbol: string): void {
    this.engine.meetOpen(this.#slotOf(symbol))
    this.#events.read()
    this.#systemCloses.meetOpen(symbol)
    this.#lists.settle()
  }

  /** Plays the bar's inside up to and including its next fill; `true`: something was filled, call again. */
  meetInside(symbol: string): boolean {
    const isFilled = this.engine.meetInside(this.#slotOf(symbol))
    this.#events.read()
    this.#lists.settle()
    return isFilled
  }

  /** The bars have closed: marks, margin calls. */
  end(): void {
    this.engine.end()
    this.#book.isPlaying = false
    this.#events.read()
    this.#marginCalls.check()
  }

  /** Reference price of the symbol's newest fill; `null` before the first. */
  lastFill(symbol: string): number | null {
    return this.#events.lastFill(symbol)
  }

  /** 1 long, −1 short, 0 flat. */
  sideOf(symbol: string): number {
    return Math.sign(this.#slotOf(symbol).position.units)
  }

  /** Wall clock, some times a second: listenKeys run out, countdowns cancel. */
  tick(at: number): void {
    const expired = this.#listenKeys.expired(at)
    if (expired !== null) this.#stream.expire(expired)
    this.#countdowns.tick(at)
  }

  #slotOf(symbol: string) {
    return this.#book.traded.get(symbol)!.slot
  }
}
