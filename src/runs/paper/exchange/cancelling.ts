import { type Attempt, isOnBook, plainName } from './attempt.ts'
import type { Context } from './context.ts'
import { fieldsOf } from './fields.ts'
import { filledText } from './fills.ts'
import type { Line } from './line.ts'
import { replyOf } from './list-reply.ts'
import type { Market } from './market.ts'
import type { Outcome } from './outcome.ts'
import type { Questions } from './questions.ts'
import { again, sayUnknown, unsure } from './trying-again.ts'

const CANCELLED = { status: 'CANCELED', algoStatus: 'CANCELED' }

/** Takes orders back. */
export class Cancelling {
  readonly #context: Context
  readonly #questions: Questions

  constructor(context: Context, questions: Questions) {
    this.#context = context
    this.#questions = questions
  }

  /** @returns whether to look for the next thing to do */
  async cancel(line: Line, attempt: Attempt): Promise<boolean> {
    const all = this.#context.attempts.together(attempt)
    const outcome = await this.takeBack(attempt)
    if (attempt.state === 'ended') return true
    if (outcome.kind === 'done') {
      line.failures = 0
      for (const one of all) {
        const reply = replyOf(one, fieldsOf(outcome.reply))
        this.#questions.learn(one, { executedQty: filledText(one), ...reply, ...CANCELLED })
      }
      return true
    }
    if (outcome.kind === 'failed') return again(this.#context, line, outcome.text)
    // refused or unknown: it may have been filled, or cancelled by a request whose answer was lost
    if (outcome.kind === 'unknown') sayUnknown(this.#context, attempt, 'cancel', outcome.text)
    unsure(all.filter((one) => one !== attempt))
    await this.#questions.whetherGone(attempt)
    return attempt.state !== 'live' || again(this.#context, line, outcome.text)
  }

  /** Asks for the end of an order; of all of its list where it is in one. */
  async takeBack(attempt: Attempt): Promise<Outcome> {
    const { gate, attempts, market } = this.#context
    await this.#context.cancelling(attempts.together(attempt))
    const { symbol, list, terms } = attempt
    // coins that are held back are in the way of what leaves
    const how = { isExit: !market.hasMargin && terms.side === 'SELL' }
    if (list !== null) return gate.send('DELETE', market.lists!.one, { symbol, listClientOrderId: list }, how)
    return gate.send('DELETE', ...cancelOf(attempt, market), how)
  }
}

/** Path and parameters that end one order: an algo order by its own name until it has become a plain one. */
export function cancelOf(attempt: Attempt, { conditional, paths }: Market): [string, Record<string, string>] {
  if (!isOnBook(attempt)) return [conditional!.order, { clientAlgoId: attempt.clientId }]
  return [paths.order, { symbol: attempt.symbol, ...plainName(attempt) }]
}
