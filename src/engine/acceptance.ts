import { floorUnits, fromUnits } from '../core/decimal.ts'
import type { Rejected, RunEvent } from '../core/event.ts'
import type { AmendRequest, OrderRequest, OrderType } from '../core/order.ts'
import type { Account } from './account.ts'
import { type AskedPrices, askedPrices } from './asked-prices.ts'
import { bracketLegs, WOULD_TRIGGER, wrongSide } from './bracket.ts'
import type { EventLog } from './event-log.ts'
import { type Checked, findRefusal, type Refusal } from './filter-check.ts'
import { Funds } from './funds.ts'
import { blankOrder, isAlgo, isResting, type LiveOrder, viewOrder } from './live-order.ts'
import type { Margin } from './margin.ts'
import { Markets } from './market.ts'
import { wholeSteps } from './position.ts'
import { snapLimit, snapStop, snapTouch } from './prices.ts'
import { asOffset, orderType } from './request.ts'
import { RISK, type RiskGuard } from './risk-guard.ts'
import type { Rules } from './rules.ts'
import { affordable, largestOnGrid, marketParts, sizeOrder, snapQty } from './sizing.ts'
import type { Slot } from './slot.ts'

/** What a request brings with it that was decided before it is judged. */
interface Sent {
  /** Number of the return that it is a part of. */
  readonly decision: number
  /** The quantity (units) with which it left; `null` where it is judged at once. */
  readonly qty: number | null
}

const AT_ONCE: Sent = { decision: 0, qty: null }

type CutReason = Extract<RunEvent, { type: 'cut' }>['reason']

/** Step 5 of the life of a bar: size, snap, check, accept or refuse. Refusals are values, never exceptions. */
export class Acceptance {
  readonly funds: Funds
  readonly #account: Account
  readonly #log: EventLog
  readonly #markets: Markets
  readonly #guard: RiskGuard | null
  #counter = 0
  #sequence = 0

  constructor(
    account: Account,
    margin: Margin | null,
    log: EventLog,
    remark: (text: string) => void,
    guard: RiskGuard | null = null,
  ) {
    this.#account = account
    this.#guard = guard
    this.funds = new Funds(account, margin)
    this.#log = log
    this.#markets = new Markets(remark)
  }

  /** Sequence number of the order accepted last. */
  get lastSequence(): number {
    return this.#sequence
  }

  nextId(): string {
    return `o${++this.#counter}`
  }

