import { LedgerError } from '../core/decimal.ts'
import { emptyList } from '../core/empty-list.ts'
import type { Cancelled, RunEvent } from '../core/event.ts'
import { PLAIN_EXECUTION } from '../core/execution.ts'
import type { Decision } from '../core/order.ts'
import type { EngineResult } from '../core/run.ts'
import type { Told } from '../core/told.ts'
import { Account } from './account.ts'
import { AccountReading } from './book-views.ts'
import { Broker } from './broker.ts'
import { type Context, SlotContext, TogetherContext } from './context.ts'
import { checkOptions, type EngineOptions } from './engine-options.ts'
import { resultOf } from './engine-result.ts'
import { EquityCurve } from './equity-curve.ts'
import { EventLog } from './event-log.ts'
import { exactEquity } from './exact-equity.ts'
import { Flattening } from './flattening.ts'
import { slippageOf } from './impact.ts'
import { LateMarks } from './late-marks.ts'
import { Delay } from './latency.ts'
import { Margin } from './margin.ts'
import { OrderDesk } from './order-desk.ts'
import type { ParamValue } from './params.ts'
import { plainState } from './plain-state.ts'
import { QuietLane } from './quiet-lane.ts'
import { refusePromise } from './request.ts'
import { RiskGuard } from './risk-guard.ts'
import { shorten } from './shorten.ts'
import { Slot } from './slot.ts'
import type { BarsContext, Indicators, Strategy } from './strategy.ts'
import { failureOf } from './strategy-error.ts'
import { paramsView } from './view.ts'

type Hook = (context: never) => Decision

/**
 * The engine: told about closed bars, one instant at a time, by whoever hosts it. It owns the account, the broker and
 * the strategy's views, and knows nothing of files, clocks or modes.
 */
export class Engine {
  readonly account: Account
  readonly slots: readonly Slot[]
  readonly #strategy: Strategy
  readonly #onBar: Hook | null
  readonly #onBars: Hook | null
  readonly #margin: Margin | null
  readonly #risk: RiskGuard | null
  readonly #broker: Broker
  /** What strategies see of the account. */
  readonly #reading: AccountReading
  readonly #contexts: readonly Context[]
  readonly #together: BarsContext<unknown, Indicators, unknown>
  readonly #log: EventLog
  readonly #remarks = new Set<string>()
  readonly #desk: OrderDesk
  readonly #flattening: Flattening
  /** The instant at hand, UTC ms. */
  readonly #clock = new Float64Array(1)
  readonly #one = new Float64Array(1)
  /** Bars on which nothing can happen but the strategy's answer; `null` where something may on any bar. */
  readonly #lane: QuietLane | null
  /** A closure made in the step itself would cost every step a context. */
  readonly #fail = (slot: Slot | null, error: unknown) => this.#failure(slot, error)
  readonly #state: unknown
  readonly #params: Readonly<Record<string, ParamValue>>
  readonly #curve: EquityCurve
  readonly #keepsFills: boolean
  /** What `onFill` is handed beside the fill. */
  readonly #fillContext: object
  #hooked = 0
  /** Whether the bars of the instant are being played fill by fill. */
  #isInside = false
  /** Instruments of which something is held, in declared order, and the state of the books (`Account.changes`) that says so. */
  readonly #held: Slot[] = emptyList()
  #marked = 0

