import type { OrderView } from '../../../core/order.ts'
import { type Attempt, isCancellable, isUnknown } from './attempt.ts'
import type { Cancelling } from './cancelling.ts'
import type { Changing, Wanted } from './changing.ts'
import { waitingWork } from './coin-claims.ts'
import type { Coins } from './coins.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { type Fills, filledText, isBehind } from './fills.ts'
import { isOf, type Line } from './line.ts'
import type { Placing } from './placing.ts'
import type { Questions } from './questions.ts'
import type { Refusals } from './refusals.ts'
import { exitTerms, isProtective } from './terms.ts'
import { again } from './trying-again.ts'

/** Times that the list of trades is asked for one that must be in it. */
const PATIENT = 6

interface Tools {
  readonly questions: Questions
  readonly fills: Fills
  readonly refusals: Refusals
  /** Where sales hold coins back. */
  readonly coins: Coins | null
  readonly placing: Placing
  readonly cancelling: Cancelling
  readonly changing: Changing
}

/** Compares what the engine wants of a line's order with what is there, and does the next thing that brings them together. */
export class NextStep {
  readonly #context: Context
  readonly #questions: Questions
  readonly #fills: Fills
  readonly #refusals: Refusals
  readonly #coins: Coins | null
  readonly #placing: Placing
  readonly #cancelling: Cancelling
  readonly #changing: Changing

  constructor(context: Context, tools: Tools) {
    this.#context = context
    this.#questions = tools.questions
    this.#fills = tools.fills
    this.#refusals = tools.refusals
    this.#coins = tools.coins
    this.#placing = tools.placing
    this.#cancelling = tools.cancelling
    this.#changing = tools.changing
  }

  /** Does the next thing there is to do; says whether there was one. */
  async take(line: Line): Promise<boolean> {
    const all = this.#context.attempts.of(line.symbol, line.order)
    const own = all.filter((attempt) => isOf(line, attempt))
    if (own.some(({ state }) => state === 'live')) line.nakedSince = 0
    const unknown = all.findLast(isUnknown)
    // an exit does not wait until it is known what became of the stop: both reduce on USDS-M; on spot the stop is taken back first
    if (unknown !== undefined && !this.#lacksExit(line)) return this.#settle(line, unknown)
    const ended = all.find((attempt) => attempt.state === 'ended' && !attempt.isDealtWith)
    if (ended !== undefined) return this.#dealWith(line, ended)
    // its end is looked at again when the engine has been told
    if (all.some(({ telling }) => telling > 0)) return false
    const before = all.find((one) => !isOf(line, one) && one.state === 'live' && isCancellable(one))
    if (before !== undefined) return this.#cancelling.cancel(line, before)
    const view = this.#context.viewOf(line.symbol, line.order)
    const live = own.filter(({ state }) => state === 'live')
    if (view !== undefined && this.#isNakedTooLong(line) && !line.mustExit) {
      await this.#giveUpStop(line, view)
      // what is wanted may be another by the time that the halt is written
      return true
    }
    const wanted = view === undefined ? null : this.#wanted(line, view)
    if (view === undefined || wanted === null) {
      // what waits for its turn is not asked for in vain
      line.nakedSince = 0
      // an exit of a position that has gone would be one of the next
      if (line.mustExit && view?.type !== 'market' && this.#isFlat(line))
        await this.#context.tellEnded(line, line, 'expired', 'nothing is left to reduce')
      const left = live.find(isCancellable)
      return left !== undefined && this.#cancelling.cancel(line, left)
    }
    if (line.mustExit || own.some(({ isExit }) => isExit)) {
      if (!live.some(({ isExit }) => isExit))
        return this.#placing.place(line, view, exitTerms(wanted.terms), null, true)
      const left = live.find((attempt) => !attempt.isExit && isCancellable(attempt))
      return left !== undefined && this.#cancelling.cancel(line, left)
    }
    const current = live.at(-1)
    if (current === undefined) {
      // its stop brings it along
      if (wanted.stop !== null) return false
      if (isProtective(view) && view.trigger !== null) line.nakedSince ||= performance.now()
      return this.#placing.place(line, view, wanted.terms, wanted.target)
    }
    // a stop is replaced by placing the new one first: the position is never without one
    const replaced = live.slice(0, -1).find(isCancellable)
    if (replaced !== undefined) return this.#cancelling.cancel(line, replaced)
    return this.#changing.change(line, current, view, wanted)
  }

  /** What of an order the exchange is to have now; `null`: nothing, as its coins are another's. */
  #wanted({ symbol, order }: Line, view: OrderView): Wanted | null {
    const terms = this.#context.market.termsOf(view)
    // a close that waits for what it is to close
    if (unitsOf(terms.qty) === 0n) return null
    if (this.#coins === null || terms.side === 'BUY') return { terms, target: null, stop: null }
    const { qty, targetOf, stopOf, waiting } = this.#coins.claims(symbol)
    const claimed = qty.get(order)
    if (claimed !== undefined) {
      const [target = null, stop = null] = [targetOf.get(order), stopOf.get(order)]
      return { terms: { ...terms, qty: textOf(claimed) }, target, stop }
    }
    const work = waitingWork(view, waiting.get(order))
    if (work !== null) this.#context.alarm('own-work', 'info', work, { symbol, order })
    return null
  }

  async #settle(line: Line, attempt: Attempt): Promise<boolean> {
    const isGoingOn = await this.#questions.settle(attempt, () => this.#lacksExit(line))
    if (attempt.state === 'live' || attempt.state === 'ended') line.failures = 0
    return isGoingOn
  }

  /** Whether it has to leave at the market, and nothing that does that is there or on its way. */
  #lacksExit(line: Line): boolean {
    if (!line.mustExit && !this.#isNakedTooLong(line)) return false
    const all = this.#context.attempts.of(line.symbol, line.order)
    return (
      this.#context.viewOf(line.symbol, line.order) !== undefined &&
      !all.some((attempt) => attempt.isExit && (attempt.state === 'live' || isUnknown(attempt)))
    )
  }

  #isFlat({ symbol }: Line): boolean {
    return this.#context.host.run.positionOf(symbol).qty === 0
  }

