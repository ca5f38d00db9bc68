import type { OrderView } from '../../../core/order.ts'
import { type Attempt, isOnBook, newAttempt } from './attempt.ts'
import { sendingNote } from './attempts.ts'
import { clientIdOf } from './client-id.ts'
import type { Context } from './context.ts'
import { fieldsOf } from './fields.ts'
import { type Fills, filledText, isBehind } from './fills.ts'
import type { Line } from './line.ts'
import type { Outcome } from './outcome.ts'
import { pause } from './pause.ts'
import type { Questions } from './questions.ts'
import { Refusals } from './refusals.ts'
import {
  exitTerms, isPerishable, isProtective, isSame, ownWork, paramsOf, type Terms, termsOf, wholeQty,
} from './terms.ts' // biome-ignore format: a list of words

/**
 * Carries out what the engine wants, order by order: each line looks at what is wanted now and at what is there, and does the next
 * thing, until both agree. So nothing of one order overtakes another (it is never cancelled before it is known to be there), what was
 * wanted and is not any more is never sent, and different orders do not wait for each other.
 */
export class Lines {
  readonly #context: Context
  readonly #questions: Questions
  readonly #fills: Fills
  readonly #refusals: Refusals
  readonly #onPlaced: (attempt: Attempt) => void
  readonly #lines = new Map<string, Line>()
  readonly #idle: (() => void)[] = []
  #busy = 0
  #isAllowed = false

  constructor(
    context: Context,
    questions: Questions,
    fills: Fills,
    hooks: { onPlaced: (attempt: Attempt) => void; onDoubt: (symbol: string) => void; onFilter: () => void },
  ) {
    this.#context = context
    this.#questions = questions
    this.#fills = fills
    this.#onPlaced = hooks.onPlaced
    this.#refusals = new Refusals(context, hooks)
  }

  get isIdle(): boolean {
    return this.#busy === 0
  }

  isBusy(symbol: string, order: string): boolean {
    return this.#lines.get(`${symbol} ${order}`)?.isBusy ?? false
  }

