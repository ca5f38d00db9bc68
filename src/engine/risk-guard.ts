import { fromUnits } from '../core/decimal.ts'
import { DAY } from '../core/interval.ts'
import type { Account } from './account.ts'
import type { EventLog } from './event-log.ts'
import type { Refusal } from './filter-check.ts'
import { isResting, type LiveOrder } from './live-order.ts'
import { countedPrice, heldOf, isOpening, onlyTakes, type Reach, reachOf } from './reach.ts'
import { isOpen, type Risk } from './risk-limits.ts'
import type { Slot } from './slot.ts'

/** What the names of limits begin with, so that nobody takes them for the exchange's. */
export const RISK = 'RISK_'

const MINUTE = 60_000

const [DAY_START, PEAK, LAST] = [0, 1, 2]

type HaltRule = 'RISK_DAILY_LOSS' | 'RISK_DRAWDOWN' | 'RISK_HALT'

/**
 * Stands between strategy and broker: judges every order that could enlarge a position by the limits, and watches
 * equity. Everything is reckoned from what is known when it is judged: the marks of the last instant that has ended, and
 * an order's own price. A limit is not broken by prices that move later, only by orders.
 */
export class RiskGuard {
  readonly #risk: Risk
  readonly #account: Account
  readonly #slots: readonly Slot[]
  readonly #log: EventLog
  readonly #remark: (text: string) => void
  /** When orders of the last minute were let through. */
  readonly #passed: number[] = []
  readonly #restsUntil = new Map<Slot, number>()
  /** Of each instrument the last bar that has ended, −1 before the first: an order that fills knows no later one. */
  readonly #rows: Int32Array
  #halt: HaltRule | null = null
  #isFlattening = false
  /** For a while only, and beside any halt: neither lifts the other. */
  #isPaused = false
  /** When a day's loss first halted trading, as text. */
  #firstDay: string | null = null
  /** Equity at the start of the day, its highest, and at the last mark: on every bar, so not in fields (they would be boxed). */
  readonly #equity: Float64Array
  /** Days since 1970. */
  #day = -1

  constructor(risk: Risk, account: Account, slots: readonly Slot[], log: EventLog, remark: (text: string) => void) {
    this.#risk = risk
    this.#account = account
    this.#slots = slots
    this.#log = log
    this.#remark = remark
    this.#rows = new Int32Array(slots.length).fill(-1)
    this.#equity = new Float64Array(3).fill(account.equity)
  }

  /** Whether what is held is being closed. */
  get isFlattening(): boolean {
    return this.#halt !== null && this.#isFlattening
  }

  /** What stands until a person resumes: nothing is opened, or everything is closed as well. */
  get standing(): 'halt' | 'flatten' | null {
    if (this.#halt === null || this.#halt === 'RISK_DAILY_LOSS') return null
    return this.#isFlattening ? 'flatten' : 'halt'
  }

  /** Nothing may be opened until whoever says so goes on. */
  pause(at: number, why: string): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#tellHalt(at, why)
  }