  /** @throws RangeError where cash is not a positive amount, slots are missing, or quote assets differ */
  constructor(options: EngineOptions) {
    checkOptions(options)
    const { strategy, params } = options
    this.#strategy = strategy
    this.#onBar = strategy.onBar
    this.#onBars = strategy.onBars
    this.#params = paramsView(params)
    this.account = new Account(options.cash)
    const remark = (text: string) => this.#remarks.add(text)
    const { slippage, participation, latency, cancelLatency } = options.execution ?? PLAIN_EXECUTION
    this.slots = options.slots.map(
      (slot) =>
        new Slot(slot, this.account.ledger, slippageOf(slippage, slot.costs.slippage, remark), this.#onBars !== null),
    )
    if (options.fills === 'told') for (const slot of this.slots) slot.unknownCloses = 0
    for (const { position } of this.slots) position.keepsExtremes = options.keepsExtremes ?? true
    this.account.exactEquity = () => exactEquity(this.account, this.slots)
    this.#log = new EventLog(options.keepsEvents ?? true, this.#onBars !== null)
    this.#keepsFills = options.keepsFills ?? true
    this.#margin = this.slots[0]!.margin === null ? null : new Margin(this.account, this.slots, this.#log, remark)
    if (this.#margin !== null) this.account.marginFree = () => this.#margin!.free()
    const { risk = null } = options
    this.#risk = risk === null ? null : new RiskGuard(risk, this.account, this.slots, this.#log, remark)
    this.#broker = new Broker(this.account, this.slots, this.#margin, this.#risk, this.#log, remark, {
      fills: options.fills ?? 'bars',
      limitTouch: options.limitTouch,
      participation,
      path: options.path ?? 'worse',
      turnsAway: options.turnsAway ?? null,
    })
    const intervals = this.slots.map(({ interval }) => interval)
    const delays = { submit: new Delay(latency, intervals), cancel: new Delay(cancelLatency, intervals) }
    this.#desk = new OrderDesk(this.slots, this.#broker, delays, this.#log)
    this.#flattening = new Flattening(this.slots, this.#broker, this.#desk)
    const { instants, times = null, equity = null } = options
    this.#curve = new EquityCurve(instants, this.#clock, this.slots, times, equity)
    const marks = this.#isEverQuiet() ? new LateMarks(this.slots[0]!, this.account, this.#curve, this.#clock) : null
    this.#reading = new AccountReading(this.account, marks)
    this.#state = plainState(
      this.#guard(null, () => strategy.state(this.#params)),
      strategy.name,
    )
    this.#contexts = this.slots.map(
      (slot) => new SlotContext(slot, this.#clock, this.#reading, marks, this.#params, this.#state),
    )
    this.#together = new TogetherContext(this.slots, this.#clock, this.#reading, this.#params, this.#state)
    this.#lane =
      marks === null || this.#onBar === null
        ? null
        : new QuietLane(this.slots[0]!, this.account, marks, this.#clock, this.#onBar, this.#contexts[0]!)
    // one for all fills: what a strategy kept on it would be a state beside its own
    this.#fillContext = Object.freeze({ params: this.#params, state: this.#state })
    const begun = { params: this.#params, symbols: this.slots.map((s) => s.symbol), state: this.#state }
    this.#guard(null, () => refusePromise('onStart', strategy.onStart?.(begun as never)))
  }

  /** Whether there may be bars of which nothing is to be done but to mark them and to ask the strategy. */
  #isEverQuiet(): boolean {
    // orders that are elsewhere are looked at on every bar
    const isWatched = this.#risk !== null || this.#onBars !== null || this.#broker.told !== null
    return !isWatched && this.slots.length === 1 && this.slots[0]!.step > 0 && this.#onBar !== null
  }

  /** The life of an instant: every bar that closes at `at` (UTC ms) meets open orders, is marked, shown and answered. */
  onBar(at: number): void {
    this.#one[0] = at
    this.onInstants(this.#one, 0, 0, 1)
  }

  /**
   * The same for many instants, one after the other: rows [from, to) of `column`, each plus `step`. One instant is a stretch of
   * one: whoever hosts the engine runs this code.
   */
  onInstants(column: Float64Array, step: number, from: number, to: number): void {
    const lane = this.#lane
    const clock = this.#clock
    for (let k = from; k < to; k++) {
      if (lane !== null && !this.#log.hasNews && this.#desk.isIdle && this.account.changes === this.#marked) {
        k = this.#pass(lane, column, step, k, to)
        if (k === to) return
        if (this.#isAnswered(lane)) continue
      }
      clock[0] = column[k]! + step
      this.#step()
    }
  }

  #pass(lane: QuietLane, column: Float64Array, step: number, from: number, to: number): number {
    try {
      return lane.pass(column, step, from, to)
    } catch (error) {
      throw this.#failure(this.slots[0]!, error)
    }
  }

  /** What the strategy answered to the last quiet bar, if it did, goes through step 5. */
  #isAnswered(lane: QuietLane): boolean {
    const decision = lane.takeDecision()
    if (decision === undefined) return false
    this.#desk.take(this.slots[0]!, decision)
    this.#desk.answer(this.#clock[0]!, this.#fail)
    return true
  }