  /** Accepts or refuses an order decided at `at`, the close of the slot's current bar. */
  submit(slot: Slot, request: OrderRequest, at: number, sent: Sent = AT_ONCE): void {
    const id = request.id ?? this.nextId()
    const { tag = null } = request
    if (isTaken(id, slot.orders)) {
      const refusal = { filter: 'DUPLICATE_ID', value: id, limit: 'an id no open order has' }
      return this.#refuse(slot, at, id, tag, refusal, null)
    }
    const { rules, order, price } = this.#draft(slot, request, id, at, sent)
    const asked = order.qty
    const cutReason = this.cutReason(slot, order, asked, price)
    if (order.mayCut) order.qty = this.payable(slot, order, price, rules)
    const refusal = this.#judge(slot, rules, order, price, at)
    if (refusal !== null) {
      const isForLackOfCash =
        order.qty < asked &&
        refusal.filter !== WOULD_TRIGGER &&
        (order.qty === 0 || this.#judge(slot, rules, { ...order, qty: asked }, price, at) === null)
      if (!isForLackOfCash) return this.#refuse(slot, at, id, tag, refusal, filterOf(refusal))
      const { funds } = this
      const lack =
        funds.shortage(slot, order, asked, price) ??
        funds.insufficient(slot, funds.need(slot, order, asked, price), funds.free(order))
      return this.#refuse(slot, at, id, tag, lack, null)
    }
    const short = this.funds.lock(slot, order, price)
    if (short !== null) return this.#refuse(slot, at, id, tag, short, null)
    if (order.qty < asked) this.noteCut(slot, { ...order, qty: asked }, order.qty, cutReason, at)
    this.#markets.noteForeign(slot, rules, order)
    this.#guard?.notePassed(at)
    this.#accept(slot, order, at)
  }

  /**
   * `close()`: checked with the position as it stands, filled with the position as it then is. Where nothing is held it
   * is for what an order before it may open (fills.md 19), and without one it is none.
   */
  submitClose(slot: Slot, tag: string | null, at: number, decision: number): void {
    const rules = slot.rulesAt(at)
    const qty = wholeSteps(Math.abs(slot.position.units), Math.max(1, rules.lot.step))
    const order = this.#closing(slot, { qty, tag, decision, isClose: true })
    if (qty === 0 && !slot.orders.some((other) => canOpen(slot, other))) {
      this.#refuse(slot, at, order.id, tag, NOTHING_HELD, null)
      return
    }
    const refusal = qty === 0 ? null : this.#refusalOf(slot, rules, order, NO_LEGS, slot.row)
    if (refusal === null) this.#accept(slot, order, at)
    else this.#refuse(slot, at, order.id, tag, refusal, refusal.filter)
  }

  /**
   * What a halt or the end of the data closes, in as many parts as the exchange asks for: those that are open now, and whether one was
   * refused. Unlike `close()` each has the quantity that was held when it was decided: what is opened once trading is resumed is not its business.
   * @param isTold whether a refusal is an event: a halt tries again at each close, and is refused for the same reason
   */
  submitParts(
    slot: Slot,
    at: number,
    own: { tag: 'risk' | 'end'; decision: number },
    isTold: boolean,
  ): { readonly open: readonly LiveOrder[]; readonly isRefused: boolean } {
    const rules = slot.rulesAt(at)
    let isRefused = false
    const open: LiveOrder[] = []
    const held = wholeSteps(Math.abs(slot.position.units), Math.max(1, rules.lot.step))
    for (const qty of marketParts(held, rules)) {
      const order = this.#closing(slot, { ...own, qty, isRisk: own.tag === 'risk' })
      const refusal = this.#refusalOf(slot, rules, order, NO_LEGS, slot.row)
      if (refusal === null) {
        this.#accept(slot, order, at)
        open.push(order)
      } else if (isTold && !isRefused) this.#refuse(slot, at, order.id, order.tag, refusal, refusal.filter)
      isRefused ||= refusal !== null
    }
    return { open, isRefused }
  }

  #closing(
    slot: Slot,
    own: { qty: number; tag: string | null; decision: number; isClose?: boolean; isRisk?: boolean },
  ): LiveOrder {
    const { qty, tag, decision, isClose = false, isRisk = false } = own
    return blankOrder({
      id: this.nextId(),
      side: slot.position.units < 0 ? 1 : -1,
      type: 'market',
      role: 'close',
      reduceOnly: true,
      acceptedRow: slot.row,
      qty,
      tag,
      decision,
      isClose,
      isRisk,
    })
  }

  /** New quantity or prices for an open order; what is refused leaves it as it was. */
  amend(slot: Slot, order: LiveOrder, change: AmendRequest, at: number): void {
    const rules = slot.rulesAt(at)
    const { scales } = slot
    const refuse = (refusal: Refusal, filter: string | null = null) =>
      this.#refuse(slot, at, order.id, order.tag, refusal, filter)
    const lacks = (['limit', 'stop', 'touch'] as const).find(
      (key) => change[key] !== undefined && (order.hasTriggered || !hasPrice(order.type, key)),
    )
    if (lacks !== undefined)
      return refuse({
        filter: 'AMEND',
        value: `${lacks} ${change[lacks]}`,
        limit: `a ${order.type} order ${order.hasTriggered ? 'that was triggered ' : ''}has no ${lacks}`,
      })
    const draft: LiveOrder = { ...order }
    if (change.qty !== undefined) draft.qty = snapLive(order, floorUnits(change.qty, scales.qtyDecimals), rules)
    if (change.limit !== undefined) draft.limit = snapLimit(change.limit, order.side, rules, scales)
    if (change.stop !== undefined) draft.trigger = snapStop(change.stop, order.side, rules, scales)
    if (change.touch !== undefined) draft.trigger = snapTouch(change.touch, order.side, rules, scales)
    // to where it stands already: it keeps its place
    if (draft.qty === order.qty && draft.limit === order.limit && draft.trigger === order.trigger) return
    const price = this.funds.priceOf(slot, draft, rules)
    const refusal = this.#judge(slot, rules, draft, price, at, order)
    if (refusal !== null) return refuse(refusal, filterOf(refusal))
    this.funds.release(slot, order)
    const short = this.funds.lock(slot, draft, price)
    if (short !== null) {
      this.funds.takeAgain(slot, order)
      return refuse(short)
    }
    this.#guard?.notePassed(at)
    Object.assign(order, {
      qty: draft.qty,
      limit: draft.limit,
      trigger: draft.trigger,
      lock: draft.lock,
      lockQty: draft.lockQty,
      // on the book anew: post-only is judged at the next open again (fills.md 6)
      isExempt: draft.isExempt,
      acceptedRow: slot.row,
    })
    this.#log.record(slot, { type: 'amended', at, order: viewOrder(order, slot.symbol, scales) })
  }

