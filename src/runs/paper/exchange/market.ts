import type { MainClient, USDMClient, WebsocketClient } from 'binance'
import type { OrderView } from '../../../core/order.ts'
import type { BrokerRun, BrokerSymbol } from '../paper-broker.ts'
import type { Attempts } from './attempts.ts'
import type { Gate } from './gate.ts'
import type { Terms } from './terms.ts'

/** What a refusal of an order comes to, however the market words it. */
export type Meaning =
  /** It is there already: an answer was lost, or it came late. */
  | 'duplicate'
  /** There is no position to reduce, or no coin to sell. */
  | 'nothing-to-reduce'
  | 'would-trigger'
  | 'no-change'
  | 'fok'
  | 'post-only'
  /** Of an order list: the price is not between its orders. */
  | 'crossed'
  /** Precision, prices, quantities, notional: judged here with filters that the exchange has no more. */
  | 'filter'
  | 'other'

/** An order as it is sent. */
interface Placed {
  readonly terms: Terms
  readonly clientId: string
}

/** What differs between the markets of Binance that a session's orders go to; all else is one code. */
export interface Market {
  readonly kind: 'usdm' | 'spot'
  readonly venue: 'binance' | 'binance-usdm'
  /** In words. */
  readonly name: string
  /** Paths of requests, without a slash at their beginning. */
  readonly paths: {
    readonly time: string
    readonly info: string
    readonly order: string
    readonly openOrders: string
    readonly trades: string
    readonly listenKey: string
  }
  /** The door of conditional orders, where they have one of their own. */
  readonly conditional: { readonly order: string; readonly open: string } | null
  /** Order lists (OCO), of which one order cancels the other, where there are such. */
  readonly lists: {
    readonly place: string
    readonly one: string
    paramsOf(symbol: string, list: string, stop: Placed, target: Placed): Record<string, string>
  } | null
  /** Positions on margin, with leverage, modes and funding; else coins are owned, and every sale holds some of them back. */
  readonly hasMargin: boolean
  /** Whether a resting limit can be given another price and quantity. */
  readonly amends: boolean
  termsOf(view: OrderView): Terms
  /** The fields of a request that places it. */
  paramsOf(symbol: string, terms: Terms, clientId: string): Record<string, string>
  meaningOf(refusal: { readonly code: number; readonly text: string }): Meaning
  /** Signed, in units of `exact.ts`; `null`: it did not say. @throws Error where it refuses to */
  heldThere(gate: Gate, symbol: BrokerSymbol): Promise<bigint | null>
  heldHere(run: BrokerRun, attempts: Attempts, symbol: string): bigint
  /** Of the quote asset; `null`: it did not say. */
  walletThere(gate: Gate, quote: string): Promise<number | null>
  walletHere(run: BrokerRun): number
  /** Fee rates of the account as text; `null`: it does not say. */
  feesThere(gate: Gate, symbol: string): Promise<{ readonly maker: string; readonly taker: string } | null>
  client(...options: ConstructorParameters<typeof USDMClient>): USDMClient | MainClient
  /** Opens the user stream. */
  listen(client: WebsocketClient): Promise<unknown>
}
