import type { AccountBook } from './account-book.ts'
import type { AlgoEntry } from './algo-entry.ts'
import type { Security } from './auth.ts'
import type { EngineEvents } from './engine-events.ts'
import type { Limits } from './limits.ts'
import type { ListenKeys } from './listen-keys.ts'
import type { OrderEntry } from './order-entry.ts'
import type { Params } from './params.ts'
import type { UserStream } from './user-stream.ts'
import type { MarketNow, WireRequest } from './wire.ts'

/** One route of the account. */
export interface Route {
  readonly weight: number | ((params: Params) => number)
  readonly security: Security
  /** New orders that it counts as. */
  readonly orders?: number
  answer(params: Params, request: WireRequest): unknown
}

/** Of routes that want the signature of the account's secret. */
export const SIGNED = { security: 'signed' } as const

/** By method and path, such as `POST /fapi/v1/order`. */
export type Routes = Readonly<Record<string, Route>>

/** What routes work with. */
export interface Account {
  readonly book: AccountBook
  readonly events: EngineEvents
  readonly entry: OrderEntry
  readonly algos: AlgoEntry
  readonly market: MarketNow
  readonly stream: UserStream
  readonly listenKeys: ListenKeys
  readonly limits: Limits
  readonly shape: '2025' | '2026'
}

/** To both kinds of orders, whole symbols at once. */
export const ALL_CANCELLED = { code: 200, msg: 'The operation of cancel all open order is done.' }

/** Cheap for one symbol, dear for all of them. */
export function perSymbol(one: number, all: number): (params: Pick<Params, 'text'>) => number {
  return (params) => (params.text('symbol') === undefined ? all : one)
}
