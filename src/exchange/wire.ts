import type { ForceOrder } from './force-order.ts'

/**
 * Between the account side of the simulated exchange, which knows no sockets, and the side that has them. Amounts and
 * prices are decimal text, times UTC ms.
 */

/** A request as it came, nothing decoded: signatures are over these very bytes. */
export interface WireRequest {
  /** In capitals. */
  readonly method: string
  /** Without the query, such as `/fapi/v1/order`. */
  readonly path: string
  /** Without its question mark; empty where there is none. */
  readonly query: string
  readonly body: string
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly ip: string
  /** The exchange's clock when it came: wall clock, as clients sign with theirs. */
  readonly at: number
}

export interface WireReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One event of a user-data stream, in Binance's own shape; `E` is replay time and grows with every event. */
export interface UserEvent {
  readonly e: string
  readonly E: number
  readonly [field: string]: unknown
}

/** Called while the request or bar is handled that causes the event, so before its reply is out. */
export type UserSink = (listenKey: string, event: UserEvent) => void

/** What the account side asks of the market: its clock, and the prices that are public at this moment. */
export interface MarketNow {
  /** Replay time. */
  now(): number
  /** Price of the last trade that was published: a close, the open of the bar underway, or a point of its path. */
  last(symbol: string): string
  /** The same of the mark price; on spot the last price. */
  mark(symbol: string): string
  /** The exchange has liquidated: streams of it tell the newest of a symbol with the price's next move. */
  force(order: ForceOrder): void
}

/** Decimals that a symbol's prices and quantities may be written with; `exchangeInfo` states the same. */
export interface Precision {
  readonly price: number
  readonly quantity: number
}
