import { fromUnits } from '../core/decimal.ts'
import type { Decision } from '../core/order.ts'
import type { Account } from './account.ts'
import type { Context } from './context.ts'
import type { EquityCurve } from './equity-curve.ts'
import { waitsAbove } from './fill-model.ts'
import type { Slot } from './slot.ts'

/** Prices and the time at which an open order may notice a bar. */
const [ABOVE, BELOW, UNTIL] = [0, 1, 2]

/**
 * Most bars of most runs: nothing has happened since the strategy was asked last, and the open orders of the one instrument rest
 * beyond the bar's extremes. Of the life of such a bar these steps are left, and here they are a loop with its variables at hand:
 * the cursor moves, equity is marked, the strategy is asked. The first bar that is otherwise ends it, untouched.
 */
export class QuietLane {
  readonly #slot: Slot
  readonly #account: Account
  readonly #curve: EquityCurve
  readonly #clock: Float64Array
  readonly #onBar: (context: never) => Decision
  readonly #context: Context
  readonly #reach = new Float64Array(3)
  #decision: Decision

  constructor(
    slot: Slot,
    account: Account,
    curve: EquityCurve,
    clock: Float64Array,
    onBar: (context: never) => Decision,
    context: Context,
  ) {
    this.#slot = slot
    this.#account = account
    this.#curve = curve
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
    const isEven = slot.step === step && end === column[until - 1] && end < slot.nextRulesAt
    slot.isFresh = true
    return this.#run(column, step, from, until, isEven, this.#curve.reserve(until - from))
  }

  /**
   * The loop. What it calls is written out or small: a compiler that has used up what it may take into one function leaves the reads
   * of indicators out of it, each of which then makes a number on the heap.
   */
  #run(
    column: Float64Array,
    step: number,
    from: number,
    until: number,
    isEven: boolean,
    equities: Float64Array,
  ): number {
    const slot = this.#slot
    const account = this.#account
    const curve = this.#curve
    const clock = this.#clock
    const reach = this.#reach
    const onBar = this.#onBar
    const context = this.#context as never
    const { position, openTimes, highs, lows, marks, readyRow, nextRulesAt, cursor, isWhole } = slot
    const { heldQty } = position
    const { marked } = account
    const barStep = slot.step
    const hasOrders = slot.orders.length > 0
    const basis = account.basis[0]!
    const { keepsTimes } = curve
    let row = cursor.row + 1
    for (let k = from; k < until; k++, row++) {
      const open = openTimes[row]!
      if (!isEven && (open + barStep !== column[k]! + step || open >= nextRulesAt)) return k
      if (hasOrders && (highs[row]! >= reach[ABOVE]! || lows[row]! <= reach[BELOW]! || open >= reach[UNTIL]!)) return k
      clock[0] = open + barStep
      if (isWhole) {
        cursor.row = row
        cursor.now = row
        cursor.before = row - 1
      } else slot.moveTo(row)
      let equity = basis
      if (heldQty !== 0) {
        equity += heldQty * marks[row]!
        // what began inside this bar would have been news
        position.track(highs[row]!, lows[row]!)
      }
      equities[curve.length] = equity
      marked[0] = equity
      // nothing has been booked since the last instant: cash is what it was, if there was one
      if (keepsTimes || curve.length === 0) curve.end(account)
      else curve.length++
      if (row < readyRow) continue
      const decision = onBar(context)
      if (decision !== undefined && decision !== null) {
        this.#decision = decision
        return k
      }
    }
    return until
  }

  /** Where open orders wait; false where one may notice any bar. As `isOutOfReach`. */
  #lookAhead(): boolean {
    const { orders, cursor, scales } = this.#slot
    const reach = this.#reach
    reach[ABOVE] = Number.POSITIVE_INFINITY
    reach[BELOW] = Number.NEGATIVE_INFINITY
    reach[UNTIL] = Number.POSITIVE_INFINITY
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