  #isNakedTooLong({ nakedSince }: Line): boolean {
    return nakedSince > 0 && performance.now() - nakedSince > this.#context.timing.naked
  }

  async #giveUpStop(line: Line, { symbol, id, qty }: OrderView): Promise<void> {
    line.mustExit = true
    await this.#context.halt(
      'stop-missing',
      `${symbol}: stop ${id} has not come to rest there for ${this.#context.timing.naked / 1000} s: ${qty} leave at the market, and nothing is opened any more`,
      { symbol, order: id },
    )
  }

  /** An order has ended there: what follows for the engine, which may not know. */
  async #dealWith(line: Line, attempt: Attempt): Promise<boolean> {
    const { symbol, order } = line
    const isAskedFor = attempt.isCancelled && attempt.status === 'CANCELED'
    if (isBehind(attempt) || !(isAskedFor || attempt.status === 'FILLED')) {
      const isKnown = await this.#fills.catchUp(symbol)
      // what is not told of as filled would be taken for not filled
      if (!isKnown || (isBehind(attempt) && line.failures < PATIENT))
        return again(this.#context, line, 'its fills are not known yet')
      if (isBehind(attempt))
        this.#context.alarm(
          'fills-missing',
          'critical',
          `${symbol} ${order}: ${attempt.executed} is filled there, and there are trades of ${filledText(attempt)}`,
          { symbol, order },
        )
    }
    line.failures = 0
    attempt.isDealtWith = true
    this.#context.jot(attempt, 'ended')
    const view = isOf(line, attempt) ? this.#context.viewOf(symbol, order) : undefined
    const hasOther = this.#context.attempts.of(symbol, order).some(({ state }) => state === 'live')
    if (view === undefined || isAskedFor || hasOther || this.#isEndOfList(attempt)) return true
    await this.#refusals.ofEnding(line, view, attempt)
    return true
  }

  /** What its list's other order has begun to do ends it: of what is left of both a new list is made. */
  #isEndOfList(attempt: Attempt): boolean {
    if (attempt.list === null || attempt.status === 'FILLED') return false
    // the strategy may have cancelled the other meanwhile: it has filled all the same
    const others = this.#context.attempts.inList(attempt).filter((one) => one !== attempt)
    return others.some((one) => one.filled > 0n || one.hasTriggered)
  }
}