  /** What an order can have of `qty` at `price` with what is free: all of it, or the most on its grid. */
  payable(slot: Slot, order: LiveOrder, price: number, rules: Rules, qty = order.qty): number {
    if (order.reduceOnly || this.funds.shortage(slot, order, qty, price) === null) return qty
    const isPayable = (less: number) => this.funds.shortage(slot, order, less, price) === null
    const most =
      slot.margin === null
        ? affordable(Math.max(0, this.funds.free(order)), () => price, slot, this.#account, rules)
        : largestOnGrid(qty, rules.lot.step, isPayable)
    return snapLive(order, Math.min(qty, most), rules)
  }

  /** Why `qty` at `price` is more than can be had. */
  cutReason(slot: Slot, order: LiveOrder, qty: number, price: number): CutReason {
    if (slot.margin === null) return 'INSUFFICIENT_BALANCE'
    const refusal = order.reduceOnly ? null : this.funds.shortage(slot, order, qty, price)
    return refusal?.filter === 'MAX_NOTIONAL_AT_LEVERAGE' ? 'MAX_NOTIONAL_AT_LEVERAGE' : 'INSUFFICIENT_MARGIN'
  }

  /** Whether an order that is open could have been placed with quantity `qty` just before the current bar. */
  isLegal(slot: Slot, rules: Rules, order: LiveOrder, qty: number, price: number): boolean {
    const cut = { ...order, qty }
    return this.#refusalOf(slot, rules, cut, this.#legsOf(slot, rules, cut, price), slot.row - 1, order) === null
  }

  /** Checks a leg at the moment it goes live, as the exchange would; `false` leaves the position without it. */
  acceptLeg(slot: Slot, leg: LiveOrder, at: number): boolean {
    const rules = slot.rulesAt(at)
    // inside a bar its own close is not yet known
    const refusal = findRefusal(
      rules,
      slot.scales,
      checkedOf(leg),
      this.#markets.at(slot, rules, slot.knownRow, hasLimit(leg)),
    )
    if (refusal === null) {
      this.#accept(slot, leg, at)
      return true
    }
    this.#refuse(slot, at, leg.id, leg.tag, refusal, refusal.filter)
    return false
  }

  reject(slot: Slot, order: LiveOrder, at: number, refusal: Refusal): void {
    this.#refuse(slot, at, order.id, order.tag, refusal, null)
  }

  noteCut(slot: Slot, order: LiveOrder, qty: number, reason: CutReason, at: number): void {
    const [from, to] = [order.qty, qty].map((units) => fromUnits(units, slot.scales.qtyDecimals))
    this.#log.record(slot, { type: 'cut', at, symbol: slot.symbol, id: order.id, reason, from: from!, to: to! })
  }

  #accept(slot: Slot, order: LiveOrder, at: number): void {
    order.sequence = ++this.#sequence
    slot.orders.push(order)
    this.#log.record(slot, { type: 'accepted', at, order: viewOrder(order, slot.symbol, slot.scales) })
  }

