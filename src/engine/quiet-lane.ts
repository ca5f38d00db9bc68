import { fromUnits } from '../core/decimal.ts'
import type { Decision } from '../core/order.ts'
import type { Account } from './account.ts'
import type { Context } from './context.ts'
import { waitsAbove } from './fill-model.ts'
import type { LateMarks } from './late-marks.ts'
import { asksForSomething } from './order-desk.ts'
import { safeMarks } from './safe-marks.ts'
import type { Slot } from './slot.ts'

/** Prices, marks and the open time at which a bar may be noticed by an open order, a liquidation or funding. */
const [ABOVE, BELOW, MARK_ABOVE, MARK_BELOW, UNTIL] = [0, 1, 2, 3, 4]

/** Bars that are held against their instants one by one: a stretch that ends sooner has compared few in vain. */
const COMPARED = 256

/** Bars that are looked over ahead of the strategy, at first and at most: it may answer the first of them, and the others were in vain. */
const [FEW, MANY] = [8, 64]

/**
 * Most bars of most runs: nothing has happened since the strategy was asked last, and the open orders of the one instrument rest
 * beyond the bar's extremes, and so does a liquidation. Of the life of such a bar these steps are left, and here they are a loop with
 * its variables at hand: the cursor moves, the strategy is asked; what the bars come to is marked late (`LateMarks`). The first bar
 * that is otherwise ends it, untouched.
 */
export class QuietLane {
  readonly #slot: Slot
  readonly #marks: LateMarks
  readonly #clock: Float64Array
  readonly #onBar: (context: never) => Decision
  readonly #context: Context
  readonly #account: Account
  readonly #reach = new Float64Array(5)
  #decision: Decision
  /** The first stretch is compared in any case: what is compiled before it has seen both ways is thrown away at the other. */
  #hasCompared = false

  /**
   * @param marks are taken at the end of every stretch
   * @param clock holds the instant at hand, UTC ms
   */
  constructor(
    slot: Slot,
    account: Account,
    marks: LateMarks,
    clock: Float64Array,
    onBar: (context: never) => Decision,
    context: Context,
  ) {
    this.#slot = slot
    this.#account = account
    this.#marks = marks
    this.#clock = clock
    this.#onBar = onBar
    this.#context = context
  }

  /** What the strategy answered to the bar that ended the last stretch; undefined where it answered nothing. */
  takeDecision(): Decision {
    const decision = this.#decision
    this.#decision = undefined
    return decision ?? undefined
  }

  /**
   * Passes instants of [from, to) while they are quiet; as those of `Engine.onInstants`.
   * @returns the first that is not, or the one whose bar the strategy has answered (`takeDecision`)
   */
  pass(column: Float64Array, step: number, from: number, to: number): number {
    const slot = this.#slot
    if (!slot.hasBegun || slot.hasNewRules || !this.#lookAhead()) return from
    const row = slot.cursor.row + 1
    const until = Math.min(to, from + slot.last + 1 - row)
    if (until <= from) return from
    const { openTimes } = slot
    const end = openTimes[row + until - from - 1]!
    // every bar has its instant: as many of both from one time to another are the same, and need not be compared one by one
    const isEven = this.#hasCompared && slot.step === step && end === column[until - 1] && end < slot.nextRulesAt
    this.#hasCompared = true
    const bound = isEven ? row + until - from : this.#evenUntil(column, step, from, until)
    slot.isFresh = true
    this.#marks.begin(until - from)
    try {
      return from + this.#run(bound) - row
    } finally {
      this.#marks.end()
    }
  }

  /** The row after those, `COMPARED` at most, whose bars close at their instants under the rules that are in force. */
  #evenUntil(column: Float64Array, step: number, from: number, until: number): number {
    const { openTimes, cursor, step: barStep, nextRulesAt } = this.#slot
    let row = cursor.row + 1
    const end = Math.min(until, from + COMPARED)
    for (let k = from; k < end; k++, row++) {
      const open = openTimes[row]!
      if (open + barStep !== column[k]! + step || open >= nextRulesAt) break
    }
    return row
  }

