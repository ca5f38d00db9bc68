import { floorUnits, fromUnits, unitsText } from '../core/decimal.ts'
import type { Rejected, RunEvent } from '../core/event.ts'
import type { AmendRequest, OrderRequest, OrderType } from '../core/order.ts'
import type { Account } from './account.ts'
import { bracketLegs, wrongSide } from './bracket.ts'
import { buyingCost } from './fee-model.ts'
import { slip } from './fill-model.ts'
import { blankOrder, isAlgo, type LiveOrder, viewOrder } from './live-order.ts'
import { snapLimit, snapStop, snapTouch, trailPrice } from './prices.ts'
import { asOffset, orderType } from './request.ts'
import { type Checked, findRefusal, type Market, type Refusal, type Rules } from './rules.ts'
import { affordable, sizeOrder, snapQty } from './sizing.ts'
import type { Slot } from './slot.ts'

/** Step 5 of the life of a bar: size, snap, check, accept or refuse. Refusals are values, never exceptions. */
export class Acceptance {
  readonly #account: Account
  readonly #emit: (slot: Slot, event: RunEvent) => void
  readonly #remark: (text: string) => void
  #counter = 0
  #sequence = 0

  constructor(account: Account, emit: (slot: Slot, event: RunEvent) => void, remark: (text: string) => void) {
    this.#account = account
    this.#emit = emit
    this.#remark = remark
  }

  /** Sequence number of the order accepted last. */
  get lastSequence(): number {
    return this.#sequence
  }

  nextId(): string {
    return `o${++this.#counter}`
  }

