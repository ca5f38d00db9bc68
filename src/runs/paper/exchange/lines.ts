import type { OrderView } from '../../../core/order.ts'
import { type Attempt, isCancellable } from './attempt.ts'
import { waitingWork } from './coin-claims.ts'
import { Coins } from './coins.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { type Fills, filledText, isBehind } from './fills.ts'
import { isOf, type Line } from './line.ts'
import { OrderWork, type Wanted } from './order-work.ts'
import type { Questions } from './questions.ts'
import { Refusals } from './refusals.ts'
import { exitTerms, isProtective } from './terms.ts'

interface Hooks {
  readonly onPlaced: (attempt: Attempt) => void
  readonly onDoubt: (symbol: string) => void
  readonly onFilter: () => void
  /** Whether the exchange takes order lists of a symbol. */
  readonly takesLists: (symbol: string) => boolean
}

/**
 * Carries out what the engine wants, order by order: each line looks at what is wanted now and at what is there, and does the next
 * thing, until both agree. So nothing of one order overtakes another (it is never cancelled before it is known to be there), what was
 * wanted and is not any more is never sent, and different orders do not wait for each other; but for sales on spot, of which one
 * holds back the coins of another.
 */
export class Lines {
  readonly #context: Context
  readonly #questions: Questions
  readonly #fills: Fills
  readonly #refusals: Refusals
  readonly #work: OrderWork
  /** Where sales hold coins back. */
  readonly #coins: Coins | null
  readonly #lines = new Map<string, Line>()
  readonly #idle: (() => void)[] = []
  #busy = 0
  #isAllowed = false

  constructor(context: Context, questions: Questions, fills: Fills, hooks: Hooks) {
    this.#context = context
    this.#questions = questions
    this.#fills = fills
    this.#refusals = new Refusals(context, hooks)
    this.#coins = context.market.hasMargin ? null : new Coins(context, () => this.#lines.values(), hooks.takesLists)
    this.#work = new OrderWork(context, questions, this.#refusals, {
      coins: this.#coins,
      lineOf: (symbol, order) => this.#lineOf(symbol, order),
      poke: (line) => this.#poke(line),
      onPlaced: hooks.onPlaced,
    })
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
    const { run } = this.#context.host
    const wanted = [...this.#lines.values()]
    const open = new Set(run.openOrders().map(({ symbol, id }) => `${symbol} ${id}`))
    for (const event of run.events)
      if (event.type === 'accepted' && open.has(`${event.order.symbol} ${event.order.id}`))
        this.#lineOf(event.order.symbol, event.order.id).acceptedAt = event.at
    for (const { symbol, order } of wanted) this.look(symbol, order)
  }

  /** What is wanted from now on is not carried out any more. */
  stop(): void {
    this.#isAllowed = false
  }

  /** Resolves when no line has anything left to do. */
  async idle(): Promise<void> {
    while (this.#busy > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** The engine has accepted an order: where its id was another's before, nothing of that is true of this one. */
  begin(symbol: string, order: string, acceptedAt: number): void {
    const before = this.#lines.get(`${symbol} ${order}`)
    if (before !== undefined) Object.assign(before, this.#asked(true), { ...NEW, acceptedAt })
    else this.#lineOf(symbol, order, true).acceptedAt = acceptedAt
    this.look(symbol, order)
  }

  /** Something about this order has changed: look again. */
  look(symbol: string, order: string, isAsked = false): void {
    const line = this.#lineOf(symbol, order, isAsked)
    this.#poke(line)
    this.#lookAround(line)
  }

  /** Targets that wait here, where a bar has closed beyond them. */
  lookAtTargets(): void {
    if (this.#coins === null) return
    const { run } = this.#context.host
    for (const { symbol, id, role, limit } of run.openOrders()) {
      if (role !== 'target' || limit === null || this.#coins.claims(symbol).waiting.get(id) !== 'no-list') continue
      if ((run.lastClose(symbol)?.price ?? 0) < limit) continue
      this.#lineOf(symbol, id).mustExit = true
      this.look(symbol, id)
    }
  }

  #lineOf(symbol: string, order: string, isAsked = false): Line {
    const key = `${symbol} ${order}`
    const known = this.#lines.get(key)
    if (known !== undefined) return known
    const line: Line = {
      symbol,
      order,
      ...this.#asked(isAsked),
      ...NEW,
      acceptedAt: null,
      isBusy: false,
      isDirty: false,
    }
    this.#lines.set(key, line)
    return line
  }

  #asked(isAsked: boolean): Pick<Line, 'askedAt' | 'askedTick'> {
    return isAsked ? { askedAt: this.#context.host.now(), askedTick: performance.now() } : { askedAt: 0, askedTick: 0 }
  }

  #poke(line: Line): void {
    line.isDirty = true
    if (!line.isBusy && this.#isAtWork) void this.#run(line)
  }

  /** Where coins are held back, what becomes of one order says what may become of the others. */
  #lookAround({ symbol, order }: Line): void {
    if (this.#coins === null) return
    for (const other of [...this.#lines.values()])
      if (other.symbol === symbol && other.order !== order) this.#poke(other)
  }

  async #run(line: Line): Promise<void> {
    line.isBusy = true
    this.#busy++
    let hasActed = false
    try {
      while (line.isDirty && this.#isAtWork) {
        line.isDirty = false
        while (this.#isAtWork && (await this.#step(line))) hasActed = true
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
      if (hasActed) this.#lookAround(line)
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
    const own = all.filter((attempt) => isOf(line, attempt))
    if (own.some(({ state }) => state === 'live')) line.nakedSince = 0
    const open = all.findLast(isOpen)
    // an exit does not wait until it is known what became of the stop: both reduce on USDS-M; on spot the stop is taken back first
    if (open !== undefined && !this.#lacksExit(line)) return this.#settle(line, open)
    const ended = all.find((attempt) => attempt.state === 'ended' && !attempt.isDealtWith)
    if (ended !== undefined) return this.#dealWith(line, ended)
    // its end is looked at again when the engine has been told
    if (all.some(({ telling }) => telling > 0)) return false
    const before = all.find((one) => !isOf(line, one) && one.state === 'live' && isCancellable(one))
    if (before !== undefined) return this.#work.cancel(line, before)
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
      return left !== undefined && this.#work.cancel(line, left)
    }
    if (line.mustExit || own.some(({ isExit }) => isExit)) {
      if (!live.some(({ isExit }) => isExit)) return this.#work.place(line, view, exitTerms(wanted.terms), null, true)
      const left = live.find((attempt) => !attempt.isExit && isCancellable(attempt))
      return left !== undefined && this.#work.cancel(line, left)
    }
    const current = live.at(-1)
    if (current === undefined) {
      // its stop brings it along
      if (wanted.stop !== null) return false
      if (isProtective(view) && view.trigger !== null) line.nakedSince ||= performance.now()
      return this.#work.place(line, view, wanted.terms, wanted.target)
    }
    // a stop is replaced by placing the new one first: the position is never without one
    const replaced = live.slice(0, -1).find(isCancellable)
    if (replaced !== undefined) return this.#work.cancel(line, replaced)
    return this.#work.change(line, current, view, wanted)
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
        return this.#work.again(line, 'its fills are not known yet')
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

/** Times that the list of trades is asked for one that must be in it. */
const PATIENT = 6

/** What is so of an order at first. */
const NEW = { isAlone: false, mustExit: false, refused: null, nakedSince: 0, failures: 0 }

/** Nobody has said yet what came of it. */
function isOpen({ state }: Attempt): boolean {
  return state === 'unsure' || state === 'sending'
}
