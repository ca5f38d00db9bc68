import { type Attempt, isOnBook, isUnknown, learnOfAlgo, learnOfOrder, plainName } from './attempt.ts'
import type { Context } from './context.ts'
import { textOf, unitsOf } from './exact.ts'
import { amountIn, type Fields, fieldsOf, textIn } from './fields.ts'
import { pause } from './pause.ts'

/** There is no such order. */
export const NO_ORDER = -2013
/** Codes that say that there is no such order, or none any more. */
export const NOT_THERE = [-2011, NO_ORDER]
/** Times that an exchange is asked again before its "no such order" is believed: what it reads from may lag behind. */
export const ASKINGS = 3

/** What became of an order whose answer was lost: asked by its client id, never assumed. */
export class Questions {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  /** Takes what a reply says: of a plain order, or of an algo order. */
  learn(attempt: Attempt, reply: Fields): void {
    const { attempts } = this.#context
    if ('algoStatus' in reply && !('executedQty' in reply && isOnBook(attempt))) {
      const word = {
        status: textIn(reply, 'algoStatus'),
        executed: textOf(attempt.filled),
        orderId: textIn(reply, 'actualOrderId'),
        why: textIn(reply, 'rejectReason') || textIn(reply, 'msg'),
      }
      learnOfAlgo(attempt, word)
    } else if ('status' in reply && 'orderId' in reply) {
      const word = {
        status: textIn(reply, 'status'),
        executed: amountIn(reply, 'executedQty'),
        orderId: textIn(reply, 'orderId'),
        why: textIn(reply, 'msg'),
      }
      learnOfOrder(attempt, word)
      // on spot a stop is an order of the book, and begins to work once it is reached
      if (attempt.terms.trigger !== null && reply['isWorking'] === true) attempt.hasTriggered = true
      if (attempt.terms.type === 'LIMIT' && 'origQty' in reply && 'price' in reply) {
        const plain = (name: string) => textOf(unitsOf(amountIn(reply, name)))
        attempt.terms = { ...attempt.terms, qty: plain('origQty'), price: plain('price') }
      }
    } else if (attempt.state === 'sending') attempt.state = 'live'
    if (attempts.index(attempt)) this.#context.jot(attempt, 'order')
  }

  /**
   * Asks until it is known whether it is there: an order may come to life as long as its timestamp is valid.
   * @param isOver whether something else has to happen before it is known
   */
  async settle(attempt: Attempt, isOver: () => boolean): Promise<boolean> {
    const { timing, gate, signal } = this.#context
    for (let askings = 1; isUnknown(attempt) && !isOver() && !signal.aborted; askings++) {
      const answer = await this.ask(attempt)
      if (!isUnknown(attempt)) {
        const { clientId, state, status } = attempt
        this.#context.host.log('info', `${clientId}: it is known now: ${status || state}`, { clientId, askings })
        break
      }
      if (answer === 'not there' && askings >= ASKINGS && gate.now() > attempt.sentAt + timing.recvWindow) {
        attempt.state = 'absent'
        this.#context.jot(attempt, 'ended')
        this.#context.host.log('warn', `${attempt.clientId} has never arrived`, { clientId: attempt.clientId })
        break
      }
      await pause(Math.min(timing.backoff * 2 ** (askings - 1), 1000), signal)
    }
    return !signal.aborted
  }

  /** After a cancel that was refused or lost: asks a few times, and takes an order that nobody knows for gone. */
  async whetherGone(attempt: Attempt): Promise<void> {
    const { timing, signal } = this.#context
    for (let askings = 1; askings <= ASKINGS && !signal.aborted; askings++) {
      const answer = await this.ask(attempt)
      if (attempt.state === 'ended' || answer === 'there') return
      if (answer === 'not there' && askings === ASKINGS) {
        learnOfOrder(attempt, {
          status: 'CANCELED',
          executed: textOf(attempt.filled),
          orderId: '',
          why: 'no such order',
        })
        attempt.status = 'GONE'
        attempt.state = 'ended'
        return
      }
      await pause(timing.backoff, signal)
    }
  }

  async ask(attempt: Attempt): Promise<'there' | 'not there' | 'no answer'> {
    const { gate, market } = this.#context
    const { symbol, clientId } = attempt
    if (!isOnBook(attempt)) {
      const outcome = await gate.send(
        'GET',
        market.conditional!.order,
        { clientAlgoId: clientId },
        { isQuestion: true },
      )
      if (outcome.kind === 'refused' && NOT_THERE.includes(outcome.code)) return 'not there'
      if (outcome.kind !== 'done') return this.#unanswered(attempt, outcome.text)
      this.learn(attempt, fieldsOf(outcome.reply))
      // what it became says more than that it has triggered
      if (!isOnBook(attempt) || attempt.state === 'ended') return 'there'
    }
    const outcome = await gate.send('GET', market.paths.order, { symbol, ...plainName(attempt) }, { isQuestion: true })
    if (outcome.kind === 'refused' && NOT_THERE.includes(outcome.code)) return 'not there'
    if (outcome.kind !== 'done') return this.#unanswered(attempt, outcome.text)
    this.learn(attempt, fieldsOf(outcome.reply))
    return 'there'
  }

  #unanswered({ clientId }: Attempt, text: string): 'no answer' {
    this.#context.host.log('warn', `${clientId}: asked, and not answered: ${text}`, { clientId })
    return 'no answer'
  }
}
