import { fromUnits } from '../core/decimal.ts'
import type { RunEvent } from '../core/event.ts'
import { DAY } from '../core/interval.ts'
import type { Account } from './account.ts'
import { isResting, type LiveOrder } from './live-order.ts'
import { isOpen, type Risk } from './risk-limits.ts'
import type { Refusal } from './rules.ts'
import type { Slot } from './slot.ts'

/** What the names of limits begin with, so that nobody takes them for the exchange's. */
export const RISK = 'RISK_'

const MINUTE = 60_000

/** What a symbol would hold, signed notionals at the prices of its orders: with every open buy filled, and every sell. */
interface Reach {
  readonly long: number
  readonly short: number
}

const [DAY_START, PEAK, LAST] = [0, 1, 2]

type HaltRule = 'RISK_DAILY_LOSS' | 'RISK_DRAWDOWN'

/**
 * Stands between strategy and broker: judges every order that could enlarge a position by the limits, and watches
 * equity. Notionals are reckoned at the close at which an order is decided, at its own price; a limit is not broken by
 * prices that move later, only by orders.
 */
export class RiskGuard {
  readonly #risk: Risk
  readonly #account: Account
  readonly #slots: readonly Slot[]
  readonly #record: (slot: Slot | null, event: RunEvent) => void
  readonly #remark: (text: string) => void
  /** When orders of the last minute were let through. */
  readonly #passed: number[] = []
  readonly #restsUntil = new Map<Slot, number>()
  #halt: HaltRule | null = null
  /** Equity at the start of the day, its highest, and at the last mark: on every bar, so not in fields (they would be boxed). */
  readonly #equity: Float64Array
  /** Days since 1970. */
  #day = -1

  constructor(
    risk: Risk,
    account: Account,
    slots: readonly Slot[],
    record: (slot: Slot | null, event: RunEvent) => void,
    remark: (text: string) => void,
  ) {
    this.#risk = risk
    this.#account = account
    this.#slots = slots
    this.#record = record
    this.#remark = remark
    this.#equity = new Float64Array(3).fill(account.equity)
  }