  /** What limits or a person have halted meanwhile stays halted, and its losses are counted on. */
  goOn(at: number): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.#halt === null) this.#log.recordForAll(this.#slots, { type: 'resumed', at, rule: 'RISK_HALT' })
  }

  /** Halts trading for a reason that lies outside of the account, until a person resumes. */
  halt(at: number, why: string, isFlattening: boolean): void {
    // what a loss has begun to close goes on being closed
    this.#isFlattening = isFlattening || this.isFlattening
    this.#halt = 'RISK_HALT'
    this.#tellHalt(at, why)
  }

  #tellHalt(at: number, why: string): void {
    this.#log.recordForAll(this.#slots, { type: 'halted', at, rule: 'RISK_HALT', value: why, limit: '', until: null })
    this.#remark(`Trading was halted at ${new Date(at).toISOString()}: ${why}`)
  }

  /** Equity has been marked at the clock's instant: says whether a limit has been reached by that, and trading is halted. */
  mark(clock: Float64Array): boolean {
    for (let k = 0; k < this.#rows.length; k++) this.#rows[k] = this.#slots[k]!.cursor.row
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
    if (this.#halt === 'RISK_DRAWDOWN' || (this.#halt === 'RISK_HALT' && this.#isFlattening)) return false
    const { maxDailyLoss, maxDrawdown } = this.#risk
    if (isLost(equity, equities[PEAK]!, maxDrawdown)) return this.#stop('RISK_DRAWDOWN', clock[0]!, PEAK, maxDrawdown)
    if (this.#halt !== null || !isLost(equity, equities[DAY_START]!, maxDailyLoss)) return false
    return this.#stop('RISK_DAILY_LOSS', clock[0]!, DAY_START, maxDailyLoss)
  }

  #stop(rule: Exclude<HaltRule, 'RISK_HALT'>, at: number, from: number, limit: number): true {
    const value = 1 - this.#equity[LAST]! / this.#equity[from]!
    // what a person has halted no new day lifts
    if (this.#halt !== 'RISK_HALT') this.#halt = rule
    this.#isFlattening = true
    const until = rule === 'RISK_DAILY_LOSS' ? (this.#day + 1) * DAY : null
    const [said, most] = [inShort(value), String(limit)]
    this.#log.recordForAll(this.#slots, { type: 'halted', at, rule, value: said, limit: most, until })
    this.#remark(
      rule === 'RISK_DRAWDOWN'
        ? `Risk: trading was halted at ${new Date(at).toISOString()}, when equity was ${percent(value)} below its highest (limit ${percent(limit)}); everything was closed, and nothing opened since`
        : `Risk: trading was halted for the rest of a day that lost ${percent(limit)} or more, first at ${this.#firstDailyHalt(at)}; everything was closed`,
    )
    return true
  }

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
    if (!this.#isPaused) this.#log.recordForAll(this.#slots, { type: 'resumed', at, rule })
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
   * The limit that an order decided at `at` would break; `null` where none, and for what only reduces. Open orders count
   * as filled. `except` is the order that it replaces.
   */
  refusalOf(slot: Slot, order: LiveOrder, at: number, except?: LiveOrder): Refusal | null {
    const others = slot.orders.filter((one) => one.isAlive && one !== except)
    order.isExempt = !isOpening(slot, order, others)
    if (order.isExempt) return null
    const open = (one: Slot) => one.orders.filter(({ isAlive }) => isAlive)
    return (
      this.#closed(slot, at) ??
      this.#beyondCollar(slot, order) ??
      this.#tooMuch(slot, (one, row) => reachOf(one, row, one === slot ? [...others, order] : open(one))) ??
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
    if (order.reduceOnly || onlyTakes(slot, order.side, qty)) return null
    const { priceDecimals, qtyDecimals } = slot.scales
    return (
      this.#closed(slot, slot.openTime) ??
      (order.isExempt ? (this.#beyondCollar(slot, order) ?? this.#tooMany(order, slot.openTime)) : null) ??
      this.#tooMuch(slot, (one, row) => {
        if (one !== slot) return heldOf(one, row)
        // at the price at which it was decided: what the market has moved since breaks no limit
        const notional = fromUnits(after, qtyDecimals) * fromUnits(countedPrice(slot, order, row), priceDecimals)
        return { long: notional, short: notional }
      })
    )
  }

  /** Rules of when and what. */
  #closed(slot: Slot, at: number): Refusal | null {
    const { symbols, hours } = this.#risk
    const halt = this.#halt ?? (this.#isPaused ? 'RISK_HALT' : null)
    if (halt !== null) return refusal(halt, 'an order that opens', 'none while trading is halted')
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
    const close = slot.bars.close[this.#rows[this.#slots.indexOf(slot)]!]!
    for (const units of [order.limit, order.trigger]) {
      const level = fromUnits(units, slot.scales.priceDecimals)
      if (units !== -1 && Math.abs(level - close) > (priceCollar + ROUNDING) * close)
        return refusal('RISK_PRICE_COLLAR', String(level), `within ${percent(priceCollar)} of ${close}`)
    }
    return null
  }

  /** Rules of how much, by what each instrument would hold. */
  #tooMuch(slot: Slot, reach: (one: Slot, row: number) => Reach): Refusal | null {
    const { maxPosition, maxGross, maxNet, maxLeverage } = this.#risk
    let [own, gross, long, short] = [0, 0, 0, 0]
    this.#slots.forEach((one, k) => {
      const of = reach(one, this.#rows[k]!)
      if (one === slot) own = worst(of)
      gross += worst(of)
      long += of.long
      short += of.short
    })
    const { equity } = this.#account
    return (
      over('RISK_MAX_POSITION', own, maxPosition) ??
      over('RISK_MAX_GROSS', gross, maxGross) ??
      over('RISK_MAX_NET', Math.max(Math.abs(long), Math.abs(short)), maxNet) ??
      over('RISK_MAX_LEVERAGE', equity > 0 ? gross / equity : Number.POSITIVE_INFINITY, maxLeverage)
    )
  }

  /** Rules of how many; one that has been accepted already is among those that are counted. */
  #tooMany(order: LiveOrder, at: number, except?: LiveOrder): Refusal | null {
    const { maxOpenOrders, maxOrdersPerMinute } = this.#risk
    const own = order.isExempt ? 0 : 1
    let resting = 0
    for (const { orders } of this.#slots)
      for (const one of orders) if (one.isAlive && one !== except && !one.reduceOnly && isResting(one)) resting++
    while (this.#passed.length > 0 && this.#passed[0]! <= at - MINUTE) this.#passed.shift()
    return (
      (isResting(order) ? over('RISK_MAX_OPEN_ORDERS', resting + own, maxOpenOrders) : null) ??
      over('RISK_MAX_ORDERS_PER_MINUTE', this.#passed.length + own, maxOrdersPerMinute)
    )
  }
}

/** Sums of doubles are off in the last bits: 200 may come out as 200.00000000000003, which breaks no limit of 200, and 1 − 0.07 is not 0.93. */
const ROUNDING = 1e-12

/** Infinity is no limit, also where nothing is left. */
function isLost(equity: number, from: number, limit: number): boolean {
  return Number.isFinite(limit) && equity <= from * (1 - limit + ROUNDING)
}

function over(rule: string, value: number, limit: number): Refusal | null {
  return value > limit * (1 + ROUNDING) ? refusal(rule, inShort(value), String(limit)) : null
}

/** Without the last bits: what reaches a limit of 0.07 is not said to be 0.06999999999999995. */
function inShort(value: number): string {
  return String(Number(value.toPrecision(12)))
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
