import { unitsText } from '../../core/decimal.ts'
import type { RunEvent } from '../../core/event.ts'
import { fromLedger } from '../../core/money.ts'
import type { OrderView } from '../../core/order.ts'
import type { EngineResult } from '../../core/run.ts'
import { timeName } from '../../core/time.ts'
import type { Told } from '../../core/told.ts'
import { Engine, NO_LIMITS } from '../../engine/index.ts'
import { viewOrder } from '../../engine/live-order.ts'
import { riskOf, type SimulateOptions } from '../simulate.ts'
import { type LiveBar, LiveSlot, type LiveSlotOptions } from './live-slot.ts'
import type { BrokerRun } from './paper-broker.ts'

/** As a backtest's, but for what lies in the future. */
export interface LiveRunOptions
  extends Pick<SimulateOptions, 'strategy' | 'params' | 'cash' | 'limitTouch' | 'path' | 'execution' | 'risk'> {
  readonly slots: readonly LiveSlotOptions[]
  /** Open time of the first bar that may be told of, UTC ms. */
  readonly from: number
  /** Orders meet the bars here, or are filled elsewhere, and the run is told. */
  readonly fills: 'bars' | 'told'
}

/** All that can happen to a session. */
export type LiveInput =
  /** All bars that close at `at`, each of another slot (by its place in the options). */
  | { readonly kind: 'bars'; readonly at: number; readonly bars: readonly (LiveBar & { readonly slot: number })[] }
  /** Of a perpetual whose orders meet bars; before the bars of the instant that follows. */
  | {
      readonly kind: 'funding'
      readonly slot: number
      readonly time: number
      readonly rate: number
      readonly mark: number | null
    }
  | { readonly kind: 'told'; readonly told: Told }
  /** By a person or a watch. halt: nothing may be opened; flatten: and everything is closed; resume: trading goes on. */
  | {
      readonly kind: 'command'
      readonly at: number
      readonly command: 'resume' | 'halt' | 'flatten'
      readonly why: string
      readonly by?: string
    }

/**
 * Who halts for a while only, and lifts it: the stop of the process until its next start, and bars that are caught up with. What limits
 * or a person have halted is not lifted by them.
 */
export const PAUSES: readonly string[] = ['stop', 'catch-up']

/**
 * The engine of a running session, told of one input after another. What it comes to hangs on the inputs and on nothing else, so that a
 * journal that is read again comes to the same bytes; and told of the bars of a backtest, it comes to what that comes to.
 */
export class LiveRun implements BrokerRun {
  readonly #engine: Engine
  readonly #slots: readonly LiveSlot[]
  readonly #fills: LiveRunOptions['fills']
  #at = 0