  /** Equity has been marked at the clock's instant: says whether everything is to be closed, as a limit has been reached. */
  mark(clock: Float64Array): boolean {
    const equities = this.#equity
    // bars carry the time at which they end: midnight belongs to the day before
    const day = Math.floor((clock[0]! - 1) / DAY)
    if (day !== this.#day) {
      this.#day = day
      equities[DAY_START] = equities[LAST]!
      if (this.#halt === 'RISK_DAILY_LOSS') this.#lift(clock[0]!)
    }
    const equity = this.#account.marked[0]!
    equities[LAST] = equity
    if (equity > equities[PEAK]!) equities[PEAK] = equity
    if (this.#halt === 'RISK_DRAWDOWN') return false
    const { maxDailyLoss, maxDrawdown } = this.#risk
    if (isLost(equity, equities[PEAK]!, maxDrawdown)) return this.#stop('RISK_DRAWDOWN', clock[0]!, PEAK, maxDrawdown)
    if (this.#halt !== null || !isLost(equity, equities[DAY_START]!, maxDailyLoss)) return false
    return this.#stop('RISK_DAILY_LOSS', clock[0]!, DAY_START, maxDailyLoss)
  }

  #stop(rule: HaltRule, at: number, from: number, limit: number): true {
    const value = 1 - this.#equity[LAST]! / this.#equity[from]!
    this.#halt = rule
    const until = rule === 'RISK_DAILY_LOSS' ? (this.#day + 1) * DAY : null
    this.#record(null, { type: 'halted', at, rule, value: String(value), limit: String(limit), until })
    this.#remark(
      rule === 'RISK_DRAWDOWN'
        ? `Risk: trading was halted at ${new Date(at).toISOString()}, when equity was ${percent(value)} below its highest (limit ${percent(limit)}); everything was closed, and nothing opened since`
        : `Risk: trading was halted for the rest of a day that lost ${percent(limit)} or more, first at ${this.#firstDailyHalt(at)}; everything was closed`,
    )
    return true
  }

  #firstDay: string | null = null
  #firstDailyHalt(at: number): string {
    this.#firstDay ??= new Date(at).toISOString()
    return this.#firstDay
  }

  /** A person lets a halted account trade again; drawdown counts from what is left. */
  resume(at: number): void {
    if (this.#halt === null) return
    this.#equity.fill(this.#equity[LAST]!)
    this.#lift(at)
  }

  #lift(at: number): void {
    const rule = this.#halt!
    this.#halt = null
    this.#record(null, { type: 'resumed', at, rule })
  }

  /** A trade has been closed by a stop or a liquidation: the symbol rests. */
  noteStop(slot: Slot, at: number): void {
    if (this.#risk.coolDown > 0) this.#restsUntil.set(slot, at + this.#risk.coolDown)
  }

  /** An order or an amendment went through. */
  notePassed(at: number): void {
    if (Number.isFinite(this.#risk.maxOrdersPerMinute)) this.#passed.push(at)
  }

  /**
   * The limit that an order decided at `at` would break, at `price` (units); `null` where none, and for what only reduces.
   * Open orders count as filled. `except` is the order that it replaces.
   */
  refusalOf(slot: Slot, order: LiveOrder, price: number, at: number, except?: LiveOrder): Refusal | null {
    if (order.reduceOnly) return null
    const before = this.#reach(slot)
    const after = withOrder(except === undefined ? before : this.#reach(slot, except), slot, order, price)
    const isOpening = order.side === 1 ? after.long > Math.max(0, before.long) : after.short < Math.min(0, before.short)
    if (!isOpening) return null
    return (
      this.#closed(slot, at) ??
      this.#beyondCollar(slot, order) ??
      this.#tooMuch(slot, after, (other) => this.#reach(other)) ??
      this.#tooMany(order, at, except)
    )
  }

  /**
   * The same when it is about to fill `qty` units, with positions as they now are: between decision and fill a stop may
   * have closed what the order was to turn round, or the hours have ended.
   */
  refusalAtFill(slot: Slot, order: LiveOrder, qty: number): Refusal | null {
    const held = slot.position.held
    const after = held + order.side * qty
    if (order.reduceOnly || (Math.sign(held) === -order.side && Math.abs(qty) <= Math.abs(held))) return null
    const { priceDecimals, qtyDecimals } = slot.scales
    // the price at which it was decided: what the market has moved since breaks no limit
    const lastClose = slot.bars.close[slot.row - 1] ?? slot.lastClose
    const price = fromUnits(priceOf(slot, order, lastClose), priceDecimals)
    const notional = fromUnits(after, qtyDecimals) * price
    return (
      this.#closed(slot, slot.openTime) ??
      this.#tooMuch(slot, { long: notional, short: notional }, ({ position, hasBegun }) => {
        const value = hasBegun && position.heldQty !== 0 ? position.heldQty * position.mark : 0
        return { long: value, short: value }
      })
    )
  }

  /** Rules of when and what. */
  #closed(slot: Slot, at: number): Refusal | null {
    const { symbols, hours } = this.#risk
    if (this.#halt !== null) return refusal(this.#halt, 'an order that opens', 'nothing, until trading is resumed')
    const rests = this.#restsUntil.get(slot) ?? 0
    if (at < rests)
      return refusal('RISK_COOL_DOWN', new Date(at).toISOString(), `from ${new Date(rests).toISOString()} on`)
    if (symbols !== null && !symbols.has(slot.symbol))
      return refusal('RISK_SYMBOLS', slot.symbol, [...symbols].join(', '))
    const minute = Math.floor((at % DAY) / MINUTE)
    const closed = hours.find((window) => !isOpen(window, minute))
    return closed === undefined ? null : refusal('RISK_HOURS', new Date(at).toISOString().slice(11, 16), closed.text)
  }

  #beyondCollar(slot: Slot, order: LiveOrder): Refusal | null {
    const { priceCollar } = this.#risk
    const close = slot.lastClose
    for (const units of [order.limit, order.trigger]) {
      const level = fromUnits(units, slot.scales.priceDecimals)
      if (units !== -1 && Math.abs(level - close) > priceCollar * close)
        return refusal('RISK_PRICE_COLLAR', String(level), `within ${percent(priceCollar)} of ${close}`)
    }
    return null
  }

  /** Rules of how much. */
  #tooMuch(slot: Slot, after: Reach, reachOf: (other: Slot) => Reach): Refusal | null {
    const { maxPosition, maxGross, maxNet, maxLeverage } = this.#risk
    let [gross, long, short] = [worst(after), after.long, after.short]
    for (const other of this.#slots) {
      if (other === slot) continue
      const reach = reachOf(other)
      gross += worst(reach)
      long += reach.long
      short += reach.short
    }
    const { equity } = this.#account
    return (
      over('RISK_MAX_POSITION', worst(after), maxPosition) ??
      over('RISK_MAX_GROSS', gross, maxGross) ??
      over('RISK_MAX_NET', Math.max(Math.abs(long), Math.abs(short)), maxNet) ??
      over('RISK_MAX_LEVERAGE', equity > 0 ? gross / equity : Number.POSITIVE_INFINITY, maxLeverage)
    )
  }

  #tooMany(order: LiveOrder, at: number, except?: LiveOrder): Refusal | null {
    const { maxOpenOrders, maxOrdersPerMinute } = this.#risk
    let resting = 0
    for (const { orders } of this.#slots)
      for (const one of orders) if (one.isAlive && one !== except && !one.reduceOnly && isResting(one)) resting++
    while (this.#passed.length > 0 && this.#passed[0]! <= at - MINUTE) this.#passed.shift()
    return (
      (isResting(order) ? over('RISK_MAX_OPEN_ORDERS', resting + 1, maxOpenOrders) : null) ??
      over('RISK_MAX_ORDERS_PER_MINUTE', this.#passed.length + 1, maxOrdersPerMinute)
    )
  }

  #reach(slot: Slot, except?: LiveOrder): Reach {
    if (!slot.hasBegun) return { long: 0, short: 0 }
    const held = slot.position.heldQty === 0 ? 0 : slot.position.heldQty * slot.position.mark
    let reach: Reach = { long: held, short: held }
    for (const order of slot.orders)
      if (order.isAlive && order !== except && !order.reduceOnly)
        reach = withOrder(reach, slot, order, priceOf(slot, order, slot.lastClose))
    return reach
  }
}

/** Infinity is no limit, also where nothing is left. */
function isLost(equity: number, from: number, limit: number): boolean {
  return Number.isFinite(limit) && equity <= from * (1 - limit)
}

/** Sums of doubles are off in the last bits: 200 may come out as 200.00000000000003, which breaks no limit of 200. */
const ROUNDING = 1e-12

function over(rule: string, value: number, limit: number): Refusal | null {
  return value > limit * (1 + ROUNDING) ? refusal(rule, String(Number(value.toPrecision(12))), String(limit)) : null
}

function withOrder({ long, short }: Reach, { scales }: Slot, { side, qty }: LiveOrder, price: number): Reach {
  const notional = fromUnits(qty, scales.qtyDecimals) * fromUnits(price, scales.priceDecimals)
  return side === 1 ? { long: long + notional, short } : { long, short: short - notional }
}

function priceOf(slot: Slot, { limit, trigger }: LiveOrder, lastClose: number): number {
  return limit !== -1 ? limit : trigger !== -1 ? trigger : slot.toPrice(lastClose)
}

function worst({ long, short }: Reach): number {
  return Math.max(Math.abs(long), Math.abs(short))
}

function refusal(filter: string, value: string, limit: string): Refusal {
  return { filter, value, limit }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}
