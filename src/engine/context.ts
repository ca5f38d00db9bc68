import type { Bar } from '../core/bar.ts'
import type { RunEvent } from '../core/event.ts'
import { PositionReading } from './book-views.ts'
import type { LateMarks } from './late-marks.ts'
import type { Slot } from './slot.ts'
import type { AccountView, BarContext, BarsContext, Indicators, PositionView } from './strategy.ts'

export type Context = BarContext<unknown, Indicators, Record<string, Indicators>, unknown>

/** What one instrument's `onBar` is handed; a class, so that all instruments share one hidden class. */
export class SlotContext implements Context {
  readonly bar: Bar
  readonly ind: never
  readonly prev: never
  readonly also: never
  readonly models: never
  readonly position: Context['position']
  readonly account: Context['account']
  readonly params: unknown
  readonly symbol: string
  readonly state: unknown
  readonly #slot: Slot
  readonly #clock: Float64Array

  /**
   * @param clock holds the instant at hand, UTC ms
   * @param marks that may be late; `null` where every bar is marked before anybody looks
   */
  constructor(
    slot: Slot,
    clock: Float64Array,
    account: AccountView,
    marks: LateMarks | null,
    params: unknown,
    state: unknown,
  ) {
    this.#slot = slot
    this.#clock = clock
    this.bar = slot.bar
    this.ind = slot.ind as never
    this.prev = slot.prev as never
    this.also = slot.also as never
    this.models = slot.models as never
    this.position = new PositionReading(slot.position, marks)
    this.account = account
    this.params = params
    this.symbol = slot.symbol
    this.state = state
    Object.freeze(this)
  }
  /** `onBar` is called at the instant at which its bar closes; read here, as a longer getter would box the number. */
  get at() {
    return this.#clock[0]!
  }
  get orders() {
    return this.#slot.orderViews()
  }
  get events() {
    return sealed(this.#slot.recent)
  }
}

export class TogetherContext implements BarsContext<unknown, Indicators, unknown> {
  readonly account: AccountView
  readonly params: unknown
  readonly state: unknown
  readonly positions: Readonly<Record<string, PositionView>>
  readonly bars: Readonly<Record<string, Bar>>
  readonly inds: Readonly<Record<string, never>>
  readonly prevs: Readonly<Record<string, never>>
  readonly models: Readonly<Record<string, never>>
  readonly orders: BarsContext<unknown, Indicators, unknown>['orders']
  readonly events: BarsContext<unknown, Indicators, unknown>['events']
  readonly #slots: readonly Slot[]
  readonly #clock: Float64Array
  #known: readonly string[] = []

  /** @param clock holds the instant at hand, UTC ms */
  constructor(slots: readonly Slot[], clock: Float64Array, account: AccountView, params: unknown, state: unknown) {
    this.#slots = slots
    this.#clock = clock
    this.account = account
    this.params = params
    this.state = state
    const each = <T>(of: (slot: Slot) => T) =>
      Object.freeze(Object.fromEntries(slots.map((slot) => [slot.symbol, of(slot)])))
    this.bars = each((slot) => slot.bar)
    this.inds = each((slot) => slot.ind as never)
    this.prevs = each((slot) => slot.prev as never)
    this.models = each((slot) => slot.models as never)
    this.positions = each((slot) => new PositionReading(slot.position, null))
    this.orders = bySymbol(slots, (slot) => slot.orderViews())
    this.events = bySymbol(slots, (slot) => sealed(slot.recentTogether))
    Object.freeze(this)
  }
  get at() {
    return this.#clock[0]!
  }
  /** Instruments whose indicators all have values; grows, so it is rebuilt only when another one joins. */
  get symbols() {
    const slots = this.#slots
    if (this.#known.length === slots.length) return this.#known
    let count = 0
    for (let k = 0; k < slots.length; k++) if (slots[k]!.isReady) count++
    if (count !== this.#known.length) this.#known = symbolsOf(slots)
    return this.#known
  }
}

function symbolsOf(slots: readonly Slot[]): readonly string[] {
  return Object.freeze(slots.filter((slot) => slot.isReady).map((slot) => slot.symbol))
}

/** A record whose values are looked up when they are asked for: most instants ask for none. */
function bySymbol<T>(slots: readonly Slot[], of: (slot: Slot) => T): Readonly<Record<string, T>> {
  const record: Record<string, T> = {}
  for (const slot of slots) Object.defineProperty(record, slot.symbol, { get: () => of(slot), enumerable: true })
  return Object.freeze(record)
}

/** A strategy must not be able to change what the run tells of it; sealed when it looks, as most events nobody looks at. */
function sealed(events: readonly RunEvent[]): readonly RunEvent[] {
  for (const event of events) {
    if (event.type === 'fill') Object.freeze(event.fill)
    if (event.type === 'accepted' || event.type === 'amended') Object.freeze(event.order)
    Object.freeze(event)
  }
  return Object.freeze(events)
}

// for all runs
Object.freeze(SlotContext.prototype)
Object.freeze(TogetherContext.prototype)