  #refuse(slot: Slot, at: number, id: string, tag: string | null, refusal: Refusal, filter: string | null): void {
    const event: Rejected = {
      type: 'rejected',
      at,
      symbol: slot.symbol,
      id,
      reason: refusal.filter,
      filter,
      value: refusal.value,
      limit: refusal.limit,
      tag,
    }
    this.#log.record(slot, event)
  }

  /** The order as it would live, and the price (units) its size and funds are reckoned from. */
  #draft(
    slot: Slot,
    request: OrderRequest,
    id: string,
    at: number,
    sent: Sent,
  ): { rules: Rules; order: LiveOrder; price: number } {
    const rules = slot.rulesAt(at)
    const asked = askedPrices(slot, request, rules)
    const { side, limit, trigger } = asked
    const qty = sent.qty === null ? this.#size(slot, request, asked, rules) : snapQty(sent.qty, request, rules)
    const type = orderType(request)
    const price = this.funds.priceOf(slot, { side, qty, limit, trigger }, rules)
    const { stopLoss, takeProfit, trailingStop } = request
    const hasLegs = stopLoss !== undefined || takeProfit !== undefined || trailingStop !== undefined
    const order = blankOrder({
      id, side, type, role: 'order', qty, limit, trigger,
      tif: request.tif ?? 'GTC',
      expiresAt: request.expiresAt ?? Number.POSITIVE_INFINITY,
      reduceOnly: request.reduceOnly ?? false,
      mayCut: (side === 1 || slot.margin !== null) && request.qty === undefined && (type === 'market' || request.risk !== undefined),
      tag: request.tag ?? null,
      legs: hasLegs ? { stopLoss, takeProfit, trailingStop: asOffset(trailingStop) } : null,
      trail: asOffset(request.trail) ?? null,
      acceptedRow: slot.row,
      decision: sent.decision,
    }) // biome-ignore format: keys in the order of the type
    return { rules, order, price }
  }

  /** fills.md 15: the quantity (units) with which an order leaves that is to arrive later; it is judged when it does. */
  sizeOf(slot: Slot, request: OrderRequest, at: number): number {
    const rules = slot.rulesAt(at)
    return this.#size(slot, request, askedPrices(slot, request, rules), rules)
  }

  #size(slot: Slot, request: OrderRequest, asked: AskedPrices, rules: Rules): number {
    if (request.qty !== undefined) return snapQty(floorUnits(request.qty, slot.scales.qtyDecimals), request, rules)
    const { funds } = this
    // what is risked is lost from the price that it really gets
    const priceAt = (qty: number) =>
      request.risk === undefined
        ? funds.priceOf(slot, { ...asked, qty }, rules)
        : funds.expectedPrice(slot, { ...asked, qty }, rules)
    const one = priceAt(0)
    return sizeOrder(request, asked.side, slot.slippage.isBySize ? priceAt : () => one, slot, this.#account, rules)
  }

  /** What refuses an order that is new, or an open one (`except`) as it is to become. */
  #judge(slot: Slot, rules: Rules, order: LiveOrder, price: number, at: number, except?: LiveOrder): Refusal | null {
    const legs = this.#legsOf(slot, rules, order, price)
    return (
      wrongSide(order, legs, price, slot) ??
      this.#refusalOf(slot, rules, order, legs, slot.row, except) ??
      this.#guard?.refusalOf(slot, order, at, except) ??
      null
    )
  }

  /** The legs an entry would have if it were filled at `price`. */
  #legsOf(slot: Slot, rules: Rules, order: LiveOrder, price: number): readonly LiveOrder[] {
    return order.legs === null ? NO_LEGS : bracketLegs(slot, order, price, order.qty, rules, () => '')
  }

  /** What the filters refuse; legs are orders too, and an entry whose legs could not stand is refused with them. */
  #refusalOf(
    slot: Slot,
    rules: Rules,
    order: LiveOrder,
    legs: readonly LiveOrder[],
    row: number,
    except?: LiveOrder,
  ): Refusal | null {
    const market = this.#markets.at(slot, rules, row, hasLimit(order) || legs.some(hasLimit), except)
    const refusal = findRefusal(rules, slot.scales, checkedOf(order), market)
    if (refusal !== null) return refusal
    for (const leg of legs) {
      const ofLeg = findRefusal(rules, slot.scales, checkedOf(leg), market)
      if (ofLeg !== null) return ofLeg
    }
    return null
  }
}

const NO_LEGS: readonly LiveOrder[] = []
const NOTHING_HELD: Refusal = {
  filter: 'NO_POSITION',
  value: 'close()',
  limit: 'a position, or an order before it that may open one',
}

function isTaken(id: string, orders: readonly LiveOrder[]): boolean {
  for (let k = 0; k < orders.length; k++) if (orders[k]!.isAlive && orders[k]!.id === id) return true
  return false
}

/** On spot nobody is short: what sells there can only reduce. */
function canOpen({ margin }: Slot, { isAlive, role, reduceOnly, side }: LiveOrder): boolean {
  return isAlive && role === 'order' && !reduceOnly && (margin !== null || side === 1)
}

/** The exchange filter that refused; a bracket on the wrong side and a limit of one's own are no filter's doing. */
function filterOf({ filter }: Refusal): string | null {
  return filter === WOULD_TRIGGER || filter.startsWith(RISK) ? null : filter
}

/** A quantity of an order that lives, on the grid of its type. */
export function snapLive(order: LiveOrder, qty: number, rules: Rules): number {
  return snapQty(qty, order.type === 'market' ? {} : { limit: 1 }, rules)
}

function hasLimit({ limit }: LiveOrder): boolean {
  return limit !== -1
}

function hasPrice(type: OrderType, key: 'limit' | 'stop' | 'touch'): boolean {
  if (key === 'limit') return type === 'limit' || type.endsWith('-limit')
  return key === 'stop' ? type === 'stop' || type === 'stop-limit' : type.startsWith('touch')
}

function checkedOf(order: LiveOrder): Checked {
  return {
    side: order.side,
    isMarket: order.type === 'market',
    qty: order.qty,
    limit: order.limit,
    trigger: order.trigger,
    reduceOnly: order.reduceOnly,
    isResting: isResting(order),
    isAlgo: isAlgo(order),
  }
}