  /** @throws RangeError where the options do not go together, as a backtest does */
  constructor(options: LiveRunOptions) {
    const { strategy, params, cash, limitTouch, path = 'worse', execution, fills } = options
    this.#fills = fills
    this.#slots = options.slots.map((slot) => new LiveSlot(slot, options))
    this.#engine = new Engine({
      ...{ strategy, params, cash, limitTouch, path, fills },
      ...(execution && { execution }),
      slots: this.#slots.map((slot) => slot.options),
      // somebody may halt it
      risk: riskOf(options) ?? NO_LIMITS,
      instants: 0,
    })
    for (const [k, slot] of this.#slots.entries()) slot.attach(this.#engine.slots[k]!)
  }

  /**
   * Takes an input.
   * @returns the events that it caused
   * @throws RangeError for an input that cannot be taken, and then nothing has changed; StrategyError where the strategy's code failed
   */
  take(input: LiveInput): readonly RunEvent[] {
    const engine = this.#engine
    const before = engine.events.length
    if (input.kind === 'bars') this.#takeBars(input)
    else if (input.kind === 'funding') this.#takeFunding(input)
    else if (input.kind === 'told') engine.tell(input.told)
    else this.#takeCommand(input)
    return engine.events.slice(before)
  }

  #takeCommand({ at, command, why, by = '' }: Extract<LiveInput, { kind: 'command' }>): void {
    const engine = this.#engine
    const now = this.#at || at
    if (PAUSES.includes(by)) command === 'resume' ? engine.goOn(now) : engine.pause(why, now)
    else if (command === 'resume') engine.resume(now)
    else engine.halt(why, command === 'flatten', now)
  }

  /** Why something that an exchange says could not be taken; `null`: it can. */
  whyNot(told: Told): string | null {
    return this.#engine.whyNot(told)
  }

  #takeBars({ at, bars }: Extract<LiveInput, { kind: 'bars' }>): void {
    if (!(at > this.#at))
      throw new RangeError(`bars that close at ${timeName(at)}, after those of ${timeName(this.#at)}`)
    if (bars.length === 0) throw new RangeError(`no bars that close at ${timeName(at)}: say nothing instead`)
    if (new Set(bars.map(({ slot }) => slot)).size < bars.length)
      throw new RangeError(`two bars of one series that close at ${timeName(at)}`)
    for (const bar of bars) this.#slotAt(bar.slot).check(bar, at)
    for (const bar of bars) this.#slotAt(bar.slot).append(bar)
    this.#at = at
    this.#engine.onBar(at)
  }

  #takeFunding({ slot, time, rate, mark }: Extract<LiveInput, { kind: 'funding' }>): void {
    if (this.#fills === 'told')
      throw new RangeError('orders of this session are filled at an exchange: funding is what it tells of, not a rate')
    this.#slotAt(slot).fund(time, rate, mark)
  }

  #slotAt(slot: number): LiveSlot {
    const found = this.#slots[slot]
    if (found === undefined) throw new RangeError(`slot ${slot} is told of, and the session has ${this.#slots.length}`)
    return found
  }

  get at(): number {
    return this.#at
  }

  /** What stands until a person resumes; pauses are not that, nor limits that end with the day. */
  get standing(): 'halt' | 'flatten' | null {
    return this.#engine.standing
  }

  get events(): readonly RunEvent[] {
    return this.#engine.events
  }

  /** Those that a halt asks for are among them. */
  openOrders(): readonly OrderView[] {
    return this.#engine.slots
      .flatMap((slot) => slot.orders.filter(({ isAlive }) => isAlive).map((order) => ({ slot, order })))
      .sort((a, b) => a.order.sequence - b.order.sequence)
      .map(({ slot, order }) => viewOrder(order, slot.symbol, slot.scales))
  }

  /** @throws RangeError for a symbol that the session does not trade */
  positionOf(symbol: string): { readonly qty: number; readonly entryPrice: number } {
    const { qty, entryPrice } = this.#named(symbol).position
    return { qty, entryPrice }
  }

  bracketOf(symbol: string, order: string): number | null {
    return this.#named(symbol).orders.find(({ id, isAlive }) => isAlive && id === order)?.bracket ?? null
  }

  account(): { readonly wallet: number; readonly cash: number; readonly equity: number; readonly free: number } {
    const { account } = this.#engine
    const { cash, equity, free } = account
    return { wallet: fromLedger(account.ledger, account.wallet), cash, equity, free }
  }

  /** At the last marks, with what has been told since: `account().equity`, which orders are sized by, stands as of the last instant. */
  get equityAsTold(): number {
    const { digits, decimals } = this.#engine.account.exactEquity()
    return Number(unitsText(digits, decimals))
  }

  lastClose(symbol: string): { readonly at: number; readonly price: number } | null {
    const slot = this.#named(symbol)
    return slot.hasBegun ? { at: slot.closeTime, price: slot.lastClose } : null
  }

  /** What each model of a slot sees of its newest bar, in the order of the strategy: the same arrays every time. */
  featuresOf(slot: number): readonly Float64Array[] {
    return this.#slotAt(slot).features
  }

  /** Open of the bar of a slot in which an instant lies; `null` where it is none of its bars. */
  openAt(slot: number, time: number): number | null {
    return this.#slotAt(slot).openAt(time)
  }

  #named(symbol: string): Engine['slots'][number] {
    const found = this.#engine.slots.find((slot) => slot.symbol === symbol)
    if (found === undefined) throw new RangeError(`${symbol} is not traded in this session`)
    return found
  }

  /** What it has come to so far: orders stay open, and the lists go on growing. */
  result(): EngineResult {
    return this.#engine.soFar
  }

  /** Ends it, as the end of the data ends a backtest. */
  finish(): EngineResult {
    return this.#engine.finish()
  }
}
