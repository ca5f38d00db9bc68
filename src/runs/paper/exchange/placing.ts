import type { OrderView } from '../../../core/order.ts'
import { type Attempt, isCancellable, newAttempt } from './attempt.ts'
import { sendingNote } from './attempts.ts'
import type { Cancelling } from './cancelling.ts'
import { clientIdOf, listIdOf } from './client-id.ts'
import type { Coins } from './coins.ts'
import type { Context } from './context.ts'
import { fieldsOf } from './fields.ts'
import { isOf, type Line } from './line.ts'
import { replyOf } from './list-reply.ts'
import type { Market } from './market.ts'
import type { Outcome } from './outcome.ts'
import type { Questions } from './questions.ts'
import type { Refusals } from './refusals.ts'
import { isPerishable, isProtective, ownWork, type Terms } from './terms.ts'
import { again, countFailure, unsure } from './trying-again.ts'

/** What placing an order needs of the others. */
interface Others {
  readonly questions: Questions
  readonly refusals: Refusals
  readonly cancelling: Cancelling
  /** Where sales hold coins back. */
  readonly coins: Coins | null
  readonly lineOf: (symbol: string, order: string) => Line
  /** Has another line look again. */
  readonly poke: (line: Line) => void
  readonly onPlaced: (attempt: Attempt) => void
}

/** Places orders: each is noted before it leaves, and leaves only while it is wanted. */
export class Placing {
  readonly #context: Context
  readonly #questions: Questions
  readonly #refusals: Refusals
  readonly #cancelling: Cancelling
  readonly #coins: Coins | null
  readonly #lineOf: (symbol: string, order: string) => Line
  readonly #poke: (line: Line) => void
  readonly #onPlaced: (attempt: Attempt) => void

  constructor(context: Context, others: Others) {
    this.#context = context
    this.#questions = others.questions
    this.#refusals = others.refusals
    this.#cancelling = others.cancelling
    this.#coins = others.coins
    this.#lineOf = others.lineOf
    this.#poke = others.poke
    this.#onPlaced = others.onPlaced
  }

  /**
   * @param target what is placed with it in one list
   * @returns whether to look for the next thing to do
   */
  async place(line: Line, view: OrderView, terms: Terms, target: string | null, isExit = false): Promise<boolean> {
    const { host, gate, attempts, timing, market } = this.#context
    const { symbol, order, acceptedAt } = line
    if (terms.route === 'algo' && terms.trigger === null) return false
    const room = await this.#makeRoom(line, terms)
    if (room !== 'there') return room === 'changed'
    // another order has the id meanwhile, and these terms are not its own
    if (line.acceptedAt !== acceptedAt) return true
    if (isPerishable(view, terms) && host.now() - line.askedAt > timing.entryPatience) return this.#tooLate(line)
    const work = ownWork(view)
    if (work !== null) this.#context.alarm('own-work', 'info', work, { symbol, order })
    const number = attempts.nextNumber(symbol, order)
    const list = target === null ? null : listIdOf(host.sessionId, symbol, order, number)
    const attempt = this.#prepared(line, terms, isExit, list)
    const other = target === null ? null : this.#preparedTarget(symbol, target, terms.qty, list)
    const all = other === null ? [attempt] : [attempt, other]
    try {
      await Promise.all(all.map((one) => host.note(sendingNote(one, one.sentAt))))
    } catch (error) {
      for (const one of all) one.state = 'absent'
      throw new Error(`could not be noted, so it was not sent: ${String(error)}`)
    }
    if (!this.#areWanted(all)) return this.#absent(...all)
    const [door, params] =
      other === null
        ? [doorOf(terms, market), market.paramsOf(symbol, terms, attempt.clientId)]
        : [market.lists!.place, market.lists!.paramsOf(symbol, list!, attempt, other)]
    const outcome = await gate.send('POST', door, params, {
      isExit: terms.reduceOnly,
      ...(isPerishable(view, terms) && { patience: timing.entryPatience }),
      ...(isProtective(view) && !isExit && { patience: timing.naked }),
      isWanted: () => this.#areWanted(all),
      onLeave: () => {
        for (const one of all) one.sentAt = gate.now()
        if (line.askedTick > 0 && number === 1) host.sent(Math.round((performance.now() - line.askedTick) * 1000))
      },
    })
    return this.#placed(line, view, all, outcome)
  }

  /** Whether the engine still has the orders that they are for. */
  #areWanted(all: readonly Attempt[]): boolean {
    return all.every(
      (one) =>
        this.#context.viewOf(one.symbol, one.order) !== undefined && isOf(this.#lineOf(one.symbol, one.order), one),
    )
  }

