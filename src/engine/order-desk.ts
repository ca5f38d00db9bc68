import { emptyList } from '../core/empty-list.ts'
import { openTimeOf } from '../core/interval.ts'
import { type AmendRequest, type CancelRequest, close, type Decision, type Request } from '../core/order.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Broker } from './broker.ts'
import type { EventLog } from './event-log.ts'
import { type Delay, Underway } from './latency.ts'
import type { LiveOrder } from './live-order.ts'
import { checkRequest, RequestError } from './request.ts'
import { shorten } from './shorten.ts'
import type { Slot } from './slot.ts'

/** One request, who made it, and the number of the order accepted last before it was made. */
interface Asked {
  readonly home: Slot | null
  readonly request: Request
  readonly before: number
  /** Number of the return that it is a part of. */
  readonly decision: number
  /** When it was decided, where it arrives later than that. */
  readonly decidedAt: number | null
  /** Units with which an order left that arrives later. */
  readonly qty: number | null
  /** Whether a halt asks for it, and not the strategy. */
  readonly isRisk: boolean
}

/** What a hook returned, or a halt asks for. */
interface Returned {
  readonly home: Slot | null
  readonly decision: Decision
  readonly isRisk: boolean
}

/** How long requests are underway: orders, and what changes or cancels them. */
interface Delays {
  readonly submit: Delay
  readonly cancel: Delay
}

/** Step 5 of the life of a bar: reads what the hooks returned and passes it on, in the order in which it was returned. */
export class OrderDesk {
  readonly #slots: readonly Slot[]
  readonly #broker: Broker
  readonly #log: EventLog
  readonly #returned: Returned[] = emptyList()
  readonly #waiting: Asked[] = emptyList()
  readonly #delays: Delays
  readonly #underway = new Underway<Asked>()
  /** Instruments that a halt has asked to be closed, and whose request has not been judged yet. */
  readonly #closing = new Set<Slot>()
  /** Of which it has been told that the exchange refuses what the halt asks for. */
  readonly #refused = new Set<Slot>()
  /** Whether nothing has been returned, waits or is underway: asked on every bar. */
  isIdle = true
  #decisions = 0
  #isOver = false

  constructor(slots: readonly Slot[], broker: Broker, delays: Delays, log: EventLog) {
    this.#slots = slots
    this.#delays = delays
    this.#broker = broker
    this.#log = log
  }

  /** Keeps what a hook returned until every hook of the instant has been called (fills.md 2). */
  take(home: Slot | null, decision: Decision): void {
    if (decision === undefined || decision === null) return
    this.#returned.push({ home, decision, isRisk: false })
    this.isIdle = false
  }