  /** Accepts or refuses an order decided at `at`, the close of the slot's current bar. */
  submit(slot: Slot, request: OrderRequest, at: number): void {
    const id = request.id ?? this.nextId()
    const refuse = (refusal: Refusal, filter: string | null = null) =>
      this.#refuse(slot, at, id, request.tag ?? null, refusal, filter)
    if (slot.orders.some((o) => o.isAlive && o.id === id))
      return refuse({ filter: 'DUPLICATE_ID', value: id, limit: 'an id no open order has' })
    const { rules, order, price } = this.#draft(slot, request, id, at)
    const wrong = wrongSide(order, price, slot, rules)
    if (wrong !== null) return refuse(wrong)
    const refusal =
      findRefusal(rules, slot.scales, checkedOf(order), this.#market(slot, rules)) ??
      this.#checkLegs(slot, rules, order, price)
    if (refusal !== null) return refuse(refusal, refusal.filter)
    const short = this.#lockFunds(slot, order, price, at)
    if (short !== null) return refuse(short)
    if (order.mayCut && order.qty !== 0) {
      const afterCut = findRefusal(rules, slot.scales, checkedOf(order), this.#market(slot, rules))
      if (afterCut !== null) {
        this.release(order)
        return refuse(afterCut, afterCut.filter)
      }
    }
    this.#noteVenue(slot, rules, order)
    this.#accept(slot, order, at)
  }

  /** `close()`: checked with the position as it stands, filled with the position as it then is. */
  submitClose(slot: Slot, tag: string | null, at: number): void {
    const id = this.nextId()
    const rules = slot.rulesAt(slot.openTime)
    const { units } = slot.position
    const side = units < 0 ? 1 : -1
    const order = blankOrder({
      id,
      side,
      type: 'market',
      role: 'close',
      qty: Math.abs(units),
      reduceOnly: true,
      isClose: true,
      tag,
      acceptedRow: slot.row,
    })
    const refusal = units === 0 ? null : findRefusal(rules, slot.scales, checkedOf(order), this.#market(slot, rules))
    if (refusal !== null) return this.#refuse(slot, at, id, tag, refusal, refusal.filter)
    this.#accept(slot, order, at)
  }

  /** New quantity or prices for an open order; what is refused leaves it as it was. */
  amend(slot: Slot, order: LiveOrder, change: AmendRequest, at: number): void {
    const rules = slot.rulesAt(slot.openTime)
    const { scales } = slot
    const refuse = (refusal: Refusal, filter: string | null = null) =>
      this.#refuse(slot, at, order.id, order.tag, refusal, filter)
    const lacks = (['limit', 'stop', 'touch'] as const).find(
      (key) => change[key] !== undefined && !hasPrice(order.type, key),
    )
    if (lacks !== undefined)
      return refuse({
        filter: 'AMEND',
        value: `${lacks} ${change[lacks]}`,
        limit: `a ${order.type} order has no ${lacks}`,
      })
    const draft: LiveOrder = { ...order }
    if (change.qty !== undefined) draft.qty = snapQty(floorUnits(change.qty, scales.qtyDecimals), { limit: 1 }, rules)
    if (change.limit !== undefined) draft.limit = snapLimit(change.limit, order.side, rules, scales)
    if (change.stop !== undefined) draft.trigger = snapStop(change.stop, order.side, rules, scales)
    if (change.touch !== undefined) draft.trigger = snapTouch(change.touch, order.side, rules, scales)
    const market = this.#market(slot, rules)
    const refusal = findRefusal(rules, scales, checkedOf(draft), {
      ...market,
      openOrders: 0,
      openAlgoOrders: 0,
      held: market.held - (order.side === 1 ? order.qty : 0),
    })
    if (refusal !== null) return refuse(refusal, refusal.filter)
    this.release(order)
    const short = this.#lockFunds(slot, draft, draft.limit !== -1 ? draft.limit : draft.trigger, at)
    if (short !== null) {
      this.#account.locked += order.lock
      return refuse(short)
    }
    Object.assign(order, {
      qty: draft.qty,
      limit: draft.limit,
      trigger: draft.trigger,
      lock: draft.lock,
      lockQty: draft.lockQty,
    })
    this.#emit(slot, { type: 'amended', at, order: viewOrder(order, slot.symbol, scales) })
  }

  /** Gives back what an order held. `lock` stays readable so that a failed amend can take it again. */
  release(order: LiveOrder): void {
    this.#account.locked -= order.lock
  }

  /** Checks a leg at the moment it goes live, as the exchange would; `false` leaves the position without it. */
  acceptLeg(slot: Slot, leg: LiveOrder, at: number): boolean {
    const rules = slot.rulesAt(slot.openTime)
    const refusal = findRefusal(rules, slot.scales, checkedOf(leg), this.#market(slot, rules))
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

  #accept(slot: Slot, order: LiveOrder, at: number): void {
    order.sequence = ++this.#sequence
    slot.orders.push(order)
    this.#emit(slot, { type: 'accepted', at, order: viewOrder(order, slot.symbol, slot.scales) })
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
    this.#emit(slot, event)
  }

  /** The order as it would live, and the price (units) its size and funds are reckoned from. */
  #draft(slot: Slot, request: OrderRequest, id: string, at: number): { rules: Rules; order: LiveOrder; price: number } {
    const { scales, costs } = slot
    const rules = slot.rulesAt(at)
    const side = request.side === 'buy' ? 1 : -1
    const type = orderType(request)
    const close = slot.toPrice(slot.lastClose)
    const trail = asOffset(request.trail)
    const limit = request.limit === undefined ? -1 : snapLimit(request.limit, side, rules, scales)
    const trigger =
      request.stop !== undefined
        ? snapStop(request.stop, side, rules, scales)
        : request.touch !== undefined
          ? snapTouch(request.touch, side, rules, scales)
          : trail !== undefined
            ? trailPrice(trail, side, close, rules, scales)
            : -1
    const price =
      limit !== -1 ? limit : slip(trigger !== -1 ? Math.max(trigger, 1) : close, side, costs.slippage, rules.price)
    const qty = sizeOrder(request, side, price, slot, this.#account, rules)
    const { stopLoss, takeProfit, trailingStop } = request
    const hasLegs = stopLoss !== undefined || takeProfit !== undefined || trailingStop !== undefined
    const order = blankOrder({
      id, side, type, role: 'order', qty, limit, trigger,
      tif: request.tif ?? 'GTC',
      expiresAt: request.expiresAt ?? Number.POSITIVE_INFINITY,
      reduceOnly: request.reduceOnly ?? false,
      mayCut: request.qty === undefined && (type === 'market' || request.risk !== undefined),
      tag: request.tag ?? null,
      legs: hasLegs ? { stopLoss, takeProfit, trailingStop: asOffset(trailingStop) } : null,
      trail: trail ?? null,
      acceptedRow: slot.row,
    }) // biome-ignore format: keys in the order of the type
    return { rules, order, price }
  }

  /** fills.md 16: resting orders lock their funds; what cannot be paid is refused, or cut where the size was relative. */
  #lockFunds(slot: Slot, order: LiveOrder, price: number, at: number): Refusal | null {
    order.lock = 0
    order.lockQty = 0
    if (order.reduceOnly || slot.instrument.kind !== 'spot') return null
    const { scales, costs } = slot
    if (order.side === -1) {
      const locked = slot.orders.reduce((sum, o) => (o.isAlive && o.id !== order.id ? sum + o.lockQty : sum), 0)
      const free = Math.max(0, slot.position.units - locked)
      if (order.qty > free)
        return {
          filter: 'INSUFFICIENT_BALANCE',
          value: unitsText(order.qty, scales.qtyDecimals),
          limit: `${unitsText(free, scales.qtyDecimals)} ${slot.instrument.base} free`,
        }
      order.lockQty = order.qty
      return null
    }
    const free = this.#account.freeUnits
    let need = buyingCost(this.#account.ledger, scales, price, order.qty, costs.taker)
    if (need > free && order.mayCut) {
      const qty = affordable(Math.max(0, free), price, slot, this.#account, slot.rulesAt(at))
      this.#emit(slot, {
        type: 'cut',
        at,
        symbol: slot.symbol,
        id: order.id,
        reason: 'INSUFFICIENT_BALANCE',
        from: fromUnits(order.qty, scales.qtyDecimals),
        to: fromUnits(qty, scales.qtyDecimals),
      })
      order.qty = qty
      need = buyingCost(this.#account.ledger, scales, price, qty, costs.taker)
    }
    if (need > free) return this.insufficient(need, free, slot)
    order.lock = need
    this.#account.locked += need
    return null
  }

  insufficient(need: number, free: number, slot: Slot): Refusal {
    const { decimals } = this.#account.ledger
    return {
      filter: 'INSUFFICIENT_BALANCE',
      value: unitsText(need, decimals),
      limit: `${unitsText(Math.max(0, free), decimals)} ${slot.instrument.quote} free`,
    }
  }

  /** The legs are orders too: an entry whose legs could not stand is refused with them. */
  #checkLegs(slot: Slot, rules: Rules, entry: LiveOrder, price: number): Refusal | null {
    if (entry.legs === null) return null
    const market = this.#market(slot, rules)
    for (const leg of bracketLegs(slot, entry, price, entry.qty, rules, () => '')) {
      const refusal = findRefusal(rules, slot.scales, checkedOf(leg), market)
      if (refusal !== null) return refusal
    }
    return null
  }

  #market(slot: Slot, rules: Rules): Market {
    let openOrders = 0
    let openAlgoOrders = 0
    let held = slot.position.held
    for (const order of slot.orders) {
      if (!order.isAlive) continue
      if (isResting(order)) openOrders++
      if (isAlgo(order)) openAlgoOrders++
      if (order.side === 1 && !order.reduceOnly) held += order.qty
    }
    return {
      last: slot.toPrice(slot.lastClose),
      reference: this.#reference(slot, rules),
      openOrders,
      openAlgoOrders,
      held,
    }
  }

  /** fills.md 18: spot's PERCENT_PRICE looks at the average of the last `avgPriceMins` minutes where that is known. */
  #reference(slot: Slot, rules: Rules): number {
    const rule = rules.filters.percentPriceBySide ?? rules.filters.percentPrice
    if (rule === undefined || slot.instrument.kind !== 'spot' || rule.avgPriceMins === 0) return slot.lastClose
    const average = slot.referenceAt === null ? Number.NaN : slot.referenceAt(slot.row, rule.avgPriceMins)
    const isKnown = Number.isFinite(average)
    this.#remark(
      isKnown
        ? `${slot.symbol}: PERCENT_PRICE is checked against the volume-weighted closes of ${rule.avgPriceMins} minutes, which approximate the exchange's average of trades`
        : `${slot.symbol}: PERCENT_PRICE is checked against the last close where no 1m bars are stored (the exchange averages ${rule.avgPriceMins} minutes)`,
    )
    return isKnown ? average : slot.lastClose
  }