  /** Carries out what is wanted from now on, and what was wanted before. */
  start(): void {
    this.#isAllowed = true
    for (const { symbol, order } of this.#lines.values()) this.look(symbol, order)
  }

  /** What is wanted from now on is not carried out any more. */
  stop(): void {
    this.#isAllowed = false
  }

  /** Resolves when no line has anything left to do. */
  async idle(): Promise<void> {
    while (this.#busy > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Something about this order has changed: look again. */
  look(symbol: string, order: string, isAsked = false): void {
    const key = `${symbol} ${order}`
    let line = this.#lines.get(key)
    if (line === undefined) {
      const asked = isAsked
        ? { askedAt: this.#context.host.now(), askedTick: performance.now() }
        : { askedAt: 0, askedTick: 0 }
      line = {
        ...{ symbol, order, ...asked, isBusy: false, isDirty: false },
        ...{ mustExit: false, refused: null, nakedSince: 0, failures: 0 },
      }
      this.#lines.set(key, line)
    }
    line.isDirty = true
    if (!line.isBusy && this.#isAtWork) void this.#run(line)
  }

  async #run(line: Line): Promise<void> {
    line.isBusy = true
    this.#busy++
    try {
      while (line.isDirty && this.#isAtWork) {
        line.isDirty = false
        while (this.#isAtWork && (await this.#step(line)));
      }
    } catch (error) {
      const { symbol, order } = line
      await this.#context
        .halt('broker-error', `${symbol} ${order}: ${error instanceof Error ? error.message : String(error)}`, {
          symbol,
          order,
        })
        .catch(() => undefined)
    } finally {
      line.isBusy = false
      this.#busy--
      if (this.#context.viewOf(line.symbol, line.order) === undefined && !this.#hasLive(line))
        this.#lines.delete(`${line.symbol} ${line.order}`)
      if (this.#busy === 0) for (const done of this.#idle.splice(0)) done()
    }
  }

  get #isAtWork(): boolean {
    return this.#isAllowed && !this.#context.signal.aborted
  }

  #hasLive(line: Line): boolean {
    return this.#context.attempts
      .of(line.symbol, line.order)
      .some(({ state }) => state !== 'ended' && state !== 'absent')
  }

  /** Does the next thing there is to do; says whether there was one. */
  async #step(line: Line): Promise<boolean> {
    const all = this.#context.attempts.of(line.symbol, line.order)
    if (all.some(({ state }) => state === 'live')) line.nakedSince = 0
    const open = all.findLast(isOpen)
    // an exit does not wait until it is known what became of the stop: both reduce
    if (open !== undefined && !this.#lacksExit(line)) return this.#settle(line, open)
    const ended = all.find((attempt) => attempt.state === 'ended' && !attempt.isDealtWith)
    if (ended !== undefined) return this.#dealWith(line, ended)
    // its end is looked at again when the engine has been told
    if (all.some(({ telling }) => telling > 0)) return false
    const view = this.#context.viewOf(line.symbol, line.order)
    const live = all.filter(({ state }) => state === 'live')
    if (view === undefined) {
      const left = live.find(isCancellable)
      return left !== undefined && this.#cancel(line, left)
    }
    if (this.#isNakedTooLong(line) && !line.mustExit) await this.#giveUpStop(line, view)
    if (line.mustExit || all.some(({ isExit }) => isExit)) {
      if (!live.some(({ isExit }) => isExit)) return this.#place(line, view, exitTerms(view), true)
      const left = live.find((attempt) => !attempt.isExit && isCancellable(attempt))
      return left !== undefined && this.#cancel(line, left)
    }
    const current = live.at(-1)
    if (current === undefined) {
      if (isProtective(view) && view.trigger !== null) line.nakedSince ||= performance.now()
      return this.#place(line, view, termsOf(view), false)
    }
    // a stop is replaced by placing the new one first: the position is never without one
    const replaced = live.slice(0, -1).find(isCancellable)
    if (replaced !== undefined) return this.#cancel(line, replaced)
    return this.#change(line, current, view)
  }

  async #settle(line: Line, open: Attempt): Promise<boolean> {
    const isGoingOn = await this.#questions.settle(open, () => this.#lacksExit(line))
    if (open.state === 'live' || open.state === 'ended') line.failures = 0
    return isGoingOn
  }

  /** Whether it has to leave at the market, and nothing that does that is there or on its way. */
  #lacksExit(line: Line): boolean {
    if (!line.mustExit && !this.#isNakedTooLong(line)) return false
    const all = this.#context.attempts.of(line.symbol, line.order)
    return (
      this.#context.viewOf(line.symbol, line.order) !== undefined &&
      !all.some((attempt) => attempt.isExit && (attempt.state === 'live' || isOpen(attempt)))
    )
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

  async #place(line: Line, view: OrderView, terms: Terms, isExit: boolean): Promise<boolean> {
    const { host, gate, attempts, timing } = this.#context
    const { symbol, order } = line
    if (terms.route === 'algo' && terms.trigger === null) return false
    const isLate = () => isPerishable(view) && host.now() - line.askedAt > timing.entryPatience
    if (isLate()) return this.#tooLate(line, view)
    const work = ownWork(view)
    if (work !== null) this.#context.alarm('own-work', 'info', work, { symbol, order })
    const number = attempts.nextNumber(symbol, order)
    const clientId = clientIdOf(host.sessionId, symbol, order, number)
    const attempt = newAttempt({ symbol, order, number, clientId, isExit, terms, state: 'sending', sentAt: gate.now() })
    attempts.add(attempt)
    try {
      await host.note(sendingNote(attempt, attempt.sentAt))
    } catch (error) {
      attempt.state = 'absent'
      throw new Error(`could not be noted, so it was not sent: ${String(error)}`)
    }
    if (this.#context.viewOf(symbol, order) === undefined) return this.#absent(attempt)
    const outcome = await gate.send('POST', doorOf(terms), paramsOf(symbol, terms, clientId), {
      isExit: terms.reduceOnly,
      ...(isPerishable(view) && { patience: timing.entryPatience }),
      ...(isProtective(view) && !isExit && { patience: timing.naked }),
      onLeave: () => {
        attempt.sentAt = gate.now()
        if (line.askedTick > 0 && number === 1) host.sent(Math.round((performance.now() - line.askedTick) * 1000))
      },
    })
    return this.#placed(line, view, attempt, outcome)
  }

  async #placed(line: Line, view: OrderView, attempt: Attempt, outcome: Outcome): Promise<boolean> {
    const { host } = this.#context
    const { clientId } = attempt
    if (line.askedTick > 0)
      host.log('debug', `order ${outcome.kind}`, { clientId, ms: Math.round(performance.now() - line.askedTick) })
    if (outcome.kind === 'done') {
      line.failures = 0
      this.#questions.learn(attempt, fieldsOf(outcome.reply))
      this.#onPlaced(attempt)
      return true
    }
    // the stream may have told of it before the answer came, or in its place
    if (attempt.state !== 'sending') return true
    if (outcome.kind === 'unknown') {
      host.log('warn', `nobody knows what came of ${clientId}: ${outcome.text}`, { clientId })
      attempt.state = 'unsure'
      this.#countFailure(line, outcome.text)
      return true
    }
    if (outcome.kind === 'refused') {
      const what = await this.#refusals.ofPlacing(line, view, attempt, outcome)
      if (what === 'unsure') attempt.state = 'unsure'
      else this.#absent(attempt)
      return what === 'again' ? this.#again(line, outcome.text) : true
    }
    this.#absent(attempt)
    return this.#again(line, outcome.text)
  }

  /** It is not there and cannot come any more. */
  #absent(attempt: Attempt): true {
    attempt.state = 'absent'
    this.#context.jot(attempt, 'ended')
    return true
  }

  async #tooLate(line: Line, view: OrderView): Promise<boolean> {
    const why =
      line.askedAt === 0
        ? 'decided before a restart, and not sent then: its price is another now'
        : `could not be sent within ${this.#context.timing.entryPatience / 1000} s: its price is another now`
    await this.#context.tellEnded(line.symbol, view.id, 'refused', why)
    return false
  }

  /** Surely nothing was done: waits a little longer each time, and says once that it does not get through. */
  async #again(line: Line, text: string): Promise<boolean> {
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

  async #cancel(line: Line, attempt: Attempt): Promise<boolean> {
    const { gate } = this.#context
    const { symbol, clientId, orderId } = attempt
    attempt.isCancelled = true
    const by: Record<string, string> = orderId ? { orderId } : { origClientOrderId: clientId }
    const outcome = isOnBook(attempt)
      ? await gate.send('DELETE', 'fapi/v1/order', { symbol, ...by })
      : await gate.send('DELETE', 'fapi/v1/algoOrder', { clientAlgoId: clientId })
    if (attempt.state === 'ended') return true
    if (outcome.kind === 'done') {
      line.failures = 0
      this.#questions.learn(attempt, { executedQty: filledText(attempt), ...fieldsOf(outcome.reply), ...CANCELLED })
      return true
    }
    if (outcome.kind === 'failed') return this.#again(line, outcome.text)
    // refused or unknown: it may have been filled, or cancelled by a request whose answer was lost
    await this.#questions.whetherGone(attempt)
    return attempt.state !== 'live' || this.#again(line, outcome.text)
  }

  async #change(line: Line, current: Attempt, view: OrderView): Promise<boolean> {
    const wanted = termsOf(view)
    // what has triggered has no trigger any more
    const sent = current.hasTriggered ? { ...current.terms, trigger: wanted.trigger } : current.terms
    if (isSame(sent, current.filled, wanted) || sent.type === 'MARKET') return false
    if (line.refused !== null && isSame(line.refused, 0n, wanted)) return false
    if (current.hasTriggered && wanted.price === null) return false
    if (!isOnBook(current)) return this.#place(line, view, wanted, false)
    const { symbol, clientId, orderId } = current
    const quantity = wholeQty(current.filled, wanted)
    const change = { symbol, side: wanted.side, quantity, price: wanted.price! }
    const by: Record<string, string> = orderId ? { orderId } : { origClientOrderId: clientId }
    const outcome = await this.#context.gate.send('PUT', 'fapi/v1/order', { ...change, ...by })
    if (outcome.kind === 'done') {
      line.failures = 0
      current.terms = { ...current.terms, qty: quantity, price: wanted.price }
      this.#questions.learn(current, fieldsOf(outcome.reply))
      return true
    }
    if (outcome.kind === 'failed') return this.#again(line, outcome.text)
    if (outcome.kind === 'unknown') {
      current.state = 'unsure'
      return true
    }
    if (this.#refusals.ofAmending(line, wanted, outcome) === 'unsure') current.state = 'unsure'
    return true
  }

  /** An order has ended there: what follows for the engine, which may not know. */
  async #dealWith(line: Line, attempt: Attempt): Promise<boolean> {
    const { symbol, order } = line
    const isExpected = attempt.isCancelled && attempt.status === 'CANCELED'
    if (isBehind(attempt) || !(isExpected || attempt.status === 'FILLED')) {
      const isKnown = await this.#fills.catchUp(symbol)
      // what is not told of as filled would be taken for not filled
      if (!isKnown || (isBehind(attempt) && line.failures < PATIENT))
        return this.#again(line, 'its fills are not known yet')
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
    const view = this.#context.viewOf(symbol, order)
    const hasOther = this.#context.attempts.of(symbol, order).some(({ state }) => state === 'live')
    if (view === undefined || isExpected || hasOther) return true
    await this.#refusals.ofEnding(line, view, attempt)
    return true
  }
}

/** Times that the list of trades is asked for one that must be in it. */
const PATIENT = 6

const CANCELLED = { status: 'CANCELED', algoStatus: 'CANCELED' }

/** Nobody has said yet what came of it. */
function isOpen({ state }: Attempt): boolean {
  return state === 'unsure' || state === 'sending'
}

/** A market order cannot be taken back. */
function isCancellable(attempt: Attempt): boolean {
  const { type, price } = attempt.terms
  return type !== 'MARKET' && !(attempt.hasTriggered && price === null)
}

function doorOf({ route }: Terms): string {
  return route === 'algo' ? 'fapi/v1/algoOrder' : 'fapi/v1/order'
}
