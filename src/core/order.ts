export type Side = 'buy' | 'sell'
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'GTX' | 'GTD'
export type OrderType = 'market' | 'limit' | 'stop' | 'stop-limit' | 'touch' | 'touch-limit' | 'trailing-stop'

/** A distance from a price: a fraction of it (0.01 = 1 %), or an amount of the quote asset. */
export type Offset = { readonly percent: number } | { readonly distance: number }

/** A bracket leg: a price, or an offset from the price at which the entry fills, slippage included. */
export type Leg = number | Offset

/** What `buy({…})` and `sell({…})` take. Size is exactly one of `qty`, `quote`, `fraction`, `risk`. */
export interface OrderOptions {
  /** Needed in `onBars`; elsewhere the instrument at hand. */
  symbol?: string
  /** In the base asset. */
  qty?: number
  /** Notional in the quote asset. */
  quote?: number
  /** Notional as a fraction of equity. */
  fraction?: number
  /** Fraction of equity that is lost if `stopLoss` is hit, costs included. */
  risk?: number
  limit?: number
  /** Trigger price; with `limit` a stop-limit. */
  stop?: number
  /** Market if touched (the exchanges' take-profit order); with `limit` likewise a limit. */
  touch?: number
  /** Trailing stop; a number is a distance. */
  trail?: number | Offset
  /** Default GTC. */
  tif?: TimeInForce
  /** UTC ms; needed by, and only allowed with, `GTD`. */
  expiresAt?: number
  reduceOnly?: boolean
  stopLoss?: Leg
  takeProfit?: Leg
  trailingStop?: number | Offset
  /** Default: a deterministic counter. */
  id?: string
  /** Reaches the trade table and the report. */
  tag?: string
}

export interface OrderRequest extends OrderOptions {
  readonly kind: 'order'
  readonly side: Side
}
export interface CloseRequest {
  readonly kind: 'close'
  readonly symbol?: string
  readonly tag?: string
}
export interface CancelRequest {
  readonly kind: 'cancel'
  readonly id: string
  readonly symbol?: string
}
export interface CancelAllRequest {
  readonly kind: 'cancelAll'
  readonly symbol?: string
}
export interface AmendRequest {
  readonly kind: 'amend'
  readonly id: string
  readonly symbol?: string
  readonly qty?: number
  readonly limit?: number
  readonly stop?: number
  readonly touch?: number
}
export type Request = OrderRequest | CloseRequest | CancelRequest | CancelAllRequest | AmendRequest

/** What `onBar` may return. */
// biome-ignore lint/suspicious/noConfusingVoidType: a strategy that has nothing to do simply falls off its end
export type Decision = Request | readonly (Request | undefined | null | false)[] | undefined | null | void

export function buy(options: OrderOptions): OrderRequest {
  checkOptions('buy', options)
  return { ...options, kind: 'order', side: 'buy' }
}
export function sell(options: OrderOptions): OrderRequest {
  checkOptions('sell', options)
  return { ...options, kind: 'order', side: 'sell' }
}
/** Types are not looked at when a strategy is run: `buy(1)` has no size, and `buy({ side: 'sell' })` would buy. */
function checkOptions(call: string, options: object): void {
  if (typeof options !== 'object' || options === null)
    throw new RangeError(
      `${call}(${options === undefined ? '' : JSON.stringify(options)}): write what is ordered, such as ${call}({ qty: 0.1 })`,
    )
  const { side } = options as { readonly side?: unknown }
  if (side !== undefined)
    throw new RangeError(`${call}({ side: ${JSON.stringify(side)} }): ${call} says the side itself; leave it out`)
}

/** A reduce-only market order for the whole position as it stands when it fills. */
export function close(options: { symbol?: string; tag?: string } = {}): CloseRequest {
  return { ...options, kind: 'close' }
}
/** An open order by its id; ids are an instrument's own, so `onBars` says of which symbol where two could have it. */
export function cancel(id: string, options: { symbol?: string } = {}): CancelRequest {
  return { ...options, kind: 'cancel', id }
}
/** Every order that was open before this return, of one symbol where one is named (or of the instrument at hand). */
export function cancelAll(options: { symbol?: string } = {}): CancelAllRequest {
  return { ...options, kind: 'cancelAll' }
}
/** New quantity or prices for an open order; refused changes leave it as it was. `symbol` as in `cancel`. */
export function amend(
  id: string,
  change: Omit<AmendRequest, 'kind' | 'id' | 'symbol'>,
  options: { symbol?: string } = {},
): AmendRequest {
  return { ...change, ...options, kind: 'amend', id }
}

/** An accepted order as a strategy and the report see it. */
export interface OrderView {
  readonly id: string
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  /** What is left to fill, in the base asset. */
  readonly qty: number
  readonly limit: number | null
  /** Trigger price of stop, touch and trailing orders. */
  readonly trigger: number | null
  readonly tif: TimeInForce
  readonly reduceOnly: boolean
  readonly role: OrderRole
  readonly tag: string | null
}
/** `order`: the strategy's own; the others are legs of a bracket. */
export type OrderRole = 'order' | 'close' | 'stop' | 'target' | 'trail' | 'liquidation'
