import type { OrderView } from '../../../core/order.ts'
import type { Attempt } from './attempt.ts'
import { closedBefore } from './closed-before.ts'
import type { Context } from './context.ts'
import { isBehind } from './fills.ts'
import { isOf, type Line } from './line.ts'
import { NOT_THERE } from './questions.ts'
import { isProtective, isReducing, type Terms } from './terms.ts'

interface Refusal {
  readonly code: number
  readonly text: string
}

/** What follows when the exchange says no: to an order, to a change of one, or to one that it had taken. */
export class Refusals {
  readonly #context: Context
  readonly #hooks: { onDoubt: (symbol: string) => void; onFilter: () => void }

  constructor(context: Context, hooks: { onDoubt: (symbol: string) => void; onFilter: () => void }) {
    this.#context = context
    this.#hooks = hooks
  }

  async ofPlacing(
    line: Line,
    view: OrderView,
    attempt: Attempt,
    { code, text }: Refusal,
  ): Promise<'over' | 'unsure' | 'again'> {
    const { symbol, order } = line
    const facts = { symbol, order, code }
    const meaning = this.#context.market.meaningOf({ code, text })
    if (meaning === 'duplicate') return 'unsure'
    if (meaning === 'filter') this.#hooks.onFilter()
    if (meaning === 'nothing-to-reduce' && attempt.terms.reduceOnly) {
      // there is no position there to reduce: somebody is wrong
      this.#hooks.onDoubt(symbol)
    }
    // what is said of the order before is nothing to the one that has its id now
    if (!isOf(line, attempt)) return 'over'
    if (meaning === 'nothing-to-reduce' && attempt.terms.reduceOnly) {
      // what it is judged by may be behind the fill that it follows: a position does not go without its stop or its exit for that
      const isNeeded = isProtective(view) || attempt.isExit || (isReducing(view) && view.type === 'market')
      if (isNeeded && (await this.#isHeld(symbol))) return isOf(line, attempt) ? 'again' : 'over'
      await this.#context.tellEnded(line, attempt, 'refused', text)
      return 'over'
    }
    if (isProtective(view) && !attempt.isExit) return this.#ofStop(line, view, attempt, { code, text })
    if (isReducing(view) && view.type === 'market') {
      await this.#context.halt('exit-refused', `${symbol}: the exchange refuses to close the position: ${text}`, facts)
    } else if (attempt.isExit)
      await this.#context.halt(
        'exit-refused',
        `${symbol}: stop ${order} cannot stand, and its exit is refused: ${text}`,
        facts,
      )
    const reason = meaning === 'post-only' ? 'post-only' : meaning === 'fok' ? 'expired' : 'refused'
    await this.#context.tellEnded(line, attempt, reason, text)
    return 'over'
  }

  /** Whether there is a position, as far as it is known here and there; where nothing is said, what is known here counts. */
  async #isHeld(symbol: string): Promise<boolean> {
    const { host, gate, market } = this.#context
    if (host.run.positionOf(symbol).qty === 0) return false
    const traded = host.symbols.find((one) => one.symbol === symbol)!
    const held = await market.heldThere(gate, traded).catch(() => null)
    return held === null || held !== 0n
  }

  /** A position may not stand without its stop: what the stop was for leaves at the market. */
  async #ofStop(line: Line, view: OrderView, attempt: Attempt, { code, text }: Refusal): Promise<'over'> {
    const { symbol, order } = line
    const facts = { symbol, order, code }
    const others = this.#context.attempts.of(symbol, order)
    const isPassed = this.#context.market.meaningOf({ code, text }) === 'would-trigger'
    if (!isPassed && others.some((other) => other !== attempt && isOf(line, other) && other.state === 'live')) {
      line.refused = attempt.terms
      this.#context.alarm(
        'stop-not-moved',
        'warning',
        `${symbol}: stop ${order} stays where it is, it could not be moved: ${text}`,
        facts,
      )
      return 'over'
    }
    line.mustExit = true
    if (isPassed)
      this.#context.alarm(
        'stop-passed',
        'warning',
        `${symbol}: the price is beyond stop ${order} already: it exits at the market`,
        facts,
      )
    else
      this.#context.alarm(
        'stop-refused',
        'critical',
        `${symbol}: stop ${order} cannot be placed (${text}): ${view.qty} leave at the market`,
        facts,
      )
    return 'over'
  }

  ofAmending(line: Line, current: Attempt, wanted: Terms, { code, text }: Refusal): 'over' | 'unsure' {
    const { symbol, order } = line
    const meaning = this.#context.market.meaningOf({ code, text })
    if (NOT_THERE.includes(code) || meaning === 'post-only') return 'unsure'
    if (meaning === 'filter') this.#hooks.onFilter()
    if (!isOf(line, current)) return 'over'
    line.refused = wanted
    if (meaning !== 'no-change')
      this.#context.alarm('not-amended', 'warning', `${symbol}: order ${order} stays as it was: ${text}`, {
        symbol,
        order,
        code,
      })
    return 'over'
  }

  /** An order that the engine thinks alive has ended there, and not because we asked. */
  async ofEnding(line: Line, view: OrderView, attempt: Attempt): Promise<void> {
    const { symbol, order } = line
    const { status, why } = attempt
    const facts = { symbol, order, status }
    const isFlat = this.#context.host.run.positionOf(symbol).qty === 0
    const said = `${status}${why === '' ? '' : `: ${why}`}`
    const end = (reason: 'requested' | 'expired' | 'post-only' | 'refused') =>
      this.#context.tellEnded(line, attempt, reason, said)
    // what closes or protects is for the position as it fills: where that has grown meanwhile, the line's next step places the rest
    if (status === 'FILLED' && isReducing(view) && !isFlat && !isBehind(attempt)) return
    // a close that waits for an entry before it is for what that will have opened, though there was nothing left for it by now
    if (isFlat && view.type === 'market' && view.qty === 0) {
      line.isRenewed = true
      return
    }
    if (status === 'FILLED' || (isReducing(view) && isFlat)) return end('expired')
    if (status === 'CANCELED' || status === 'GONE') {
      await this.#context.halt(
        'cancelled-elsewhere',
        `${symbol}: order ${order} was cancelled, and not by this session${isProtective(view) ? '; it is put back' : ''}`,
        facts,
      )
      // a stop is put back by the line's next step: there is none any more
      return isProtective(view) ? undefined : end('requested')
    }
    if (isProtective(view)) {
      line.mustExit = true
      this.#context.alarm(
        'stop-rejected',
        'critical',
        `${symbol}: stop ${order} was reached and not carried out (${said}): it exits at the market`,
        facts,
      )
      return
    }
    if (isReducing(view) && view.type === 'market') {
      const closed = line.isRenewed ? 'stands' : closedBefore(this.#context.host.run, view)
      if (closed === 'opened anew') {
        // its next step places another for what an entry before it has opened: once, as that one is sent when all of it is known
        line.isRenewed = true
        return
      }
      // what is left of a close that found no more in the book
      if (closed === 'stands')
        this.#context.alarm(
          'exit-expired',
          'critical',
          `${symbol}: ${view.qty} of exit ${order} found no buyer or seller (${said})`,
          facts,
        )
      return end('expired')
    }
    if (status === 'REJECTED' && attempt.terms.trigger !== null)
      this.#context.alarm(
        'trigger-rejected',
        'critical',
        `${symbol}: order ${order} was reached and refused (${said})`,
        facts,
      )
    return end(status === 'REJECTED' ? 'refused' : view.tif === 'GTX' ? 'post-only' : 'expired')
  }
}
