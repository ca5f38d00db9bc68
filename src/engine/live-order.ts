import { fromUnits } from '../core/decimal.ts'
import type { Leg, Offset, OrderRole, OrderType, OrderView, TimeInForce } from '../core/order.ts'
import type { Scales } from './rules.ts'

/** The legs an entry asked for, kept until it fills. */
interface Legs {
  readonly stopLoss: Leg | undefined
  readonly takeProfit: Leg | undefined
  readonly trailingStop: Offset | undefined
}

/** Of each leg how much (units) of its entry it was refused for; 0 where it was accepted. */
export type Uncovered = Record<'stop' | 'trail' | 'target', number>

/** An accepted order while it lives. Prices and quantities in whole units of its instrument's scales. */
export interface LiveOrder {
  readonly id: string
  /** Order of acceptance within the run. */
  sequence: number
  /** Of an exit at an exchange it follows the position. */
  side: 1 | -1
  type: OrderType
  readonly role: OrderRole
  qty: number
  /** −1 where the order has none. */
  limit: number
  trigger: number
  readonly tif: TimeInForce
  readonly expiresAt: number
  readonly reduceOnly: boolean
  /** A `close()`: the whole position as it stands at the fill, whatever its size then. */
  readonly isClose: boolean
  /** What a halt of the limits of risk closes: the strategy can neither see nor cancel it. */
  readonly isRisk: boolean
  /** Let past the limits of risk because it only reduced when it was accepted: should it open after all, they are asked then. */
  isExempt: boolean
  /** A market buy sized by quote, fraction or risk is cut to what can be paid; one sized by qty is refused. */
  readonly mayCut: boolean
  readonly tag: string | null
  readonly legs: Legs | null
  /** Of an entry with legs, once some of it has filled. */
  uncovered: Uncovered | null
  /** Trailing distance. */
  readonly trail: Offset | null
  /** Of a leg: the sequence of its entry. When one leg fills, the others go. */
  readonly bracket: number | null
  /** Row of the bar at whose close it was accepted or amended last, or inside which its entry filled. */
  acceptedRow: number
  /** Ledger units of cash, and units of the base asset, that it holds back. */
  lock: number
  lockQty: number
  isAlive: boolean
  /** A stop or touch that was reached and could not be filled whole: the rest is a market order. */
  hasTriggered: boolean
  /** Number of the return in which the strategy asked for it, or for its entry. */
  readonly decision: number
  /** A leg whose entry filled inside this meeting (`Slot.meeting`) may meet it only as fills.md 11 says. */
  insideOf: number
  /** The meeting in which it filled or triggered last: each order acts once in one. */
  actedIn: number
  /** Its class inside the bar at hand (fills.md 7), a number so that a resting order costs no bar anything. */
  insideClass: number
}

export function isAlgo(order: LiveOrder): boolean {
  return order.type !== 'market' && order.type !== 'limit'
}

/** Whether it can stay on the book: counted by MAX_NUM_ORDERS. */
export function isResting(order: LiveOrder): boolean {
  return order.type !== 'market' && order.tif !== 'IOC' && order.tif !== 'FOK'
}

export function isStopLike(order: LiveOrder): boolean {
  return order.type === 'stop' || order.type === 'stop-limit' || order.type === 'trailing-stop'
}

/** What a strategy and the report see of it. */
export function viewOrder(order: LiveOrder, symbol: string, scales: Scales): OrderView {
  const price = (units: number) => (units === -1 ? null : fromUnits(units, scales.priceDecimals))
  return {
    id: order.id,
    symbol,
    side: order.side === 1 ? 'buy' : 'sell',
    type: order.type,
    qty: fromUnits(order.qty, scales.qtyDecimals),
    limit: price(order.limit),
    trigger: price(order.trigger),
    tif: order.tif,
    reduceOnly: order.reduceOnly,
    role: order.role,
    tag: order.tag,
  }
}

type Draft = Pick<LiveOrder, 'id' | 'side' | 'type' | 'role' | 'qty' | 'acceptedRow'> & Partial<LiveOrder>

/** An order with every field present and in one order, so that all orders share one hidden class. */
export function blankOrder(draft: Draft): LiveOrder {
  return {
    id: draft.id,
    sequence: 0,
    side: draft.side,
    type: draft.type,
    role: draft.role,
    qty: draft.qty,
    limit: draft.limit ?? -1,
    trigger: draft.trigger ?? -1,
    tif: draft.tif ?? 'GTC',
    expiresAt: draft.expiresAt ?? Number.POSITIVE_INFINITY,
    reduceOnly: draft.reduceOnly ?? false,
    isClose: draft.isClose ?? false,
    isRisk: draft.isRisk ?? false,
    isExempt: false,
    mayCut: draft.mayCut ?? false,
    tag: draft.tag ?? null,
    legs: draft.legs ?? null,
    uncovered: null,
    trail: draft.trail ?? null,
    bracket: draft.bracket ?? null,
    acceptedRow: draft.acceptedRow,
    lock: 0,
    lockQty: 0,
    isAlive: draft.isAlive ?? true,
    hasTriggered: false,
    decision: draft.decision ?? 0,
    insideOf: draft.insideOf ?? -1,
    actedIn: -1,
    insideClass: 0,
  }
}
