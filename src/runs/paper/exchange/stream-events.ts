import { type Attempt, learnOfAlgo, learnOfOrder } from './attempt.ts'
import { systemOrder } from './client-id.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { amountIn, type Fields, fieldsOf, textIn } from './fields.ts'
import type { Fills } from './fills.ts'
import type { Lines } from './lines.ts'
import { ownerOf } from './order-owner.ts'
import { sayOther } from './other-symbols.ts'
import { pause } from './pause.ts'

interface Hooks {
  /** Something may differ from what the engine thinks: compare. */
  readonly onDoubt: (symbol: string | null) => void
  /** Resolves when the engine has been told of it. */
  readonly onFunding: () => Promise<void>
  /** Leverage, margin, or the account's modes were changed by somebody. */
  readonly onSettings: () => void
}

/** Longest that events wait until a list of what came before them has been read, ms: funding payments, or trades that were missed. */
const PATIENCE = 1000

/** Reads the user stream, one event after the other, in the order in which they came. */
export class StreamEvents {
  readonly #context: Context
  readonly #fills: Fills
  readonly #lines: Lines
  readonly #hooks: Hooks
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(context: Context, fills: Fills, lines: Lines, hooks: Hooks) {
    this.#context = context
    this.#fills = fills
    this.#lines = lines
    this.#hooks = hooks
  }

  get isIdle(): boolean {
    return this.#waiting === 0
  }

  /** Resolves when what has come so far has been taken. */
  idle(): Promise<void> {
    return this.#last
  }

