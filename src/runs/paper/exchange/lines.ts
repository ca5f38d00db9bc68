import { type Attempt, isOver } from './attempt.ts'
import { Cancelling } from './cancelling.ts'
import { Changing } from './changing.ts'
import { Coins } from './coins.ts'
import type { Context } from './context.ts'
import type { Fills } from './fills.ts'
import type { Line } from './line.ts'
import { NextStep } from './next-step.ts'
import { Placing } from './placing.ts'
import type { Questions } from './questions.ts'
import { Refusals } from './refusals.ts'

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
  readonly #next: NextStep
  /** Where sales hold coins back. */
  readonly #coins: Coins | null
  readonly #lines = new Map<string, Line>()
  readonly #idle: (() => void)[] = []
  #busy = 0
  #isAllowed = false

  constructor(context: Context, questions: Questions, fills: Fills, hooks: Hooks) {
    this.#context = context
    this.#coins = context.market.hasMargin ? null : new Coins(context, () => this.#lines.values(), hooks.takesLists)
    const refusals = new Refusals(context, hooks)
    const cancelling = new Cancelling(context, questions)
    const placing = new Placing(context, {
      ...{ questions, refusals, cancelling, coins: this.#coins, onPlaced: hooks.onPlaced },
      lineOf: (symbol, order) => this.#lineOf(symbol, order),
      poke: (line) => this.#poke(line),
    })
    const changing = new Changing(context, questions, refusals, placing, cancelling)
    this.#next = new NextStep(context, {
      questions,
      fills,
      refusals,
      coins: this.#coins,
      placing,
      cancelling,
      changing,
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
        while (this.#isAtWork && (await this.#next.take(line))) hasActed = true
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
      if (this.#context.viewOf(line.symbol, line.order) === undefined && !this.#isUnderway(line))
        this.#lines.delete(`${line.symbol} ${line.order}`)
      if (this.#busy === 0) for (const done of this.#idle.splice(0)) done()
    }
  }

  get #isAtWork(): boolean {
    return this.#isAllowed && !this.#context.signal.aborted
  }

  #isUnderway({ symbol, order }: Line): boolean {
    return this.#context.attempts.of(symbol, order).some((one) => !isOver(one))
  }
}

/** What is so of an order at first. */
const NEW = { isAlone: false, mustExit: false, isRenewed: false, refused: null, nakedSince: 0, failures: 0 }
