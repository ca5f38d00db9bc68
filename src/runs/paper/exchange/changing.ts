import type { OrderView } from '../../../core/order.ts'
import { type Attempt, isCancellable, isOnBook, isOver, plainName } from './attempt.ts'
import type { Cancelling } from './cancelling.ts'
import type { Context } from './context.ts'
import { fieldsOf } from './fields.ts'
import { isOf, type Line } from './line.ts'
import type { Placing } from './placing.ts'
import type { Questions } from './questions.ts'
import type { Refusals } from './refusals.ts'
import { isSame, type Terms, wholeQty } from './terms.ts'
import { again, sayUnknown } from './trying-again.ts'

/** An order as the exchange is to have it. */
export interface Wanted {
  readonly terms: Terms
  /** The target with which a stop stands in one order list, and the other way round. */
  readonly target: string | null
  readonly stop: string | null
}

/** Changes orders that rest: in place, or by another in their stead. */
export class Changing {
  readonly #context: Context
  readonly #questions: Questions
  readonly #refusals: Refusals
  readonly #placing: Placing
  readonly #cancelling: Cancelling

  constructor(context: Context, questions: Questions, refusals: Refusals, placing: Placing, cancelling: Cancelling) {
    this.#context = context
    this.#questions = questions
    this.#refusals = refusals
    this.#placing = placing
    this.#cancelling = cancelling
  }

  /** Makes what rests there what is wanted now. @returns whether to look for the next thing to do */
  async change(
    line: Line,
    current: Attempt,
    view: OrderView,
    { terms: wanted, target, stop }: Wanted,
  ): Promise<boolean> {
    const { market, gate } = this.#context
    // what has triggered has no trigger any more
    const sent = current.hasTriggered ? { ...current.terms, trigger: wanted.trigger } : current.terms
    const isTorn = !current.hasTriggered && this.#isTorn(current, target ?? stop)
    if ((isSame(sent, current.filled, wanted) && !isTorn) || sent.type === 'MARKET') return false
    if (line.refused !== null && isSame(line.refused, 0n, wanted)) return false
    if (current.hasTriggered && wanted.price === null) return false
    if (!isOnBook(current)) return this.#placing.place(line, view, wanted, null)
    // no price can be changed there, and a new order would want what the old one holds back
    if (!market.amends) return isCancellable(current) && this.#cancelling.cancel(line, current)
    const { symbol } = current
    const quantity = wholeQty(current.filled, wanted)
    const change = { symbol, side: wanted.side, quantity, price: wanted.price! }
    const isWanted = () => this.#context.viewOf(symbol, view.id) !== undefined && isOf(line, current)
    const outcome = await gate.send('PUT', market.paths.order, { ...change, ...plainName(current) }, { isWanted })
    if (outcome.kind === 'done') {
      line.failures = 0
      current.terms = { ...current.terms, qty: quantity, price: wanted.price }
      this.#questions.learn(current, fieldsOf(outcome.reply))
      return true
    }
    if (outcome.kind === 'failed') return !isWanted() || again(this.#context, line, outcome.text)
    if (outcome.kind === 'unknown') {
      sayUnknown(this.#context, current, 'change', outcome.text)
      current.state = 'unsure'
      return true
    }
    if (this.#refusals.ofAmending(line, current, wanted, outcome) === 'unsure') current.state = 'unsure'
    return true
  }

  /** Whether it should stand in one list with another, and does not. */
  #isTorn({ symbol, list }: Attempt, other: string | null): boolean {
    if (other === null) return false
    const isThere = (one: Attempt) => one.list === list && !isOver(one)
    return list === null || !this.#context.attempts.of(symbol, other).some(isThere)
  }
}