  #step(): void {
    const { slots } = this
    const clock = this.#clock
    // steps 1–3: orders accepted earlier meet the bars, in declared order, before any strategy code runs
    for (let k = 0; k < slots.length; k++) slots[k]!.isFresh = slots[k]!.advanceTo(clock)
    for (let k = 0; k < slots.length; k++) {
      const slot = slots[k]!
      if (slot.isFresh && (slot.orders.length > 0 || slot.hasNewRules || this.#isAtRisk(slot))) this.#meet(slot)
    }
    this.#broker.endInstant()
    this.#close()
  }

  /** Whether what is held may be charged funding or taken away on the bar at hand. */
  #isAtRisk({ position, margin }: Slot): boolean {
    return margin !== null && position.held !== 0 && !this.#margin!.isQuiet(margin, this.#clock)
  }

  /** Steps 3 to 6: the bars of the instant have been met. */
  #close(): void {
    const { slots } = this
    const clock = this.#clock
    this.#mark()
    this.#curve.end(this.account)
    if (this.#risk !== null) this.#watch(this.#risk)
    // step 4: the strategy sees the closed bars
    if (this.#log.hasNews && this.#broker.fills.length > this.#hooked) this.#callFillHooks()
    const onBar = this.#onBar
    if (onBar !== null)
      for (let k = 0; k < slots.length; k++) {
        const slot = slots[k]!
        if (slot.isFresh && slot.isReady) this.#desk.take(slot, this.#ask(onBar, this.#contexts[k]!, slot))
      }
    const isTogether = this.#onBars !== null && this.#isAnyReady()
    if (isTogether) this.#desk.take(null, this.#ask(this.#onBars!, this.#together, null))
    if (this.#log.hasNews) this.#forget(isTogether)
    // step 5: new orders are sized, snapped, checked, accepted or refused, in the order in which they were returned
    if (!this.#desk.isIdle) this.#desk.answer(clock[0]!, this.#fail)
    if (this.#broker.told !== null)
      for (let k = 0; k < slots.length; k++) if (slots[k]!.isFresh) this.#broker.expireAhead(slots[k]!)
  }

  /**
   * The same step taken apart, for a host that lets others act inside a bar: what `onBar` does is `begin`, then of each instrument in
   * declared order `meetOpen` and `meetInside` until that says false, then `end`.
   */
  begin(at: number): void {
    this.#clock[0] = at
    for (const slot of this.slots) slot.isFresh = slot.advanceTo(this.#clock)
    this.#isInside = true
  }

  /** What was open before the bar meets its open; nothing for an instrument that has no bar now. */
  meetOpen(slot: Slot): void {
    if (!slot.isFresh) return
    if (slot.hasNewRules) this.#broker.regrid(slot)
    if (slot.isOnMargin) this.#margin!.chargeFunding(slot, slot.margin!, this.#clock[0]!)
    this.#broker.meetOpen(slot)
  }

  /** Plays the bar's inside up to its next fill. @returns false once it is through */
  meetInside(slot: Slot): boolean {
    return slot.isFresh && this.#broker.meetInside(slot)
  }

  end(): void {
    this.#isInside = false
    this.#broker.endPlaying()
    this.#broker.endInstant()
    this.#close()
  }

  /**
   * Requests of somebody beside the strategy, at the present instant. Between two bars they are judged as the strategy's own at the last
   * close. Inside a bar that is being played they are judged by that same close, since this bar's is not known: at its open they meet the
   * open at once; after that a stop that reduces meets what is to come, and all else waits for the next bar.
   */
  ask(home: Slot | null, decision: Decision): void {
    const before = this.#broker.acceptance.lastSequence
    const fresh = this.#isInside ? this.slots.filter(({ isFresh }) => isFresh) : []
    for (const slot of fresh) slot.moveTo(slot.row - 1)
    this.#desk.take(home, decision)
    try {
      this.#desk.answer(this.#isInside ? this.#openTime() : this.#clock[0]!, this.#fail)
    } finally {
      for (const slot of fresh) slot.moveTo(slot.row + 1)
    }
    for (const slot of fresh) this.#broker.meetLate(slot, before)
  }

  /** Open of the bars that are being played. */
  #openTime(): number {
    return Math.min(...this.slots.filter(({ isFresh }) => isFresh).map(({ openTime }) => openTime))
  }

  /** What an exchange says of an order that it was sent, or of the position. @throws RangeError for a symbol or order that is unknown */
  tell(told: Told): void {
    const slot = this.slots.find(({ symbol }) => symbol === told.symbol)
    if (slot === undefined) throw new RangeError(`${told.symbol} is told of, which is not in this run`)
    if (this.#broker.told === null) throw new RangeError('orders of this engine meet bars: nobody can tell it of fills')
    this.#broker.told.take(slot, told)
  }

  /** Why `tell` would not take it; `null`: it would. */
  whyNot(told: Told): string | null {
    const slot = this.slots.find(({ symbol }) => symbol === told.symbol)
    if (slot === undefined) return `${told.symbol} is told of, which is not in this run`
    return this.#broker.told?.whyNot(slot, told) ?? null
  }

  /** Everything that has happened so far, in order. */
  get events(): readonly RunEvent[] {
    return this.#log.events
  }

  /** One bar meets what was there before it: funding, then open orders and liquidation. */
  #meet(slot: Slot): void {
    const { margin } = slot
    if (slot.hasNewRules) this.#broker.regrid(slot)
    const { isOnMargin } = slot
    if (isOnMargin) this.#margin!.chargeFunding(slot, margin!, this.#clock[0]!)
    if (isOnMargin || slot.orders.length > 0) this.#broker.match(slot)
  }

  /** Equity at the closes; an instrument without a bar at this instant keeps its last close. */
  #mark(): void {
    const { account } = this
    const curve = this.#curve
    this.#margin?.takeMarks()
    if (account.changes !== this.#marked) this.#noteHoldings()
    const held = this.#held
    let equity = account.basis[0]!
    for (let k = 0; k < held.length; k++) {
      const slot = held[k]!
      const { position } = slot
      equity += position.heldQty * slot.marks[slot.cursor.row]!
      if (slot.isFresh) position.trackBar()
    }
    curve.reserve(1)[curve.length] = equity
    account.marked[0] = equity
  }

  /** The books have changed since the last mark. */
  #noteHoldings(): void {
    this.#marked = this.account.changes
    for (const slot of this.slots) {
      const { qty, heldQty } = slot.position
      // dust is no position (fills.md 17)
      const exposed = qty === 0 ? 0 : heldQty
      if (exposed === slot.exposedQty) continue
      slot.exposedQty = exposed
      this.#curve.holds(slot, exposed)
    }
    shorten(this.#held, 0)
    for (const slot of this.slots) if (slot.position.heldQty !== 0) this.#held.push(slot)
  }

  /** Whether a loss has reached its limit, and while it has. */
  #watch(risk: RiskGuard): void {
    if (risk.mark(this.#clock)) this.#flattening.begin(this.#clock[0]!)
    if (risk.isFlattening) this.#flattening.goOn()
  }

  /** A person lets an account trade again that its limits, or somebody, have halted. */
  resume(at = this.#curve.lastTime): void {
    this.#risk?.resume(at)
  }

  /**
   * Halts trading until somebody resumes: nothing may be opened, and what would is taken off the book.
   * @param isFlattening whether what is held is closed, too
   * @param at when, UTC ms; the last close where absent
   * @throws RangeError for an engine without limits of risk: it has nobody to stand in the way
   */
  halt(why: string, isFlattening: boolean, at = this.#curve.lastTime): void {
    if (this.#risk === null) throw new RangeError('an engine without limits of risk cannot be halted')
    this.#risk.halt(at, why, isFlattening)
    this.#closeBooks(at, isFlattening)
  }

  /** What stands until `resume`, but for limits that end with the day. */
  get standing(): 'halt' | 'flatten' | null {
    return this.#risk?.standing ?? null
  }

  /**
   * Nothing may be opened until `goOn`, whatever is halted or resumed meanwhile.
   * @throws RangeError as `halt` does
   */
  pause(why: string, at = this.#curve.lastTime): void {
    if (this.#risk === null) throw new RangeError('an engine without limits of risk cannot be halted')
    this.#risk.pause(at, why)
    this.#closeBooks(at)
  }

  /** Ends a pause; what is halted stays halted. */
  goOn(at = this.#curve.lastTime): void {
    this.#risk?.goOn(at)
  }

  #closeBooks(at: number, isFlattening = false): void {
    this.#flattening.begin(at)
    if (isFlattening) this.#flattening.goOn()
    if (!this.#desk.isIdle) this.#desk.answer(at, this.#fail)
    for (const slot of this.slots) this.#broker.sweep(slot)
  }

  /** What it has come to so far; the columns go on being written to. */
  get soFar(): EngineResult {
    return resultOf(this.#curve.lastTime, {
      account: this.account,
      broker: this.#broker,
      slots: this.slots,
      curve: this.#curve,
      log: this.#log,
      notes: [...this.#remarks],
    })
  }

  #isAnyReady(): boolean {
    const { slots } = this
    for (let k = 0; k < slots.length; k++) if (slots[k]!.isFresh && slots[k]!.isReady) return true
    return false
  }

  /** What a hook has been shown, or nobody ever will be, is news no longer. */
  #forget(isTogether: boolean): void {
    this.#log.hasNews = false
    for (const slot of this.slots) {
      if (this.#onBar === null || (slot.isFresh && slot.isReady)) slot.forgetEvents()
      if (this.#onBars === null || isTogether) slot.forgetEventsTogether()
      if (slot.recent.length > 0 || slot.recentTogether.length > 0) this.#log.hasNews = true
    }
  }

  #ask(hook: Hook, context: object, slot: Slot | null): Decision {
    try {
      return hook(context as never)
    } catch (error) {
      throw this.#failure(slot, error)
    }
  }

  #guard<T>(slot: Slot | null, run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw this.#failure(slot, error)
    }
  }

  #callFillHooks(): void {
    const { onFill } = this.#strategy
    const { fills } = this.#broker
    const context = this.#fillContext as never
    if (onFill === null) this.#hooked = fills.length
    else
      for (; this.#hooked < fills.length; this.#hooked++)
        try {
          refusePromise('onFill', onFill(Object.freeze(fills[this.#hooked]!), context))
        } catch (error) {
          throw this.#failure(null, error)
        }
    if (this.#keepsFills) return
    this.#broker.forgetFills()
    this.#hooked = 0
  }

  /** What went wrong in the strategy's code, with everything needed to see why. */
  #failure(slot: Slot | null, error: unknown): unknown {
    if (error instanceof LedgerError) return error
    const at = this.#curve.length > 0 ? new Date(this.#curve.lastTime).toISOString() : 'the start'
    return failureOf(error, { strategy: this.#strategy.name, at, slot, params: this.#params })
  }

  /** Ends the run: open orders expire, open positions are listed (or sold, with `closeAtEnd`), the columns are handed over. */
  finish(options: { readonly closeAtEnd?: boolean } = {}): EngineResult {
    const curve = this.#curve
    const at = curve.lastTime
    const reason: Cancelled['reason'] = 'end'
    if (!this.#desk.isIdle) this.#desk.close(at, (slot, error) => this.#failure(slot, error))
    for (const slot of this.slots) {
      for (const order of [...slot.orders]) this.#broker.cancel(slot, order, at, reason)
      if (options.closeAtEnd && slot.hasBegun) this.#broker.closeAtEnd(slot, at)
      this.#broker.sweep(slot)
    }
    if (options.closeAtEnd && curve.length > 0) {
      curve.reopen()
      this.#mark()
      curve.end(this.account)
      this.#callFillHooks()
    }
    const { onStop } = this.#strategy
    const ended = { account: this.#reading, params: this.#params, state: this.#state }
    if (onStop !== null) this.#guard(null, () => refusePromise('onStop', onStop(ended as never)))
    return this.soFar
  }
}
