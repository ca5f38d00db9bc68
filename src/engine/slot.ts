import type { Bars } from '../core/bar.ts'
import { exactUnits, POW10 } from '../core/decimal.ts'
import { emptyList } from '../core/empty-list.ts'
import type { RunEvent } from '../core/event.ts'
import type { Instrument } from '../core/instrument.ts'
import { closeTimeOf, type Interval, intervalMs } from '../core/interval.ts'
import type { Ledger, Rate } from '../core/money.ts'
import type { OrderView } from '../core/order.ts'
import { Detail } from './detail.ts'
import { type Costs, feeInQuote } from './fee-model.ts'
import type { UnitBar } from './fill-model.ts'
import type { Slippage } from './impact.ts'
import { type LiveOrder, viewOrder } from './live-order.ts'
import { Position } from './position.ts'
import { compileRules, type Rules, type Scales, scalesOf } from './rules.ts'
import { type SlotMargin, slotMarginOf } from './slot-margin.ts'
import type { IndicatorFeed, ReferenceAt, SlotOptions } from './slot-options.ts'
import { BarView, type Cursor, indicatorView } from './view.ts'

const NO_EVENTS: readonly RunEvent[] = Object.freeze([])
const NO_ORDERS: readonly OrderView[] = Object.freeze([])

/** One instrument of a run: its columns and cursor, open orders, position, and the views a strategy sees. */
export class Slot {
  readonly symbol: string
  readonly instrument: Instrument
  readonly bars: Bars
  readonly interval: Interval
  readonly costs: Costs
  /** The dearest fee that a purchase may take of the quote asset. */
  readonly quoteFee: Rate
  readonly slippage: Slippage
  readonly scales: Scales
  readonly referenceAt: ReferenceAt | null
  readonly position: Position
  readonly margin: SlotMargin | null
  /** What positions are marked at: mark closes of a perpetual where stored, else the bars' closes. */
  readonly marks: Float64Array
  readonly cursor: Cursor
  /** First row on which every indicator has a value; of a session Infinity until it has come. */
  readyRow: number
  readonly bar: BarView
  readonly ind: object
  readonly prev: object
  readonly also: Readonly<Record<string, object>>
  readonly models: object
  readonly orders: LiveOrder[] = emptyList()
  readonly unitBar: UnitBar = { open: 0, high: 0, low: 0, close: 0 }
  readonly detail: Detail | null
  /** Counts the bars, and parts of bars, that orders have met: each order acts at most once in one. */
  meeting = 0
  /** How many bars before the one at the cursor the last close is that is known when an order fills: 0 where fills are told after it. */
  unknownCloses: 0 | 1 = 1
  /** When what an exchange says of its orders happened, UTC ms; NaN while orders meet bars. */
  toldAt = Number.NaN
  /** Whether a bar of this instrument closes at the instant at hand. */
  isFresh = false
  /** What was held without dust when equity was marked last, base asset. */
  exposedQty = 0
  /** Whether newer filters came into force with the bar at the cursor. */
  hasNewRules = false
  /** Since the last `onBar`, and since the last `onBars`. */
  recent: readonly RunEvent[] = NO_EVENTS
  recentTogether: readonly RunEvent[] = NO_EVENTS
  /** The columns the loop reads on every bar, one step away. */
  readonly openTimes: Float64Array
  readonly highs: Float64Array
  readonly lows: Float64Array
  readonly closes: Float64Array
  readonly volumes: Float64Array
  /** Row of the first bar with volume, Infinity where there is none: volumes before it are not known. */
  volumeFrom = Number.POSITIVE_INFINITY
  readonly #feed: IndicatorFeed | null
  readonly #mask: number
  /** First row whose indicators have not been computed yet. */
  #computed = 0
  /** The last row. */
  last = -1
  /** ms from open to close; 0 where a bar's length varies. */
  readonly step: number
  readonly #rules: Rules[]
  /** When the next filter snapshot comes into force, UTC ms. */
  nextRulesAt: number
  readonly #higher: readonly { readonly cursor: Cursor; readonly rows: Int32Array }[]
  /** Whether all that views show lies in whole columns of its own interval: to move on is to set the cursor. */
  readonly isWhole: boolean