  /** A halt asks to close what is held; once, until that has been judged. */
  closeForRisk(home: Slot): void {
    if (this.#closing.has(home)) return
    this.#closing.add(home)
    this.#returned.push({ home, decision: close({ tag: 'risk' }), isRisk: true })
    this.isIdle = false
  }

  forgetRefusedCloses(): void {
    this.#refused.clear()
  }

  /** @param fail turns what went wrong in a hook's requests into the error that ends the run */
  answer(at: number, fail: (slot: Slot | null, error: unknown) => unknown): void {
    let home: Slot | null = null
    try {
      if (this.#waiting.length > 0)
        for (const asked of this.#waiting.splice(0)) {
          home = asked.home
          this.#handle(asked, at)
        }
      if (!this.#underway.isEmpty)
        for (const asked of this.#underway.arrived(this.#isOver ? Number.POSITIVE_INFINITY : at)) {
          home = asked.home
          this.#arrive(asked, at)
        }
      const returned = this.#returned
      for (let k = 0; k < returned.length; k++) {
        home = returned[k]!.home
        this.#sendAll(returned[k]!, at)
      }
      shorten(returned, 0)
    } catch (error) {
      throw fail(home, error)
    }
    for (const slot of this.#slots) this.#broker.sweep(slot)
    this.isIdle = this.#waiting.length === 0 && this.#underway.isEmpty
  }

  #sendAll({ home, decision, isRisk }: Returned, at: number): void {
    // fills.md 21: a cancel in the same return as a new order applies to what was open before
    const before = this.#broker.acceptance.lastSequence
    const number = ++this.#decisions
    const requests = Array.isArray(decision) ? requestsOf(decision) : isAsked(decision) ? [checkRequest(decision)] : []
    for (let k = 0; k < requests.length; k++)
      this.#send({ home, request: requests[k]!, before, decision: number, decidedAt: null, qty: null, isRisk }, at)
  }

  /** The data has ended: nothing more can be waited for, so what waits is answered and then expires (fills.md 4). */
  close(at: number, fail: (slot: Slot | null, error: unknown) => unknown): void {
    this.#isOver = true
    this.answer(at, fail)
  }

  /** What takes no time is handled at once; the rest is underway, and is judged when it arrives. */
  #send(asked: Asked, at: number): void {
    const { home, request } = asked
    const isOrder = request.kind === 'order' || request.kind === 'close'
    const delay = isOrder ? this.#delays.submit : this.#delays.cancel
    if (delay.isNone) return this.#handle(asked, at)
    // what is wrong with it is an error of the return that holds it
    const slot = isOrder || request.symbol !== undefined ? this.#slotOf(request, home) : null
    if (isOrder) this.#mustHaveBegun(slot!)
    const isSized = request.kind === 'order' && request.qty === undefined
    const qty = isSized ? this.#broker.acceptance.sizeOf(slot!, request, at) : null
    this.#underway.send({ ...asked, decidedAt: at, qty }, delay.after(at))
  }

  #arrive(asked: Asked, at: number): void {
    const { home, request, decidedAt } = asked
    const slot = request.symbol === undefined ? home : this.#slotOf(request, home)
    const id = 'id' in request ? (request.id ?? null) : null
    this.#log.record(slot, {
      type: 'arrived', at, symbol: slot?.symbol ?? '', id, request: request.kind, decidedAt: decidedAt!,
    }) // biome-ignore format: one event
    this.#handle(asked, at)
  }

  #mustHaveBegun(slot: Slot): void {
    if (!slot.hasBegun)
      throw new RequestError(`ordered ${slot.symbol} before its first bar: wait until it is in symbols`)
  }

  /** fills.md 21: a change applies to what was open before the return that holds it, or had been asked for before. */
  #isMeant({ before, decision, decidedAt }: Asked, order: LiveOrder): boolean {
    if (order.isRisk) return false
    return decidedAt === null ? order.sequence <= before : order.decision < decision
  }

  #handle(asked: Asked, at: number): void {
    const { home, request } = asked
    if (request.kind === 'cancel' || request.kind === 'amend') return this.#change(asked, request, at)
    if (request.kind === 'cancelAll') {
      const only = request.symbol === undefined ? home : this.#slotOf(request, home)
      for (const slot of only === null ? this.#slots : [only]) {
        if (this.#mustWait(slot, at)) this.#waiting.push({ ...asked, request: { ...request, symbol: slot.symbol } })
        else
          for (const order of [...slot.orders])
            if (this.#isMeant(asked, order)) this.#broker.cancel(slot, order, at, 'requested')
      }
      return
    }
    const slot = this.#slotOf(request, home)
    this.#mustHaveBegun(slot)
    if (this.#mustWait(slot, at)) this.#waiting.push(asked)
    else if (asked.isRisk) this.#closeForRisk(slot, at, asked.decision)
    else if (request.kind === 'close')
      this.#broker.acceptance.submitClose(slot, request.tag ?? null, at, asked.decision)
    else this.#broker.acceptance.submit(slot, request, at, asked)
  }

  #closeForRisk(slot: Slot, at: number, decision: number): void {
    this.#closing.delete(slot)
    const isTold = !this.#refused.has(slot)
    if (this.#broker.acceptance.submitParts(slot, at, { tag: 'risk', decision }, isTold).isRefused)
      this.#refused.add(slot)
  }

  #change(asked: Asked, request: CancelRequest | AmendRequest, at: number): void {
    // ids are an instrument's own: one that is named is meant and no other
    const named = request.symbol === undefined ? null : this.#slotOf(request, asked.home)
    const found = this.#find(asked, request.id, named)
    const home = named ?? asked.home
    if (found === null)
      return this.#log.record(home, {
        type: 'rejected',
        at,
        symbol: home?.symbol ?? '',
        id: request.id,
        reason: 'UNKNOWN_ORDER',
        filter: null,
        value: request.id,
        limit: 'an order that is open',
        tag: null,
      })
    const { slot, order } = found
    if (this.#mustWait(slot, at)) this.#waiting.push(asked)
    else if (request.kind === 'cancel') this.#broker.cancel(slot, order, at, 'requested')
    else this.#broker.acceptance.amend(slot, order, request, at)
  }

  /** An open order by its id; ids are an instrument's own, so that of the instrument at hand is meant first. */
  #find(asked: Asked, id: string, named: Slot | null): { slot: Slot; order: LiveOrder } | null {
    const { home } = asked
    for (const slot of named !== null ? [named] : home === null ? this.#slots : [home, ...this.#slots])
      for (const order of slot.orders)
        if (order.id === id && order.isAlive && this.#isMeant(asked, order)) return { slot, order }
    return null
  }

  /**
   * Instruments of one run may have bars of different lengths. A bar that is underway began before this instant, so
   * nothing asked now may meet it (fills.md 1, 21): it waits for that bar's close.
   */
  #mustWait(slot: Slot, at: number): boolean {
    return !slot.isFresh && !this.#isOver && openTimeOf(at, slot.interval) !== at
  }

  #slotOf(request: Request, home: Slot | null): Slot {
    const { symbol } = request
    if (symbol === undefined) {
      if (home !== null) return home
      if (this.#slots.length === 1) return this.#slots[0]!
      throw new RequestError('an order from onBars needs its symbol: buy({ symbol: "BTCUSDT", … })')
    }
    const found = this.#slots.find((slot) => slot.symbol === symbol)
    if (found !== undefined) return found
    const known = this.#slots.map((slot) => slot.symbol)
    throw new RequestError(
      `${request.kind === 'order' ? 'ordered' : request.kind} "${symbol}", which is not in the data${didYouMean(symbol, known)}; this run has ${known.join(', ')}`,
    )
  }
}

/** Whether a decision asks for anything: `[]`, `[false]` and their like do not. */
export function asksForSomething(decision: unknown): boolean {
  return Array.isArray(decision) ? decision.some(isAsked) : isAsked(decision)
}

/** All of a list are read before the first of them is sent: one that is wrong stops them all. */
function requestsOf(decisions: readonly unknown[]): Request[] {
  return decisions.filter(isAsked).map(checkRequest)
}

function isAsked(item: unknown): boolean {
  return item !== undefined && item !== null && item !== false
}