  /** What comes from now on waits until this has been done, unless the exchange does not answer: what was missed comes before what follows it. */
  after(what: () => Promise<unknown>): void {
    this.#waiting++
    this.#last = this.#last
      .then(() => Promise.race([what(), pause(PATIENCE, this.#context.signal)]))
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#waiting--
      })
  }

  take(event: Fields): void {
    this.#waiting++
    this.#last = this.#last
      .then(() => this.#take(event))
      .catch((error: unknown) =>
        this.#context.halt(
          'broker-error',
          `${textIn(event, 'e')}: ${error instanceof Error ? error.message : String(error)}`,
        ),
      )
      .catch(() => undefined)
      .finally(() => {
        this.#waiting--
      })
  }

  async #take(event: Fields): Promise<void> {
    const kind = textIn(event, 'e')
    this.#context.sawTime(Number(event['T'] ?? event['E']))
    if (kind === 'ORDER_TRADE_UPDATE') return this.#order(fieldsOf(event['o']))
    if (kind === 'executionReport') return this.#order(asOrder(event))
    // a deposit, a withdrawal, a transfer: no trade of this session
    if (kind === 'balanceUpdate' || kind === 'externalLockUpdate') return this.#hooks.onDoubt(null)
    if (kind === 'ALGO_UPDATE') return this.#algo(fieldsOf(event['o']))
    if (kind === 'ACCOUNT_UPDATE') return this.#account(fieldsOf(event['a']))
    if (kind === 'ACCOUNT_CONFIG_UPDATE') return this.#hooks.onSettings()
    if (kind === 'CONDITIONAL_ORDER_TRIGGER_REJECT') return this.#triggerReject(fieldsOf(event['or']))
    if (kind === 'MARGIN_CALL')
      this.#context.alarm('margin-call', 'critical', `margin call: ${JSON.stringify(event['p'] ?? [])}`, {
        positions: event['p'] ?? [],
      })
  }

  async #order(o: Fields): Promise<void> {
    const symbol = textIn(o, 's')
    const orderId = textIn(o, 'i')
    const isOurSymbol = this.#context.host.symbols.some((one) => one.symbol === symbol)
    const isTrade = textIn(o, 'x') === 'TRADE'
    // a system order's end is all that there is to know of it
    if (systemOrder(textIn(o, 'c')) !== null && !isTrade && textIn(o, 'x') !== 'CALCULATED') return
    if (!isOurSymbol) return sayOther(this.#context, symbol)
    const attempt = await ownerOf(this.#context, symbol, orderId, textIn(o, 'c'))
    if (attempt === null || attempt === undefined) {
      // the list of trades says what it did to the account, though no position differs in the end
      if (isTrade || textIn(o, 'x') === 'CALCULATED') await this.#fills.catchUp(symbol)
      return this.#hooks.onDoubt(symbol)
    }
    attempt.isSeen = true
    attempt.orderId = orderId
    if (this.#context.attempts.index(attempt)) this.#context.jot(attempt, 'order')
    // on spot a stop is an order of the book, and begins to work once it is reached
    if (attempt.terms.route === 'algo' || (attempt.terms.trigger !== null && (isTrade || o['w'] === true)))
      await this.#triggered(attempt, Number(o['T']))
    if (isTrade) await this.#fills.takeEvent(attempt, o)
    const er = textIn(o, 'er')
    const reject = textIn(o, 'r')
    const why = reject !== '' && reject !== 'NONE' ? reject : er === '' || er === '0' ? '' : `expiry reason ${er}`
    if (textIn(o, 'x') === 'AMENDMENT')
      attempt.terms = {
        ...attempt.terms,
        qty: plain(o, 'q'),
        price: attempt.terms.price === null ? null : plain(o, 'p'),
      }
    // an event that came late says less than is known: what has been filled does not become new
    learnOfOrder(attempt, { status: textIn(o, 'X'), executed: amountIn(o, 'z'), orderId, why })
    this.#lines.look(symbol, attempt.order)
  }

  async #algo(o: Fields): Promise<void> {
    const attempt = this.#context.attempts.byClientId(textIn(o, 'caid'))
    const symbol = textIn(o, 's')
    const status = textIn(o, 'X')
    if (attempt === undefined) {
      if (status === 'NEW' && this.#context.host.symbols.some((one) => one.symbol === symbol))
        this.#hooks.onDoubt(symbol)
      return
    }
    attempt.isSeen = true
    const orderId = textIn(o, 'ai')
    const executed = textOf(attempt.filled)
    learnOfAlgo(attempt, { status, executed, orderId, why: textIn(o, 'rm') })
    if (this.#context.attempts.index(attempt)) this.#context.jot(attempt, 'order')
    if (status === 'TRIGGERED') await this.#triggered(attempt, Number(o['ut'] ?? this.#context.time))
    this.#lines.look(attempt.symbol, attempt.order)
  }

  /** The engine is told once, whichever of the two events of a trigger comes first. */
  async #triggered(attempt: Attempt, at: number): Promise<void> {
    const { symbol, order, clientId } = attempt
    attempt.hasTriggered = true
    const key = `triggered ${clientId}`
    if (this.#context.teller.has(key) || this.#context.viewOf(symbol, order) === undefined) return
    const time = Number.isFinite(at) ? at : this.#context.time
    await this.#context.teller.tell(key, { kind: 'triggered', symbol, order, at: time })
  }

  async #account(a: Fields): Promise<void> {
    this.#fills.missed.state(a)
    const reason = textIn(a, 'm')
    // what fills after it belongs to a trade that has paid it, or has ended without: in this order, unless the exchange does not answer
    if (reason === 'FUNDING_FEE') await Promise.race([this.#hooks.onFunding(), pause(PATIENCE, this.#context.signal)])
    else if (reason !== 'ORDER') this.#hooks.onDoubt(null)
  }

  /** Binance says it twice, here and of the order itself: what follows from its end is what is said. */
  #triggerReject(or: Fields): void {
    const symbol = textIn(or, 's')
    const id = textIn(or, 'i')
    const why = textIn(or, 'r')
    const attempt = this.#context.attempts.byOrderId(symbol, id)
    if (attempt === undefined) return this.#hooks.onDoubt(symbol)
    learnOfOrder(attempt, { status: 'REJECTED', executed: textOf(attempt.filled), orderId: id, why })
    this.#lines.look(symbol, attempt.order)
  }
}

/** Spot's words for an order are those of USDS-M; a cancel has a client id of its own, and the order's beside it. */
function asOrder(event: Fields): Fields {
  const original = textIn(event, 'C')
  return original === '' ? event : { ...event, c: original }
}

function plain(o: Fields, name: string): string {
  return textOf(unitsOf(amountIn(o, name)))
}
