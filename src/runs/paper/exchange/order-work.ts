import type { OrderView } from '../../../core/order.ts'
import { type Attempt, isCancellable, isOnBook, newAttempt } from './attempt.ts'
import { sendingNote } from './attempts.ts'
import { clientIdOf, listIdOf } from './client-id.ts'
import type { Coins } from './coins.ts'
import type { Context } from './context.ts'
import { type Fields, fieldsOf, rowsOf, textIn } from './fields.ts'
import { filledText } from './fills.ts'
import { isOf, type Line } from './line.ts'
import type { Market } from './market.ts'
import type { Outcome } from './outcome.ts'
import { pause } from './pause.ts'
import type { Questions } from './questions.ts'
import type { Refusals } from './refusals.ts'
import { isPerishable, isProtective, isSame, ownWork, type Terms, wholeQty } from './terms.ts'

/** An order as the exchange is to have it. */
export interface Wanted {
  readonly terms: Terms
  /** The target with which a stop stands in one order list, and the other way round. */
  readonly target: string | null
  readonly stop: string | null
}

/** Places, cancels and changes orders, one thing at a time for each line; every method says whether to look for the next. */
export class OrderWork {
  readonly #context: Context
  readonly #questions: Questions
  readonly #refusals: Refusals
  readonly #coins: Coins | null
  readonly #lineOf: (symbol: string, order: string) => Line
  readonly #poke: (line: Line) => void
  readonly #onPlaced: (attempt: Attempt) => void

  /** @param parts `coins` where sales hold coins back; `poke` has another line look again */
  constructor(
    context: Context,
    questions: Questions,
    refusals: Refusals,
    parts: {
      readonly coins: Coins | null
      readonly lineOf: (symbol: string, order: string) => Line
      readonly poke: (line: Line) => void
      readonly onPlaced: (attempt: Attempt) => void
    },
  ) {
    this.#context = context
    this.#questions = questions
    this.#refusals = refusals
    this.#coins = parts.coins
    this.#lineOf = parts.lineOf
    this.#poke = parts.poke
    this.#onPlaced = parts.onPlaced
  }