  #noteVenue(slot: Slot, rules: Rules, order: LiveOrder): void {
    const known = rules.snapshot.orderTypes
    if (known.length === 0) return
    for (const type of [
      order.type,
      ...(order.legs?.stopLoss !== undefined ? (['stop'] as const) : []),
      ...(order.legs?.trailingStop ? (['trailing-stop'] as const) : []),
    ])
      if (!VENUE_NAMES[type].some((name) => known.includes(name)))
        this.#remark(
          `${slot.symbol}: ${slot.instrument.venue} has no ${type} order (${VENUE_NAMES[type].join(', ')}); klinelab simulates it`,
        )
  }
}

/** What the exchanges call our order types, spot and USDS-M. */
const VENUE_NAMES: Readonly<Record<OrderType, readonly string[]>> = {
  market: ['MARKET'],
  limit: ['LIMIT'],
  stop: ['STOP_LOSS', 'STOP_MARKET'],
  'stop-limit': ['STOP_LOSS_LIMIT', 'STOP'],
  touch: ['TAKE_PROFIT', 'TAKE_PROFIT_MARKET'],
  'touch-limit': ['TAKE_PROFIT_LIMIT', 'TAKE_PROFIT'],
  'trailing-stop': ['TRAILING_STOP_MARKET'],
}

function hasPrice(type: OrderType, key: 'limit' | 'stop' | 'touch'): boolean {
  if (key === 'limit') return type === 'limit' || type.endsWith('-limit')
  return key === 'stop' ? type === 'stop' || type === 'stop-limit' : type.startsWith('touch')
}

function isResting(order: LiveOrder): boolean {
  return order.type !== 'market' && order.tif !== 'IOC' && order.tif !== 'FOK'
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