  /** @param isShownToAll whether hooks of others see its views, which may be before its first bar */
  constructor(options: SlotOptions, ledger: Ledger, slippage: Slippage, isShownToAll = false) {
    const { instrument, bars } = options
    this.symbol = instrument.symbol
    this.instrument = instrument
    this.bars = bars
    this.interval = bars.series.interval
    this.costs = options.costs
    this.quoteFee = feeInQuote(options.costs, instrument.kind)
    this.slippage = slippage
    this.referenceAt = options.referenceAt ?? null
    this.detail = options.detail ? new Detail(options.detail) : null
    const priceDecimals = Math.max(bars.priceDecimals, options.detail?.priceDecimals ?? 0)
    this.scales = scalesOf(instrument, priceDecimals, options.costs.feeAsset === 'received')
    this.#feed = options.feed ?? null
    this.#mask = this.#feed?.mask ?? -1
    // the last place of a ring has no value for as long as nothing was computed
    this.cursor = { row: options.startRow - 1, now: this.#mask, before: this.#mask }
    const marks = options.marks ?? { ...bars, decimals: bars.priceDecimals }
    this.marks = marks.close
    this.position = new Position(this.scales, ledger, this.cursor, bars, marks.close)
    this.margin = options.margin
      ? slotMarginOf(options, options.margin, marks, this.position, this.scales, ledger)
      : null
    this.readyRow = options.readyRow
    this.bar = new BarView(this.cursor, bars, this.interval)
    if (this.#feed === null) this.#computed = bars.length
    const lie = this.#feed !== null ? 'in rings' : isShownToAll ? 'early' : 'whole'
    this.ind = indicatorView('ind', this.cursor, options.indicators, 0, lie)
    this.prev = indicatorView('prev', this.cursor, options.indicators, 1, lie)
    this.models = indicatorView('models', this.cursor, options.models ?? {}, 0, isShownToAll ? 'early' : 'whole')
    this.openTimes = bars.openTime
    this.highs = bars.high
    this.lows = bars.low
    this.closes = bars.close
    this.volumes = bars.volume
    this.grow()
    this.step = this.interval === '1M' ? 0 : intervalMs(this.interval)
    this.#rules = instrument.snapshots.map((snapshot) => compileRules(instrument, snapshot, this.scales))
    this.nextRulesAt = this.#rulesAfter(Number.NEGATIVE_INFINITY)
    const higher: { cursor: Cursor; rows: Int32Array }[] = []
    const also: Record<string, object> = {}
    for (const [name, columns] of Object.entries(options.also)) {
      const cursor = { row: -1, now: -1, before: -1 }
      higher.push({ cursor, rows: columns.rows })
      also[name] = Object.freeze({
        bar: new BarView(cursor, columns.bars, columns.bars.series.interval),
        ind: indicatorView(`also.${name}.ind`, cursor, columns.indicators, 0, 'early'),
        prev: indicatorView(`also.${name}.prev`, cursor, columns.indicators, 1, 'early'),
      })
    }
    this.#higher = higher
    this.isWhole = this.#feed === null && higher.length === 0
    this.also = Object.freeze(also)
  }

  /** Bars may have been appended to the columns since: whoever does that says so before the instant at which they close. */
  grow(): void {
    const { length } = this.bars
    for (let row = this.last + 1; row < length && this.volumeFrom === Number.POSITIVE_INFINITY; row++)
      if (this.volumes[row] !== 0) this.volumeFrom = row
    this.last = length - 1
  }

  get closeTime(): number {
    return closeTimeOf(this.openTime, this.interval)
  }

  /** Moves to the next bar if that one closes at `at`; says whether it did. */
  advanceTo(clock: Float64Array): boolean {
    const row = this.cursor.row + 1
    if (row > this.last) return false
    const open = this.openTimes[row]!
    if ((this.step > 0 ? open + this.step : closeTimeOf(open, this.interval)) !== clock[0]) return false
    this.moveTo(row)
    this.hasNewRules = open >= this.nextRulesAt
    if (this.hasNewRules) this.nextRulesAt = this.#rulesAfter(open)
    return true
  }

  /** Views and indicators stand at this row, the one after the last. */
  moveTo(row: number): void {
    const { cursor } = this
    cursor.row = row
    cursor.now = row & this.#mask
    cursor.before = (row - 1) & this.#mask
    if (row >= this.#computed) this.#computed = this.#feed!.fillTo(row)
    if (this.#higher.length > 0) this.#advanceHigher(row)
  }

  #advanceHigher(row: number): void {
    for (const higher of this.#higher) higher.cursor.row = higher.rows[row]!
  }

  /** When what follows from a fill happens: as the exchange says, or at the open of the bar. */
  get actsAt(): number {
    return Number.isNaN(this.toldAt) ? this.openTime : this.toldAt
  }
  /** Last row whose close is known when an order fills. */
  get knownRow(): number {
    return this.cursor.row - this.unknownCloses
  }
  get row(): number {
    return this.cursor.row
  }
  /** Whether something is held that may be funded and liquidated. */
  get isOnMargin(): boolean {
    return this.margin !== null && this.position.held !== 0
  }
  /** Whether every indicator has a value. */
  get isReady(): boolean {
    return this.cursor.row >= this.readyRow
  }
  get hasBegun(): boolean {
    return this.cursor.row >= 0
  }
  get openTime(): number {
    return this.bars.openTime[this.cursor.row]!
  }
  get lastClose(): number {
    return this.bars.close[this.cursor.row]!
  }

  /** Missing bars between this bar and the one before it. */
  get missingBefore(): number {
    const row = this.cursor.row
    if (row < 1) return 0
    const expected = closeTimeOf(this.bars.openTime[row - 1]!, this.interval)
    return Math.round((this.bars.openTime[row]! - expected) / intervalMs(this.interval))
  }

  /**
   * Whether anybody traded on this bar, as far as one can tell by now. fills.md 3 takes zeros throughout for unknown
   * volume; what throughout means must not depend on bars to come, so zeros are unknown until a bar with volume has been
   * seen (warm-up counts), and from there on say that nobody traded.
   */
  get hasTraded(): boolean {
    if (this.detail?.isAtWork) return this.detail.hasTraded
    const { row } = this.cursor
    return row < this.volumeFrom || this.bars.volume[row] !== 0
  }

  /** The bar at the cursor in whole price units, for orders to meet. */
  loadUnitBar(bar: UnitBar = this.unitBar): UnitBar {
    const { row } = this.cursor
    const { bars } = this
    // all are read before the first is reckoned with: each lies far from the processor, which can wait for all of them at once
    const open = bars.open[row]!
    const high = bars.high[row]!
    const low = bars.low[row]!
    const close = bars.close[row]!
    bar.open = this.toPrice(open)
    bar.high = this.toPrice(high)
    bar.low = this.toPrice(low)
    bar.close = this.toPrice(close)
    return bar
  }

  /** A stored price as whole units: it has at most `priceDecimals`, so nothing is lost. */
  toPrice(price: number): number {
    const { priceDecimals } = this.scales
    return exactUnits(price, priceDecimals) ?? Math.round(price * POW10[priceDecimals]!)
  }

  /**
   * The filters in force at `time`: the newest snapshot not younger than it, else the first, which is then assumed. For an
   * order that is the time at which it reaches the exchange: the close at which it was decided, and for a leg of a bracket
   * the open of the bar in which its entry filled.
   */
  rulesAt(time: number): Rules {
    let found = this.#rules[0]!
    for (const rules of this.#rules) if (rules.snapshot.validFrom <= time) found = rules
    return found
  }

  /** Valid-from of the first snapshot that replaces another one after `time`; the first of all replaces none. */
  #rulesAfter(time: number): number {
    const next = this.#rules.find((rules, k) => k > 0 && rules.snapshot.validFrom > time)
    return next === undefined ? Number.POSITIVE_INFINITY : next.snapshot.validFrom
  }

  orderViews(): readonly OrderView[] {
    if (this.orders.length === 0) return NO_ORDERS
    return this.orders.filter((o) => o.isAlive && !o.isRisk).map((o) => viewOrder(o, this.symbol, this.scales))
  }

  note(event: RunEvent): void {
    this.recent = added(this.recent, event)
  }

  noteTogether(event: RunEvent): void {
    this.recentTogether = added(this.recentTogether, event)
  }

  forgetEvents(): void {
    this.recent = NO_EVENTS
  }

  forgetEventsTogether(): void {
    this.recentTogether = NO_EVENTS
  }
}

function added(events: readonly RunEvent[], event: RunEvent): readonly RunEvent[] {
  if (events === NO_EVENTS) return [event]
  // most are an order's acceptance and its fill: a list that grows makes room for many more
  if (events.length === 1) return [events[0]!, event]
  // a list is handed out once and then forgotten, so nobody holds it while it grows
  const list = events as RunEvent[]
  list.push(event)
  return list
}
