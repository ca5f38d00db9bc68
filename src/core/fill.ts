import type { OrderRole, Side } from './order.ts'

/** One execution. Exact figures stand beside their units so that no reader has to guess. */
export interface Fill {
  /** Running number within the run, from 1. */
  readonly n: number
  readonly order: string
  readonly symbol: string
  readonly side: Side
  readonly role: OrderRole
  /** Open time of the bar for fills at the open and inside it; the last close time for `close`. UTC ms. */
  readonly time: number
  /** Where on the bar: at its open, somewhere inside, or (only with close-at-end) at its close. */
  readonly phase: 'open' | 'inside' | 'close'
  /** In the base asset. */
  readonly qty: number
  /** What was paid or received per unit, slippage included, on the tick grid. */
  readonly price: number
  /** The price on the bar before slippage; within [low, high] always. */
  readonly reference: number
  readonly liquidity: 'maker' | 'taker'
  /** In the quote asset (its quote value where it was taken in the base asset). */
  readonly fee: number
  /** The asset the fee was taken in. */
  readonly feeAsset: string
  /** |price − reference| × qty in the quote asset. */
  readonly slippage: number
  /** Realised profit of the part of the position this fill closed, before fees, in the quote asset. */
  readonly realised: number
  /** Signed position after the fill, in the base asset. */
  readonly position: number
  readonly tag: string | null
}