  /** Goes over rows from the next one on. @returns the first that is not quiet, or the one whose bar the strategy has answered */
  #run(bound: number): number {
    const { orders, isOnMargin, isWhole, cursor } = this.#slot
    const isWatched = isOnMargin || orders.length > 0
    let ahead = FEW
    for (let row = cursor.row + 1; row < bound; ahead = Math.min(MANY, 2 * ahead)) {
      const end = isWatched ? Math.min(bound, row + ahead) : bound
      const quiet = isWatched ? this.#quietUntil(row, end) : end
      const last = isWhole ? this.#ask(row | 0, quiet | 0) : this.#askMoving(row, quiet)
      if (last < end) return last
      row = end
    }
    return bound
  }

  /** The first of rows [from, to) that an open order, a liquidation or funding may notice; `to` where there is none. */
  #quietUntil(from: number, to: number): number {
    const slot = this.#slot
    const { openTimes, highs, lows } = slot
    const { low: markLows, high: markHighs } = slot.margin?.marks ?? slot.bars
    const reach = this.#reach
    const above = reach[ABOVE]!
    const below = reach[BELOW]!
    const markAbove = reach[MARK_ABOVE]!
    const markBelow = reach[MARK_BELOW]!
    const until = reach[UNTIL]!
    for (let row = from; row < to; row++) {
      if (highs[row]! >= above || lows[row]! <= below || openTimes[row]! >= until) return row
      if (markHighs[row]! >= markAbove || markLows[row]! <= markBelow) return row
    }
    return to
  }

  /**
   * The strategy is asked on each of rows [from, to), whole numbers. Nothing else is called here, so that what is tested once need not be
   * tested on every bar, and a compiler that has used up what it may take into one function has not left out reads of indicators, each of
   * which would then make a number on the heap.
   * @returns the row that it has answered; `to` where it has answered none
   */
  #ask(from: number, to: number): number {
    const onBar = this.#onBar
    const context = this.#context as never
    const clock = this.#clock
    const { openTimes, readyRow, cursor, step } = this.#slot
    const first = Math.min(Math.max(from, readyRow), to) | 0
    cursor.row = first - 1
    for (let row = first; row < to; row++) {
      clock[0] = openTimes[row]! + step
      cursor.row = row
      const decision = onBar(context)
      if (decision !== undefined && decision !== null && asksForSomething(decision)) {
        this.#decision = decision
        return row
      }
    }
    return to
  }

  /** The same where more than a cursor has to move: indicators in rings, bars of higher intervals. */
  #askMoving(from: number, to: number): number {
    const slot = this.#slot
    const onBar = this.#onBar
    const context = this.#context as never
    const clock = this.#clock
    const { openTimes, readyRow, step } = slot
    for (let row = from; row < to; row++) {
      clock[0] = openTimes[row]! + step
      slot.moveTo(row)
      if (row < readyRow) continue
      const decision = onBar(context)
      if (decision !== undefined && decision !== null && asksForSomething(decision)) {
        this.#decision = decision
        return row
      }
    }
    return to
  }

  /** Where open orders, liquidation and funding wait; false where an order may notice any bar. As `isOutOfReach`. */
  #lookAhead(): boolean {
    const { orders, cursor, scales } = this.#slot
    const reach = this.#reach
    reach[ABOVE] = Number.POSITIVE_INFINITY
    reach[BELOW] = Number.NEGATIVE_INFINITY
    reach[MARK_ABOVE] = Number.POSITIVE_INFINITY
    reach[MARK_BELOW] = Number.NEGATIVE_INFINITY
    reach[UNTIL] = Number.POSITIVE_INFINITY
    const { margin } = this.#slot
    if (margin !== null && this.#slot.isOnMargin) {
      safeMarks(this.#slot, margin, this.#account, reach, MARK_ABOVE, MARK_BELOW)
      // a bar is charged what falls due before its close
      reach[UNTIL] = margin.nextFundingTime - this.#slot.step + 1
    }
    for (let k = 0; k < orders.length; k++) {
      const order = orders[k]!
      // one that has not rested for a bar notices what lies between: a gap, for one
      if (!order.isAlive || order.acceptedRow >= cursor.row) return false
      if (order.type === 'market' || order.type === 'trailing-stop' || order.hasTriggered) return false
      const level = fromUnits(order.type === 'limit' ? order.limit : order.trigger, scales.priceDecimals)
      if (waitsAbove(order)) reach[ABOVE] = Math.min(reach[ABOVE]!, level)
      else reach[BELOW] = Math.max(reach[BELOW]!, level)
      reach[UNTIL] = Math.min(reach[UNTIL]!, order.expiresAt)
    }
    return true
  }
}
