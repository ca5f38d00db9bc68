import type { SystemReduction } from '../../core/told.ts'
import type { BrokerNote } from './paper-broker.ts'

/**
 * An execution on a session's account and symbol that no order of the session made. The engine is not told of it, since it is not the
 * strategy's (unless the exchange itself reduces the session's position: that is a fill); the journal keeps it, since the account's money
 * is changed by it.
 */
export interface ForeignTrade {
  readonly symbol: string
  readonly tradeId: string
  readonly orderId: string
  readonly clientId: string
  /** Where the exchange itself made the order: `liquidation`, `auto-deleveraging`, `settlement`; `null`: somebody did. */
  readonly system: SystemReduction | null
  readonly side: 'buy' | 'sell'
  readonly qty: string
  readonly price: string
  /** In the quote asset, or in the base asset where `feeAsset` says so. */
  readonly fee: string
  readonly feeAsset?: 'base'
  /** The asset it was really taken in, where `fee` had to be reckoned. */
  readonly feeIn?: string
  /** Exchange's time, UTC ms. */
  readonly at: number
}

/** What an account holds beyond what the session's own trades say. */
export interface Gap {
  /** A symbol's coins or contracts; `''`: the wallet, in the quote asset. */
  readonly of: string
  /** Signed: what is there less what should be; `0`: it is right again. */
  readonly off: string
}

export function foreignNote(key: string, trade: ForeignTrade): BrokerNote {
  return { kind: 'broker', note: 'foreign', key, trade }
}

export function gapNote(gap: Gap): BrokerNote {
  return { kind: 'broker', note: 'gap', ...gap }
}

/** @returns `null` for any other note */
export function foreignOf(note: BrokerNote): ForeignTrade | null {
  return note.note === 'foreign' ? (note['trade'] as ForeignTrade) : null
}

/** @returns `null` for any other note */
export function gapOf(note: BrokerNote): Gap | null {
  return note.note === 'gap' ? { of: String(note['of']), off: String(note['off']) } : null
}