  #prepared({ symbol, order, acceptedAt }: Line, terms: Terms, isExit: boolean, list: string | null): Attempt {
    const { attempts, gate, host } = this.#context
    const number = attempts.nextNumber(symbol, order)
    const clientId = clientIdOf(host.sessionId, symbol, order, number)
    const of = { symbol, order, number, clientId, isExit, list, acceptedAt, terms, sentAt: gate.now() }
    const attempt = newAttempt({ ...of, state: 'sending' })
    attempts.add(attempt)
    return attempt
  }

  /** In a list a target stands as an order that takes no liquidity. */
  #preparedTarget(symbol: string, order: string, qty: string, list: string | null): Attempt {
    const terms = this.#context.market.termsOf(this.#context.viewOf(symbol, order)!)
    const maker = { ...terms, qty, type: 'LIMIT_MAKER', tif: null } as const
    return this.#prepared(this.#lineOf(symbol, order), maker, false, list)
  }

  /** What holds the coins back that are about to be sold has to go first. */
  async #makeRoom(line: Line, terms: Terms): Promise<'there' | 'waits' | 'changed'> {
    if (this.#coins === null || terms.side === 'BUY') return 'there'
    let isWaiting = false
    for (const one of this.#coins.blockers(line)) {
      if (one.order === line.order && one.state === 'live')
        return isCancellable(one) && (await this.#cancelling.cancel(line, one)) ? 'changed' : 'waits'
      // nobody knows whether it is there: an exit does not wait until that is known, where the exchange does not answer
      if (terms.type === 'MARKET' && one.state !== 'live') {
        if (!(await this.#isGone(one))) continue
        if (one.order === line.order) return 'changed'
      }
      isWaiting = true
      this.#poke(this.#lineOf(one.symbol, one.order))
    }
    return isWaiting ? 'waits' : 'there'
  }

  /** Takes back what may be there. Says whether it is known now to be over: it may have sold what the exit is to sell. */
  async #isGone(attempt: Attempt): Promise<boolean> {
    const { kind } = await this.#cancelling.takeBack(attempt)
    if (kind === 'refused') await this.#questions.ask(attempt)
    return attempt.state === 'ended'
  }

  /** @param all an order, or a stop with its target in one list */
  async #placed(line: Line, view: OrderView, all: readonly Attempt[], outcome: Outcome): Promise<boolean> {
    const { host } = this.#context
    const [attempt] = all as [Attempt]
    const { clientId } = attempt
    // the id may be another order's by now: to that it says nothing
    const isOld = !isOf(line, attempt)
    if (line.askedTick > 0 && !isOld)
      host.log('debug', `order ${outcome.kind}`, { clientId, ms: Math.round(performance.now() - line.askedTick) })
    if (outcome.kind === 'done') {
      if (!isOld) line.failures = 0
      for (const one of all) {
        this.#questions.learn(one, replyOf(one, fieldsOf(outcome.reply)))
        this.#onPlaced(one)
      }
      return true
    }
    // the stream may have told of it before the answer came, or in its place
    const isTold = attempt.state !== 'sending'
    if (outcome.kind === 'unknown') {
      const text = isTold
        ? `${clientId}: the answer was lost (${outcome.text}), and the user stream has said what came of it`
        : `nobody knows what came of ${clientId}: ${outcome.text}; it is asked for`
      host.log('warn', text, { clientId })
    }
    if (isTold) return true
    if (outcome.kind === 'unknown') {
      unsure(all)
      if (!isOld) countFailure(this.#context, line, outcome.text)
      return true
    }
    if (outcome.kind === 'refused') {
      if (!isOld && this.#isListRefused(line, all, outcome)) return true
      const what = await this.#refusals.ofPlacing(line, view, attempt, outcome)
      if (what === 'unsure') unsure(all)
      else this.#absent(...all)
      return what === 'again' ? again(this.#context, line, outcome.text) : true
    }
    this.#absent(...all)
    return !this.#areWanted(all) || again(this.#context, line, outcome.text)
  }

  /** A stop stands without its target rather than not at all; a target that is reached already leaves now. */
  #isListRefused({ symbol, order }: Line, all: readonly Attempt[], refusal: { code: number; text: string }): boolean {
    const [stop, target] = all as [Attempt, Attempt?]
    const meaning = this.#context.market.meaningOf(refusal)
    // these are said of the stop, or of both
    if (
      target === undefined ||
      meaning === 'duplicate' ||
      meaning === 'would-trigger' ||
      meaning === 'nothing-to-reduce'
    )
      return false
    this.#absent(stop, target)
    if (!isOf(this.#lineOf(symbol, target.order), target)) return true
    const { run } = this.#context.host
    const price = Math.max(run.lastClose(symbol)?.price ?? 0, run.positionOf(symbol).entryPrice)
    const isReached = meaning === 'post-only' || (meaning === 'crossed' && price >= Number(target.terms.price))
    this.#lineOf(symbol, isReached ? target.order : order)[isReached ? 'mustExit' : 'isAlone'] = true
    const then = isReached ? 'the target is reached already and leaves at the market' : 'the stop stands alone'
    this.#context.alarm(
      'list-refused',
      'warning',
      `${symbol}: stop ${order} and target ${target.order} are refused in one list (${refusal.text}): ${then}`,
      { symbol, order },
    )
    return true
  }

  /** It is not there and cannot come any more. */
  #absent(...all: readonly Attempt[]): true {
    for (const attempt of all) {
      attempt.state = 'absent'
      this.#context.jot(attempt, 'ended')
    }
    return true
  }

  async #tooLate(line: Line): Promise<boolean> {
    const why =
      line.askedAt === 0
        ? 'decided before a restart, and not sent then: its price is another now'
        : `could not be sent within ${this.#context.timing.entryPatience / 1000} s: its price is another now`
    await this.#context.tellEnded(line, line, 'refused', why)
    return false
  }
}

function doorOf({ route }: Terms, { conditional, paths }: Market): string {
  return route === 'algo' ? conditional!.order : paths.order
}