  /** @param target what is placed with it in one list */
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
        return isCancellable(one) && (await this.cancel(line, one)) ? 'changed' : 'waits'
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
    const { kind } = await this.#takeBack(attempt)
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
      if (!isOld) this.#countFailure(line, outcome.text)
      return true
    }
    if (outcome.kind === 'refused') {
      if (!isOld && this.#isListRefused(line, all, outcome)) return true
      const what = await this.#refusals.ofPlacing(line, view, attempt, outcome)
      if (what === 'unsure') unsure(all)
      else this.#absent(...all)
      return what === 'again' ? this.again(line, outcome.text) : true
    }
    this.#absent(...all)
    return !this.#areWanted(all) || this.again(line, outcome.text)
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

  /** Surely nothing was done: waits a little longer each time, and says once that it does not get through. */
  async again(line: Line, text: string): Promise<boolean> {
    const { timing, signal } = this.#context
    this.#countFailure(line, text)
    this.#context.host.log('warn', `${line.symbol} ${line.order}: ${text}; tried again`, { failures: line.failures })
    return pause(Math.min(timing.backoff * 2 ** (line.failures - 1), timing.maxBackoff), signal)
  }

  #countFailure(line: Line, text: string): void {
    const { symbol, order } = line
    line.failures++
    if (line.failures === 3)
      this.#context.alarm(
        'not-getting-through',
        'warning',
        `${symbol} ${order}: the exchange does not take it: ${text}`,
        { symbol, order },
      )
  }

  async cancel(line: Line, attempt: Attempt): Promise<boolean> {
    const all = this.#context.attempts.together(attempt)
    const outcome = await this.#takeBack(attempt)
    if (attempt.state === 'ended') return true
    if (outcome.kind === 'done') {
      line.failures = 0
      for (const one of all) {
        const reply = replyOf(one, fieldsOf(outcome.reply))
        this.#questions.learn(one, { executedQty: filledText(one), ...reply, ...CANCELLED })
      }
      return true
    }
    if (outcome.kind === 'failed') return this.again(line, outcome.text)
    // refused or unknown: it may have been filled, or cancelled by a request whose answer was lost
    this.#sayUnknown(attempt, 'cancel', outcome)
    unsure(all.filter((one) => one !== attempt))
    await this.#questions.whetherGone(attempt)
    return attempt.state !== 'live' || this.again(line, outcome.text)
  }

  /** Asks for the end of an order; of all of its list where it is in one. */
  async #takeBack(attempt: Attempt): Promise<Outcome> {
    const { gate, attempts, market } = this.#context
    await this.#context.cancelling(attempts.together(attempt))
    const { symbol, clientId, orderId, list, terms } = attempt
    // coins that are held back are in the way of what leaves
    const how = { isExit: this.#coins !== null && terms.side === 'SELL' }
    if (list !== null) return gate.send('DELETE', market.lists!.one, { symbol, listClientOrderId: list }, how)
    if (!isOnBook(attempt)) return gate.send('DELETE', market.conditional!.order, { clientAlgoId: clientId }, how)
    const by: Record<string, string> = orderId ? { orderId } : { origClientOrderId: clientId }
    return gate.send('DELETE', market.paths.order, { symbol, ...by }, how)
  }

  /** Makes what rests there what is wanted now. */
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
    if (!isOnBook(current)) return this.place(line, view, wanted, null)
    // no price can be changed there, and a new order would want what the old one holds back
    if (!market.amends) return isCancellable(current) && this.cancel(line, current)
    const { symbol, clientId, orderId } = current
    const quantity = wholeQty(current.filled, wanted)
    const change = { symbol, side: wanted.side, quantity, price: wanted.price! }
    const by: Record<string, string> = orderId ? { orderId } : { origClientOrderId: clientId }
    const isWanted = () => this.#context.viewOf(symbol, view.id) !== undefined && isOf(line, current)
    const outcome = await gate.send('PUT', market.paths.order, { ...change, ...by }, { isWanted })
    if (outcome.kind === 'done') {
      line.failures = 0
      current.terms = { ...current.terms, qty: quantity, price: wanted.price }
      this.#questions.learn(current, fieldsOf(outcome.reply))
      return true
    }
    if (outcome.kind === 'failed') return !isWanted() || this.again(line, outcome.text)
    if (outcome.kind === 'unknown') {
      this.#sayUnknown(current, 'change', outcome)
      current.state = 'unsure'
      return true
    }
    if (this.#refusals.ofAmending(line, current, wanted, outcome) === 'unsure') current.state = 'unsure'
    return true
  }

  #sayUnknown(
    { clientId }: Attempt,
    what: string,
    { kind, text }: { readonly kind: string; readonly text: string },
  ): void {
    if (kind !== 'unknown') return
    this.#context.host.log('warn', `nobody knows what came of the ${what} of ${clientId}: ${text}; it is asked for`, {
      clientId,
    })
  }

  /** Whether it should stand in one list with another, and does not. */
  #isTorn({ symbol, list }: Attempt, other: string | null): boolean {
    if (other === null) return false
    const isThere = ({ list: its, state }: Attempt) => its === list && state !== 'ended' && state !== 'absent'
    return list === null || !this.#context.attempts.of(symbol, other).some(isThere)
  }
}

const CANCELLED = { status: 'CANCELED', algoStatus: 'CANCELED' }

/** It has to be asked for. */
function unsure(all: readonly Attempt[]): void {
  for (const one of all) if (one.state === 'sending' || one.state === 'live') one.state = 'unsure'
}

/** Of an order list's reply, what it says of one of its orders; else the reply itself. */
function replyOf({ list, clientId }: Attempt, reply: Fields): Fields {
  if (list === null) return reply
  const reports = rowsOf(reply['orderReports'])
  return (
    reports.find((one) => [textIn(one, 'clientOrderId'), textIn(one, 'origClientOrderId')].includes(clientId)) ?? {}
  )
}

function doorOf({ route }: Terms, { conditional, paths }: Market): string {
  return route === 'algo' ? conditional!.order : paths.order
}
